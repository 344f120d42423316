// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/core/error.hpp>

using namespace coco;

TEST_CASE("an error states where, what, expected and found, and stores the parts", "[error]") {
    const Error error("items.tsv:12", "too few columns", "3", "2");
    CHECK(std::string(error.what()) == "items.tsv:12: too few columns: expected 3, found 2");
    CHECK(error.where() == "items.tsv:12");
    CHECK(error.problem() == "too few columns");
    CHECK(error.expected() == "3");
    CHECK(error.found() == "2");
    CHECK(std::string(Error("a", "b").what()) == "a: b");
    CHECK(std::string(Error("a", "b", "c").what()) == "a: b: expected c");
    CHECK(std::string(Error("a", "b", "", "d").what()) == "a: b: found d");
}

TEST_CASE("require throws exactly if its condition is false", "[error]") {
    CHECK_NOTHROW(require(true, "a", "b"));
    CHECK_THROWS_AS(require(false, "a", "b"), Error);
    CHECK_THROWS_WITH(require(false, "rate", "out of range", text_of("at most ", 1), text_of(2.5)),
                      "rate: out of range: expected at most 1, found 2.5");
}
