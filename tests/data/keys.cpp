// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/data/keys.hpp>

using coco::data::Keys;

TEST_CASE("keys get dense identifiers in order of first appearance", "[data][keys]") {
    Keys keys;
    CHECK(keys.add("b") == 0);
    CHECK(keys.add("a") == 1);
    CHECK(keys.add("b") == 0);
    CHECK(keys.size() == 2);
    CHECK(keys[1] == "a");
    CHECK(keys.find("c") == coco::no_id);
}

TEST_CASE("the digest depends on keys, their order and their boundaries", "[data][keys]") {
    const auto sum = [](std::initializer_list<const char*> names) {
        Keys keys;
        for (const char* name : names) keys.add(name);
        return keys.digest();
    };
    CHECK(sum({"a", "b"}) == sum({"a", "b"}));
    CHECK(sum({"a", "b"}) != sum({"b", "a"}));
    CHECK(sum({"ab", "c"}) != sum({"a", "bc"}));
    // FNV-1a, 64 bits, of the empty input and of "a\n", computed by a three-line Python loop.
    CHECK(sum({}) == 0xcbf29ce484222325u);
    CHECK(sum({"a"}) == 0x089bdc07b544e7b2u);
}
