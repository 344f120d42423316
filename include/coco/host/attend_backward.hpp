// SPDX-License-Identifier: Apache-2.0
/// \file
/// Attention over ragged segments, backward. Probabilities are recomputed from the statistics, one tile of
/// query rows at a time; with P the probabilities, Z the dropout mask and D = rowsum(dout * out):
///   dv = (P Z)' dout     dS = P (Z (dout v') - D)     dq = scale dS k     dk = scale dS' q
#pragma once

#include <algorithm>

#include <coco/host/attend_keys.hpp>
#include <coco/host/pool.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// The gradients of one call. Those of the prefix's rows are stored in `prefix_k`, `prefix_v` (segments x
/// kv_heads x prefix x head) until all segments are done.
template <class P>
struct AttentionGradients {
    using T = typename P::Scalar;
    Rows<P> dq, dk, dv, down_k, down_v;
    T *prefix_k = nullptr, *prefix_v = nullptr;
};

/// Sets columns at .. at+head-1 of rows of `gradient` to `factor` times rows of `from`.
template <class P>
void store_rows(const typename P::Scalar* from, Index stride, Index count, typename P::Scalar factor,
                Rows<P> gradient, Index first, Index at, Index head) {
    for (Index j = 0; j < count; ++j)
        widen(from + j * stride, head, head, factor, gradient.row(first + j) + at);
}

/// One segment with one key head and all query heads that read it.
template <class P>
void attend_backward_segment(const Attention<P>& shape, Index s, Index kv, CRows<P> q, CRows<P> k, CRows<P> v,
                             CRows<P> own_k, CRows<P> own_v, CRows<P> out, CRows<P> statistics, CRows<P> dout,
                             const AttentionGradients<P>& to) {
    using T = typename P::Scalar;
    constexpr Index tile_rows = 8 * block_rows;
    const VisibleKeys visible_keys(shape, s);
    const Index head = q.cols / shape.heads, group = shape.heads / shape.kv_heads, width = padded<T>(head);
    const Index start = shape.queries.begin(s), count = visible_keys.count(), at = kv * head;
    const bool own = !own_k.empty() && count > 0;
    const Scratch scratch;
    const Lines<T> keys = lines<T>(scratch, k.cols_from(at, head), visible_keys, head);
    const Lines<T> values = lines<T>(scratch, v.cols_from(at, head), visible_keys, head);
    const Transposed<T> key_columns(scratch, keys, count, head), value_columns(scratch, values, count, head);
    T* const dk = scratch.take<T>(count * width);
    T* const dv = scratch.take<T>(count * width);
    std::fill(dk, dk + count * width, T(0));
    std::fill(dv, dv + count * width, T(0));
    const Index stride = padded<T>(count) + lanes<T>;
    T* const p = scratch.take<T>(tile_rows * stride);
    T* const ds = scratch.take<T>(tile_rows * stride);
    T* const x = scratch.take<T>(tile_rows * width);
    T* const g = scratch.take<T>(tile_rows * width);
    T* const dx = scratch.take<T>(tile_rows * width);
    const Row<T> lane;

    for (Index h = kv * group; h < (kv + 1) * group; ++h)
        for (Index i0 = 0; i0 < visible_keys.queries; i0 += tile_rows) {
            const Index rows = std::min(tile_rows, visible_keys.queries - i0),
                        limit = visible_keys.visible(i0 + rows - 1);
            for (Index i = 0; i < rows; ++i) {
                widen(q.row(start + i0 + i) + h * head, head, width, shape.scale, x + i * width);
                widen(dout.row(start + i0 + i) + h * head, head, width, T(1), g + i * width);
            }
            std::fill(dx, dx + rows * width, T(0));
            for (Index b = 0; b < rows; b += block_rows) {
                const Index some = std::min<Index>(block_rows, rows - b),
                            seen = visible_keys.visible(i0 + b + some - 1);
                key_columns.dots(some, {x + b * width, width, 1}, seen, p + b * stride, stride);
                value_columns.dots(some, {g + b * width, width, 1}, seen, ds + b * stride, stride);
            }
            for (Index i = 0; i < rows; ++i) {
                const Index row = start + i0 + i, visible = visible_keys.visible(i0 + i);
                T* const probability = p + i * stride;
                T* const slope = ds + i * stride;
                const T inner = dot(g + i * width, out.row(row) + h * head, head),
                        log_sum = statistics(row, h);
                lane.each(visible, [=](Index j) { probability[j] = math::exp(probability[j] - log_sum); });
                if (shape.dropout > 0) {
                    const DropoutRow<T> dropped(shape, row, h);
                    dropped.apply(visible, slope);
                    lane.each(visible, [=](Index j) { slope[j] = probability[j] * (slope[j] - inner); });
                    dropped.apply(visible, probability);
                } else {
                    lane.each(visible, [=](Index j) { slope[j] = probability[j] * (slope[j] - inner); });
                }
                std::fill(probability + visible, probability + padded<T>(limit), T(0));
                std::fill(slope + visible, slope + padded<T>(limit), T(0));
                if (!own) continue;
                const T* const key = own_k.row(row) + at;
                const T* const value = own_v.row(row) + at;
                const T* const query = x + i * width;
                const T* const gradient = g + i * width;
                const T mask = shape.dropout > 0 ? DropoutRow<T>(shape, row, h).of(count) : T(1);
                const T weight = math::exp(dot(query, key, head) - log_sum);
                const T own_slope = weight * (mask * dot(gradient, value, head) - inner),
                        kept = weight * mask;
                T* const own_dx = dx + i * width;
                lane.each(head, [=](Index j) { own_dx[j] = own_slope * key[j]; });
                const T before = h == kv * group ? T(0) : T(1);
                if (!to.down_k.empty()) {
                    T* const line = to.down_k.row(row) + at;
                    lane.each(head, [=](Index j) {
                        line[j] = (before > 0 ? line[j] : T(0)) + own_slope * query[j];
                    });
                }
                if (!to.down_v.empty()) {
                    T* const line = to.down_v.row(row) + at;
                    lane.each(head,
                              [=](Index j) { line[j] = (before > 0 ? line[j] : T(0)) + kept * gradient[j]; });
                }
            }
            if (!to.dv.empty()) product<T>(limit, width, rows, {p, 1, stride}, g, width, dv, width, true);
            if (!to.dk.empty()) product<T>(limit, width, rows, {ds, 1, stride}, x, width, dk, width, true);
            if (to.dq.empty()) continue;
            for (Index b = 0; b < rows; b += block_rows) {
                const Index some = std::min<Index>(block_rows, rows - b),
                            seen = visible_keys.visible(i0 + b + some - 1);
                product<T>(some, width, seen, {ds + b * stride, stride, 1}, keys.data, keys.stride,
                           dx + b * width, width, true);
            }
            store_rows<P>(dx, width, rows, shape.scale, to.dq, start + i0, h * head, head);
        }

    const Index waiting = (s * shape.kv_heads + kv) * shape.prefix * head;
    for (Index j = 0; j < visible_keys.prefix; ++j) {
        if (to.prefix_k) std::copy(dk + j * width, dk + j * width + head, to.prefix_k + waiting + j * head);
        if (to.prefix_v) std::copy(dv + j * width, dv + j * width + head, to.prefix_v + waiting + j * head);
    }
    const Index skip = visible_keys.prefix * width;
    if (!to.dk.empty())
        store_rows<P>(dk + skip, width, visible_keys.length, T(1), to.dk, visible_keys.begin, at, head);
    if (!to.dv.empty())
        store_rows<P>(dv + skip, width, visible_keys.length, T(1), to.dv, visible_keys.begin, at, head);
    if (own) return;
    // No loop over {down_k, down_v}: nvcc 13 generates code for it that does not compile.
    const auto clear = [&](const Rows<P>& mine) {
        for (Index i = 0; !mine.empty() && i < visible_keys.queries; ++i)
            std::fill(mine.row(start + i) + at, mine.row(start + i) + at + head, T(0));
    };
    clear(to.down_k);
    clear(to.down_v);
}

