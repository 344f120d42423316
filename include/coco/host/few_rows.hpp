// SPDX-License-Identifier: Apache-2.0
/// \file
/// Few rows with a stored matrix, as in text generation: the matrix is not packed. Up to four rows are
/// multiplied with its values as they are decoded, in registers. A few more rows lie side by side in a
/// vector, and the matrix is the left factor, which `product` reads row by row.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <coco/host/across.hpp>
#include <coco/host/digits.hpp>
#include <coco/host/packed.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/product.hpp>
#include <coco/host/scratch.hpp>
#include <coco/host/unpack.hpp>
#include <coco/store/ggml_blocks.hpp>
#include <coco/store/stored.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// Rows that `dots` multiplies at once.
inline constexpr int dot_rows = 4;

/// The sum of the two halves of a vector.
template <class Half, class Vector>
void fold(const Vector& v, Half& half) {
    Half upper;
    std::memcpy(&half, &v, sizeof(half));
    std::memcpy(&upper, reinterpret_cast<const char*>(&v) + sizeof(half), sizeof(upper));
    half += upper;
}
/// The sum of sixteen elements.
inline float sum(const ggml::Floats& v) {
    typedef float Eight __attribute__((vector_size(32)));
    typedef float Four __attribute__((vector_size(16)));
    Eight eight;
    Four four;
    fold(v, eight);
    fold(eight, four);
    return (four[0] + four[2]) + (four[1] + four[3]);
}

/// to[i] = x_i . w for `rows` rows x_i, `stride` apart; w is a stored row of `depth` values.
template <class Reader, int rows>
void dots(const std::uint8_t* w, Index depth, const float* x, Index stride, float* to) {
    using ggml::Floats;
    // Two sums per row: additions to a single one would wait for each other.
    Floats part[std::size_t{rows}][2] = {};
    float rest[std::size_t{rows}] = {};
    for (; depth >= Reader::size; depth -= Reader::size, w += Reader::bytes, x += Reader::size)
        Reader::read(w, [&](int at, const Floats& values) {
            for (int i = 0; i < rows; ++i) {
                Floats from;
                ggml::load(x + i * stride + at, from);
                part[i][at / 16 % 2] += values * from;
            }
        });
    if constexpr (requires { Reader::one_bytes; })
        for (; depth > 0; --depth, w += Reader::one_bytes, ++x)
            for (int i = 0; i < rows; ++i) rest[i] += Reader::one(w) * x[i * stride];
    for (int i = 0; i < rows; ++i) to[i] = sum(part[i][0] + part[i][1]) + rest[i];
}

/// out (+)= x w' for at most `dot_rows` rows.
inline void multiply_dots(Pool& pool, View<const float, space::Host> x, const Stored<space::Host>& w,
                          View<float, space::Host> out, bool add) {
    if (digits::multiply(pool, x, w, out, add)) return;
    using Dots = void (*)(const std::uint8_t*, Index, const float*, Index, float*);
    Dots one = nullptr, some = nullptr;
    ggml::with_reader(w.type, [&]<class Reader>(const Reader&) {
        one = dots<Reader, 1>;
        some = dots<Reader, dot_rows>;
    });
    const Scratch scratch;
    const float* from = x.data;
    Index stride = x.stride;
    if (x.rows > 1 && x.rows < dot_rows) {
        float* const whole = scratch.take<float>(dot_rows * w.cols);
        for (Index i = 0; i < dot_rows; ++i)
            std::copy_n(x.row(std::min(i, x.rows - 1)), w.cols, whole + i * w.cols);
        from = whole;
        stride = w.cols;
    }
    const Dots multiply = x.rows == 1 ? one : some;
    by_dots<dot_rows>(
        pool, out, add,
        [=, first = reinterpret_cast<const std::uint8_t*>(w.data), cols = w.cols, bytes = w.row_bytes()](
            Index c, float* sums) { multiply(first + c * bytes, cols, from, stride, sums); });
}

/// out (+)= x w' for rows that fit side by side in a few vectors.
template <class T>
void multiply_across(Pool& pool, View<const T, space::Host> x, const Stored<space::Host>& w,
                     View<T, space::Host> out, bool add) {
    // As many rows of w, and as much of x', as stay in the first-level cache.
    constexpr Index some = 2 * block_rows, piece = Unpack<T>::piece;
    const Index wide = padded<T>(x.rows);
    const Unpack<T> unpack(w);
    const Scratch scratch;
    T* const across = scratch.take<T>(w.cols * wide);
    pack_block(x.data, x.stride, x.rows, w.cols, wide, across);
    turned<T>(pool, out, wide, add, [&](Index first, Index all, T* sums) {
        const Scratch own;
        T* const values = own.take<T>(some * piece);
        for (Index c = 0; c < all; c += some) {
            const Index count = std::min(some, all - c);
            for (Index k = 0; k < w.cols; k += piece) {
                const Index depth = std::min(piece, w.cols - k);
                for (Index r = 0; r < count; ++r) unpack(first + c + r, k, depth, values + r * piece);
                product<T>(count, wide, depth, {values, piece, 1}, across + k * wide, wide, sums + c * wide,
                           wide, k > 0);
            }
        }
    });
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
