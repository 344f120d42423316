// SPDX-License-Identifier: Apache-2.0
/// \file
/// Relative position bias (Raffel et al., JMLR 2020, T5): a number per head and bucket of distances, added to
/// the scores of self-attention. One table serves all layers of a stack.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>

#include <coco/nn/attention.hpp>
#include <coco/nn/layer.hpp>

namespace coco::nn {

/// How distances fall into buckets: one each below half of a side's buckets, then logarithmically wider ones
/// up to `max_distance`, beyond which all share the last. A bidirectional table gives half of its buckets to
/// keys after the query; a causal one has none for them.
struct DistanceBuckets {
    Index buckets = 32, max_distance = 128;
    AttentionMask attention_mask = AttentionMask::bidirectional;

    /// \param distance  position of the key minus that of the query
    Index of(Index distance) const {
        const bool both = attention_mask == AttentionMask::bidirectional;
        const Index side = both ? buckets / 2 : buckets, exact = side / 2,
                    first = both && distance > 0 ? side : 0;
        const Index n = both ? std::abs(distance) : std::max<Index>(-distance, 0);
        if (n < exact) return first + n;
        const double share = std::log(static_cast<double>(n) / static_cast<double>(exact)) /
                             std::log(static_cast<double>(max_distance) / static_cast<double>(exact));
        return first +
               std::min(side - 1, exact + static_cast<Index>(share * static_cast<double>(side - exact)));
    }
};

/// by_distance(h, c) = table(bucket_c, h).
template <class T>
struct SpreadBucketRows {
    const T* table;  ///< buckets x heads
    const Id* bucket;
    T* by_distance;
    Index heads, cols;

    template <class Row>
    COCO_HD void operator()(Index h, const Row& row) const {
        T* const to = by_distance + h * cols;
        row.each(cols, [&](Index c) { to[c] = table[bucket[c] * heads + h]; });
    }
};

/// dtable(b, h) += the sum of dby_distance(h, c) over the columns c of bucket b.
template <class T>
struct FoldBucketRows {
    const T* dby_distance;
    const Id* bucket;
    T* dtable;
    Index heads, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const Index b = i / heads, h = i % heads;
        const T* const from = dby_distance + h * cols;
        const T sum = row.sum(cols, [&](Index c) { return bucket[c] == b ? from[c] : T(0); });
        row.each(1, [&](Index) { dtable[i] += sum; });
    }
};

/// The trained table, and what attention reads of it: the bias of every distance that a batch has.
class RelativeBias {
public:
    template <class P>
    struct Saved {
        Rows<P> by_distance;  ///< heads x (2 reach - 1): the middle column is distance 0
        Ids<P> bucket;        ///< of each column
    };

    RelativeBias() = default;
    [[gnu::cold, gnu::noinline]] RelativeBias(ParameterLayout& layout, std::string_view name, Index heads,
                                              const DistanceBuckets& buckets, Init init)
        : buckets_(buckets), table_(layout.claim(name, buckets.buckets, heads, init)) {}

    /// \param reach  number of rows of the longest segment
    template <class P>
    Saved<P> forward(Context<P>& ctx, Index reach) const {
        using T = typename P::Scalar;
        const Index cols = std::max<Index>(1, 2 * reach - 1), heads = table_.cols;
        const std::span<Id> bucket = ctx.work.template numbers<Id>(cols);
        for (Index c = 0; c < cols; ++c)
            bucket[static_cast<std::size_t>(c)] = static_cast<Id>(buckets_.of(c - cols / 2));
        const Saved<P> saved{ctx.work.keep(heads, cols),
                             ctx.on.upload(std::span<const Id>(bucket), ctx.work)};
        ctx.on.for_each_row(heads, 2 * cols,
                            SpreadBucketRows<T>{ctx.value(table_).data, saved.bucket.data,
                                                saved.by_distance.data, heads, cols});
        return saved;
    }

    /// \param dby_distance  heads x (2 reach - 1), dense: the sum over all layers
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dby_distance) const {
        const Rows<P> dtable = ctx.gradient(table_);
        if (dtable.empty()) return;
        ctx.on.for_each_row(dtable.size(), dby_distance.cols,
                            FoldBucketRows<typename P::Scalar>{dby_distance.data, saved.bucket.data,
                                                               dtable.data, table_.cols, dby_distance.cols});
    }

private:
    DistanceBuckets buckets_;
    TensorRef table_;
};

}  // namespace coco::nn
