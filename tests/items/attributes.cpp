// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/items/attributes.hpp>

using namespace coco;

namespace {

data::Catalogue shop() {
    data::Catalogue catalogue;
    catalogue.add("a", {"", "Nails & Co", "Beauty > Makeup > Nails | Gifts > Small", "", ""});
    catalogue.add("b", {"", "", "Beauty > Makeup | Beauty > Makeup > Lips", "", ""});
    catalogue.add("c", {"title only", "", "", "", ""});
    catalogue.add("d", {"", "Lips", "Beauty", "", ""});
    return catalogue;
}

std::vector<Id> bag(const nn::Bags& bags, std::size_t item) {
    return {bags.ids().begin() + bags.offsets().at[item], bags.ids().begin() + bags.offsets().at[item + 1]};
}

}  // namespace

TEST_CASE("attributes: brand and categories below the top one, each once", "[attributes]") {
    const items::Attributes found = items::attributes_of(shop());
    CHECK(found.values == 5);
    REQUIRE(found.bags->count() == 4);
    CHECK(found.bags->rows() == 5);
    CHECK(bag(*found.bags, 0) == std::vector<Id>{0, 1, 2, 3});  // Nails & Co, Makeup, Nails, Small
    CHECK(bag(*found.bags, 1) == std::vector<Id>{1, 4});        // Makeup, Lips
    CHECK(bag(*found.bags, 2).empty());
    CHECK(bag(*found.bags, 3) == std::vector<Id>{4});  // the brand Lips: one name, one attribute
}

TEST_CASE("attributes: rare ones are left out, the digest is that of names and bags", "[attributes]") {
    const items::Attributes all = items::attributes_of(shop()), common = items::attributes_of(shop(), 2);
    CHECK(common.values == 2);
    CHECK(bag(*common.bags, 0) == std::vector<Id>{0});
    CHECK(bag(*common.bags, 1) == std::vector<Id>{0, 1});
    CHECK(all.digest == items::attributes_of(shop()).digest);
    CHECK(all.digest != common.digest);
    data::Catalogue other;
    other.add("a", {"", "Another", "Beauty > Makeup > Nails | Gifts > Small", "", ""});
    data::Catalogue same;
    same.add("a", {"", "Nails & Co", "Beauty > Makeup > Nails | Gifts > Small", "", ""});
    CHECK(items::attributes_of(other).digest != items::attributes_of(same).digest);
    CHECK_THROWS_WITH(items::attributes_of(shop(), 0),
                      "attributes: limit of items too small: expected at least 1, found 0");
}
