// SPDX-License-Identifier: Apache-2.0
/// \file
/// Cache of work whose shape recurs, such as serving requests. A policy that can store such work specialises
/// it.
#pragma once

#include <span>

#include <coco/core/types.hpp>

namespace coco {

/// The stored work of policy P, by shape; for one thread at a time. The default stores nothing and executes
/// the work each time.
template <class P>
class GraphCache {
public:
    /// Runs work(), which uploads nothing and waits for nothing, and whose results are read only after it.
    /// \param shape  all that decides sizes and addresses: work of an equal shape reads and writes the same
    ///        addresses
    template <class Work>
    void run(P&, std::span<const Id>, const Work& work) {
        work();
    }
};

}  // namespace coco
