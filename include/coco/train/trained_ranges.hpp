// SPDX-License-Identifier: Apache-2.0
/// \file
/// The ranges of parameters that an optimiser treats alike, each as long as the layout allows.
#pragma once

#include <vector>

#include <coco/store/parameter_layout.hpp>

namespace coco {

/// Elements [begin, end) of a block, of one group, with decay or without.
struct TrainedRange {
    ParameterBlock block;
    int group;
    Decay decay;
    Index begin, end;

    /// The range's part of a block.
    template <class Block>
    auto of(Block& block_of) const {
        return block_of.list().from(begin, end - begin);
    }
};

/// All that is trained, in the layout's order.
[[gnu::cold]] inline std::vector<TrainedRange> trained_ranges(const ParameterLayout& layout) {
    std::vector<TrainedRange> ranges;
    for (const Tensor& t : layout.tensors()) {
        if (t.ref.block == ParameterBlock::frozen) continue;
        const Index end = t.ref.at + (t.ref.size() + ParameterLayout::alignment - 1) /
                                         ParameterLayout::alignment * ParameterLayout::alignment;
        if (!ranges.empty() && ranges.back().group == t.group && ranges.back().decay == t.decay &&
            ranges.back().block == t.ref.block && ranges.back().end == t.ref.at)
            ranges.back().end = end;
        else
            ranges.push_back({t.ref.block, t.group, t.decay, t.ref.at, end});
    }
    return ranges;
}

}  // namespace coco
