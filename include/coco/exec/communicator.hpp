// SPDX-License-Identifier: Apache-2.0
/// \file
/// How processes that train one model together exchange what each has found: the last template argument of
/// the policies. Alone, the default, nothing is exchanged.
#pragma once

namespace coco {

/// One process by itself. A communicator of your own (NCCL, MPI, threads) replaces it and provides both.
struct Alone {
    /// x becomes its mean over all processes, which all call it at the same step. Must give all of them the
    /// same bits, or their parameters drift apart. \param where  nothing on the host; on a GPU the stream
    template <class ListT, class... Where>
    void all_reduce(ListT, Where...) {}
    /// Whether it is true of any of the processes.
    bool any(bool mine) { return mine; }
};

namespace exec {

/// Optional `static constexpr bool alone` of a policy: whether it exchanges nothing.
template <class P>
inline constexpr bool trains_alone = false;
template <class P>
requires requires { P::alone; }
inline constexpr bool trains_alone<P> = P::alone;

}  // namespace exec
}  // namespace coco
