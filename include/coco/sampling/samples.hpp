// SPDX-License-Identifier: Apache-2.0
/// \file
/// How training samples are cut from histories: every position of a window, or every prefix by itself.
/// A sample is an index range, nothing is copied.
#pragma once

#include <algorithm>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/data/interactions.hpp>

namespace coco::sampling {

/// Inputs are the train items begin .. end-1 of a user; the row of item t has item t+1 as its target where
/// t >= first_target. Earlier rows are context only.
struct Sample {
    Id user;
    Index begin;
    Index end;
    Index first_target;

    Index rows() const { return end - begin; }
    Index targets() const { return end - first_target; }

    friend bool operator==(const Sample&, const Sample&) = default;
};

/// Every position: one pass over a window of at most `window` items trains all its rows, and each train item
/// but a user's first is a target exactly once. A history of more than `window` inputs is cut into
/// consecutive windows counted from its end, so the newest one is what evaluation would see; the oldest keeps
/// the rest and misses nothing before it. In between, a window's row sees only the items of its window: with
/// `context` > 0 a window begins with up to so many rows of older items that are no targets (window - context
/// targets are left it, and the arithmetic grows by window / (window - context)). \throws Error unless window
/// >= 1 and 0 <= context < window
inline std::vector<Sample> every_position(const data::Interactions& train, Index window, Index context = 0) {
    require(window >= 1, "window", "too small", "at least 1", text_of(window));
    require(context >= 0 && context < window, "context", "out of range", text_of("0 .. ", window - 1),
            text_of(context));
    std::vector<Sample> samples;
    for (Id user = 0; user < train.users(); ++user) {
        const std::size_t first = samples.size();
        for (Index end = train.length(user) - 1; end > 0;) {
            const Index begin = std::max<Index>(end - window, 0);
            const Index first_target = begin == 0 ? 0 : begin + context;
            samples.push_back({user, begin, end, first_target});
            end = first_target;
        }
        std::reverse(samples.begin() + static_cast<std::ptrdiff_t>(first), samples.end());
    }
    return samples;
}

/// Every prefix: each target has a sample of its own, the at most `window` items right before it, and its row
/// is the last. What training sees is then exactly what evaluation sees, at the price of many more rows.
/// \throws Error unless window >= 1
inline std::vector<Sample> every_prefix(const data::Interactions& train, Index window) {
    require(window >= 1, "window", "too small", "at least 1", text_of(window));
    std::vector<Sample> samples;
    for (Id user = 0; user < train.users(); ++user)
        for (Index end = 1; end < train.length(user); ++end)
            samples.push_back({user, std::max<Index>(end - window, 0), end, end - 1});
    return samples;
}

/// Rows packed by a list of samples: what a pass over all of them costs.
inline Index rows_of(const std::vector<Sample>& samples) {
    Index rows = 0;
    for (const Sample& sample : samples) rows += sample.rows();
    return rows;
}

}  // namespace coco::sampling
