// SPDX-License-Identifier: Apache-2.0
/// \file
/// Training samples from histories: every position of a window, or every prefix separately. A sample is an
/// index range; nothing is copied.
#pragma once

#include <algorithm>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/data/interactions.hpp>
#include <coco/sampling/settings.hpp>

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
/// of a user except the first is a target exactly once. A history of more than `window` inputs is split into
/// consecutive windows counted from its end, so the newest window equals the input of evaluation; the oldest
/// window takes the remaining items. Rows of a window attend only to items of that window: with `context` > 0
/// a window begins with up to `context` rows of older items that are not targets. This leaves window -
/// context targets per window and increases the arithmetic by window / (window - context).
/// \throws Error unless window >= 1 and 0 <= context < window
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

/// Every prefix: each target has its own sample, the at most `window` items right before it, and its row is
/// the last one. The inputs in training are then the same as in evaluation, at the price of many more rows.
/// \throws Error unless window >= 1
inline std::vector<Sample> every_prefix(const data::Interactions& train, Index window) {
    require(window >= 1, "window", "too small", "at least 1", text_of(window));
    std::vector<Sample> samples;
    for (Id user = 0; user < train.users(); ++user)
        for (Index end = 1; end < train.length(user); ++end)
            samples.push_back({user, std::max<Index>(end - window, 0), end, end - 1});
    return samples;
}

/// A user's newest train item alone, to be predicted from those before it.
/// \throws Error unless window >= 1
inline std::vector<Sample> newest(const data::Interactions& train, Index window) {
    require(window >= 1, "window", "too small", "at least 1", text_of(window));
    std::vector<Sample> samples;
    for (Id user = 0; user < train.users(); ++user)
        if (const Index end = train.length(user) - 1; end >= 1)
            samples.push_back({user, std::max<Index>(end - window, 0), end, end - 1});
    return samples;
}

/// The same samples without the targets that are users' newest train items, and without what is empty then.
inline std::vector<Sample> without_newest(std::vector<Sample> samples, const data::Interactions& train) {
    std::vector<Sample> out;
    for (Sample s : samples) {
        s.end = std::min(s.end, train.length(s.user) - 2);
        if (s.targets() > 0) out.push_back(s);
    }
    return out;
}

/// Packed rows of a list of samples: the cost of a pass over all of them.
inline Index rows_of(const std::vector<Sample>& samples) {
    Index rows = 0;
    for (const Sample& sample : samples) rows += sample.rows();
    return rows;
}

/// The kind of samples for `Samples::by_data`: every prefix, as in evaluation, where that packs fewer than 12
/// times as many rows as every position.
inline Samples kind_for(const data::Interactions& train, Index window) {
    return rows_of(every_prefix(train, window)) < 12 * rows_of(every_position(train, window))
               ? Samples::prefixes
               : Samples::positions;
}

}  // namespace coco::sampling
