// SPDX-License-Identifier: Apache-2.0
/// \file
/// Indices made during a step, on the host, and brought to where kernels run: segments from offsets, the
/// inverse of a gather. They lie in the workspace, so nothing allocates.
#pragma once

#include <algorithm>
#include <span>

#include <coco/nn/stage.hpp>
#include <coco/store/ragged.hpp>

namespace coco::nn {

/// Segments of these offsets (count + 1 of them, ascending from 0), which must live until the step ends.
template <class P>
Segments<P> segments(Run<P>& run, std::span<const Id> offsets) {
    Segments<P> s;
    s.host = offsets;
    s.offsets = run.on.bring(offsets, run.work);
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i)
        s.longest = std::max<Index>(s.longest, offsets[i + 1] - offsets[i]);
    return s;
}

/// The inverse of a gather of rows 0 .. rows-1; -1 is skipped.
template <class P>
Inverse<P> invert(Run<P>& run, std::span<const Id> gathered, Index rows) {
    const std::span<Id> start = run.work.template numbers<Id>(rows + 1);
    const std::span<Id> id = run.work.template numbers<Id>(rows),
                        offsets = run.work.template numbers<Id>(rows + 1);
    const std::span<Id> place = run.work.template numbers<Id>(static_cast<Index>(gathered.size()));
    const std::size_t distinct =
        static_cast<std::size_t>(coco::invert(gathered, rows, start, id, offsets, place));
    Inverse<P> inverse;
    inverse.id = run.on.bring(std::span<const Id>(id.first(distinct)), run.work);
    inverse.places_of = segments(run, std::span<const Id>(offsets.first(distinct + 1)));
    inverse.place =
        run.on.bring(std::span<const Id>(place.first(static_cast<std::size_t>(offsets[distinct]))), run.work);
    return inverse;
}

}  // namespace coco::nn
