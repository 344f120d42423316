// SPDX-License-Identifier: Apache-2.0
/// \file
/// The codes of a codebook near a row: those whose cosine exceeds a threshold, always including the nearest.
#pragma once

#include <algorithm>

#include <coco/core/math.hpp>
#include <coco/cuda/memory.cuh>
#include <coco/cuda/scores.cuh>
#include <coco/exec/primitives.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

namespace cuda {

/// The Euclidean length of each row.
template <class T>
struct RowLengths {
    View<const T, space::Device> x;
    T* length;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = x.row(i);
        T* const to = length + i;
        const T squares = row.sum(x.cols, [from](Index j) { return from[j] * from[j]; });
        row.each(1, [=](Index) { *to = math::sqrt(squares); });
    }
};

/// The codes of row i, ascending, at the start of its slice of `maximum` elements.
template <class T>
struct PickCodes {
    View<T, space::Device> cosine;  ///< initially dot products
    const T *row_length, *code_length;
    T theta;
    Index maximum;
    Id *chosen, *count, *nearest;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const Index codes = cosine.cols;
        T* const z = cosine.row(i);
        const T own = row_length[i];
        const T* const lengths = code_length;
        row.each(codes, [=](Index c) { z[c] = own * lengths[c] > 0 ? z[c] / (own * lengths[c]) : T(0); });
        const T highest = row.max(codes, [z](Index c) { return z[c]; });
        const T minus_first =
            row.max(codes, [=](Index c) { return static_cast<T>(z[c] == highest ? -c : -codes); });
        // If no cosine is a number there is no highest: the first code is used.
        const Index found = static_cast<Index>(-minus_first), first = found < codes ? found : 0;
        const T limit = theta;
        const Index passing =
            static_cast<Index>(row.sum(codes, [z, limit](Index c) { return z[c] > limit ? T(1) : T(0); }));
        // The last code to be kept where too many pass: `kept` - 1 codes come before it.
        const Index kept = passing == 0 ? 1 : passing < maximum ? passing : maximum;
        Index last = first;
        if (passing > maximum)
            last = static_cast<Index>(row.max(codes, [=](Index c) {
                if (!(z[c] > limit)) return T(-1);
                Index before = 0;
                for (Index other = 0; other < codes && before < kept; ++other)
                    before += z[other] > z[c] || (z[other] == z[c] && other < c);
                return before == kept - 1 ? static_cast<T>(c) : T(-1);
            }));
        const bool all = passing <= kept;
        const auto keeps = [=](Index c) {
            if (passing == 0) return c == first;
            if (all) return z[c] > limit;
            return z[c] > z[last] || (z[c] == z[last] && c <= last);
        };
        Id* const to = chosen + i * maximum;
        row.each(codes, [=](Index c) {
            if (!keeps(c)) return;
            Index at = 0;
            for (Index other = 0; other < c; ++other) at += keeps(other);
            to[at] = static_cast<Id>(c);
        });
        Id* const to_count = count + i;
        Id* const to_nearest = nearest + i;
        row.each(1, [=](Index) {
            *to_count = static_cast<Id>(kept);
            *to_nearest = static_cast<Id>(first);
        });
    }
};

/// Removes the gaps between the slices.
struct PackCodes {
    const Id *chosen, *offsets;
    Index maximum;
    Id* code;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const Id* const from = chosen + i * maximum;
        const Index begin = offsets[i];
        Id* const to = code + begin;
        row.each(offsets[i + 1] - begin, [=](Index j) { to[j] = from[j]; });
    }
};

}  // namespace cuda

namespace kernel {

/// offsets_0 = 0, offsets_(i+1) = offsets_i + count_i. One block: each thread adds up one slice.
template <class Number>
__global__ void offsets_of(const Number* count, Index size, Number* offsets) {
    Number* const sums = cuda::shared<Number>();
    const Index threads = blockDim.x, mine = threadIdx.x, slice = (size + threads - 1) / threads,
                begin = mine * slice < size ? mine * slice : size,
                end = begin + slice < size ? begin + slice : size;
    Number sum = 0;
    for (Index i = begin; i < end; ++i) sum += count[i];
    sums[mine] = sum;
    __syncthreads();
    Number at = 0;
    for (Index before = 0; before < mine; ++before) at += sums[before];
    if (mine == 0) offsets[0] = 0;
    for (Index i = begin; i < end; ++i) offsets[i + 1] = at += count[i];
}

}  // namespace kernel

namespace cuda {

/// See the primitive `select_codes`. A zero vector has cosine 0 with every vector. `work` keeps the results,
/// and their copies among its numbers on the host.
/// \param e      rows x d
/// \param codes  K x d, K >= 1
/// \param cap    at least 1
template <class P>
CodeSelection<P> select_codes(Device& device, CRows<P> e, CRows<P> codes, typename P::Scalar theta, Index cap,
                              Workspace<P>& work, Index room = Index{1} << 23) {
    using T = typename P::Scalar;
    const Index count = codes.rows, maximum = std::min(cap, count), all = e.rows;
    // One list, so that one copy downloads all of it: offsets, nearest codes, selected codes.
    const MutableIds<P> result = work.template keep_list<Id>(all + 1 + all + all * maximum);
    const MutableIds<P> offsets = result.from(0, all + 1), nearest = result.from(all + 1, all),
                        code = result.from(2 * all + 1, all * maximum);

    const Scratch scratch(device);
    const Index tile = std::clamp<Index>(room / count, 1, std::max<Index>(all, 1));
    T* const code_length = scratch.take<T>(count);
    T* const row_length = scratch.take<T>(all);
    T* const cosine = scratch.take<T>(tile * count);
    Id* const chosen = scratch.take<Id>(all * maximum);
    Id* const counts = scratch.take<Id>(all);
    for_each_row<T>(device, count, codes.cols, RowLengths<T>{codes, code_length});
    for_each_row<T>(device, all, e.cols, RowLengths<T>{e, row_length});
    for (Index first = 0; first < all; first += tile) {
        const Rows<P> z{cosine, std::min(tile, all - first), count};
        scores(device, Scores<T>{e.rows_from(first, z.rows), codes, {}, 0, nullptr, z});
        for_each_row<T>(device, z.rows, count,
                        PickCodes<T>{z, row_length + first, code_length, theta, maximum,
                                     chosen + first * maximum, counts + first, nearest.data + first});
    }
    launch(device.stream(), kernel::offsets_of<Id>, dim3(1), dim3(block_threads), sizeof(Id) * block_threads,
           static_cast<const Id*>(counts), all, offsets.data);
    for_each_row<T>(device, all, 2 * maximum, PackCodes{chosen, offsets.data, maximum, code.data});

    const std::span<Id> host = work.numbers(result.size);
    download(device, List<const Id, space::Device>(result), host.data());
    const auto size = static_cast<std::size_t>(all);
    CodeSelection<P> selection;
    selection.of_row.host = host.first(size + 1);
    selection.of_row.offsets = offsets;
    for (Index i = 0; i < all; ++i)
        selection.of_row.longest = std::max(selection.of_row.longest, selection.of_row.length(i));
    selection.code = code.from(0, selection.of_row.rows());
    selection.nearest = nearest;
    selection.code_host = host.subspan(2 * size + 1, static_cast<std::size_t>(selection.of_row.rows()));
    selection.nearest_host = host.subspan(size + 1, size);
    return selection;
}

}  // namespace cuda

}  // namespace coco
