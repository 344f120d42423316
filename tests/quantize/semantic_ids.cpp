// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <map>
#include <set>

#include <coco/core/random.hpp>
#include <coco/quantize/semantic_ids.hpp>

using namespace coco;
using quantize::SemanticIds;

namespace {

std::vector<Id> row(std::span<const Id> tokens) { return {tokens.begin(), tokens.end()}; }

}  // namespace

TEST_CASE("semantic ids: a token for each level, and a running index among items of equal codes",
          "[semantic_ids]") {
    const std::vector<Id> codes{1, 2, 0, 0, 1, 2, 1, 1, 0, 0, 0, 0};
    const std::vector<Index> sizes{2, 3};
    const SemanticIds ids(codes, sizes);
    CHECK(ids.items() == 6);
    CHECK(ids.levels() == 3);
    CHECK(ids.coded_levels() == 2);
    CHECK(std::vector<Index>(ids.sizes().begin(), ids.sizes().end()) == std::vector<Index>{2, 3, 3});
    CHECK(ids.vocabulary() == 1 + 2 + 3 + 3);
    CHECK(ids.first_token(0) == 1);
    CHECK(ids.first_token(2) == 6);
    CHECK(ids.first_token(3) == ids.vocabulary());
    CHECK(row(ids.tokens(0)) == std::vector<Id>{2, 5, 6});
    CHECK(row(ids.tokens(1)) == std::vector<Id>{1, 3, 6});
    CHECK(row(ids.tokens(2)) == std::vector<Id>{2, 5, 7});
    CHECK(row(ids.tokens(3)) == std::vector<Id>{2, 4, 6});
    CHECK(row(ids.tokens(4)) == std::vector<Id>{1, 3, 7});
    CHECK(row(ids.tokens(5)) == std::vector<Id>{1, 3, 8});
    CHECK(ids.code(5, 2) == 2);
    CHECK(ids.tokens().size() == 18);

    const SemanticIds plain(codes, sizes, 0);
    CHECK(row(plain.tokens(5)) == std::vector<Id>{0, 2, 7});
    CHECK_FALSE(plain == ids);
    CHECK(SemanticIds(codes, sizes) == ids);
}

TEST_CASE("semantic ids: no two items have the same, and indices count up from 0 in the order of items",
          "[semantic_ids]") {
    RandomStream random(4, 1);
    std::vector<Id> codes;
    for (int i = 0; i < 3 * 500; ++i) codes.push_back(static_cast<Id>(random.below(5)));
    const SemanticIds ids(codes, std::vector<Index>{5, 5, 5}, 7);
    std::set<std::vector<Id>> all;
    std::map<std::vector<Id>, Id> next;
    for (Id item = 0; item < 500; ++item) {
        all.insert(row(ids.tokens(item)));
        CHECK(ids.code(item, 3) == next[row(ids.tokens(item).first(3))]++);
        for (Index l = 0; l < 4; ++l) {
            CHECK(ids.tokens(item)[static_cast<std::size_t>(l)] >= ids.first_token(l));
            CHECK(ids.tokens(item)[static_cast<std::size_t>(l)] < ids.first_token(l + 1));
        }
    }
    CHECK(all.size() == 500);
    Id largest = 0;
    for (const auto& [tuple, count] : next) largest = std::max(largest, count);
    CHECK(ids.size(3) == largest);
}

TEST_CASE("semantic ids: unique codes have the index 0, and no items are no error", "[semantic_ids]") {
    const SemanticIds unique(std::vector<Id>{2, 0, 1}, std::vector<Index>{3});
    CHECK(unique.size(1) == 1);
    for (Id item = 0; item < 3; ++item) CHECK(unique.code(item, 1) == 0);
    const SemanticIds empty({}, std::vector<Index>{3});
    CHECK(empty.items() == 0);
    CHECK(empty.vocabulary() == 1 + 3 + 1);
    CHECK(SemanticIds().items() == 0);
    CHECK(SemanticIds().vocabulary() == 0);
}

TEST_CASE("semantic ids: codes and sizes that do not fit are errors", "[semantic_ids]") {
    const auto message = [](std::vector<Id> codes, std::vector<Index> sizes, Index specials) {
        try {
            const SemanticIds ids(codes, sizes, specials);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    CHECK(message({0, 1, 2}, {2, 2}, 1) ==
          "semantic ids: codes are not rows of the levels: expected a multiple of 2, found 3");
    CHECK(message({0, 1, 0, 2}, {2, 2}, 1) ==
          "semantic ids: item 1, level 1: no such code: expected 0 to 1, found 2");
    CHECK(message({0, -1}, {2, 2}, 1) ==
          "semantic ids: item 0, level 1: no such code: expected 0 to 1, found -1");
    CHECK(message({}, {}, 1) == "semantic ids: no levels: expected at least 1");
    CHECK(message({}, {3, 0}, 1) == "semantic ids: a level without codes: expected at least 1, found 0");
    CHECK(message({}, {3}, -1) == "semantic ids: special tokens out of range: expected at least 0, found -1");
    CHECK(message({}, {2147483647}, 1).find("semantic ids: too many tokens") == 0);
}
