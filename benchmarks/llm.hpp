// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <vector>

#include <coco/host/host.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/llm/presets.hpp>
#include <coco/llm/random_source.hpp>
#include <coco/nn/parameters.hpp>

#include "peak.hpp"

namespace coco {

/// Floating-point operations of the linear maps and of causal attention, forward, over texts of one length.
inline double forward_flop(const llm::Config& c, Index texts, Index length) {
    const double linear = static_cast<double>(c.width * (c.fused_width() + c.query_width() + 3 * c.hidden));
    const double attention =
        static_cast<double>(c.query_width() * length);  // half of the pairs, two products
    return 2 * static_cast<double>(c.used() * texts * length) * (linear + attention);
}

/// `texts` texts of `length` tokens drawn by seed.
struct Texts {
    std::vector<Id> token;
    Offsets offsets;

    Texts(Index texts, Index length, Index vocabulary) {
        Draw draw(1);
        for (Index s = 0; s < texts; ++s) offsets.push(length);
        for (Index i = 0; i < texts * length; ++i)
            token.push_back(static_cast<Id>(draw.below(static_cast<std::uint32_t>(vocabulary))));
    }
    Segments<Host> segments() const {
        return {offsets.at, {offsets.at.data(), static_cast<Index>(offsets.at.size())}, offsets.longest()};
    }
    Ids<Host> tokens() const { return {token.data(), static_cast<Index>(token.size())}; }
};

}  // namespace coco
