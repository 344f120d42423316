// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/llm/generate.hpp>
#include <numeric>

#include "conformance/policy_under_test.hpp"
#include "io/support.hpp"
#include "llm/support.hpp"

using namespace support;
using Catch::Matchers::Contains;
using coco::llm::Generation;
using P = coco::conformance::PolicyUnderTest<double>;
using Ids = std::vector<Id>;

namespace {

const std::vector<Ids> prompts{{3, 1, 4, 1, 5}, {9}, {2, 6, 5, 3, 5, 8, 9, 7, 9}, {3, 2}};

/// Generates each token by a pass over the whole text so far, without batch or cache.
template <class Bench>
Ids recomputed(Bench& bench, Ids text, Index tokens) {
    Ids written;
    for (Index i = 0; i < tokens; ++i) {
        bench.work.reset();
        coco::Context<P> ctx = bench.parameters.context(bench.on, bench.work);
        coco::Offsets of;
        of.push(static_cast<Index>(text.size()));
        const auto rows =
            bench.decoder.hidden(ctx, bench.adapter, coco::conformance::ids(bench.on, bench.work, text),
                                 coco::conformance::segments(bench.on, bench.work, of));
        const auto logits = coco::conformance::downloaded<P>(
            bench.on, bench.decoder.logits(ctx, coco::CRows<P>(rows.rows_from(rows.rows - 1, 1))));
        written.push_back(static_cast<Id>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
        text.push_back(written.back());
    }
    return written;
}

}  // namespace

TEST_CASE("generate: equals recomputing each text on its own for every token", "[generate]") {
    coco::llm::Config config = small_config();
    for (const bool qwen : {false, true}) {
        config.head_norm = config.qkv_bias = qwen;
        Bench<P> bench(coco::llm::random_source(config, 5));
        for (const Index at_once : {1, 3, 16}) {
            Generation how;
            how.max_tokens = 12;
            how.at_once = at_once;
            const auto written =
                coco::llm::generate(bench.on, bench.decoder, bench.parameters, bench.adapter, prompts, how);
            for (std::size_t i = 0; i < prompts.size(); ++i)
                CHECK(written[i] == recomputed(bench, prompts[i], 12));
        }
    }
}

TEST_CASE("generate: texts end at stop tokens, at the limit, or when the callback ends them", "[generate]") {
    Bench<P> bench(coco::llm::random_source(small_config(), 5));
    const auto go = [&](const Generation& how, const coco::llm::TokenCallback& on_token = {}) {
        return coco::llm::generate(bench.on, bench.decoder, bench.parameters, bench.adapter, prompts, how,
                                   on_token);
    };
    Generation how;
    how.max_tokens = 8;
    const auto whole = go(how);
    how.stop = {whole[0][3]};
    const auto stopped = go(how);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        const auto end = std::find(whole[i].begin(), whole[i].end(), how.stop[0]);
        CHECK(stopped[i] == Ids(whole[i].begin(), end));
    }
    how.stop.clear();
    const auto on_token =
        go(how, [](Index text, std::span<const Id> written) { return text != 2 || written.size() < 5; });
    CHECK(on_token[2] == Ids(whole[2].begin(), whole[2].begin() + 5));
    CHECK(on_token[1] == whole[1]);
    how.max_tokens = 0;
    CHECK(go(how) == std::vector<Ids>(4));
}

TEST_CASE("generate: random draws depend on seed, text number and token index, not on the batch",
          "[generate]") {
    Bench<P> bench(coco::llm::random_source(small_config(), 5));
    Generation how;
    how.max_tokens = 10;
    how.temperature = 1;
    const auto go = [&] {
        return coco::llm::generate(bench.on, bench.decoder, bench.parameters, bench.adapter, prompts, how);
    };
    const auto together = go();
    how.at_once = 1;
    CHECK(go() == together);
    how.seed = 2;
    CHECK(go() != together);
    how.top_p = 1e-9;  // leaves only the likeliest
    const auto nucleus = go();
    how.temperature = 0;
    CHECK(go() == nucleus);
}

