// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/llm/tiny.hpp>
#include <coco/llm/token_embeddings.hpp>

#include "conformance/policy_under_test.hpp"
#include "llm/support.hpp"

using namespace support;

namespace {

coco::data::Catalogue catalogue() {
    coco::data::Catalogue c;
    c.add("a", {"Red shoes, size 42", "", "", "", ""});
    c.add("b", {"BLUE shoes", "", "", "", ""});
    c.add("c");
    return c;
}

}  // namespace

TEST_CASE("tiny: the same seed gives the same weights, another seed others") {
    const coco::llm::Tiny one = coco::llm::tiny(catalogue());
    CHECK(one.source.config.vocabulary == 6);
    const auto embeddings = [](const coco::llm::Tiny& t) {
        std::vector<float> rows(static_cast<std::size_t>(t.source.config.vocabulary * t.source.config.width));
        t.source.read("token_embd.weight", t.source.config.vocabulary, t.source.config.width, 0, rows);
        return rows;
    };
    CHECK(embeddings(one) == embeddings(coco::llm::tiny(catalogue())));
    CHECK(embeddings(one) != embeddings(coco::llm::tiny(catalogue(), {.seed = 1})));
    CHECK(coco::llm::TokenEmbeddings(one.source).rms() == Approx(1).margin(0.1));
    CHECK_THROWS_AS(coco::llm::tiny(catalogue(), {.width = 20}), coco::Error);
}

TEST_CASE("tiny: a hidden state identifies its word, whatever precedes it") {
    const coco::llm::Tiny made = coco::llm::tiny(catalogue());
    Bench<coco::conformance::PolicyUnderTest<float>, coco::adapter::Frozen> bench(made.source);
    const Index words = made.words.size(), width = made.source.config.width;
    Prompts texts{{}, {}, {}, {}};
    for (Id last = 0; last < static_cast<Id>(words); ++last)
        for (Id first = 0; first < static_cast<Id>(words); ++first) {
            texts.soft.push_back(0);
            texts.text.push_back({first, last});
        }
    const Numbers out = bench.both(texts, {}).out;
    const auto row = [&](Id first, Id last) {
        const auto at = out.begin() + (2 * (last * words + first) + 1) * width;
        return Numbers(at, at + width);
    };
    for (Id last = 0; last < static_cast<Id>(words); ++last)
        for (Id other = 0; other < static_cast<Id>(words); ++other) {
            double maximum = -1, least = 1;
            for (Id first = 0; first < static_cast<Id>(words); ++first) {
                const Numbers a = row(0, last), b = row(first, other);
                const double cosine = coco::conformance::dot(a, b) / coco::conformance::length(a) /
                                      coco::conformance::length(b);
                maximum = std::max(maximum, cosine);
                least = std::min(least, cosine);
            }
            if (other == last)
                CHECK(least > 0.6);
            else
                CHECK(maximum < 0.6);
        }
}
