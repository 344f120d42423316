// SPDX-License-Identifier: Apache-2.0
// Basic operations of kernels against plain loops: thread indices, barriers, shuffles, votes, shared memory.
#include <catch2/catch.hpp>

#include <cuda_runtime.h>

#include <numeric>
#include <vector>

#include <coco/cuda/launch.cuh>
#include <coco/cuda/together.cuh>

namespace kernel {

__global__ void places(int* out) {
    const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    out[block * blockDim.x * blockDim.y * blockDim.z + thread] += static_cast<int>(thread + 1000 * block);
}
template <class T>
__global__ void sums(const T* x, int count, T* out) {
    T* const room = coco::cuda::shared<T>();
    T sum = 0;
    for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x))
        sum += x[static_cast<int>(blockIdx.x) * count + i];
    sum = coco::cuda::block_sum(sum, room);
    if (threadIdx.x == 0) out[blockIdx.x] = sum;
}
__global__ void votes(int* out) {
    const int lane = static_cast<int>(threadIdx.x % 32);
    out[0 * 64 + threadIdx.x] = __shfl_sync(0xffffffffu, lane, 3);
    out[1 * 64 + threadIdx.x] = __shfl_up_sync(0xffffffffu, lane, 2, 16);
    out[2 * 64 + threadIdx.x] = __shfl_down_sync(0xffffffffu, lane, 2, 16);
    out[3 * 64 + threadIdx.x] = __shfl_xor_sync(0xffffffffu, lane, 5);
    out[4 * 64 + threadIdx.x] = static_cast<int>(__ballot_sync(0xffffffffu, lane % 2));
    out[5 * 64 + threadIdx.x] = __any_sync(0xffffffffu, lane == 7) + __all_sync(0xffffffffu, lane < 31);
    out[6 * 64 + threadIdx.x] = __syncthreads_count(threadIdx.x < 5);
    out[7 * 64 + threadIdx.x] = __syncthreads_or(threadIdx.x == 63) + __syncthreads_and(threadIdx.x < 63);
    // Half a warp synchronises while the other half takes another path.
    if (lane < 16)
        out[8 * 64 + threadIdx.x] = __shfl_xor_sync(0x0000ffffu, lane, 1);
    else
        out[8 * 64 + threadIdx.x] = __shfl_xor_sync(0xffff0000u, lane, 2);
}

}  // namespace kernel

namespace {

template <class T>
std::vector<T> fetch(const T* from, std::size_t count) {
    std::vector<T> to(count);
    REQUIRE(cudaMemcpy(to.data(), from, count * sizeof(T), cudaMemcpyDeviceToHost) == cudaSuccess);
    return to;
}

}  // namespace

TEST_CASE("emulator: thread and block indices", "[emulator]") {
    coco::cuda::Stream stream;
    int* out = nullptr;
    REQUIRE(cudaMalloc(&out, 24 * 30 * sizeof(int)) == cudaSuccess);
    REQUIRE(cudaMemset(out, 0, 24 * 30 * sizeof(int)) == cudaSuccess);
    coco::cuda::launch(stream, kernel::places, dim3(4, 3, 2), dim3(5, 3, 2), 0, out);
    const std::vector<int> found = fetch(out, 24 * 30);
    for (int i = 0; i < 24 * 30; ++i) CHECK(found[static_cast<std::size_t>(i)] == i % 30 + 1000 * (i / 30));
    REQUIRE(cudaFree(out) == cudaSuccess);
}

TEMPLATE_TEST_CASE("emulator: sum over a block", "[emulator]", float, double, int) {
    coco::cuda::Stream stream;
    const int count = 1000, blocks = 5;
    std::vector<TestType> x(static_cast<std::size_t>(count * blocks));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<TestType>(i % 17);
    TestType *at = nullptr, *out = nullptr;
    REQUIRE(cudaMalloc(&at, x.size() * sizeof(TestType)) == cudaSuccess);
    REQUIRE(cudaMalloc(&out, blocks * sizeof(TestType)) == cudaSuccess);
    REQUIRE(cudaMemcpy(at, x.data(), x.size() * sizeof(TestType), cudaMemcpyHostToDevice) == cudaSuccess);
    for (const unsigned threads : {32u, 128u, 1024u}) {
        coco::cuda::launch(stream, kernel::sums<TestType>, dim3(blocks), dim3(threads), 32 * sizeof(TestType),
                           at, count, out);
        const std::vector<TestType> found = fetch(out, blocks);
        for (int b = 0; b < blocks; ++b)
            CHECK(found[static_cast<std::size_t>(b)] ==
                  std::accumulate(x.begin() + b * count, x.begin() + (b + 1) * count, TestType(0)));
    }
    REQUIRE(cudaFree(at) == cudaSuccess);
    REQUIRE(cudaFree(out) == cudaSuccess);
}

TEST_CASE("emulator: shuffles and votes", "[emulator]") {
    coco::cuda::Stream stream;
    int* out = nullptr;
    REQUIRE(cudaMalloc(&out, 9 * 64 * sizeof(int)) == cudaSuccess);
    coco::cuda::launch(stream, kernel::votes, dim3(1), dim3(64), 0, out);
    const std::vector<int> found = fetch(out, 9 * 64);
    for (int t = 0; t < 64; ++t) {
        const int lane = t % 32;
        const auto of = [&](int row) { return found[static_cast<std::size_t>(row * 64 + t)]; };
        CHECK(of(0) == 3);
        CHECK(of(1) == (lane % 16 < 2 ? lane : lane - 2));
        CHECK(of(2) == (lane % 16 >= 14 ? lane : lane + 2));
        CHECK(of(3) == (lane ^ 5));
        CHECK(of(4) == static_cast<int>(0xaaaaaaaau));
        CHECK(of(5) == 1);
        CHECK(of(6) == 5);
        CHECK(of(7) == 1);
        CHECK(of(8) == (lane < 16 ? lane ^ 1 : lane ^ 2));
    }
    REQUIRE(cudaFree(out) == cudaSuccess);
}