TEST_CASE("pick: frequencies of tokens equal the softmax over the nucleus", "[generate]") {
    // Softmax at temperature .5 of 0, ln 2, ln 3, -inf is 1, 4, 9 of 14; the nucleus of .9 leaves 4 and 9.
    const std::vector<double> logits{0, std::log(2.0), std::log(3.0), -1e300};
    Generation how;
    how.temperature = 0.5;
    const auto share = [&](Id id) {
        int count = 0;
        for (int i = 0; i < 1400; ++i) count += coco::llm::pick<double>(logits, how, (i + 0.5) / 1400) == id;
        return count;
    };
    CHECK(share(0) == 100);
    CHECK(share(1) == 400);
    CHECK(share(2) == 900);
    CHECK(share(3) == 0);
    how.top_p = 0.9;
    CHECK(share(0) == 0);
    CHECK(share(1) == Approx(1400 * 4.0 / 13).margin(1));
    how.top_p = 1;
    how.top_k = 2;
    CHECK(share(0) == 0);
    CHECK(share(1) == Approx(1400 * 4.0 / 13).margin(1));
    how.top_p = 0.6;  // of the two that remain: 9 of 13 are enough
    CHECK(share(2) == 1400);
}

TEST_CASE("penalty: tokens of the text become less likely, once, however often they occur", "[generate]") {
    Generation how;
    how.repetition_penalty = 2;
    std::vector<double> logits{3, -1, 4, -5, 0};
    Ids seen;
    const Ids prompt{0, 1, 0}, written{3, 3};
    coco::llm::penalise<double>(logits, how, prompt, written, seen);
    CHECK(logits == std::vector<double>{1.5, -2, 4, -10, 0});
    how.repetition_penalty = 1;
    coco::llm::penalise<double>(logits, how, prompt, written, seen);
    CHECK(logits == std::vector<double>{1.5, -2, 4, -10, 0});
}

TEST_CASE("generate: a huge repetition penalty repeats no token", "[generate]") {
    Bench<P> bench(coco::llm::random_source(small_config(), 5));
    Generation how;
    how.max_tokens = 12;
    how.repetition_penalty = 1e9;
    const std::vector<Ids> one{{3, 1}};
    Ids all = coco::llm::generate(bench.on, bench.decoder, bench.parameters, bench.adapter, one, how).front();
    REQUIRE(all.size() == 12);
    // Negative logits are pushed far down and positive ones to nearly zero: no token is repeated while others
    // are above zero, and more than 12 of the 31 are.
    std::sort(all.begin(), all.end());
    CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
}

TEST_CASE("generate: invalid arguments are errors", "[generate]") {
    Bench<P> bench(coco::llm::random_source(small_config(), 5));
    const auto error = [&](const std::vector<Ids>& texts, const Generation& how) {
        return error_of([&] {
            coco::llm::generate(bench.on, bench.decoder, bench.parameters, bench.adapter, texts, how);
        });
    };
    CHECK_THAT(error({{1}, {}}, {}), Contains("prompt 1: is empty"));
    Generation how;
    how.top_p = 0;
    CHECK_THAT(error({{1}}, how), Contains("generation.top_p: out of range"));
    how = {};
    how.temperature = -1;
    CHECK_THAT(error({{1}}, how), Contains("generation.temperature"));
    coco::llm::Cache<P> cache(bench.on, small_config(), 1, 2);
    coco::Context<P> ctx = bench.parameters.context(bench.on, bench.work);
    coco::Offsets of;
    of.push(3);
    const Ids text{1, 2, 3}, sequence{0};
    CHECK_THAT(error_of([&] {
                   bench.decoder.extend(ctx, bench.adapter, cache,
                                        coco::conformance::ids(bench.on, bench.work, text),
                                        coco::conformance::segments(bench.on, bench.work, of), sequence);
               }),
               Contains("cache: text outgrows its room: expected at most 2 tokens, found 3"));
}

TEST_CASE("generate: tokens without an embedding are refused, rows without a token are not drawn",
          "[generate]") {
    Bench<P> bench(coco::llm::random_source(small_config(), 5));
    const auto written = [&](const Ids& prompt, Index tokens) {
        Generation how;
        how.max_tokens = 8;
        how.tokens = tokens;
        return coco::llm::generate(bench.on, bench.decoder, bench.parameters, bench.adapter,
                                   std::vector<Ids>{prompt}, how)[0];
    };
    for (const Id beyond : {31, -1, 1 << 30})
        CHECK_THAT(error_of([&] {
                       written({3, beyond}, 0);
                   }),
                   Contains("token without an embedding: expected 0 to 30, found " + std::to_string(beyond)));
    const Ids all = written({3}, 0);
    CHECK(written({3}, 31) == all);
    CHECK(written({3}, 1000) == all);
    const Id largest = *std::max_element(all.begin(), all.end());
    for (const Id id : written({3}, largest)) CHECK(id < largest);
}
