// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads stored matrices on the device: rows of them as numbers, four values per thread.
#pragma once

#include <cstdint>
#include <type_traits>

#include <coco/core/half.hpp>
#include <coco/cuda/decode.cuh>
#include <coco/cuda/device.cuh>
#include <coco/cuda/math_mode.cuh>
#include <coco/cuda/memory.cuh>
#include <coco/store/stored.hpp>
#include <coco/store/view.hpp>

namespace coco {

namespace cuda {

/// A float converted to `Out`; bfloat16 is rounded to nearest.
template <class Out>
__device__ Out number(float value) {
    if constexpr (std::is_same_v<Out, Bfloat>)
        return {float_to_bfloat(value)};
    else
        return static_cast<Out>(value);
}

/// Values that a thread reads, adjacent in one block.
inline constexpr int unpack_values = 4;

/// Four numbers written at once.
template <class Out>
struct alignas(unpack_values * sizeof(Out)) Four {
    Out at[unpack_values];
};

/// Values first .. first + 3 of a stored row, as far as they lie before `cols`; the rest is zeros.
template <GgmlType type>
__device__ void read_four(const std::uint8_t* row, Index first, Index cols, float* to) {
    constexpr Index values = block_values<type>, bytes = block_bytes<type>;
    const std::uint8_t* const block = row + first / values * bytes;
    for (int k = 0; k < unpack_values; ++k) {
        if constexpr (values == 1)
            to[k] = first + k < cols ? Decoder<type>::at(block + k * bytes, 0) : 0.0f;
        else
            to[k] = Decoder<type>::at(block, static_cast<int>(first % values) + k);
    }
}

}  // namespace cuda

namespace kernel {

/// out_i = row id_i of a stored matrix, or row first + i where `id` is null.
template <GgmlType type, class Out>
__global__ void unpack(const std::uint8_t* data, Index row_bytes, const Id* id, Index first, Index rows,
                       Index cols, unsigned groups, Out* out, Index stride, bool at_once) {
    constexpr int values = cuda::unpack_values;
    const unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
    const Index i = thread / groups, j = static_cast<Index>(thread % groups) * values;
    if (i >= rows) return;
    float value[values];
    cuda::read_four<type>(data + (id ? id[i] : first + i) * row_bytes, j, cols, value);
    Out* const to = out + i * stride + j;
    if (at_once) {
        cuda::Four<Out> four;
        for (int k = 0; k < values; ++k) four.at[k] = cuda::number<Out>(value[k]);
        *reinterpret_cast<cuda::Four<Out>*>(to) = four;
    } else {
        for (int k = 0; k < values; ++k)
            if (j + k < cols) to[k] = cuda::number<Out>(value[k]);
    }
}

}  // namespace kernel

namespace cuda {

/// out_i = row id_i of w, or row first + i where `id` is null.
template <class Out>
void unpack(Device& device, const Stored<space::Device>& w, const Id* id, Index first,
            View<Out, space::Device> out) {
    if (out.rows == 0 || w.cols == 0) return;
    const Index groups = (w.cols + unpack_values - 1) / unpack_values;
    const bool at_once = w.cols % unpack_values == 0 && out.stride % unpack_values == 0 &&
                         reinterpret_cast<std::uintptr_t>(out.data) % sizeof(Four<Out>) == 0;
    with_decoder(w.type, [&](auto type) {
        launch(device.stream(), kernel::unpack<type.value, Out>, blocks_for(out.rows * groups),
               dim3(block_threads), 0, reinterpret_cast<const std::uint8_t*>(w.data), w.row_bytes(), id,
               first, out.rows, w.cols, static_cast<unsigned>(groups), out.data, out.stride, at_once);
    });
}

/// out_i = row id_i of w.
template <class T>
void gather_stored(Device& device, const Stored<space::Device>& w, List<const Id, space::Device> id,
                   View<T, space::Device> out) {
    unpack<T>(device, w, id.data, 0, out.rows_from(0, id.size));
}

}  // namespace cuda

}  // namespace coco
