// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/backbone/feature_bags.hpp>

using namespace coco;
using backbone::feature_bags;
using backbone::FeatureBags;

namespace {

data::Feature feature(const char* name, const std::vector<std::vector<std::string_view>>& items) {
    data::Feature made(name);
    for (const auto& values : items) made.add(values);
    return made;
}

FeatureBags of(const std::vector<data::Feature>& features) { return feature_bags(features); }

}  // namespace

TEST_CASE("feature bags: an item's values are its bag", "[feature_bags]") {
    const FeatureBags made = of({feature("brand", {{"red"}, {}, {"blue"}}),
                                 feature("categories", {{"toys", "cars"}, {"toys"}, {"cars", "toys"}})});
    REQUIRE(made.features.size() == 2);
    CHECK(made.features[0]->count() == 3);
    CHECK(made.features[0]->rows() == 2);
    CHECK(made.features[0]->offsets().at == std::vector<Id>{0, 1, 1, 2});
    const auto ids = made.features[1]->ids();
    CHECK(std::vector<Id>(ids.begin(), ids.end()) == std::vector<Id>{0, 1, 0, 1, 0});
    CHECK(made.digest == backbone::digest_of(made.features));
    CHECK(of({}).features.empty());
}

TEST_CASE("feature bags: the digest is that of values, items, and order of fields", "[feature_bags]") {
    const data::Feature brand = feature("brand", {{"a"}, {"b"}, {}}),
                        moved = feature("brand", {{"a"}, {}, {"b"}}),
                        more = feature("brand", {{"a"}, {"b"}, {}, {}}),
                        renamed = feature("maker", {{"x"}, {"y"}, {}});
    const std::string digest = of({brand, moved}).digest;
    CHECK(digest != of({moved, brand}).digest);
    CHECK(digest != of({brand}).digest);
    CHECK(of({brand}).digest != of({moved}).digest);
    CHECK(of({brand}).digest != of({more}).digest);
    CHECK(of({brand}).digest == of({renamed}).digest);
}

TEST_CASE("feature bags: a feature without values, or of other items, is an error", "[feature_bags]") {
    const data::Feature brand = feature("brand", {{"a"}, {"b"}}), none = feature("genres", {{}, {}}),
                        longer = feature("year", {{"1999"}, {}, {}});
    CHECK_THROWS_WITH(of({brand, none}),
                      "genres: no item has a value of this feature: expected other features, or "
                      "an item file with a column of this one");
    CHECK_THROWS_WITH(of({brand, longer}), "year: of another number of items: expected 2, found 3");
}
