// SPDX-License-Identifier: Apache-2.0
/// \file
/// The codes of a codebook near a row: those whose cosine exceeds a threshold, always including the nearest.
#pragma once

#include <algorithm>
#include <cmath>

#include <coco/exec/primitives.hpp>
#include <coco/host/for_each_row.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/scratch.hpp>
#include <coco/store/workspace.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// See the primitive `select_codes`. A zero vector has cosine 0 with every vector. `work` keeps the results.
/// \param e      rows x d
/// \param codes  K x d, K >= 1
/// \param cap    at least 1
template <class P>
CodeSelection<P> select_codes(Pool& pool, CRows<P> e, CRows<P> codes, typename P::Scalar theta, Index cap,
                              Workspace<P>& work) {
    using T = typename P::Scalar;
    const Index count = codes.rows, maximum = std::min(cap, count);
    const MutableIds<P> offsets = work.template keep_list<Id>(e.rows + 1);
    const MutableIds<P> chosen = work.template keep_list<Id>(e.rows * maximum);
    const MutableIds<P> nearest = work.template keep_list<Id>(e.rows);

    const auto length = [&](const T* x) {
        return std::sqrt(Row<T>{}.sum(e.cols, [x](Index j) { return x[j] * x[j]; }));
    };
    const Scratch scratch;
    T* const code_length = scratch.take<T>(count);
    for (Index c = 0; c < count; ++c) code_length[c] = length(codes.row(c));

    // Each row writes its codes at the start of a slice of `maximum` elements; the gaps are removed
    // afterwards.
    const auto one_row = [&](Index i) {
        const Scratch inner;
        T* const cosine = inner.take<T>(count);
        Id* const order = inner.take<Id>(count);
        const T* const x = e.row(i);
        const T own = length(x);
        Index best = 0, passing = 0;
        for (Index c = 0; c < count; ++c) {
            const T* const y = codes.row(c);
            const T lengths = own * code_length[c];
            const T dot = Row<T>{}.sum(e.cols, [x, y](Index j) { return x[j] * y[j]; });
            cosine[c] = lengths > 0 ? dot / lengths : T(0);
            if (cosine[c] > cosine[best]) best = c;
            if (cosine[c] > theta) order[passing++] = static_cast<Id>(c);
        }
        nearest.data[i] = static_cast<Id>(best);
        if (passing == 0) order[passing++] = static_cast<Id>(best);
        if (passing > maximum) {
            std::nth_element(order, order + maximum - 1, order + passing, [&](Id a, Id b) {
                return cosine[a] > cosine[b] || (cosine[a] == cosine[b] && a < b);
            });
            passing = maximum;
            std::sort(order, order + passing);
        }
        std::copy(order, order + passing, chosen.data + i * maximum);
        offsets.data[i + 1] = static_cast<Id>(passing);
    };
    const Index chunk = 16;
    pool.run((e.rows + chunk - 1) / chunk, [&](Index task) {
        for (Index i = task * chunk; i < std::min(e.rows, (task + 1) * chunk); ++i) one_row(i);
    });

    CodeSelection<P> selection;
    offsets.data[0] = 0;
    for (Index i = 0; i < e.rows; ++i) {
        const Id n = offsets.data[i + 1], at = offsets.data[i];
        std::copy(chosen.data + i * maximum, chosen.data + i * maximum + n, chosen.data + at);
        offsets.data[i + 1] = at + n;
        selection.of_row.longest = std::max<Index>(selection.of_row.longest, n);
    }
    const auto total = static_cast<std::size_t>(offsets.data[e.rows]);
    selection.of_row.host = {offsets.data, static_cast<std::size_t>(e.rows) + 1};
    selection.of_row.offsets = offsets;
    selection.code = chosen.from(0, static_cast<Index>(total));
    selection.nearest = nearest;
    selection.code_host = {chosen.data, total};
    selection.nearest_host = {nearest.data, static_cast<std::size_t>(e.rows)};
    return selection;
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
