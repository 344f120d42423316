// SPDX-License-Identifier: Apache-2.0
/// \file
/// Products with stored matrices. Many rows: panels of the matrix are unpacked into scratch memory that stays
/// in the second-level cache, and cuBLAS multiplies them. Few rows, as in text generation: each warp reads
/// one row of the matrix once, as it is stored.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include <coco/cuda/device.cuh>
#include <coco/cuda/multiply.cuh>
#include <coco/cuda/together.cuh>
#include <coco/cuda/unpack.cuh>
#include <coco/exec/primitives.hpp>
#include <coco/store/stored.hpp>
#include <coco/store/view.hpp>

namespace coco {

namespace cuda {

/// to_i = x_i, rounded to bfloat16.
struct RoundRows {
    const float* x;
    Index stride;
    Bfloat* to;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        row.each(cols, [&](Index j) { to[i * cols + j] = {float_to_bfloat(x[i * stride + j])}; });
    }
};

/// Maximum number of rows of x for which the matrix is not unpacked into memory.
inline constexpr Index dot_rows = 4;
/// Values per panel: 32 MB of floats.
inline constexpr Index panel_values = Index{8} << 20;

}  // namespace cuda

namespace kernel {

/// out(i, c) (= or +=) x_i . w_c for i < x_rows <= dot_rows; one warp per row of w.
template <GgmlType type, class T>
__global__ void dots(const std::uint8_t* data, Index row_bytes, Index w_rows, Index cols, const T* x,
                     Index x_stride, Index x_rows, T* out, Index out_stride, bool add) {
    constexpr int values = cuda::unpack_values, rows = static_cast<int>(cuda::dot_rows);
    const Index c = (static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x) / cuda::warp_size;
    const int lane = static_cast<int>(threadIdx.x) % cuda::warp_size;
    if (c >= w_rows) return;
    T sum[rows] = {};
    for (Index j = static_cast<Index>(lane) * values; j < cols; j += values * cuda::warp_size) {
        float w[values];
        cuda::read_four<type>(data + c * row_bytes, j, cols, w);
        for (int i = 0; i < rows; ++i)
            if (i < x_rows)
                for (int k = 0; k < values; ++k)
                    if (j + k < cols) sum[i] += static_cast<T>(w[k]) * x[i * x_stride + j + k];
    }
    for (int i = 0; i < rows; ++i) {
        const T all = cuda::warp_sum(sum[i]);
        T* const to = out + i * out_stride + c;
        if (lane == 0 && i < x_rows) *to = add ? *to + all : all;
    }
}

}  // namespace kernel

namespace cuda {

/// x rounded to bfloat16, in scratch.
inline View<const Bfloat, space::Device> rounded(Device& device, const Scratch& scratch,
                                                 View<const float, space::Device> x) {
    Bfloat* const to = scratch.take<Bfloat>(x.size());
    for_each_row<float>(device, x.rows, 2 * x.cols, RoundRows{x.data, x.stride, to, x.cols});
    return {to, x.rows, x.cols};
}

/// out (= or +=) x w' (transposed) or x w (plain) by panels of w, unpacked to `In`.
template <class In, class T, class Math>
void multiply_unpacked(Device& device, const Scratch& scratch, View<const In, space::Device> x,
                       const Stored<space::Device>& w, Op op, View<T, space::Device> out, T beta) {
    const Index maximum = std::clamp<Index>(panel_values / std::max<Index>(w.cols, 1), 1, w.rows);
    In* const panel = scratch.take<In>(maximum * w.cols);
    for (Index first = 0; first < w.rows; first += maximum) {
        const Index count = std::min(maximum, w.rows - first);
        const View<In, space::Device> values(panel, count, w.cols);
        unpack<In>(device, w, nullptr, first, values);
        if (op == Op::transposed)
            gemm<In, T, Math>(device, x, Op::plain, values, op, out.cols_from(first, count), T(1), beta);
        else
            gemm<In, T, Math>(device, x.cols_from(first, count), Op::plain, values, op, out, T(1),
                              first == 0 ? beta : T(1));
    }
}

/// out (= or +=) x w' (transposed) or x w (plain), with w as it is stored. In bfloat16 (where requested and w
/// holds it) tensor cores multiply w itself with x rounded to bfloat16.
template <class T, class Math>
void multiply_stored(Device& device, View<const T, space::Device> x, const Stored<space::Device>& w, Op op,
                     View<T, space::Device> out, Write write, Precision precision) {
    if (out.rows == 0 || out.cols == 0) return;
    const T beta = write == Write::add ? T(1) : T(0);
    const Scratch scratch(device);
    if (x.cols == 0) return gemm<T, T, Math>(device, x, Op::plain, {}, op, out, T(1), beta);
    if (out.rows <= dot_rows && op == Op::transposed)
        return with_decoder(w.type, [&](auto type) {
            launch(device.stream(), kernel::dots<type.value, T>, blocks_for(w.rows * warp_size),
                   dim3(block_threads), 0, reinterpret_cast<const std::uint8_t*>(w.data), w.row_bytes(),
                   w.rows, w.cols, x.data, x.stride, x.rows, out.data, out.stride, write == Write::add);
        });
    if constexpr (std::is_same_v<T, float>) {
        if (w.type == GgmlType::F32)
            return gemm<T, T, Math>(device, x, Op::plain,
                                    {reinterpret_cast<const float*>(w.data), w.rows, w.cols}, op, out, T(1),
                                    beta);
        constexpr bool narrow = std::is_same_v<Math, math_mode::BFloat16>;
        if (w.type == GgmlType::BF16 && (narrow || precision == Precision::bfloat16))
            return gemm<Bfloat, T, Math>(device, rounded(device, scratch, x), Op::plain,
                                         {reinterpret_cast<const Bfloat*>(w.data), w.rows, w.cols}, op, out,
                                         T(1), beta);
        if constexpr (narrow)
            return multiply_unpacked<Bfloat, T, Math>(device, scratch, rounded(device, scratch, x), w, op,
                                                      out, beta);
    }
    multiply_unpacked<T, T, Math>(device, scratch, x, w, op, out, beta);
}

}  // namespace cuda

}  // namespace coco
