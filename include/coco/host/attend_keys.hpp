// SPDX-License-Identifier: Apache-2.0
/// \file
/// The keys and values of one segment and key head, laid out for `product`, and which of them a query row
/// attends to. Attention over ragged segments is computed in such parts: a few query rows against all keys
/// that they attend to.
#pragma once

#include <algorithm>
#include <limits>

#include <coco/core/math.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/host/for_each_row.hpp>
#include <coco/host/packed.hpp>
#include <coco/host/product.hpp>
#include <coco/host/scratch.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// The keys that the query rows of one segment attend to: rows 0 .. prefix-1 of the key matrix, then rows
/// begin .. begin+length-1.
struct VisibleKeys {
    Index prefix = 0, begin = 0, length = 0, queries = 0;
    bool causal = false;

    template <class P>
    VisibleKeys(const Attention<P>& shape, Index s)
        : prefix(s == 0 ? 0 : shape.prefix),
          begin(shape.keys.begin(s)),
          length(shape.keys.length(s)),
          queries(shape.queries.length(s)),
          causal(shape.causal) {}

    Index count() const { return prefix + length; }
    /// Number of keys that query i of the segment attends to: the first ones.
    Index visible(Index i) const {
        return causal ? prefix + std::clamp<Index>(length - queries + i + 1, 0, length) : count();
    }
};

/// Rows that a product reads as vectors: `width` = padded(head) elements each, `stride` apart.
template <class T>
struct Lines {
    const T* data = nullptr;
    Index stride = 0;
};

/// The rows that a `Sight` covers, in order: in place if they can be read there, else a copy.
template <class T>
Lines<T> lines(const Scratch& scratch, View<const T, space::Host> from, const VisibleKeys& visible_keys,
               Index head) {
    const Index width = padded<T>(head);
    if (visible_keys.prefix == 0 && width == head) return {from.row(visible_keys.begin), from.stride};
    T* const to = scratch.take<T>(visible_keys.count() * width);
    for (Index j = 0; j < visible_keys.count(); ++j) {
        const Index row = j < visible_keys.prefix ? j : visible_keys.begin + j - visible_keys.prefix;
        widen(from.row(row), head, width, T(1), to + j * width);
    }
    return {to, width};
}

/// Rows transposed in blocks of block_width; the last block is only as wide as necessary.
template <class T>
struct Transposed {
    T* data;
    Index count, depth;

    Transposed(const Scratch& scratch, const Lines<T>& from, Index rows, Index row_depth)
        : data(scratch.take<T>(padded<T>(rows) * row_depth)), count(rows), depth(row_depth) {
        for (Index j = 0; j < count; j += block_width<T>)
            pack_block(from.data + j * from.stride, from.stride, std::min(block_width<T>, count - j), depth,
                       wide(j), data + j * depth);
    }
    Index wide(Index j) const { return std::min(block_width<T>, padded<T>(count - j)); }

    /// out(i, j) = a(i) . row j for j < limit, rounded up to whole vectors.
    void dots(Index rows, Factor<T> a, Index limit, T* out, Index stride) const {
        for (Index j = 0; j < limit; j += block_width<T>)
            product<T>(rows, std::min(block_width<T>, padded<T>(limit - j)), depth, a, data + j * depth,
                       wide(j), out + j, stride, false);
    }
};

/// The dropout of a query row and head: the factor of each probability, 0 or 1/(1-rate).
template <class T>
struct DropoutRow {
    DropoutKey key;
    std::uint32_t threshold;
    T keep;
    Id row_key;
    Index head;

    template <class P>
    DropoutRow(const Attention<P>& shape, Index row, Index query_head)
        : key(shape.key),
          threshold(DropoutKey::threshold(shape.dropout)),
          keep(static_cast<T>(1 / (1 - shape.dropout))),
          row_key(shape.row_key[row]),
          head(query_head) {}

    /// x(j) *= the mask of key j, j < count.
    void apply(Index count, T* x) const {
        for (Index j = 0; j < count; j += 8) {
            const Quad bits = key.bits(row_key, head * 512 + j / 8);
            const int some = static_cast<int>(std::min<Index>(8, count - j));
            for (int lane = 0; lane < some; ++lane)
                x[j + lane] *= DropoutKey::keeps(bits, lane, threshold) ? keep : T(0);
        }
    }
    T of(Index j) const {
        const Quad bits = key.bits(row_key, head * 512 + j / 8);
        return DropoutKey::keeps(bits, static_cast<int>(j % 8), threshold) ? keep : T(0);
    }
};

template <class T>
T dot(const T* a, const T* b, Index n) {
    return Row<T>{}.sum(n, [a, b](Index j) { return a[j] * b[j]; });
}

/// Calls f(segment, first, last) for the part of each segment that lies within rows begin .. end-1; first and
/// last count from the segment's first row.
template <class P, class F>
void for_parts(const Segments<P>& of, Index begin, Index end, const F& f) {
    const auto found = std::upper_bound(of.host.begin(), of.host.end(), static_cast<Id>(begin));
    for (Index s = std::max<Index>(0, found - of.host.begin() - 1); s < of.count() && of.begin(s) < end;
         ++s) {
        const Index first = std::max(begin, of.begin(s)), last = std::min(end, of.end(s));
        if (first < last) f(s, first - of.begin(s), last - of.begin(s));
    }
}

/// Calls f(segment) for each segment of `of` whose first row is within begin .. end-1.
template <class P, class F>
void for_starts(const Segments<P>& of, Index begin, Index end, const F& f) {
    const auto found = std::lower_bound(of.host.begin(), of.host.end(), static_cast<Id>(begin));
    for (Index s = found - of.host.begin(); s < of.count() && of.begin(s) < end; ++s) f(s);
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
