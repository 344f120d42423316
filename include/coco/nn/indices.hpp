// SPDX-License-Identifier: Apache-2.0
/// \file
/// Indices made on the host during a step and uploaded to the policy: segments from offsets, the inverse of a
/// gather. They are in the workspace, so nothing is allocated.
#pragma once

#include <algorithm>
#include <span>

#include <coco/nn/layer.hpp>
#include <coco/store/ragged.hpp>

namespace coco::nn {

/// Segments with these offsets (count + 1 numbers, ascending from 0), which must live until the step ends.
template <class P>
Segments<P> segments(Context<P>& ctx, std::span<const Id> offsets) {
    Segments<P> s;
    s.host = offsets;
    s.offsets = ctx.on.upload(offsets, ctx.work);
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i)
        s.longest = std::max<Index>(s.longest, offsets[i + 1] - offsets[i]);
    return s;
}

/// The inverse of a gather from rows 0 .. rows-1; -1 is skipped.
template <class P>
Inverse<P> invert(Context<P>& ctx, std::span<const Id> gathered, Index rows) {
    const std::span<Id> start = ctx.work.template numbers<Id>(rows + 1);
    const std::span<Id> id = ctx.work.template numbers<Id>(rows),
                        offsets = ctx.work.template numbers<Id>(rows + 1);
    const std::span<Id> place = ctx.work.template numbers<Id>(static_cast<Index>(gathered.size()));
    const std::size_t distinct =
        static_cast<std::size_t>(coco::invert(gathered, rows, start, id, offsets, place));
    Inverse<P> inverse;
    inverse.id = ctx.on.upload(std::span<const Id>(id.first(distinct)), ctx.work);
    inverse.places_of = segments(ctx, std::span<const Id>(offsets.first(distinct + 1)));
    inverse.place = ctx.on.upload(
        std::span<const Id>(place.first(static_cast<std::size_t>(offsets[distinct]))), ctx.work);
    return inverse;
}

}  // namespace coco::nn
