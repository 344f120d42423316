// SPDX-License-Identifier: Apache-2.0
/// \file
/// Attention over ragged segments, forward and backward.
#pragma once

#include <algorithm>
#include <limits>

#include <coco/core/math.hpp>
#include <coco/exec/skills.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/scratch.hpp>

namespace coco::host {

/// What the query rows of one segment see: rows 0 .. prefix-1 of the keys, then rows begin .. begin+length-1.
struct Sight {
    Index prefix = 0, begin = 0, length = 0;

    Index count() const { return prefix + length; }
    Index row(Index j) const { return j < prefix ? j : begin + j - prefix; }
};

template <class P>
Sight sight(const Attention<P>& shape, Index s) {
    return {s == 0 ? 0 : shape.prefix, shape.keys.begin(s), shape.keys.length(s)};
}

/// See the skill `attend`.
template <class P>
void attend(Pool& pool, const Attention<P>& shape, CRows<P> q, CRows<P> k, CRows<P> v, CRows<P> own_k,
            CRows<P> own_v, Rows<P> out, Rows<P> statistics) {
    using T = typename P::Scalar;
    const Index d = q.cols / shape.heads, group = shape.heads / shape.kv_heads;
    const std::uint32_t threshold = DropoutKey::threshold(shape.dropout);
    const T keep = static_cast<T>(1 / (1 - shape.dropout));
    pool.run(shape.queries.count(), [&](Index s) {
        const Sight seen = sight(shape, s);
        const bool own = !own_k.empty() && seen.count() > 0;
        const Scratch scratch;
        T* const p = scratch.take<T>(seen.count() + 1);
        const Index n = shape.queries.length(s);
        for (Index i = 0; i < n; ++i)
            for (Index head = 0; head < shape.heads; ++head) {
                const Index row = shape.queries.begin(s) + i, at = head / group * d;
                const Index visible =
                    shape.causal ? seen.prefix + std::max<Index>(0, seen.length - n + i + 1) : seen.count();
                const Index keys = visible + own;
                T* const o = out.row(row) + head * d;
                std::fill(o, o + d, T(0));
                statistics(row, head) = 0;
                if (keys == 0) continue;
                T most = -std::numeric_limits<T>::infinity();
                for (Index j = 0; j < keys; ++j) {
                    const T* const key = (j < visible ? k.row(seen.row(j)) : own_k.row(row)) + at;
                    T dot = 0;
                    for (Index c = 0; c < d; ++c) dot += q(row, head * d + c) * key[c];
                    p[j] = shape.scale * dot;
                    most = std::max(most, p[j]);
                }
                T sum = 0;
                for (Index j = 0; j < keys; ++j) sum += p[j] = math::exp(p[j] - most);
                statistics(row, head) = most + math::log(sum);
                for (Index j = 0; j < keys; ++j) {
                    T weight = p[j] / sum;
                    if (threshold > 0) {
                        const Index column = head * 4096 + (j < visible ? j : seen.count());
                        const Quad bits = shape.key.bits(shape.row_key[row], column / 8);
                        weight *=
                            DropoutKey::keeps(bits, static_cast<int>(column % 8), threshold) ? keep : T(0);
                    }
                    const T* const value = (j < visible ? v.row(seen.row(j)) : own_v.row(row)) + at;
                    for (Index c = 0; c < d; ++c) o[c] += weight * value[c];
                }
            }
    });
}

/// See the skill `attend_backward`.
template <class P>
void attend_backward(Pool&, const Attention<P>& shape, CRows<P> q, CRows<P> k, CRows<P> v, CRows<P> own_k,
                     CRows<P> own_v, CRows<P> out, CRows<P> statistics, CRows<P> dout, Rows<P> dq, Rows<P> dk,
                     Rows<P> dv, Rows<P> down_k, Rows<P> down_v) {
    using T = typename P::Scalar;
    const Index d = q.cols / shape.heads, group = shape.heads / shape.kv_heads;
    const std::uint32_t threshold = DropoutKey::threshold(shape.dropout);
    const T keep = static_cast<T>(1 / (1 - shape.dropout));
    for (const Rows<P>& g : {dq, dk, dv, down_k, down_v})
        if (!g.empty())
            for (Index i = 0; i < g.rows; ++i) std::fill(g.row(i), g.row(i) + g.cols, T(0));
    for (Index s = 0; s < shape.queries.count(); ++s) {
        const Sight seen = sight(shape, s);
        const bool own = !own_k.empty() && seen.count() > 0;
        const Index n = shape.queries.length(s);
        for (Index i = 0; i < n; ++i)
            for (Index head = 0; head < shape.heads; ++head) {
                const Index row = shape.queries.begin(s) + i, at = head / group * d;
                const Index visible =
                    shape.causal ? seen.prefix + std::max<Index>(0, seen.length - n + i + 1) : seen.count();
                const T* const x = q.row(row) + head * d;
                const T* const g = dout.row(row) + head * d;
                T inner = 0;
                for (Index c = 0; c < d; ++c) inner += g[c] * out(row, head * d + c);
                for (Index j = 0; j < visible + own; ++j) {
                    const bool mine = j == visible;
                    const Index from = mine ? row : seen.row(j);
                    const T* const key = (mine ? own_k : k).row(from) + at;
                    const T* const value = (mine ? own_v : v).row(from) + at;
                    T dot = 0, slope = 0, mask = 1;
                    for (Index c = 0; c < d; ++c) dot += x[c] * key[c];
                    for (Index c = 0; c < d; ++c) slope += g[c] * value[c];
                    if (threshold > 0) {
                        const Index column = head * 4096 + (mine ? seen.count() : j);
                        const Quad bits = shape.key.bits(shape.row_key[row], column / 8);
                        mask = DropoutKey::keeps(bits, static_cast<int>(column % 8), threshold) ? keep : T(0);
                    }
                    const T p = math::exp(shape.scale * dot - statistics(row, head));
                    const T ds = shape.scale * p * (mask * slope - inner);
                    const Rows<P>& to_k = mine ? down_k : dk;
                    const Rows<P>& to_v = mine ? down_v : dv;
                    for (Index c = 0; c < d; ++c) {
                        if (!dq.empty()) dq(row, head * d + c) += ds * key[c];
                        if (!to_k.empty()) to_k(from, at + c) += ds * x[c];
                        if (!to_v.empty()) to_v(from, at + c) += p * mask * g[c];
                    }
                }
            }
    }
}

}  // namespace coco::host
