// SPDX-License-Identifier: Apache-2.0
/// \file
/// Writing: a language model continues texts, several at once, each of its own length.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/random.hpp>
#include <coco/llm/cache.hpp>
#include <coco/nn/parameters.hpp>

namespace coco::llm {

/// How texts are continued.
struct Generation {
    Index most_tokens = 64;  ///< written to a text, at most
    double temperature = 0;  ///< divides the logits; 0 takes the likeliest token always
    double top_p = 1;        ///< draws from the likeliest tokens that together have this probability
    std::uint64_t seed = 1;  ///< a text's draws depend on the seed, its number and the place alone
    std::vector<Id> stop;    ///< tokens that end a text; they are not part of it
    Index at_once = 16;      ///< texts in one pass

    void check() const {
        require(most_tokens >= 0, "generation.most_tokens", "negative", "0 or more", text_of(most_tokens));
        require(temperature >= 0, "generation.temperature", "negative", "0 or more", text_of(temperature));
        require(top_p > 0 && top_p <= 1, "generation.top_p", "out of range", "above 0, at most 1",
                text_of(top_p));
        require(at_once >= 1, "generation.at_once", "too few", "at least 1", text_of(at_once));
    }
};

/// The next token by its logits. \param chance  uniform in [0, 1)
template <class T>
Id pick(std::span<const T> logits, const Generation& how, double chance) {
    if (how.temperature <= 0)
        return static_cast<Id>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    const double most = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
    std::vector<double> weight(logits.size());
    for (std::size_t i = 0; i < weight.size(); ++i)
        weight[i] = std::exp((static_cast<double>(logits[i]) - most) / how.temperature);
    std::vector<Id> order(weight.size());
    std::iota(order.begin(), order.end(), 0);
    if (how.top_p < 1)
        std::stable_sort(order.begin(), order.end(), [&](Id a, Id b) {
            return weight[static_cast<std::size_t>(a)] > weight[static_cast<std::size_t>(b)];
        });
    const double all = std::accumulate(weight.begin(), weight.end(), 0.0);
    std::size_t count = 0;
    double kept = 0;
    while (count < order.size() && (count == 0 || kept < how.top_p * all))
        kept += weight[static_cast<std::size_t>(order[count++])];
    double left = chance * kept;
    for (std::size_t i = 0; i + 1 < count; ++i) {
        left -= weight[static_cast<std::size_t>(order[i])];
        if (left < 0) return order[i];
    }
    return order[count - 1];
}

/// Called after each token of text `text` with all that was written so far; false ends the text.
using Written = std::function<bool(Index text, std::span<const Id> written)>;

/// Continues texts; returns what was written to each, a stop token not included.
/// \throws Error for an empty prompt or a setting out of range
template <class P, class Decoder, class Adapter>
std::vector<std::vector<Id>> generate(P& on, const Decoder& decoder, const Parameters<P>& parameters,
                                      const Adapter& adapter, std::span<const std::vector<Id>> prompts,
                                      const Generation& how, const Written& told = {}) {
    using T = typename P::Scalar;
    how.check();
    for (std::size_t i = 0; i < prompts.size(); ++i)
        if (prompts[i].empty()) throw Error(text_of("prompt ", i), "is empty", "at least one token");
    std::vector<std::vector<Id>> written(prompts.size());
    Workspace<P> work(on);
    std::vector<T> logits(static_cast<std::size_t>(decoder.config().vocabulary));
    std::vector<Id> token, last, sequence;
    Offsets token_of;
    for (std::size_t first = 0; first < prompts.size(); first += static_cast<std::size_t>(how.at_once)) {
        const std::size_t count = std::min(prompts.size() - first, static_cast<std::size_t>(how.at_once));
        std::size_t longest = 0;
        for (std::size_t i = 0; i < count; ++i) longest = std::max(longest, prompts[first + i].size());
        Cache<P> cache(on, decoder.config(), static_cast<Index>(count),
                       static_cast<Index>(longest) + how.most_tokens);
        sequence.resize(how.most_tokens > 0 ? count : 0);
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
            Run<P> run = parameters.run(on, work);
            const Segments<P> segments = segments_of(run, std::span<const Id>(token_of.at));
            const Rows<P> rows = decoder.extend(run, adapter, cache, bring(run, std::span<const Id>(token)),
                                                segments, sequence);
            const Rows<P> ends = work.keep(static_cast<Index>(last.size()), decoder.width());
            nn::gather<P>(on, CRows<P>(rows), bring(run, std::span<const Id>(last)), ends);
            const Rows<P> scores = decoder.logits(run, CRows<P>(ends));
            std::size_t going_on = 0;
            for (std::size_t k = 0; k < sequence.size(); ++k) {
                const std::size_t text = first + static_cast<std::size_t>(sequence[k]);
                on.fetch(List<const T, typename P::Space>{scores.row(static_cast<Index>(k)), scores.cols},
                         logits.data());
                const double chance = static_cast<double>(unit_interval(
                    philox(how.seed,
                           (static_cast<std::uint64_t>(text) << 32) + static_cast<std::uint64_t>(step),
                           0x67656e)
                        .word[0]));
                const Id next = pick(std::span<const T>(logits), how, chance);
                if (std::find(how.stop.begin(), how.stop.end(), next) != how.stop.end()) continue;
                written[text].push_back(next);
                if (static_cast<Index>(written[text].size()) == how.most_tokens) {
                    if (told) told(static_cast<Index>(text), written[text]);
                    continue;
                }
                if (!told || told(static_cast<Index>(text), written[text]))
                    sequence[going_on++] = sequence[k];
            }
            sequence.resize(going_on);
        }
    }
    return written;
}

}  // namespace coco::llm
