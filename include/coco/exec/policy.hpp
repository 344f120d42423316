// SPDX-License-Identifier: Apache-2.0
/// \file
/// What an execution policy must provide, one named requirement per group of primitives, so that an error
/// message can name what is missing. <coco/exec/archetype.hpp> defines each primitive.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include <coco/core/role.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/store/stored.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

namespace exec {

/// A row kernel and a term of a sum, to test whether a policy accepts such types.
struct SomeKernel {
    template <class Row>
    COCO_HD void operator()(Index, const Row&) const {}
};
struct SomeTerm {
    COCO_HD float operator()(Index, Index) const { return 0; }
};

/// `Scalar`, a floating-point type, and `Space`, where memory lies.
template <class P>
concept HasScalarAndSpace = std::floating_point<typename P::Scalar> && requires {
    typename P::Space;
};

/// `allocate(bytes)` and `deallocate(memory, bytes)`.
template <class P>
concept AllocatesMemory = requires(P& on, void* memory, std::size_t bytes) {
    { on.allocate(bytes) } -> std::same_as<void*>;
    { on.deallocate(memory, bytes) }
    noexcept->std::same_as<void>;
};

/// `upload` (to a workspace, or into a list), `download` and `fill`.
template <class P>
concept TransfersData = requires(P& on, std::span<const Id> ids, typename P::Scalar* numbers,
                                 List<typename P::Scalar, typename P::Space> list,
                                 List<const typename P::Scalar, typename P::Space> clist,
                                 Workspace<P>& work) {
    { on.upload(ids, work) } -> std::same_as<Ids<P>>;
    { on.download(clist, numbers) } -> std::same_as<void>;
    { on.upload(static_cast<const typename P::Scalar*>(numbers), list) } -> std::same_as<void>;
    { on.fill(list, *numbers) } -> std::same_as<void>;
};

/// `multiply(a, op, b, op, out, alpha, beta)`.
template <class P>
concept Multiplies = requires(P& on, CRows<P> a, Rows<P> out, typename P::Scalar factor) {
    { on.multiply(a, Op::plain, a, Op::transposed, out) } -> std::same_as<void>;
    { on.multiply(a, Op::plain, a, Op::transposed, out, factor, factor) } -> std::same_as<void>;
};

/// `multiply_stored(x, w, op, out, write, precision)` and `gather_stored(w, id, out)`.
template <class P>
concept ReadsStored = requires(P& on, CRows<P> x, const Stored<typename P::Space>& w, Rows<P> out,
                               Ids<P> id) {
    { on.multiply_stored(x, w, Op::plain, out, Write::add, Precision::full) } -> std::same_as<void>;
    { on.gather_stored(w, id, out) } -> std::same_as<void>;
};

/// `for_each_row(count, width, kernel)` and `reduce(count, out, term)`.
template <class P>
concept RunsRowKernels = requires(P& on, Index n, Rows<P> out, const SomeKernel& kernel,
                                  const SomeTerm& term) {
    { on.for_each_row(n, n, kernel) } -> std::same_as<void>;
    { on.reduce(n, out, term) } -> std::same_as<void>;
};

/// `attend` and `attend_backward`.
template <class P>
concept Attends = requires(P& on, const Attention<P>& shape, const AttentionRows<P>& in, CRows<P> from,
                           Rows<P> out, const AttentionGradients<P>& gradients) {
    { on.attend(shape, in, out, out) } -> std::same_as<void>;
    { on.attend_backward(shape, in, from, from, from, gradients) } -> std::same_as<void>;
};

/// `softmax_cross_entropy(h, classes, scale, loss, dh, dcolumns, dbias)`.
template <class P>
concept ComputesSoftmaxCrossEntropy = requires(P& on, CRows<P> h, const Classes<P>& classes,
                                               typename P::Scalar* loss, Rows<P> out) {
    { on.softmax_cross_entropy(h, classes, *loss, loss, out, out, out) } -> std::same_as<void>;
};

/// `top_k` and `target_rank`.
template <class P>
concept RanksColumns = requires(P& on, CRows<P> h, const ExcludedItems<P>& excluded, Index k,
                                MutableIds<P> best, Ids<P> target, Rows<P> out) {
    { on.top_k(h, h, h, excluded, k, best, out) } -> std::same_as<void>;
    { on.target_rank(h, h, h, excluded, target, out) } -> std::same_as<void>;
};

/// `squared_norm(lists, sum)` and `adamw(ranges, scale)`.
template <class P>
concept UpdatesParameters = requires(P& on,
                                     std::span<const List<const typename P::Scalar, typename P::Space>> lists,
                                     std::span<const AdamWRange<P>> ranges, typename P::Scalar* sum,
                                     const typename P::Scalar* scale) {
    { on.squared_norm(lists, sum) } -> std::same_as<void>;
    { on.adamw(ranges, scale) } -> std::same_as<void>;
};

/// `all_reduce(list)` and `any(truth)`.
template <class P>
concept Communicates = requires(P& on, List<typename P::Scalar, typename P::Space> list, bool mine) {
    { on.all_reduce(list) } -> std::same_as<void>;
    { on.any(mine) } -> std::same_as<bool>;
};

}  // namespace exec

