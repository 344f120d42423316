// SPDX-License-Identifier: Apache-2.0
/// \file
/// A softmax over all columns for each row, with its loss and gradients.
#pragma once

#include <algorithm>
#include <limits>

#include <coco/core/math.hpp>
#include <coco/exec/skills.hpp>
#include <coco/host/multiply.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/rows.hpp>
#include <coco/host/scratch.hpp>

namespace coco::host {

/// See the skill `classify`.
template <class P>
void classify(Pool& pool, CRows<P> h, const Classes<P>& classes, typename P::Scalar scale,
              typename P::Scalar* loss, Rows<P> dh, Rows<P> dcolumns, Rows<P> dbias) {
    using T = typename P::Scalar;
    const CRows<P> columns = classes.columns;
    const Index chunk = 128;
    double total = 0;
    for (Index first = 0; first < h.rows; first += chunk) {
        const Index count = std::min(chunk, h.rows - first);
        const Scratch scratch;
        const Rows<P> tile(scratch.take<T>(count * columns.rows), count, columns.rows);
        multiply<T>(pool, h.rows_from(first, count), Op::plain, columns, Op::transposed, tile,
                    classes.inverse_temperature, T(0));
        for (Index i = 0; i < count; ++i) {
            T* const z = tile.row(i);
            const Id positive = classes.positive[first + i];
            if (positive < 0) {
                std::fill(z, z + tile.cols, T(0));
                continue;
            }
            if (!classes.bias.empty())
                for (Index j = 0; j < tile.cols; ++j) z[j] += classes.bias(0, j);
            if (classes.excluded_of.count() > 0)
                for (Index s = classes.excluded_of.begin(first + i); s < classes.excluded_of.end(first + i);
                     ++s)
                    z[classes.excluded[s]] = -std::numeric_limits<T>::infinity();
            const Row<T> row;
            const T most = row.max(tile.cols, [z](Index j) { return z[j]; });
            const T own = z[positive] - most;
            const T sum = row.sum(tile.cols, [z, most](Index j) { return z[j] = math::exp(z[j] - most); });
            total += static_cast<double>(math::log(sum) - own);
            const T factor = scale / sum;
            row.each(tile.cols, [z, factor](Index j) { z[j] *= factor; });
            z[positive] -= scale;
        }
        if (!dh.empty())
            multiply<T>(pool, tile, Op::plain, columns, Op::plain, dh.rows_from(first, count),
                        classes.inverse_temperature, T(0));
        if (!dcolumns.empty())
            multiply<T>(pool, tile, Op::transposed, h.rows_from(first, count), Op::plain, dcolumns,
                        classes.inverse_temperature, T(1));
        if (!dbias.empty())
            for (Index i = 0; i < count; ++i)
                for (Index j = 0; j < tile.cols; ++j) dbias(0, j) += tile(i, j);
    }
    *loss += static_cast<T>(static_cast<double>(scale) * total);
}

}  // namespace coco::host
