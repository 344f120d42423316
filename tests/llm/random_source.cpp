// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/llm/random_source.hpp>
#include <vector>

#include "llm/support.hpp"

TEST_CASE("random source: documented variances, independent tensors, deterministic by seed") {
    coco::llm::Config config = support::small_config();
    config.vocabulary = 500;
    const auto read = [&](std::uint64_t seed, const char* name, coco::Index rows, coco::Index cols) {
        std::vector<float> values(static_cast<std::size_t>(rows * cols));
        coco::llm::random_source(config, seed).read(name, rows, cols, 0, values);
        return values;
    };
    const auto variance = [](const std::vector<float>& values) {
        double sum = 0;
        for (const float x : values) sum += static_cast<double>(x * x);
        return sum / static_cast<double>(values.size());
    };
    CHECK(variance(read(1, "token_embd.weight", 500, 16)) == Approx(1).epsilon(0.05));
    CHECK(variance(read(1, "blk.0.attn_q.weight", 640, 16)) == Approx(1.0 / 16).epsilon(0.05));
    CHECK(variance(read(1, "blk.0.ffn_down.weight", 640, 20)) == Approx(1.0 / 20 / 4).epsilon(0.05));
    CHECK(read(1, "blk.0.attn_norm.weight", 1, 16) == std::vector<float>(16, 1.0f));
    CHECK(read(1, "blk.0.attn_q.weight", 24, 16) == read(1, "blk.0.attn_q.weight", 24, 16));
    CHECK(read(1, "blk.0.attn_q.weight", 24, 16) != read(1, "blk.1.attn_q.weight", 24, 16));
    CHECK(read(1, "blk.0.attn_q.weight", 24, 16) != read(2, "blk.0.attn_q.weight", 24, 16));
    std::vector<float> some(3 * 20);
    coco::llm::random_source(config, 1).read("blk.0.ffn_down.weight", 640, 20, 7, some);
    const std::vector<float> whole = read(1, "blk.0.ffn_down.weight", 640, 20);
    CHECK(std::equal(some.begin(), some.end(), whole.begin() + 7 * 20));
}