/// An execution policy: provides every primitive that the generic code uses.
template <class P>
concept ExecutionPolicy = Plays<P, role::ExecutionPolicy> && exec::HasScalarAndSpace<P> &&
    exec::AllocatesMemory<P> && exec::TransfersData<P> && exec::Multiplies<P> && exec::ReadsStored<P> &&
    exec::RunsRowKernels<P> && exec::Attends<P> && exec::ComputesSoftmaxCrossEntropy<P> &&
    exec::RanksColumns<P> && exec::UpdatesParameters<P> && exec::Communicates<P>;

/// True for an execution policy; for anything else it does not compile, and the first line of the message
/// names the first requirement that is not met.
template <class P>
constexpr bool explain_policy() {
    if constexpr (!Plays<P, role::ExecutionPolicy>)
        static_assert(Plays<P, role::ExecutionPolicy>,
                      "coco: not an ExecutionPolicy: it lacks `using Role = coco::role::ExecutionPolicy;` "
                      "(docs/concepts.md#executionpolicy)");
    else if constexpr (!exec::HasScalarAndSpace<P>)
        static_assert(exec::HasScalarAndSpace<P>,
                      "coco: this ExecutionPolicy lacks the types `Scalar` and `Space` "
                      "(docs/concepts.md#executionpolicy)");
    else if constexpr (!exec::AllocatesMemory<P>)
        static_assert(exec::AllocatesMemory<P>,
                      "coco: this ExecutionPolicy lacks `void* allocate(std::size_t)` or `void "
                      "deallocate(void*, std::size_t) noexcept` (docs/concepts.md#executionpolicy)");
    else if constexpr (!exec::TransfersData<P>)
        static_assert(exec::TransfersData<P>,
                      "coco: this ExecutionPolicy lacks `upload`, `download` or `fill` "
                      "(docs/concepts.md#executionpolicy)");
    else if constexpr (!exec::Multiplies<P>)
        static_assert(
            exec::Multiplies<P>,
            "coco: this ExecutionPolicy lacks the primitive `multiply` (docs/concepts.md#executionpolicy)");
    else if constexpr (!exec::ReadsStored<P>)
        static_assert(exec::ReadsStored<P>,
                      "coco: this ExecutionPolicy lacks the primitive `multiply_stored` or `gather_stored` "
                      "(docs/concepts.md#executionpolicy)");
    else if constexpr (!exec::RunsRowKernels<P>)
        static_assert(exec::RunsRowKernels<P>,
                      "coco: this ExecutionPolicy lacks the primitive `for_each_row` or `reduce` "
                      "(docs/concepts.md#executionpolicy)");
    else if constexpr (!exec::Attends<P>)
        static_assert(exec::Attends<P>,
                      "coco: this ExecutionPolicy lacks the primitive `attend` or `attend_backward` "
                      "(docs/concepts.md#executionpolicy)");
    else if constexpr (!exec::ComputesSoftmaxCrossEntropy<P>)
        static_assert(exec::ComputesSoftmaxCrossEntropy<P>,
                      "coco: this ExecutionPolicy lacks the primitive `softmax_cross_entropy` "
                      "(docs/concepts.md#executionpolicy)");
    else if constexpr (!exec::RanksColumns<P>)
        static_assert(exec::RanksColumns<P>,
                      "coco: this ExecutionPolicy lacks the primitive `top_k` or `target_rank` "
                      "(docs/concepts.md#executionpolicy)");
    else if constexpr (!exec::UpdatesParameters<P>)
        static_assert(exec::UpdatesParameters<P>,
                      "coco: this ExecutionPolicy lacks the primitive `squared_norm` or `adamw` "
                      "(docs/concepts.md#executionpolicy)");
    else
        static_assert(exec::Communicates<P>,
                      "coco: this ExecutionPolicy lacks `all_reduce` or `any` (one process: nothing, and "
                      "what it is given; docs/concepts.md#executionpolicy)");
    return true;
}

}  // namespace coco
