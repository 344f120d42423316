// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/llm/config.hpp>

using Catch::Matchers::Contains;
using coco::llm::Config;

TEST_CASE("llm config: sizes out of range are errors that name the setting") {
    const auto error = [](const auto& spoil) {
        Config c;
        c.width = 8;
        c.layers = 3;
        c.heads = 4;
        c.kv_heads = 2;
        c.head = 6;
        c.hidden = 12;
        c.vocabulary = 10;
        spoil(c);
        try {
            c.check();
        } catch (const coco::Error& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    CHECK(error([](Config&) {}).empty());
    CHECK(error([](Config& c) { c.depth = 3; }).empty());
    CHECK_THAT(error([](Config& c) { c.depth = 4; }),
               Contains("llm.depth: out of range: expected 0 to 3, found 4"));
    CHECK_THAT(error([](Config& c) { c.width = 0; }), Contains("llm.width: too small"));
    CHECK_THAT(error([](Config& c) { c.kv_heads = 3; }), Contains("llm.kv_heads: does not divide"));
    CHECK_THAT(error([](Config& c) { c.head = 5; }), Contains("llm.head: odd width"));
    CHECK_THAT(error([](Config& c) { c.theta = 1; }), Contains("llm.theta: too small"));
    CHECK_THAT(error([](Config& c) { c.epsilon = 0; }), Contains("llm.epsilon: too small"));
}

TEST_CASE("llm config: heads need not add up to the width") {
    Config c;
    c.layers = 28;
    c.width = 1024;
    c.heads = 16;
    c.kv_heads = 8;
    c.head = 128;  // Qwen3-0.6B
    CHECK(c.query_width() == 2048);
    CHECK(c.kv_width() == 1024);
    CHECK(c.fused_width() == 4096);
    CHECK(c.used() == 28);
    c.depth = 8;
    CHECK(c.adapter_sizes().layers == 8);
}

TEST_CASE("config: more tokens than the sliding window, and tokens without an embedding, are errors") {
    coco::llm::Config c;
    c.vocabulary = 7;
    c.check_length(1 << 20);
    c.window = 4;
    c.check_length(4);
    CHECK_THROWS_AS(c.check_length(5), coco::Error);
    c.check_tokens(std::vector<coco::Id>{0, 6});
    CHECK_THROWS_AS(c.check_tokens(std::vector<coco::Id>{0, 7}), coco::Error);
    CHECK_THROWS_AS(c.check_tokens(std::vector<coco::Id>{-1}), coco::Error);
}
