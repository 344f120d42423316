// SPDX-License-Identifier: Apache-2.0
/// \file
/// Self-attention with a bias for each head and distance: p = softmax(q k' + bias), out = (p * dropout) v.
/// Row kernels rather than the primitive `attend`, which keeps no scores: the bias needs the gradient of
/// every score, and sequences are short enough for all probabilities to be in memory, rows x heads x longest
/// segment.
#pragma once

#include <cstdint>

#include <coco/core/math.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/nn/layer.hpp>

namespace coco::nn {

/// What a query row attends to, on the policy. Queries are the last rows of their segment of keys.
struct BiasedKeys {
    const Id* segment;      ///< of each query row
    const Id* query_begin;  ///< of each segment
    const Id* query_end;
    const Id* key_begin;
    const Id* key_end;
    Index heads, reach;  ///< columns of the biases are 2 reach - 1
    Index longest;       ///< room for the probabilities of a row and head
    bool causal;

    struct Range {
        Index begin, count;  ///< keys
        Index at;            ///< the query's own place among the keys of its segment
    };
    COCO_HD Range of(Index query) const {
        const Index s = segment[query], length = key_end[s] - key_begin[s];
        const Index at = length - (query_end[s] - query);
        return {key_begin[s], causal ? at + 1 : length, at};
    }
};

/// to_c = sum over j < count of weight(j) from_jc, four rows at a time, always in the same order.
template <class Row, class T, class Weight>
COCO_HD COCO_INLINE void weighted_sum(const Row& row, Index count, const Weight& weight, const T* from,
                                      Index stride, T* to, Index cols) {
    row.each(cols, [&](Index c) { to[c] = T(0); });
    Index j = 0;
    for (; j + 4 <= count; j += 4) {
        const T w0 = weight(j), w1 = weight(j + 1), w2 = weight(j + 2), w3 = weight(j + 3);
        const T *const x0 = from + j * stride, *const x1 = x0 + stride, *const x2 = x1 + stride,
                       *const x3 = x2 + stride;
        row.each(cols, [=](Index c) { to[c] += (w0 * x0[c] + w1 * x1[c]) + (w2 * x2[c] + w3 * x3[c]); });
    }
    for (; j < count; ++j) {
        const T w = weight(j);
        const T* const x = from + j * stride;
        row.each(cols, [=](Index c) { to[c] += w * x[c]; });
    }
}

/// Forward, one query row and head each. A probability that dropout drops is stored negative, so that
/// backward has both it and the mask.
template <class T>
struct BiasedAttentionRows {
    BiasedKeys keys;
    const T *q, *k, *v;
    Index q_stride, kv_stride;
    const T* by_distance;
    T* probability;  ///< (rows * heads) x longest
    T* out;          ///< rows x (heads * head)
    Index head;
    DropoutKey key;
    const Id* row_key;
    std::uint32_t threshold;  ///< 0: nothing is dropped
    T keep;

    template <class Row>
    COCO_HD void operator()(Index r, const Row& row) const {
        const Index i = r / keys.heads, h = r % keys.heads;
        const BiasedKeys::Range range = keys.of(i);
        T* const z = probability + r * keys.longest;
        T* const to = out + r * head;
        const T* const bias = by_distance + h * (2 * keys.reach - 1) + keys.reach - 1 - range.at;
        const T *const query = q + i * q_stride + h * head, *const first =
                                                                k + range.begin * kv_stride + h * head;
        for (Index j = 0; j < range.count; ++j) {
            const T* const other = first + j * kv_stride;
            const T score = row.sum(head, [=](Index c) { return query[c] * other[c]; });
            row.each(1, [=](Index) { z[j] = score + bias[j]; });
        }
        const Index count = range.count;
        const T maximum = row.max(count, [=](Index j) { return z[j]; });
        row.each(count, [=](Index j) { z[j] = math::exp(z[j] - maximum); });
        const T share = 1 / row.sum(count, [=](Index j) { return z[j]; });
        row.each(count, [=](Index j) { z[j] *= share; });
        if (threshold > 0)
            row.each((count + 7) / 8, [&](Index part) {
                const Quad bits = key.bits(row_key[i], h * 512 + part);
                const Index end = count - part * 8 < 8 ? count - part * 8 : 8;
                for (Index lane = 0; lane < end; ++lane)
                    if (!DropoutKey::keeps(bits, static_cast<int>(lane), threshold))
                        z[part * 8 + lane] *= T(-1);
            });
        const T factor = keep;
        weighted_sum(
            row, count, [=](Index j) { return z[j] > 0 ? factor * z[j] : T(0); },
            v + range.begin * kv_stride + h * head, kv_stride, to, head);
    }
};

/// Backward, one query row and head each: dscore_j = p_j (mask_j dout.v_j - dout.out), dq = sum dscore_j k_j.
template <class T>
struct BiasedAttentionQueryRows {
    BiasedKeys keys;
    const T *k, *v;
    Index kv_stride;
    const T *probability, *out, *dout;
    T *dscore, *dq;
    Index head;
    T keep;

