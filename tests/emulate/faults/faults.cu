// SPDX-License-Identifier: Apache-2.0
// Planted faults that only a sanitizer or valgrind can detect. `faults NAME` runs one; `faults NAME not` runs
// the same kernel without the fault, which must be clean.
#include <cuda_runtime.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <coco/cuda/launch.cuh>

namespace kernel {

__global__ void write(int* out, int count) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i < count) out[i] = i;
}
__global__ void follow(int** table) { *table[0] = 1; }
__global__ void write_shared(int* out, int count) {
    int* const room = coco::cuda::shared<int>();
    for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x)) room[i] = i;
    __syncthreads();
    out[threadIdx.x] = room[threadIdx.x];
}
__global__ void neighbour(int* out, int wait) {
    int* const room = coco::cuda::shared<int>();
    room[threadIdx.x] = static_cast<int>(threadIdx.x);
    if (wait) __syncthreads();
    out[blockIdx.x * blockDim.x + threadIdx.x] = room[(threadIdx.x + 1) % blockDim.x];
}
__global__ void neighbour_in_warp(int* out, int wait) {
    int* const room = coco::cuda::shared<int>();
    room[threadIdx.x] = static_cast<int>(threadIdx.x);
    if (wait) __syncwarp();
    out[blockIdx.x * blockDim.x + threadIdx.x] = room[threadIdx.x ^ 1];
}
__global__ void two_rounds(int* out, int wait) {
    int* const room = coco::cuda::shared<int>();
    for (int round = 0; round < 2; ++round) {
        room[threadIdx.x] = round;
        __syncthreads();
        out[blockIdx.x * blockDim.x + threadIdx.x] = room[(threadIdx.x + 1) % blockDim.x];
        if (wait) __syncthreads();
    }
}
__global__ void one_sum(int* out, int together) {
    if (together)
        atomicAdd(out, 1);
    else if (threadIdx.x == 0)
        *out += 1;
}
__global__ void count(const int* x, int* out) {
    if (x[threadIdx.x] > 0) atomicAdd(out, 1);
}
__global__ void count_shared(int* out, int fill) {
    int* const room = coco::cuda::shared<int>();
    if (fill) room[threadIdx.x] = 1;
    __syncthreads();
    if (room[threadIdx.x] > 0) atomicAdd(out, 1);
}

}  // namespace kernel

namespace {

constexpr unsigned threads = 64;

/// The stream on which a test launches, and an output of 2 x 64 numbers.
struct PolicyUnderTest {
    PolicyUnderTest() {
        check(cudaMalloc(&out, bytes));
        check(cudaMemset(out, 0, bytes));
    }
    PolicyUnderTest(const PolicyUnderTest&) = delete;
    ~PolicyUnderTest() { static_cast<void>(cudaFree(out)); }
    static void check(cudaError_t status) {
        if (status == cudaSuccess) return;
        std::printf("%s\n", cudaGetErrorString(status));
        std::exit(3);
    }
    static constexpr std::size_t bytes = 2 * threads * sizeof(int);
    coco::cuda::Stream stream;
    int* out = nullptr;
};

void out_of_bounds(PolicyUnderTest& here, bool fault) {
    coco::cuda::launch(here.stream, kernel::write, dim3(3), dim3(threads), 0, here.out, fault ? 129 : 128);
}
void out_of_shared(PolicyUnderTest& here, bool fault) {
    coco::cuda::launch(here.stream, kernel::write_shared, dim3(1), dim3(threads), threads * sizeof(int),
                       here.out, fault ? 65 : 64);
}
void use_after_free(PolicyUnderTest& here, bool fault) {
    // The pointer is passed in a table in device memory, where the check of a launch's arguments does not
    // find it.
    int *memory = nullptr, **table = nullptr;
    PolicyUnderTest::check(cudaMalloc(&memory, sizeof(int)));
    PolicyUnderTest::check(cudaMalloc(&table, sizeof memory));
    PolicyUnderTest::check(cudaMemcpy(table, &memory, sizeof memory, cudaMemcpyHostToDevice));
    if (fault) PolicyUnderTest::check(cudaFree(memory));
    coco::cuda::launch(here.stream, kernel::follow, dim3(1), dim3(1), 0, table);
    if (!fault) PolicyUnderTest::check(cudaFree(memory));
    PolicyUnderTest::check(cudaFree(table));
}
void race(PolicyUnderTest& here, bool fault) {
    coco::cuda::launch(here.stream, kernel::neighbour, dim3(2), dim3(threads), threads * sizeof(int),
                       here.out, fault ? 0 : 1);
}
void race_of_rounds(PolicyUnderTest& here, bool fault) {
    coco::cuda::launch(here.stream, kernel::two_rounds, dim3(2), dim3(threads), threads * sizeof(int),
                       here.out, fault ? 0 : 1);
}
void race_in_warp(PolicyUnderTest& here, bool fault) {
    coco::cuda::launch(here.stream, kernel::neighbour_in_warp, dim3(2), dim3(threads), threads * sizeof(int),
                       here.out, fault ? 0 : 1);
}
void race_of_blocks(PolicyUnderTest& here, bool fault) {
    coco::cuda::launch(here.stream, kernel::one_sum, dim3(2), dim3(threads), 0, here.out, fault ? 0 : 1);
}
void uninitialised(PolicyUnderTest& here, bool fault) {
    int* x = nullptr;
    PolicyUnderTest::check(cudaMalloc(&x, threads * sizeof(int)));
    if (!fault) PolicyUnderTest::check(cudaMemset(x, 0, threads * sizeof(int)));
    coco::cuda::launch(here.stream, kernel::count, dim3(1), dim3(threads), 0, x, here.out);
    PolicyUnderTest::check(cudaFree(x));
}
void uninitialised_shared(PolicyUnderTest& here, bool fault) {
    coco::cuda::launch(here.stream, kernel::count_shared, dim3(1), dim3(threads), threads * sizeof(int),
                       here.out, fault ? 0 : 1);
}

struct Fault {
    const char* name;
    void (*commit)(PolicyUnderTest&, bool);
};
constexpr Fault faults[] = {{"out_of_bounds", out_of_bounds},
                            {"out_of_shared", out_of_shared},
                            {"use_after_free", use_after_free},
                            {"race", race},
                            {"race_of_rounds", race_of_rounds},
                            {"race_in_warp", race_in_warp},
                            {"race_of_blocks", race_of_blocks},
                            {"uninitialised", uninitialised},
                            {"uninitialised_shared", uninitialised_shared}};

}  // namespace

int main(int count, char** words) {
    for (const Fault& fault : faults)
        if (count > 1 && std::strcmp(words[1], fault.name) == 0) {
            PolicyUnderTest here;
            fault.commit(here, count == 2);
            return 0;
        }
    std::printf("usage: faults NAME [not]\n");
    return 2;
}
