// SPDX-License-Identifier: Apache-2.0
/// \file
/// Selects a language model's next token from its logits: the likeliest, or a draw from the likeliest.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>

namespace coco::llm {

/// How texts are continued. Logits are penalised, divided by the temperature, and restricted to the `top_k`
/// likeliest, then to `top_p` of the remaining ones, in this order.
struct Generation {
    Index max_tokens = 64;            ///< maximum number of new tokens per text
    double temperature = 0;           ///< divides the logits; 0: always the likeliest token
    Index top_k = 0;                  ///< draws from this many of the likeliest tokens; 0: from all
    double top_p = 1;                 ///< draws from the likeliest tokens that together have this probability
    double repetition_penalty = 1;    ///< for tokens already in the text: divides positive logits, multiplies
                                      ///< negative ones (Keskar et al., 2019)
    std::uint64_t seed = 1;           ///< draws depend only on the seed, the text's key and the step
    std::vector<std::uint64_t> keys;  ///< one per text; empty: 2^32 times the text's number
    std::vector<Id> stop;             ///< tokens that end a text; they are not returned
    Index tokens = 0;    ///< only ids below this are drawn, because rows above it have no token; 0: all
    Index at_once = 16;  ///< texts in one pass

    void check() const {
        require(max_tokens >= 0, "generation.max_tokens", "negative", "0 or more", text_of(max_tokens));
        require(temperature >= 0, "generation.temperature", "negative", "0 or more", text_of(temperature));
        require(top_k >= 0, "generation.top_k", "negative", "0 or more", text_of(top_k));
        require(top_p > 0 && top_p <= 1, "generation.top_p", "out of range", "above 0, at most 1",
                text_of(top_p));
        require(repetition_penalty > 0, "generation.repetition_penalty", "out of range", "above 0",
                text_of(repetition_penalty));
        require(tokens >= 0, "generation.tokens", "negative", "0 or more", text_of(tokens));
        require(at_once >= 1, "generation.at_once", "too few", "at least 1", text_of(at_once));
    }
};

/// Makes each token that occurs in `prompt` or `written` less likely, by the same factor for any number of
/// occurrences.
/// \param seen  scratch memory, reused from call to call
template <class T>
void penalise(std::span<T> logits, const Generation& how, std::span<const Id> prompt,
              std::span<const Id> written, std::vector<Id>& seen) {
    if (how.repetition_penalty == 1) return;
    seen.assign(prompt.begin(), prompt.end());
    seen.insert(seen.end(), written.begin(), written.end());
    std::sort(seen.begin(), seen.end());
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    const T penalty = static_cast<T>(how.repetition_penalty);
    for (const Id token : seen) {
        T& logit = logits[static_cast<std::size_t>(token)];
        logit = logit > 0 ? logit / penalty : logit * penalty;
    }
}

/// Selects the next token by its logits. \param chance  uniform in [0, 1)
template <class T>
Id pick(std::span<const T> logits, const Generation& how, double chance) {
    if (how.temperature <= 0)
        return static_cast<Id>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    const double maximum = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
    std::vector<double> weight(logits.size());
    for (std::size_t i = 0; i < weight.size(); ++i)
        weight[i] = std::exp((static_cast<double>(logits[i]) - maximum) / how.temperature);
    std::vector<Id> order(weight.size());
    std::iota(order.begin(), order.end(), 0);
    if (how.top_p < 1 || how.top_k > 0)
        std::stable_sort(order.begin(), order.end(), [&](Id a, Id b) {
            return weight[static_cast<std::size_t>(a)] > weight[static_cast<std::size_t>(b)];
        });
    if (how.top_k > 0) order.resize(std::min(order.size(), static_cast<std::size_t>(how.top_k)));
    double all = 0;
    for (const Id token : order) all += weight[static_cast<std::size_t>(token)];
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

}  // namespace coco::llm
