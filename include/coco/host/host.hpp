// SPDX-License-Identifier: Apache-2.0
/// \file
/// The host as an execution policy: every primitive uses all threads of a pool. `coco::Host` computes in
/// float; the conformance tests use `BasicHost<double>`.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include <coco/core/role.hpp>
#include <coco/exec/communicator.hpp>
#include <coco/exec/policy.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/fwd.hpp>
#include <coco/host/adamw.hpp>
#include <coco/host/attend.hpp>
#include <coco/host/attend_backward.hpp>
#include <coco/host/for_each_row.hpp>
#include <coco/host/memory.hpp>
#include <coco/host/multiply.hpp>
#include <coco/host/multiply_stored.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/ranking.hpp>
#include <coco/host/softmax_cross_entropy.hpp>
#include <coco/store/workspace.hpp>

namespace coco {
inline namespace COCO_INSTRUCTION_SET {

/// The policy. User threads may share it: their jobs are executed one after another.
/// \tparam T  scalar of all activations and parameters
/// \tparam Communicator  how processes that train together exchange gradients
template <class T, class Communicator>
class BasicHost {
public:
    using Role = role::ExecutionPolicy;
    using Scalar = T;
    using Space = space::Host;
    static constexpr bool alone =
        std::is_same_v<Communicator, Alone>;  ///< exchanges nothing with other processes
    using Out = View<T, Space>;
    using In = View<const T, Space>;

    /// \param threads  0 uses all that the machine has. Results are bit-identical for any number.
    explicit BasicHost(int threads = 0, Communicator together = {})
        : pool_(std::make_unique<host::Pool>(threads)), together_(std::move(together)) {}

    int threads() const { return pool_->threads(); }

    void* allocate(std::size_t bytes) { return host::allocate(bytes); }
    void deallocate(void* memory, std::size_t) noexcept { host::deallocate(memory); }

    template <class U>
    List<const U, Space> upload(std::span<const U> numbers, Workspace<BasicHost>&) {
        return {numbers.data(), static_cast<Index>(numbers.size())};
    }
    template <class U>
    void download(List<const U, Space> from, U* to) {
        std::copy(from.data, from.data + from.size, to);
    }
    template <class U>
    void upload(const U* from, List<U, Space> to) {
        std::copy(from, from + to.size, to.data);
    }

    void fill(List<T, Space> x, T value) {
        constexpr Index chunk = 1 << 16;
        pool_->run((x.size + chunk - 1) / chunk, [&](Index task) {
            std::fill(x.data + task * chunk, x.data + std::min(x.size, (task + 1) * chunk), value);
        });
    }

    void multiply(In a, Op op_a, In b, Op op_b, Out out, T alpha = 1, T beta = 0) {
        host::multiply<T>(*pool_, a, op_a, b, op_b, out, alpha, beta);
    }

    void multiply_stored(In x, const Stored<Space>& w, Op op, Out out, Write write, Precision precision) {
        host::multiply_stored<T>(*pool_, x, w, op, out, write, precision);
    }
    void gather_stored(const Stored<Space>& w, Ids<BasicHost> id, Out out) {
        host::gather_stored<T>(*pool_, w, id, out);
    }

    template <class Kernel>
    void for_each_row(Index count, Index width, const Kernel& kernel) {
        host::for_each_row<T>(*pool_, count, width, kernel);
    }
    template <class Kernel>
    void reduce(Index count, Out out, const Kernel& kernel) {
        host::reduce<T>(*pool_, count, out, kernel);
    }

    void attend(const Attention<BasicHost>& shape, const AttentionRows<BasicHost>& in, Out out,
                Out statistics) {
        host::attend(*pool_, shape, in.q, in.k, in.v, in.own_k, in.own_v, out, statistics);
    }
    void attend_backward(const Attention<BasicHost>& shape, const AttentionRows<BasicHost>& in, In out,
                         In statistics, In dout, const AttentionGradients<BasicHost>& g) {
        host::attend_backward(*pool_, shape, in.q, in.k, in.v, in.own_k, in.own_v, out, statistics, dout,
                              g.dq, g.dk, g.dv, g.down_k, g.down_v);
    }

    void softmax_cross_entropy(In h, const Classes<BasicHost>& classes, T scale, T* loss, Out dh,
                               Out dcolumns, Out dbias) {
        host::softmax_cross_entropy(*pool_, h, classes, scale, loss, dh, dcolumns, dbias);
    }

    void top_k(In h, In columns, In bias, const ExcludedItems<BasicHost>& excluded, Index k,
               MutableIds<BasicHost> best, Out scores) {
        host::top_k(*pool_, h, columns, bias, excluded, k, best, scores);
    }
    void target_rank(In h, In columns, In bias, const ExcludedItems<BasicHost>& excluded,
                     Ids<BasicHost> target, Out places) {
        host::target_rank(*pool_, h, columns, bias, excluded, target, places);
    }

    void squared_norm(std::span<const List<const T, Space>> lists, T* sum) {
        for (const List<const T, Space> x : lists) host::squared_norm(*pool_, x, sum);
    }
    void adamw(std::span<const AdamWRange<BasicHost>> ranges, const T* scale) {
        for (const AdamWRange<BasicHost>& r : ranges)
            host::adamw(*pool_, r.step, r.value, r.gradient, r.first, r.second, scale);
    }

    void all_reduce(List<T, Space> x) { together_.all_reduce(x); }
    bool any(bool mine) { return together_.any(mine); }

private:
    std::unique_ptr<host::Pool> pool_;
    [[no_unique_address]] Communicator together_;
};

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco

static_assert(coco::ExecutionPolicy<coco::Host> && coco::ExecutionPolicy<coco::BasicHost<double>>);
