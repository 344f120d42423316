// SPDX-License-Identifier: Apache-2.0
/// \file
/// Scores of rows with columns such that ties are exact: every score is added up in the same order, whatever
/// the position of its row and column and the other rows and columns. A library's product does not guarantee
/// this.
#pragma once

#include <cuda_runtime.h>

#include <coco/cuda/attend_tile.cuh>
#include <coco/cuda/device.cuh>
#include <coco/cuda/for_each_row.cuh>
#include <coco/store/view.hpp>

namespace coco {

namespace cuda {

/// Arguments of `scores`: out(i, j) = h_i . columns_(first + j) + bias_(first + j), or, where `pick` lists a
/// column for each row, out(i, 0) = the score of row i with the column picked for it.
template <class T>
struct Scores {
    View<const T, space::Device> h, columns, bias;
    Index first = 0;
    const Id* pick = nullptr;
    View<T, space::Device> out;

    static constexpr int tile = 64, depth = 16, line = tile + 4, threads = 256;
};

}  // namespace cuda

namespace kernel {

/// One block: 64 rows and 64 columns, four by four per thread.
template <class T>
__global__ void scores(const cuda::Scores<T> call) {
    using Call = cuda::Scores<T>;
    using Quadruple = cuda::Quadruple<T>;
    T* const a = cuda::shared<T>();
    T* const b = a + Call::depth * Call::line;
    const int thread = static_cast<int>(threadIdx.x), x = thread % 16, y = thread / 16;
    const Index rows = call.h.rows, row0 = static_cast<Index>(blockIdx.y) * Call::tile,
                column0 = call.pick ? row0 : static_cast<Index>(blockIdx.x) * Call::tile,
                columns = call.pick ? rows : call.out.cols;
    const auto column = [&call](Index j) { return call.pick ? Index{call.pick[j]} : call.first + j; };
    T sum[4][4] = {};
    for (Index k0 = 0; k0 < call.h.cols; k0 += Call::depth) {
        __syncthreads();
        for (int at = thread; at < Call::depth * Call::tile; at += Call::threads) {
            const int k = at % Call::depth, i = at / Call::depth;
            const bool inside = k0 + k < call.h.cols;
            a[k * Call::line + i] = inside && row0 + i < rows ? call.h.row(row0 + i)[k0 + k] : T(0);
            b[k * Call::line + i] =
                inside && column0 + i < columns ? call.columns.row(column(column0 + i))[k0 + k] : T(0);
        }
        __syncthreads();
        COCO_UNROLL
        for (int k = 0; k < Call::depth; ++k) {
            const Quadruple left = *reinterpret_cast<const Quadruple*>(a + k * Call::line + 4 * y),
                            right = *reinterpret_cast<const Quadruple*>(b + k * Call::line + 4 * x);
            COCO_UNROLL
            for (int i = 0; i < 4; ++i) COCO_UNROLL
            for (int j = 0; j < 4; ++j) sum[i][j] += left.at[i] * right.at[j];
        }
    }
    COCO_UNROLL
    for (int i = 0; i < 4; ++i) COCO_UNROLL
    for (int j = 0; j < 4; ++j) {
        const Index row = row0 + 4 * y + i, at = column0 + 4 * x + j;
        if (row >= rows || at >= columns || (call.pick && at != row)) continue;
        const T score = call.bias.empty() ? sum[i][j] : sum[i][j] + call.bias.data[column(at)];
        call.out.row(row)[call.pick ? 0 : at] = score;
    }
}

}  // namespace kernel

namespace cuda {

template <class T>
void scores(Device& device, const Scores<T>& call) {
    using Call = Scores<T>;
    const auto tiles = [](Index n) { return static_cast<unsigned>((n + Call::tile - 1) / Call::tile); };
    launch(device.stream(), kernel::scores<T>, dim3(call.pick ? 1 : tiles(call.out.cols), tiles(call.h.rows)),
           dim3(Call::threads), sizeof(T) * 2 * Call::depth * Call::line, call);
}

/// The first of the ascending numbers at[low .. high-1] that is not below x; `high` where there is none.
COCO_HD inline Index first_not_below(const Id* at, Index low, Index high, Index x) {
    while (low < high) {
        const Index middle = (low + high) / 2;
        if (at[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

}  // namespace cuda

}  // namespace coco
