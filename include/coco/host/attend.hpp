// SPDX-License-Identifier: Apache-2.0
/// \file
/// Attention over ragged segments, forward: a register block of query rows against all keys that it attends
/// to. Its scores (block_rows x keys) are the only part of the score matrix in memory.
#pragma once

#include <algorithm>

#include <coco/host/attend_keys.hpp>
#include <coco/host/pool.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// Query rows per task, of one or several segments.
inline constexpr Index attend_rows = 64;

/// Rows first .. last-1 of segment s with one key head and all query heads that read it.
template <class P>
void attend_part(const Attention<P>& shape, Index s, Index first, Index last, Index kv, CRows<P> q,
                 CRows<P> k, CRows<P> v, CRows<P> own_k, CRows<P> own_v, Rows<P> out, Rows<P> statistics) {
    using T = typename P::Scalar;
    const VisibleKeys visible_keys(shape, s);
    const Index head = q.cols / shape.heads, group = shape.heads / shape.kv_heads, width = padded<T>(head);
    const Index start = shape.queries.begin(s);
    const bool own = !own_k.empty() && visible_keys.count() > 0;
    const Scratch scratch;
    const Lines<T> keys = lines<T>(scratch, k.cols_from(kv * head, head), visible_keys, head);
    const Lines<T> values = lines<T>(scratch, v.cols_from(kv * head, head), visible_keys, head);
    // For so few queries the keys are read in place: transposing them would cost more.
    const bool few = visible_keys.queries * group <= block_rows;
    const Transposed<T> columns(scratch, keys, few ? 0 : visible_keys.count(), head);
    const Index stride = padded<T>(visible_keys.count()) + lanes<T>;
    T* const p = scratch.take<T>(block_rows * stride);
    T* const x = scratch.take<T>(block_rows * width);
    T* const o = scratch.take<T>(block_rows * width);
    const Row<T> lane;

    for (Index h = kv * group; h < (kv + 1) * group; ++h)
        for (Index i0 = first; i0 < last; i0 += block_rows) {
            const Index rows = std::min<Index>(block_rows, last - i0),
                        limit = visible_keys.visible(i0 + rows - 1);
            for (Index i = 0; i < rows; ++i)
                widen(q.row(start + i0 + i) + h * head, head, width, shape.scale, x + i * width);
            if (few) {
                for (Index i = 0; i < rows; ++i)
                    for (Index j = 0; j < limit; ++j)
                        p[i * stride + j] = dot(x + i * width, keys.data + j * keys.stride, head);
            } else {
                columns.dots(rows, {x, width, 1}, limit, p, stride);
            }
            T own_weight[block_rows];
            for (Index i = 0; i < rows; ++i) {
                T* const z = p + i * stride;
                const Index row = start + i0 + i, visible = visible_keys.visible(i0 + i),
                            whole = padded<T>(visible);
                own_weight[i] = 0;
                if (visible == 0 && !own) {
                    std::fill(z, z + padded<T>(limit), T(0));
                    statistics(row, h) = 0;
                    continue;
                }
                std::fill(z + visible, z + std::max(whole, padded<T>(limit)),
                          -std::numeric_limits<T>::infinity());
                T maximum = std::numeric_limits<T>::lowest();
                if (visible > 0) maximum = std::max(maximum, lane.max(whole, [z](Index j) { return z[j]; }));
                if (own) {
                    own_weight[i] = dot(x + i * width, own_k.row(row) + kv * head, head);
                    maximum = std::max(maximum, own_weight[i]);
                    own_weight[i] = math::exp(own_weight[i] - maximum);
                }
                const T sum = own_weight[i] + lane.sum(whole, [z, maximum](Index j) {
                    return z[j] = math::exp(z[j] - maximum);
                });
                std::fill(z + visible, z + std::max(whole, padded<T>(limit)), T(0));
                statistics(row, h) = maximum + math::log(sum);
                const T share = 1 / sum;
                lane.each(whole, [z, share](Index j) { z[j] *= share; });
                own_weight[i] *= share;
                if (shape.dropout > 0) {
                    const DropoutRow<T> dropped(shape, row, h);
                    dropped.apply(visible, z);
                    if (own) own_weight[i] *= dropped.of(visible_keys.count());
                }
            }
            product<T>(rows, width, limit, {p, stride, 1}, values.data, values.stride, o, width, false);
            for (Index i = 0; i < rows; ++i) {
                const Index row = start + i0 + i;
                T* const to = out.row(row) + h * head;
                const T* const from = o + i * width;
                if (own) {
                    const T* const value = own_v.row(row) + kv * head;
                    const T weight = own_weight[i];
                    lane.each(head, [=](Index j) { to[j] = from[j] + weight * value[j]; });
                } else {
                    std::copy(from, from + head, to);
                }
            }
        }
}

/// See the primitive `attend`.
template <class P>
void attend(Pool& pool, const Attention<P>& shape, CRows<P> q, CRows<P> k, CRows<P> v, CRows<P> own_k,
            CRows<P> own_v, Rows<P> out, Rows<P> statistics) {
    const Index windows = (shape.queries.rows() + attend_rows - 1) / attend_rows;
    pool.run(windows * shape.kv_heads, [&](Index task) {
        const Index begin = task / shape.kv_heads * attend_rows;
        for_parts(shape.queries, begin, begin + attend_rows, [&](Index s, Index first, Index last) {
            attend_part<P>(shape, s, first, last, task % shape.kv_heads, q, k, v, own_k, own_v, out,
                           statistics);
        });
    });
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
