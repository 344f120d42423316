// SPDX-License-Identifier: Apache-2.0
/// \file
/// One GPU as an execution policy: every primitive by kernels and cuBLAS on one stream. `coco::Cuda` computes
/// in float; the conformance tests use `BasicCuda<double>`.
#pragma once

// First: it says what is missing.
#include <coco/cuda/compiler.cuh>

#include <memory>
#include <mutex>
#include <span>
#include <type_traits>

#include <coco/core/role.hpp>
#include <coco/cuda/adamw.cuh>
#include <coco/cuda/attend.cuh>
#include <coco/cuda/attend_backward.cuh>
#include <coco/cuda/device.cuh>
#include <coco/cuda/for_each_row.cuh>
#include <coco/cuda/graph.cuh>
#include <coco/cuda/graphs_by_shape.cuh>
#include <coco/cuda/math_mode.cuh>
#include <coco/cuda/memory.cuh>
#include <coco/cuda/multiply.cuh>
#include <coco/cuda/multiply_stored.cuh>
#include <coco/cuda/ranking.cuh>
#include <coco/cuda/reduce.cuh>
#include <coco/cuda/softmax_cross_entropy.cuh>
#include <coco/cuda/unpack.cuh>
#include <coco/exec/communicator.hpp>
#include <coco/exec/graph_cache.hpp>
#include <coco/exec/policy.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/fwd.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

/// The policy. User threads may share it: their calls of primitives are executed one after another. Only
/// `download` and `upload` into a list wait for the GPU.
/// \tparam T     scalar of all activations and parameters
/// \tparam Math  math mode of products of floats
/// \tparam Communicator  how processes that train together exchange gradients; its `all_reduce` is also given
///         the stream
template <class T, class Math, class Communicator>
class BasicCuda {
public:
    using Role = role::ExecutionPolicy;
    using Scalar = T;
    using Space = space::Device;
    static constexpr bool alone =
        std::is_same_v<Communicator, Alone>;  ///< exchanges nothing with other processes
    using Out = View<T, Space>;
    using In = View<const T, Space>;

    /// \throws Error where there is no such GPU, or the given stream belongs to another device
    explicit BasicCuda(const cuda::DeviceOptions& options = {}, Communicator together = {})
        : state_(std::make_unique<State>(options)), together_(std::move(together)) {}

    /// The device on which the primitives queue their work.
    cuda::Device& device() { return state_->device; }

    /// Records what work() queues on this policy instead of executing it; see `Graph::record`.
    template <class Work>
    cuda::Graph record(const Work& work) {
        Lock mine = lock();
        return cuda::Graph::record(*mine, work);
    }
    /// Executes what was recorded, with bit-identical results.
    void replay(const cuda::Graph& graph) { graph.replay(*lock()); }
    /// Executes work() through the graph of its shape; see `GraphsByShape::run`.
    template <class Work>
    void repeat(cuda::GraphsByShape& graphs, std::span<const Id> shape, const Work& work) {
        Lock mine = lock();
        graphs.run(*mine, shape, work);
    }

    void* allocate(std::size_t bytes) { return lock()->allocate(bytes); }
    void deallocate(void* memory, std::size_t) noexcept { lock()->deallocate(memory); }

    template <class U>
    List<const U, Space> upload(std::span<const U> numbers, Workspace<BasicCuda>& work) {
        const List<U, Space> to = work.template keep_list<U>(static_cast<Index>(numbers.size()));
        cuda::upload(*lock(), numbers, to);
        return to;
    }
    template <class U>
    void download(List<const U, Space> from, U* to) {
        cuda::download(*lock(), from, to);
    }
    template <class U>
    void upload(const U* from, List<U, Space> to) {
        cuda::upload(*lock(), from, to);
    }
    void fill(List<T, Space> x, T value) { cuda::fill(*lock(), x, value); }

    void multiply(In a, Op op_a, In b, Op op_b, Out out, T alpha = 1, T beta = 0) {
        cuda::multiply<T, Math>(*lock(), a, op_a, b, op_b, out, alpha, beta);
    }

