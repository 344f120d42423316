// SPDX-License-Identifier: Apache-2.0
/// \file
/// Column sums of a term: threads add up rows of a chunk, a block joins their sums, and where there are
/// several chunks their sums are added up in the same way. Chunks depend on the sizes alone.
#pragma once

#include <algorithm>
#include <type_traits>

#include <coco/cuda/device.cuh>
#include <coco/cuda/memory.cuh>
#include <coco/cuda/together.cuh>
#include <coco/store/view.hpp>

namespace coco {

namespace cuda {

/// (chunk, j) -> the sum of a chunk's column.
template <class T>
struct ChunkSum {
    const T* sums;
    Index cols;

    COCO_HD T operator()(Index chunk, Index j) const { return sums[chunk * cols + j]; }
};

}  // namespace cuda

namespace kernel {

/// to(chunk, j) (= or +=) sum of term(i, j) over the chunk's rows. A block is blockDim.x columns wide and
/// blockDim.y rows high; block (x, y) computes columns x and chunk y.
template <class T, class Term>
__global__ void reduce_rows(Index count, Index chunk, Index cols, T* to, bool add, const Term term) {
    T* const sums = cuda::shared<T>();
    const Index width = blockDim.x, height = blockDim.y, x = threadIdx.x, y = threadIdx.y;
    const Index j = static_cast<Index>(blockIdx.x) * width + x,
                first = static_cast<Index>(blockIdx.y) * chunk;
    const Index end = first + chunk < count ? first + chunk : count;
    T sum = 0;
    if (j < cols)
        for (Index i = first + y; i < end; i += height) sum += term(i, j);
    sums[y * width + x] = sum;
    for (Index half = height / 2; half > 0; half /= 2) {
        __syncthreads();
        if (y < half) sums[y * width + x] += sums[(y + half) * width + x];
    }
    if (y == 0 && j < cols) {
        T& out = to[static_cast<Index>(blockIdx.y) * cols + j];
        out = add ? out + sums[x] : sums[x];
    }
}

/// *to += scale * sum of x, in an order that depends on the size alone. One block.
template <class T>
__global__ void add_sum(const double* x, Index size, T scale, T* to) {
    double sum = 0;
    for (Index i = threadIdx.x; i < size; i += blockDim.x) sum += x[i];
    sum = cuda::block_sum(sum, cuda::shared<double>());
    if (threadIdx.x == 0) *to += static_cast<T>(static_cast<double>(scale) * sum);
}

}  // namespace kernel

namespace cuda {

/// out(0, j) += sum over i < count of term(i, j).
template <class T, class Term>
void reduce(Device& device, Index count, View<T, space::Device> out, const Term& term) {
    static_assert(std::is_trivially_copyable_v<Term>);
    const Index cols = out.cols;
    if (count <= 0 || cols <= 0) return;
    Index width = 1;
    while (width < cols && width < warp_size) width *= 2;
    const Index height = block_threads / width, rows_a_thread = 16, max_chunks = 512;
    const Index chunk = std::max(rows_a_thread * height, (count + max_chunks - 1) / max_chunks);
    const Index chunks = (count + chunk - 1) / chunk;
    const Scratch scratch(device);
    T* const to = chunks > 1 ? scratch.take<T>(chunks * cols) : out.data;
    const dim3 block(static_cast<unsigned>(width), static_cast<unsigned>(height));
    const unsigned across = static_cast<unsigned>((cols + width - 1) / width);
    launch(device.stream(), kernel::reduce_rows<T, Term>, dim3(across, static_cast<unsigned>(chunks)), block,
           sizeof(T) * block_threads, count, chunk, cols, to, chunks == 1, term);
    if (chunks > 1)
        launch(device.stream(), kernel::reduce_rows<T, ChunkSum<T>>, dim3(across), block,
               sizeof(T) * block_threads, chunks, chunks, cols, out.data, true, ChunkSum<T>{to, cols});
}

}  // namespace cuda

}  // namespace coco
