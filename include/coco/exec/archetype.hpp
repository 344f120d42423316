// SPDX-License-Identifier: Apache-2.0
/// \file
/// The minimal execution policy: every primitive declared, none defined. Generic code compiles against it
/// without Eigen or CUDA, and this header is the reference for the meaning of each primitive.
#pragma once

#include <coco/core/role.hpp>
#include <coco/exec/policy.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/store/stored.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

/// A policy that computes nothing. Calls on one policy are executed in order; results are available to the
/// next call, and to the host after `download`.
struct Archetype {
    using Role = role::ExecutionPolicy;
    using Scalar = float;
    using Space = space::Nowhere;
    static constexpr bool alone = true;  ///< exchanges nothing with other processes
    using Out = View<float, Space>;
    using In = View<const float, Space>;

    /// Zeroed memory, aligned to 64 bytes; freed by `deallocate`.
    void* allocate(std::size_t bytes);
    void deallocate(void* memory, std::size_t bytes) noexcept;

    /// Host numbers as a list where kernels run, valid until `work` is reset. The span must live as long: the
    /// host implementation reads it in place, a device copies it into `work`.
    template <class T, class P>
    List<const T, Space> upload(std::span<const T> numbers, Workspace<P>& work);
    /// Copies numbers of the policy to the host; waits for them.
    template <class T>
    void download(List<const T, Space> from, T* to);
    /// Copies host numbers into memory of the policy; waits for the copy.
    template <class T>
    void upload(const T* from, List<T, Space> to);

    /// Sets every element of x to `value`.
    void fill(List<float, Space> x, float value);

    /// out = alpha op(a) op(b) + beta out. With beta = 0, out is not read.
    void multiply(In a, Op op_a, In b, Op op_b, Out out, float alpha = 1, float beta = 0);

    /// out (= or +=) x w' (Op::transposed) or x w (Op::plain), with w as it is stored.
    void multiply_stored(In x, const Stored<Space>& w, Op op, Out out, Write write, Precision precision);
    /// out_i = row id_i of w.
    void gather_stored(const Stored<Space>& w, Ids<Archetype> id, Out out);

    /// kernel(i, row) for i = 0 .. count-1, in any order. `row` is the group of threads that computes a row:
    /// `row.each(n, f)` runs f(j) for j < n in any order; `row.sum(n, f)` and `row.max(n, f)` reduce f(j) and
    /// give the result to all. Between calls on `row` all earlier writes of the row are visible.
    /// \param width  approximate count of numbers that a row reads and writes: decides how rows are
    ///        distributed
    template <class Kernel>
    void for_each_row(Index count, Index width, const Kernel& kernel);

    /// out(0, j) += sum over i < count of kernel(i, j), in an order that does not depend on threads.
    template <class Kernel>
    void reduce(Index count, Out out, const Kernel& kernel);

    /// out = softmax(scale q k') v for each segment and head. A row that attends to no key gives zeros.
    /// With own keys, a row whose segment and prefix are empty still gives zeros: it could attend only to
    /// itself.
    /// \param statistics  q.rows x heads: log of the softmax's denominator, for backward
    void attend(const Attention<Archetype>& shape, const AttentionRows<Archetype>& in, Out out,
                Out statistics);
    /// Gradients of `attend`, each = (not +=); an empty view is not computed. Rows of the prefix receive the
    /// sum over all segments.
    void attend_backward(const Attention<Archetype>& shape, const AttentionRows<Archetype>& in, In out,
                         In statistics, In dout, const AttentionGradients<Archetype>& gradients);

    /// *loss += scale * sum over rows of -log softmax(inverse_temperature h c' + bias)[positive];
    /// dh = its gradient, dcolumns += and dbias += likewise; empty views are not computed. Logits are made in
    /// chunks of rows; the whole matrix is never in memory.
    void softmax_cross_entropy(In h, const Classes<Archetype>& classes, float scale, float* loss, Out dh,
                               Out dcolumns, Out dbias);

    /// The k best columns per row by h c' + bias, best first, equals by lower index; where fewer than k are
    /// left the rest of `best` is -1.
    /// \param best    rows * k ids, row by row
    /// \param scores  rows x k
    void top_k(In h, In columns, In bias, const ExcludedItems<Archetype>& excluded, Index k,
               MutableIds<Archetype> best, Out scores);
    /// The rank of a target among all columns: 1 + the number strictly better + half of the other equals.
    /// \param rank  rows x 1
    void target_rank(In h, In columns, In bias, const ExcludedItems<Archetype>& excluded,
                     Ids<Archetype> target, Out rank);

    /// *sum += the sum of squares of all lists.
    void squared_norm(std::span<const List<const float, Space>> lists, float* sum);
    /// AdamW over ranges. Gradients are multiplied by *scale first (the clip), where scale is not null.
    void adamw(std::span<const AdamWRange<Archetype>> ranges, const float* scale);

    /// x becomes its mean over all processes that train together: the same bits in each. One process:
    /// nothing.
    void all_reduce(List<float, Space> x);
    /// Whether it is true of any of them.
    bool any(bool mine);
};

}  // namespace coco

static_assert(coco::ExecutionPolicy<coco::Archetype>);
