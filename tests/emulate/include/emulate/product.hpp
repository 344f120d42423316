// SPDX-License-Identifier: Apache-2.0
/// \file
/// The matrix product behind the emulated cuBLAS: c = alpha op(a) op(b) + beta c, all column-major, sums in a
/// fixed order. Factors are first packed into tiles, so that the compiler can vectorise the inner loop.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace emulate {

/// A column-major matrix as its elements are stored.
template <class Stored>
struct Columns {
    Stored* data = nullptr;
    std::size_t leading = 0;
    bool transposed = false;

    Stored& at(std::size_t i, std::size_t j) const {
        return transposed ? data[j + i * leading] : data[i + j * leading];
    }
};

inline constexpr std::size_t tile_rows = 32, tile_columns = 4;

/// Packs rows from `first` of a factor, contiguous for each p of the sum; a tile is padded with zeros.
template <std::size_t tile, class T, class At>
void lay_out(std::vector<T>& to, std::size_t first, std::size_t count, std::size_t inner, const At& at) {
    to.assign(inner * tile, T(0));
    const std::size_t end = std::min(tile, count - first);
    for (std::size_t p = 0; p < inner; ++p)
        for (std::size_t i = 0; i < end; ++i) to[p * tile + i] = at(first + i, p);
}

/// \param read   converts a stored element of a or b to T
/// \param write  write(element of c, sum)
template <class T, class A, class B, class C, class Read, class Write>
void multiply(std::size_t m, std::size_t n, std::size_t k, const Columns<A>& a, const Columns<B>& b,
              const Columns<C>& c, const Read& read, const Write& write) {
    thread_local std::vector<T> left;
    thread_local std::vector<std::vector<T>> right;
    right.resize(std::max(right.size(), (n + tile_columns - 1) / tile_columns));
    for (std::size_t j = 0; j < n; j += tile_columns)
        lay_out<tile_columns>(right[j / tile_columns], j, n, k,
                              [&](std::size_t column, std::size_t p) { return read(b.at(p, column)); });
    for (std::size_t i = 0; i < m; i += tile_rows) {
        lay_out<tile_rows>(left, i, m, k, [&](std::size_t row, std::size_t p) { return read(a.at(row, p)); });
        for (std::size_t j = 0; j < n; j += tile_columns) {
            T sum[tile_columns][tile_rows] = {};
            const T* x = left.data();
            const T* y = right[j / tile_columns].data();
            for (std::size_t p = 0; p < k; ++p, x += tile_rows, y += tile_columns)
                for (std::size_t jj = 0; jj < tile_columns; ++jj)
                    for (std::size_t ii = 0; ii < tile_rows; ++ii) sum[jj][ii] += x[ii] * y[jj];
            for (std::size_t jj = 0; jj < std::min(tile_columns, n - j); ++jj)
                for (std::size_t ii = 0; ii < std::min(tile_rows, m - i); ++ii)
                    write(c.at(i + ii, j + jj), sum[jj][ii]);
        }
    }
}

}  // namespace emulate
