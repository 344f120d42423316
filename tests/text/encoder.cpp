// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include <coco/core/random.hpp>
#include <coco/text/encoder.hpp>

TEST_CASE("an encoder gives the tokenizer's ids, for cached and for new words") {
    coco::text::Vocabulary vocabulary;
    vocabulary.tokens = {"a", "b", "Ġ", "ab", "Ġab", "<end>", "abab"};
    vocabulary.merges = {"a b", "Ġ ab", "ab ab"};
    vocabulary.special = {5};
    vocabulary.split = coco::text::Smollm::split;
    const coco::text::Tokenizer tokenizer(vocabulary);
    coco::text::Encoder encoder(tokenizer);
    coco::RandomStream random(3);
    std::vector<coco::Id> all, expected;
    for (int round = 0; round < 500; ++round) {
        std::string text;
        for (std::uint32_t i = random.below(200); i > 0; --i)
            text += std::vector<std::string>{"a", "b", "ab", " ", "<end>"}[random.below(5)];
        const auto special = round % 2 == 0 ? coco::text::Special::recognised : coco::text::Special::ordinary;
        encoder(text, all, special);
        const auto ids = tokenizer.encode(text, special);
        expected.insert(expected.end(), ids.begin(), ids.end());
        REQUIRE(encoder(text, special) == ids);
    }
    CHECK(all == expected);
}