    template <class Row>
    COCO_HD void operator()(Index r, const Row& row) const {
        const Index i = r / keys.heads, h = r % keys.heads;
        const BiasedKeys::Range range = keys.of(i);
        const T* const p = probability + r * keys.longest;
        T* const slope = dscore + r * keys.longest;
        const T *const g = dout + r * head, *const y = out + r * head;
        const T inner = row.sum(head, [=](Index c) { return g[c] * y[c]; });
        const T factor = keep;
        for (Index j = 0; j < range.count; ++j) {
            const T* const value = v + (range.begin + j) * kv_stride + h * head;
            const T dot = row.sum(head, [=](Index c) { return g[c] * value[c]; });
            row.each(1, [=](Index) { slope[j] = p[j] > 0 ? p[j] * (factor * dot - inner) : p[j] * inner; });
        }
        weighted_sum(
            row, range.count, [=](Index j) { return slope[j]; }, k + range.begin * kv_stride + h * head,
            kv_stride, dq + r * head, head);
    }
};

/// Backward, one key row and head each: dk = sum dscore_i q_i, dv = sum p_i mask_i dout_i over the queries
/// that attend to it. Keys and queries are the same rows.
template <class T>
struct BiasedAttentionKeyRows {
    BiasedKeys keys;
    const T* q;
    Index q_stride;
    const T *probability, *dscore, *dout;
    T *dk, *dv;
    Index dkv_stride, head;
    T keep;

    template <class Row>
    COCO_HD void operator()(Index r, const Row& row) const {
        const Index i = r / keys.heads, h = r % keys.heads, s = keys.segment[i];
        const Index first = keys.causal ? i : Index{keys.query_begin[s]}, count = keys.query_end[s] - first;
        const Index step = keys.heads * keys.longest,
                    at = (first * keys.heads + h) * keys.longest + i - keys.key_begin[s];
        const T *const slope = dscore + at, *const p = probability + at;
        const T factor = keep;
        weighted_sum(
            row, count, [=](Index n) { return slope[n * step]; }, q + first * q_stride + h * head, q_stride,
            dk + i * dkv_stride + h * head, head);
        weighted_sum(
            row, count, [=](Index n) { return p[n * step] > 0 ? factor * p[n * step] : T(0); },
            dout + (first * keys.heads + h) * head, keys.heads * head, dv + i * dkv_stride + h * head, head);
    }
};

/// (i, c) -> dscore of query i with the key at the distance of column c, 0 where there is none.
template <class T>
struct BiasTerm {
    BiasedKeys keys;
    const T* dscore;
    Index head_index;

    COCO_HD T operator()(Index i, Index c) const {
        const BiasedKeys::Range range = keys.of(i);
        const Index j = range.at + c - (keys.reach - 1);
        return j >= 0 && j < range.count ? dscore[(i * keys.heads + head_index) * keys.longest + j] : T(0);
    }
};

}  // namespace coco::nn
