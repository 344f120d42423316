// SPDX-License-Identifier: Apache-2.0
/// \file
/// Which rows have knowledge: those whose segment of knowledge is not empty.
#pragma once

#include <coco/nn/layer.hpp>
#include <coco/store/ragged.hpp>

namespace coco::aligner {

/// has_knowledge_i = 1 for the rows of segments that have keys, 0 for the others.
template <class T>
struct KnowledgeRows {
    const Id *rows_of, *keys_of;
    T* has_knowledge;

    template <class Row>
    COCO_HD void operator()(Index s, const Row& row) const {
        const T yes = keys_of[s + 1] > keys_of[s] ? T(1) : T(0);
        row.each(rows_of[s + 1] - rows_of[s], [&](Index i) { has_knowledge[rows_of[s] + i] = yes; });
    }
};

/// rows x 1: 1 where there is knowledge, else 0. \param h_of, pure_of  equally many segments
template <class P>
Rows<P> has_knowledge(Context<P>& ctx, const Segments<P>& h_of, const Segments<P>& pure_of) {
    using T = typename P::Scalar;
    const Rows<P> out = ctx.work.keep(h_of.rows(), 1);
    ctx.on.for_each_row(h_of.count(), h_of.longest,
                        KnowledgeRows<T>{h_of.offsets.data, pure_of.offsets.data, out.data});
    return out;
}

}  // namespace coco::aligner
