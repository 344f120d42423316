// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/data/catalogue.hpp>

using namespace coco::data;

TEST_CASE("a catalogue maps keys to items and back", "[data][catalogue]") {
    Catalogue catalogue;
    CHECK(catalogue.add("x1", {"One", "", "", "", ""}) == 0);
    CHECK(catalogue.find_or_add("x2") == 1);
    CHECK(catalogue.find_or_add("x1") == 0);
    CHECK(catalogue.size() == 2);
    CHECK(catalogue.key(1) == "x2");
    CHECK(catalogue.title(0) == "One");
    CHECK(catalogue.text(1).empty());
    CHECK(catalogue.find("x3") == coco::no_id);
    CHECK_THROWS_WITH(catalogue.add("x1"), Catch::Contains("given twice") && Catch::Contains("x1"));
    CHECK_THROWS_AS(catalogue.add(""), coco::Error);
}

TEST_CASE("texts can be permuted without changing keys", "[data][catalogue]") {
    Catalogue catalogue;
    catalogue.add("a", {"A", "", "", "", ""});
    catalogue.add("b", {"B", "", "", "", ""});
    const Catalogue other = catalogue.with_texts_of({1, 0});
    CHECK(other.title(0) == "B");
    CHECK(other.title(1) == "A");
    CHECK(other.key(0) == "a");
    CHECK(other.digest() == catalogue.digest());
    CHECK_THROWS_AS(catalogue.with_texts_of({0}), coco::Error);
    CHECK_THROWS_AS(catalogue.with_texts_of({0, 2}), coco::Error);
}