/// See the primitive `attend_backward`. One task per segment and key head: its gradients are independent of
/// other tasks, except those of the prefix, which are added up afterwards, segment by segment.
template <class P>
void attend_backward(Pool& pool, const Attention<P>& shape, CRows<P> q, CRows<P> k, CRows<P> v,
                     CRows<P> own_k, CRows<P> own_v, CRows<P> out, CRows<P> statistics, CRows<P> dout,
                     Rows<P> dq, Rows<P> dk, Rows<P> dv, Rows<P> down_k, Rows<P> down_v) {
    using T = typename P::Scalar;
    constexpr Index window = 64;
    const Index head = q.cols / shape.heads,
                waiting = shape.queries.count() * shape.kv_heads * shape.prefix * head;
    const Scratch scratch;
    AttentionGradients<P> to{dq, dk, dv, down_k, down_v};
    if (shape.prefix > 0 && !dk.empty()) to.prefix_k = scratch.take<T>(waiting);
    if (shape.prefix > 0 && !dv.empty()) to.prefix_v = scratch.take<T>(waiting);
    const Index windows = shape.queries.rows() / window + 1;
    pool.run(windows * shape.kv_heads, [&](Index task) {
        const Index begin = task / shape.kv_heads * window, kv = task % shape.kv_heads;
        for_starts(shape.queries, begin, begin + window, [&](Index s) {
            attend_backward_segment<P>(shape, s, kv, q, k, v, own_k, own_v, out, statistics, dout, to);
        });
    });
    if (shape.prefix == 0) return;
    pool.run(shape.kv_heads, [&](Index kv) {
        for (Index s = 1; s < shape.queries.count(); ++s)
            for (Index j = 0; j < shape.prefix; ++j) {
                const Index from = ((s * shape.kv_heads + kv) * shape.prefix + j) * head;
                for (Index c = 0; c < head; ++c) {
                    if (to.prefix_k) dk(j, kv * head + c) += to.prefix_k[from + c];
                    if (to.prefix_v) dv(j, kv * head + c) += to.prefix_v[from + c];
                }
            }
    });
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
