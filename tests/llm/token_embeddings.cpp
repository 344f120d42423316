// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/core/error.hpp>
#include <coco/llm/token_embeddings.hpp>

using coco::Id;
using coco::Index;

TEST_CASE("token embeddings: means of texts, computed by hand") {
    coco::llm::Source source;
    source.config.width = 2;
    source.config.vocabulary = 3;
    source.read = [](std::string_view name, Index rows, Index cols, Index first, std::span<float> out) {
        REQUIRE(name == "token_embd.weight");
        REQUIRE((rows == 3 && cols == 2 && first == 0));
        const float values[] = {1, 2, 3, 4, -5, 6};
        std::copy(std::begin(values), std::end(values), out.begin());
    };
    const coco::llm::TokenEmbeddings embeddings(source);
    CHECK(embeddings.rms() == Approx(std::sqrt(91.0 / 6)));
    const std::vector<Id> token{0, 1, 2, 2, 1}, offsets{0, 2, 2, 5};
    CHECK(embeddings.means(token, offsets) == std::vector<float>{2, 3, 0, 0, -7.0f / 3, 16.0f / 3});
    CHECK(embeddings.means({}, {}).empty());
    const std::vector<Id> wrong{3}, ends{0, 1};
    CHECK_THROWS_AS(embeddings.means(wrong, ends), coco::Error);
}
