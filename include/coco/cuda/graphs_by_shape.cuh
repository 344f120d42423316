// SPDX-License-Identifier: Apache-2.0
/// \file
/// Graphs of work whose shapes recur: serving, benchmarks. Work of a new shape runs directly.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include <coco/cuda/graph.cuh>

namespace coco::cuda {

/// One graph for each shape that has occurred twice.
class GraphsByShape {
public:
    /// \param maximum  number of shapes that are kept; when there are more, all are discarded
    explicit GraphsByShape(std::size_t maximum = 512) : max_(maximum) {}

    /// Runs work(): directly when its shape occurs for the first time, which makes its memory grow, recorded
    /// from then on. Work of one shape reads and writes the same addresses each time. Work that cannot be
    /// recorded (it uploads or waits: see `Graph::record`) runs directly each time.
    ///
    /// \param shape  all that decides sizes and addresses, such as a batch's offsets
    template <class Work>
    void run(Device& device, std::span<const Id> shape, const Work& work) {
        const std::vector<Id> key(shape.begin(), shape.end());
        const auto found = graphs_.find(key);
        if (found == graphs_.end()) {
            work();
            if (graphs_.size() >= max_) graphs_.clear();
            graphs_.emplace(key, Entry{});
            return;
        }
        Entry& entry = found->second;
        if (entry.times == 1) record(device, work, entry);
        ++entry.times;
        if (entry.graph.launches() > 0)
            entry.graph.replay(device);
        else
            work();
    }

    std::size_t size() const { return graphs_.size(); }

private:
    struct Entry {
        Index times = 1;
        Graph graph;
    };

    template <class Work>
    static void record(Device& device, const Work& work, Entry& entry) {
        try {
            entry.graph = Graph::record(device, work);
        } catch (const Error&) {
            // An error of the work itself is reported when it runs directly.
        }
    }

    std::size_t max_;
    std::map<std::vector<Id>, Entry> graphs_;
};

}  // namespace coco::cuda
