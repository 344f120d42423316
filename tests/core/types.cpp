// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <string>
#include <type_traits>

#include <coco/core/role.hpp>
#include <coco/core/types.hpp>

using namespace coco;

namespace {

struct Plain {};
struct MetricValue {
    using Role = role::Backbone;
};

}  // namespace

TEST_CASE("the version's string and numbers agree", "[config]") {
    CHECK(std::string(version) == std::to_string(version_major) + "." + std::to_string(version_minor) + "." +
                                      std::to_string(version_patch));
}

TEST_CASE("Index and Id are signed, and no_id is no valid id", "[config]") {
    STATIC_REQUIRE(std::is_signed_v<Index>);
    STATIC_REQUIRE(sizeof(Index) == 8);
    STATIC_REQUIRE(no_id < 0);
}

TEST_CASE("a type has the role it names, and none if it names none", "[role]") {
    STATIC_REQUIRE(Plays<MetricValue, role::Backbone>);
    STATIC_REQUIRE(!Plays<MetricValue, role::Items>);
    STATIC_REQUIRE(!Plays<Plain, role::Backbone>);
}
