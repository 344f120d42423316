// SPDX-License-Identifier: Apache-2.0
// Features as numbers: vocabularies, several values per item, items without any, rare values left out.
#include <catch2/catch.hpp>

#include <coco/data/features.hpp>

using namespace coco;
using data::Feature;

namespace {

data::Catalogue shop() {
    data::Catalogue catalogue;
    catalogue.add("a", {"Red Lip-Balm, 2 oz", "Burt", "Beauty > Lips > Balm | Gifts > Lips", "", ""});
    catalogue.add("b", {"", "", "", "", ""});
    catalogue.add("c", {"red crème RED", "Burt", "Beauty > Nails", "1999", "Drama, Action"});
    return catalogue;
}

std::vector<std::string> values(const Feature& feature, Id item) {
    std::vector<std::string> all;
    for (const Id id : feature.of(item)) all.push_back(feature.value(id));
    return all;
}

using Names = std::vector<std::string_view>;
using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("features: every level of every path, words in lower case, each once", "[features]") {
    const auto all = data::features_of(shop(), Names{"brand", "categories", "genres", "year", "title_words"});
    REQUIRE(all.size() == 5);
    for (const Feature& feature : all) {
        CHECK(feature.items() == 3);
        CHECK(feature.of(1).empty());
        CHECK(feature.offsets().back() == static_cast<Id>(feature.ids().size()));
    }
    CHECK(all[0].values() == 1);
    CHECK(all[0].of(0)[0] == all[0].of(2)[0]);
    CHECK(values(all[1], 0) == Words{"Beauty", "Lips", "Balm", "Gifts"});
    CHECK(values(all[1], 2) == Words{"Beauty", "Nails"});
    CHECK(values(all[2], 2) == Words{"Drama", "Action"});
    CHECK(values(all[3], 2) == Words{"1999"});
    CHECK(values(all[4], 0) == Words{"red", "lip", "balm", "2", "oz"});
    CHECK(values(all[4], 2) == Words{"red", "crème"});
}

TEST_CASE("features: rare values are left out and the others numbered anew", "[features]") {
    const auto all = data::features_of(shop(), Names{"categories", "title_words"}, 2);
    CHECK(all[0].values() == 1);
    CHECK(values(all[0], 0) == Words{"Beauty"});
    CHECK(values(all[1], 2) == Words{"red"});
    CHECK(all[1].items() == 3);
}

TEST_CASE("features: one that there is not", "[features]") {
    CHECK_THROWS_WITH(
        data::features_of(shop(), Names{"colour"}),
        "features: no such feature: expected brand, categories, genres, year or title_words, found colour");
}