    void multiply_stored(In x, const Stored<Space>& w, Op op, Out out, Write write, Precision precision) {
        cuda::multiply_stored<T, Math>(*lock(), x, w, op, out, write, precision);
    }
    void gather_stored(const Stored<Space>& w, Ids<BasicCuda> id, Out out) {
        cuda::gather_stored<T>(*lock(), w, id, out);
    }

    template <class Kernel>
    void for_each_row(Index count, Index width, const Kernel& kernel) {
        cuda::for_each_row<T>(*lock(), count, width, kernel);
    }
    template <class Kernel>
    void reduce(Index count, Out out, const Kernel& kernel) {
        cuda::reduce<T>(*lock(), count, out, kernel);
    }

    void attend(const Attention<BasicCuda>& shape, const AttentionRows<BasicCuda>& in, Out out,
                Out statistics) {
        cuda::attend<BasicCuda>(*lock(), shape, in.q, in.k, in.v, in.own_k, in.own_v, out, statistics);
    }
    void attend_backward(const Attention<BasicCuda>& shape, const AttentionRows<BasicCuda>& in, In out,
                         In statistics, In dout, const AttentionGradients<BasicCuda>& g) {
        cuda::attend_backward<BasicCuda>(*lock(), shape, in.q, in.k, in.v, in.own_k, in.own_v, out,
                                         statistics, dout, g.dq, g.dk, g.dv, g.down_k, g.down_v);
    }

    void softmax_cross_entropy(In h, const Classes<BasicCuda>& classes, T scale, T* loss, Out dh,
                               Out dcolumns, Out dbias) {
        cuda::softmax_cross_entropy<BasicCuda, Math>(*lock(), h, classes, scale, loss, dh, dcolumns, dbias);
    }

    void top_k(In h, In columns, In bias, const ExcludedItems<BasicCuda>& excluded, Index k,
               MutableIds<BasicCuda> best, Out scores) {
        cuda::top_k<BasicCuda>(*lock(), h, columns, bias, excluded, k, best, scores);
    }
    void target_rank(In h, In columns, In bias, const ExcludedItems<BasicCuda>& excluded,
                     Ids<BasicCuda> target, Out places) {
        cuda::target_rank<BasicCuda>(*lock(), h, columns, bias, excluded, target, places);
    }

    void squared_norm(std::span<const List<const T, Space>> lists, T* sum) {
        cuda::squared_norm(*lock(), lists, sum);
    }
    void adamw(std::span<const AdamWRange<BasicCuda>> ranges, const T* scale) {
        cuda::adamw(*lock(), ranges, scale);
    }

    void all_reduce(List<T, Space> x) {
        if constexpr (std::is_same_v<Communicator, Alone>) return;
        Lock mine = lock();
        mine->stream().ready();
        together_.all_reduce(x, mine->stream().handle);
    }
    bool any(bool mine) { return together_.any(mine); }

private:
    struct State {
        explicit State(const cuda::DeviceOptions& options) : device(options) {}

        cuda::Device device;
        std::recursive_mutex mutex;  ///< recursive: a primitive may allocate memory of its workspace
    };
    /// The device, locked for one thread.
    class Lock {
    public:
        explicit Lock(State& held) : lock_(held.mutex), device_(held.device) {}
        cuda::Device& operator*() { return device_; }
        cuda::Device* operator->() { return &device_; }

    private:
        std::lock_guard<std::recursive_mutex> lock_;
        cuda::Device& device_;
    };
    Lock lock() { return Lock(*state_); }

    std::unique_ptr<State> state_;
    [[no_unique_address]] Communicator together_;
};

/// A device repeats work by launching a graph.
template <class T, class Math, class Communicator>
class GraphCache<BasicCuda<T, Math, Communicator>> {
public:
    template <class Work>
    void run(BasicCuda<T, Math, Communicator>& on, std::span<const Id> shape, const Work& work) {
        on.repeat(graphs_, shape, work);
    }

private:
    cuda::GraphsByShape graphs_;
};

}  // namespace coco

static_assert(coco::ExecutionPolicy<coco::Cuda> && coco::ExecutionPolicy<coco::BasicCuda<double>>);
