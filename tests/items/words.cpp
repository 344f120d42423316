// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/items/words.hpp>

using namespace coco;

TEST_CASE("words: tokens are numbered without gaps; an item without direction has none", "[words]") {
    const std::vector<std::vector<Id>> tokens{{70, 5, 70}, {9}, {}, {5}};
    const std::vector<float> kappa{1, 0, 0, 0, 0, 1, 0, 2};
    const items::Words words = items::words_of(tokens, kappa);
    CHECK(words.vocabulary == 2);
    REQUIRE(words.bags->count() == 4);
    const std::span<const Id> ids = words.bags->ids();
    CHECK(std::vector<Id>(ids.begin(), ids.end()) == std::vector<Id>{1, 0, 1, 0});
    CHECK(words.bags->offsets().at == std::vector<Id>{0, 3, 3, 3, 4});
    CHECK_THROWS_WITH(items::words_of(tokens, std::vector<float>(7)),
                      Catch::Contains("words: not as many items as in kappa"));
    CHECK(items::words_of(std::vector<std::vector<Id>>{{}, {}}, std::vector<float>(4)).vocabulary == 0);
}
