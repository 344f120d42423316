// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rows of a table by id, and their gradient: a segmented sum over the inverse that is part of the batch,
/// so that each row has one writer and the order of summation is fixed.
#pragma once

#include <coco/nn/layer.hpp>
#include <coco/store/ragged.hpp>

namespace coco::nn {

/// out_i (= or +=) table[id_i]; id -1 gives zeros (or adds nothing).
template <class T>
struct GatherRows {
    const T* table;
    Index table_stride;
    const Id* id;
    T* out;
    Index out_stride, cols;
    Write write;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        T* const to = out + i * out_stride;
        if (id[i] < 0) {
            if (write == Write::set) row.each(cols, [&](Index j) { to[j] = T(0); });
            return;
        }
        const T* const from = table + id[i] * table_stride;
        if (write == Write::set)
            row.each(cols, [&](Index j) { to[j] = from[j]; });
        else
            row.each(cols, [&](Index j) { to[j] += from[j]; });
    }
};

/// out_i (= or +=) table[id_i]. out is ids x table.cols.
template <class P>
void gather(P& on, CRows<P> table, Ids<P> id, Rows<P> out, Write write = Write::set) {
    if (id.empty()) return;
    on.for_each_row(id.size, (write == Write::add ? 3 : 2) * out.cols,
                    GatherRows<typename P::Scalar>{table.data, table.stride, id.data, out.data, out.stride,
                                                   out.cols, write});
}

/// out[id_i] = x_i; the ids are distinct.
template <class T>
struct AssignRows {
    const T* x;
    Index x_stride;
    const Id* id;
    T* out;
    Index out_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = x + i * x_stride;
        T* const to = out + id[i] * out_stride;
        row.each(cols, [&](Index j) { to[j] = from[j]; });
    }
};

/// out[id_i] = x_i; no id may occur twice.
template <class P>
void assign_rows(P& on, CRows<P> x, Ids<P> id, Rows<P> out) {
    on.for_each_row(x.rows, 2 * x.cols,
                    AssignRows<typename P::Scalar>{x.data, x.stride, id.data, out.data, out.stride, x.cols});
}

/// out[id_s] += sum of dy_k over the places k of segment s.
template <class T>
struct ScatterRows {
    const T* dy;
    Index dy_stride;
    const Id* id;
    const Id* offsets;
    const Id* place;
    T* out;
    Index out_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index s, const Row& row) const {
        T* const to = out + id[s] * out_stride;
        for (Id k = offsets[s]; k < offsets[s + 1]; ++k) {
            const T* const from = dy + place[k] * dy_stride;
            row.each(cols, [&](Index j) { to[j] += from[j]; });
        }
    }
};

/// The gradient of `gather`: out[id] += every dy row that was read from it.
template <class P>
void scatter(P& on, CRows<P> dy, const Inverse<P>& inverse, Rows<P> out) {
    if (inverse.id.empty()) return;
    const Index width = dy.cols * (2 + inverse.place.size / inverse.id.size);
    on.for_each_row(
        inverse.id.size, width,
        ScatterRows<typename P::Scalar>{dy.data, dy.stride, inverse.id.data, inverse.places_of.offsets.data,
                                        inverse.place.data, out.data, out.stride, dy.cols});
}

}  // namespace coco::nn
