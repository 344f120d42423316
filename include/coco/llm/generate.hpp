// SPDX-License-Identifier: Apache-2.0
/// \file
/// Text generation: a language model continues several texts of different lengths in one batch.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/random.hpp>
#include <coco/llm/cache.hpp>
#include <coco/llm/generation.hpp>
#include <coco/nn/parameters.hpp>

namespace coco::llm {

/// Called after each new token of text `text` with all its new tokens so far; returning false ends the text.
using TokenCallback = std::function<bool(Index text, std::span<const Id> written)>;

/// Continues texts; returns the new tokens of each, without the stop token.
/// \throws Error for an empty prompt, a token beyond the vocabulary or a setting out of range
template <class P, class Decoder, class Adapter>
std::vector<std::vector<Id>> generate(P& on, const Decoder& decoder, const Parameters<P>& parameters,
                                      const Adapter& adapter, std::span<const std::vector<Id>> prompts,
                                      const Generation& how, const TokenCallback& on_token = {}) {
    using T = typename P::Scalar;
    how.check();
    require(how.keys.empty() || how.keys.size() == prompts.size(), "generation.keys", "not one for each text",
            text_of(prompts.size()), text_of(how.keys.size()));
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        if (prompts[i].empty()) throw Error(text_of("prompt ", i), "is empty", "at least one token");
        decoder.config().check_tokens(prompts[i]);
    }
    const Index vocabulary = decoder.config().vocabulary,
                drawn = how.tokens > 0 ? std::min(how.tokens, vocabulary) : vocabulary;
    std::vector<std::vector<Id>> written(prompts.size());
    Workspace<P> work(on);
    std::vector<T> logits(static_cast<std::size_t>(vocabulary));
    std::vector<Id> token, last, sequence, seen;
    Offsets token_of;
    for (std::size_t first = 0; first < prompts.size(); first += static_cast<std::size_t>(how.at_once)) {
        const std::size_t count = std::min(prompts.size() - first, static_cast<std::size_t>(how.at_once));
        std::size_t longest = 0;
        for (std::size_t i = 0; i < count; ++i) longest = std::max(longest, prompts[first + i].size());
        Cache<P> cache(on, decoder.config(), static_cast<Index>(count),
                       static_cast<Index>(longest) + how.max_tokens);
        sequence.resize(how.max_tokens > 0 ? count : 0);
        std::iota(sequence.begin(), sequence.end(), 0);
        for (Index step = 0; !sequence.empty(); ++step) {
            token.clear();
            last.clear();
            token_of.clear();
            for (const Id s : sequence) {
                const std::size_t text = first + static_cast<std::size_t>(s);
                if (step == 0)
                    token.insert(token.end(), prompts[text].begin(), prompts[text].end());
                else
                    token.push_back(written[text].back());
                token_of.push(static_cast<Index>(token.size()) - token_of.rows());
                last.push_back(static_cast<Id>(token.size()) - 1);
            }
            work.reset();
            Context<P> ctx = parameters.context(on, work);
            const Segments<P> segments = segments_of(ctx, std::span<const Id>(token_of.at));
            const Rows<P> rows = decoder.extend(ctx, adapter, cache, upload(ctx, std::span<const Id>(token)),
                                                segments, sequence);
            const Rows<P> ends = work.keep(static_cast<Index>(last.size()), decoder.width());
            nn::gather<P>(on, CRows<P>(rows), upload(ctx, std::span<const Id>(last)), ends);
            const Rows<P> scores = decoder.logits(ctx, CRows<P>(ends));
            std::size_t going_on = 0;
            for (std::size_t k = 0; k < sequence.size(); ++k) {
                const std::size_t text = first + static_cast<std::size_t>(sequence[k]);
                on.download(List<const T, typename P::Space>{scores.row(static_cast<Index>(k)), scores.cols},
                            logits.data());
                penalise<T>(logits, how, prompts[text], written[text], seen);
                const std::uint64_t key =
                    how.keys.empty() ? static_cast<std::uint64_t>(text) << 32 : how.keys[text];
                const double chance = static_cast<double>(unit_interval(
                    philox(how.seed, key + static_cast<std::uint64_t>(step), 0x67656e).word[0]));
                const Id next =
                    pick(std::span<const T>(logits).first(static_cast<std::size_t>(drawn)), how, chance);
                if (std::find(how.stop.begin(), how.stop.end(), next) != how.stop.end()) continue;
                written[text].push_back(next);
                if (static_cast<Index>(written[text].size()) == how.max_tokens) {
                    if (on_token) on_token(static_cast<Index>(text), written[text]);
                    continue;
                }
                if (!on_token || on_token(static_cast<Index>(text), written[text]))
                    sequence[going_on++] = sequence[k];
            }
            sequence.resize(going_on);
        }
    }
    return written;
}

}  // namespace coco::llm
