// SPDX-License-Identifier: Apache-2.0
/// \file
/// Graphs of work whose shapes come again: serving, benchmarks. Work of a new shape runs plainly.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include <coco/cuda/graph.cuh>

namespace coco::cuda {

/// A graph for each shape that was met twice.
class GraphsByShape {
public:
    /// \param most  shapes that are kept; where there are more, all are forgotten and met anew
    explicit GraphsByShape(std::size_t most = 64) : most_(most) {}

    /// Runs work(): plainly when its shape is met for the first time, which makes its memory grow, recorded
    /// from then on. Work of one shape reads and writes the same places each time.
    /// \param shape  all that decides sizes and addresses, such as a batch's offsets
    /// \throws Error where work brings numbers or waits: see `Graph::record`
    template <class Work>
    void run(Device& device, std::span<const Id> shape, const Work& work) {
        const std::vector<Id> key(shape.begin(), shape.end());
        const auto found = graphs_.find(key);
        if (found == graphs_.end()) {
            work();
            if (graphs_.size() >= most_) graphs_.clear();
            graphs_.emplace(key, Graph());
            return;
        }
        if (found->second.launches() == 0) found->second = Graph::record(device, work);
        found->second.replay(device);
    }

    std::size_t size() const { return graphs_.size(); }

private:
    std::size_t most_;
    std::map<std::vector<Id>, Graph> graphs_;
};

}  // namespace coco::cuda
