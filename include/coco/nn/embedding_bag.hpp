// SPDX-License-Identifier: Apache-2.0
/// \file
/// Means of rows of a table, one for each bag of ids (PyTorch's EmbeddingBag), and their gradient. The bags
/// are fixed: which rows a text is made of is known before training.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/layer.hpp>
#include <coco/nn/upload.hpp>
#include <coco/store/ragged.hpp>

namespace coco::nn {

/// Bags of ids on the host, and the bags of each id.
class Bags {
public:
    Bags() = default;
    /// \param rows  of the table    \throws Error naming the bag with an id that the table does not have
    [[gnu::cold]] Bags(std::span<const std::vector<Id>> bags, Index rows) : rows_(rows) {
        std::vector<Id> bag_of;
        for (std::size_t b = 0; b < bags.size(); ++b) {
            for (const Id id : bags[b]) {
                require(id >= 0 && id < rows, text_of("bag ", b), "an id out of range",
                        text_of("0 to ", rows - 1), text_of(id));
                id_.push_back(id);
                bag_of.push_back(static_cast<Id>(b));
            }
            offsets_.push(static_cast<Index>(bags[b].size()));
        }
        by_id_.build(id_, rows);
        for (Id& place : by_id_.place) place = bag_of[static_cast<std::size_t>(place)];
    }

    Index count() const { return offsets_.count(); }
    Index rows() const { return rows_; }
    const Offsets& offsets() const { return offsets_; }
    std::span<const Id> ids() const { return id_; }
    /// For each id that occurs the bags that it occurs in, as often as it does.
    const InverseLists& by_id() const { return by_id_; }

private:
    Index rows_ = 0;
    Offsets offsets_;
    std::vector<Id> id_;
    InverseLists by_id_;
};

/// out_b += the mean of the table's rows of bag b; nothing for an empty one.
template <class T>
struct BagMeanRows {
    const Id* offsets;
    const Id* id;
    const T* table;
    Index table_stride;
    T* out;
    Index out_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index b, const Row& row) const {
        const Id first = offsets[b], end = offsets[b + 1];
        T* const to = out + b * out_stride;
        const T share = first < end ? T(1) / static_cast<T>(end - first) : T(0);
        for (Id k = first; k < end; ++k) {
            const T* const from = table + id[k] * table_stride;
            row.each(cols, [&](Index j) { to[j] += share * from[j]; });
        }
    }
};

/// out_b = dy_b divided by the size of bag b.
template <class T>
struct BagShareRows {
    const Id* offsets;
    const T* dy;
    Index dy_stride;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index b, const Row& row) const {
        const Id size = offsets[b + 1] - offsets[b];
        const T share = size > 0 ? T(1) / static_cast<T>(size) : T(0);
        const T* const from = dy + b * dy_stride;
        T* const to = out + b * cols;
        row.each(cols, [&](Index j) { to[j] = share * from[j]; });
    }
};

/// out += means. \param table  bags.rows() x cols    \param out  bags.count() x cols
template <class P>
void add_bag_means(Context<P>& ctx, const Bags& bags, CRows<P> table, Rows<P> out) {
    const Ids<P> offsets = ctx.on.upload(std::span<const Id>(bags.offsets().at), ctx.work),
                 id = ctx.on.upload(bags.ids(), ctx.work);
    const Index width = out.cols * (1 + static_cast<Index>(bags.ids().size()) / std::max<Index>(1, out.rows));
    ctx.on.for_each_row(out.rows, width,
                        BagMeanRows<typename P::Scalar>{offsets.data, id.data, table.data, table.stride,
                                                        out.data, out.stride, out.cols});
}

/// The table's gradient (+=). \param dy  bags.count() x cols
template <class P>
void bag_means_backward(Context<P>& ctx, const Bags& bags, CRows<P> dy, Rows<P> dtable) {
    if (dtable.empty()) return;
    const typename Workspace<P>::Frame frame(ctx.work);
    const Ids<P> offsets = ctx.on.upload(std::span<const Id>(bags.offsets().at), ctx.work);
    const Rows<P> shares = ctx.work.scratch(dy.rows, dy.cols);
    ctx.on.for_each_row(
        dy.rows, 2 * dy.cols,
        BagShareRows<typename P::Scalar>{offsets.data, dy.data, dy.stride, shares.data, dy.cols});
    scatter<P>(ctx.on, CRows<P>(shares), upload(ctx, bags.by_id()), dtable);
}

}  // namespace coco::nn
