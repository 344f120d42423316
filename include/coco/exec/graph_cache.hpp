// SPDX-License-Identifier: Apache-2.0
/// \file
/// Work of a shape that comes again, as a desk's is. A policy that can keep such work ready specialises this.
#pragma once

#include <span>

#include <coco/core/types.hpp>

namespace coco {

/// What policy P keeps of work by its shape; for one thread at a time. Most keep nothing and do it anew.
template <class P>
class GraphCache {
public:
    /// Does work(), which brings nothing and waits for nothing, and whose results are read after it alone.
    /// \param shape  all that decides sizes and addresses: work of an equal shape reads and writes the same
    /// places
    template <class Work>
    void run(P&, std::span<const Id>, const Work& work) {
        work();
    }
};

}  // namespace coco
