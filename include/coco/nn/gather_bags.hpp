// SPDX-License-Identifier: Apache-2.0
/// \file
/// Means of the bags that a batch reads, and their gradient: row i is the mean of the table's rows of bag
/// id_i. The vectors that are read are those of the batch, however many bags there are; of the other bags the
/// gradient reads ids alone, to find which of a value's bags the batch has read.
#pragma once

#include <algorithm>
#include <span>

#include <coco/nn/embedding_bag.hpp>
#include <coco/nn/layer.hpp>
#include <coco/nn/upload.hpp>
#include <coco/store/ragged.hpp>

namespace coco::nn {

/// out_i = the mean of the table's rows of bag id_i; zeros for an empty bag and for id -1.
template <class T>
struct GatherBagRows {
    const Id* bag;
    const Id* offsets;
    const Id* id;
    const T* table;
    Index table_stride;
    T* out;
    Index out_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const Id b = bag[i], first = b < 0 ? 0 : offsets[b], end = b < 0 ? 0 : offsets[b + 1];
        T* const to = out + i * out_stride;
        row.each(cols, [&](Index j) { to[j] = T(0); });
        const T share = first < end ? T(1) / static_cast<T>(end - first) : T(0);
        for (Id k = first; k < end; ++k) {
            const T* const from = table + id[k] * table_stride;
            row.each(cols, [&](Index j) { to[j] += share * from[j]; });
        }
    }
};

/// out_i = the mean of bag id_i.
/// \param id  each -1 or below bags.count()    \param table  bags.rows() x cols    \param out  ids x cols
template <class P>
void gather_bag_means(Context<P>& ctx, const Bags& bags, Ids<P> id, CRows<P> table, Rows<P> out) {
    if (id.empty()) return;
    const Ids<P> offsets = ctx.on.upload(std::span<const Id>(bags.offsets().at), ctx.work),
                 value = ctx.on.upload(bags.ids(), ctx.work);
    const Index values = static_cast<Index>(bags.ids().size()) / std::max<Index>(1, bags.count());
    ctx.on.for_each_row(id.size, out.cols * (1 + values),
                        GatherBagRows<typename P::Scalar>{id.data, offsets.data, value.data, table.data,
                                                          table.stride, out.data, out.stride, out.cols});
}

/// place_b = -1, for one piece of all b.
struct NoPlaceRows {
    static constexpr Index piece = 1024;
    Id* place;
    Index count;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        Id* const to = place + i * piece;
        const Index left = count - i * piece;
        row.each(left < piece ? left : piece, [&](Index j) { to[j] = no_id; });
    }
};

/// place[id_s] = s.
struct PlaceRows {
    const Id* id;
    Id* place;

    template <class Row>
    COCO_HD void operator()(Index s, const Row& row) const {
        row.each(1, [&](Index) { place[id[s]] = static_cast<Id>(s); });
    }
};

/// Where each of 0 .. count-1 stands among distinct ids, or -1. Lives until the innermost `Frame` ends.
template <class P>
Ids<P> places_among(Context<P>& ctx, Ids<P> distinct, Index count) {
    const MutableIds<P> place = ctx.work.template scratch_list<Id>(count);
    ctx.on.for_each_row((count + NoPlaceRows::piece - 1) / NoPlaceRows::piece, NoPlaceRows::piece,
                        NoPlaceRows{place.data, count});
    ctx.on.for_each_row(distinct.size, 2, PlaceRows{distinct.data, place.data});
    return place;
}

/// out_s = the sum of the rows of dy that read bag id_s, divided by the size of the bag.
template <class T>
struct ReadBagRows {
    const Id* bag;
    const Id* row_offsets;
    const Id* rows;
    const Id* bag_offsets;
    const T* dy;
    Index dy_stride;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index s, const Row& row) const {
        const Id size = bag_offsets[bag[s] + 1] - bag_offsets[bag[s]];
        const T share = size > 0 ? T(1) / static_cast<T>(size) : T(0);
        T* const to = out + s * cols;
        row.each(cols, [&](Index j) { to[j] = T(0); });
        for (Id k = row_offsets[s]; k < row_offsets[s + 1]; ++k) {
            const T* const from = dy + rows[k] * dy_stride;
            row.each(cols, [&](Index j) { to[j] += share * from[j]; });
        }
    }
};

/// out[id_v] += what the bags of value id_v were given, where the batch has read them.
template <class T>
struct ScatterBagRows {
    const Id* id;
    const Id* offsets;
    const Id* bag;
    const Id* place;
    const T* read;
    T* out;
    Index out_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index v, const Row& row) const {
        T* const to = out + id[v] * out_stride;
        for (Id k = offsets[v]; k < offsets[v + 1]; ++k) {
            const Id s = place[bag[k]];
            if (s < 0) continue;
            const T* const from = read + s * cols;
            row.each(cols, [&](Index j) { to[j] += from[j]; });
        }
    }
};

/// The table's gradient (+=).
/// \param by_bag  of the ids that were gathered    \param place  of the bags among by_bag.id (`places_among`)
/// \param dy      gathered ids x cols              \param dtable  bags.rows() x cols; may be empty
template <class P>
void gather_bag_means_backward(Context<P>& ctx, const Bags& bags, const Inverse<P>& by_bag, Ids<P> place,
                               CRows<P> dy, Rows<P> dtable) {
    using T = typename P::Scalar;
    if (dtable.empty() || by_bag.id.empty() || bags.ids().empty()) return;
    const typename Workspace<P>::Frame frame(ctx.work);
    const Ids<P> offsets = ctx.on.upload(std::span<const Id>(bags.offsets().at), ctx.work);
    const Rows<P> read = ctx.work.scratch(by_bag.id.size, dy.cols);
    ctx.on.for_each_row(read.rows, dy.cols * (1 + dy.rows / read.rows),
                        ReadBagRows<T>{by_bag.id.data, by_bag.places_of.offsets.data, by_bag.place.data,
                                       offsets.data, dy.data, dy.stride, read.data, dy.cols});
    const Inverse<P> by_value = upload(ctx, bags.by_id());
    ctx.on.for_each_row(
        by_value.id.size, 2 * dy.cols + 2 * (by_value.place.size / by_value.id.size),
        ScatterBagRows<T>{by_value.id.data, by_value.places_of.offsets.data, by_value.place.data, place.data,
                          read.data, dtable.data, dtable.stride, dy.cols});
}

}  // namespace coco::nn
