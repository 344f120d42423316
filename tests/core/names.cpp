// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <array>
#include <string_view>
#include <vector>

#include <coco/core/names.hpp>

TEST_CASE("names: distinct, and as an error lists them") {
    using Three = std::array<std::string_view, 3>;
    static_assert(coco::distinct(Three{"a", "b", "c"}));
    static_assert(!coco::distinct(Three{"a", "b", "a"}));
    CHECK(coco::one_of(Three{"a", "b", "c"}) == "one of a, b, c");
    CHECK(coco::one_of(std::vector<std::string_view>{"a"}) == "one of a");
}
