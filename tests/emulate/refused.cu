// SPDX-License-Identifier: Apache-2.0
// Planted faults that the emulator itself reports, each with its message: addresses of the wrong space,
// barriers that not all threads reach, wrong sizes and matrices, calls that are not allowed during capture,
// dependence on the order of blocks.
#include <catch2/catch.hpp>

#include <cublas_v2.h>
#include <cuda_runtime.h>

#include <cstdlib>
#include <string>
#include <vector>

#include <coco/cuda/launch.cuh>

using Catch::Matchers::Contains;

namespace kernel {

template <class T>
__global__ void take(T) {}
__global__ void leave_early(int at) {
    if (static_cast<int>(threadIdx.x) >= at) return;
    __syncthreads();
}
__global__ void part_ways(int at) {
    if (static_cast<int>(threadIdx.x) < at)
        __syncthreads();
    else
        __syncthreads_or(1);
}
__global__ void warp_and_block() {
    if (threadIdx.x < 16)
        __syncwarp();
    else
        __syncthreads();
}
__global__ void half_a_warp() {
    if (threadIdx.x < 16) __shfl_sync(0xffffffffu, 1, 20);
}
__global__ void not_in_mask() { __shfl_sync(0x0000ffffu, 1, 0); }
__global__ void who_is_last(int* out) { atomicExch(out, static_cast<int>(blockIdx.x)); }

}  // namespace kernel

namespace {

/// Device memory for a test.
template <class T>
struct OnDevice {
    explicit OnDevice(std::size_t count) { REQUIRE(cudaMalloc(&at, count * sizeof(T)) == cudaSuccess); }
    OnDevice(const OnDevice&) = delete;
    ~OnDevice() { static_cast<void>(cudaFree(at)); }
    T* at = nullptr;
};

/// The message with which a launch fails, or "".
template <class... Parameters, class... Arguments>
std::string failure(void (*kernel)(Parameters...), dim3 block, const Arguments&... arguments) {
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(2);
    config.blockDim = block;
    const cudaError_t status = cudaLaunchKernelEx(&config, kernel, arguments...);
    CHECK(cudaGetLastError() == status);
    return status == cudaSuccess ? "" : cudaGetErrorString(status);
}

struct TwoViews {
    long long rows;
    const float *first, *second;
};

}  // namespace

TEST_CASE("emulator: a kernel's arguments must be addresses of its device", "[emulator]") {
    std::vector<float> host(100);
    const OnDevice<float> device(100);
    CHECK(failure(kernel::take<const float*>, dim3(32), device.at) == "");
    CHECK(failure(kernel::take<const float*>, dim3(32), device.at + 100) == "");
    CHECK(failure(kernel::take<const float*>, dim3(32), static_cast<const float*>(nullptr)) == "");
    CHECK_THAT(failure(kernel::take<const float*>, dim3(32), host.data()),
               Contains("argument 0") && Contains("host"));
    float local = 0;
    CHECK_THAT(failure(kernel::take<const float*>, dim3(32), &local), Contains("host"));
    CHECK(failure(kernel::take<long long>, dim3(32), 0x7fffffffLL) == "");
    CHECK(failure(kernel::take<double>, dim3(32), 1e300) == "");

    const TwoViews fine{3, device.at, device.at + 1}, wrong{3, device.at, host.data()};
    CHECK(failure(kernel::take<TwoViews>, dim3(32), fine) == "");
    CHECK_THAT(failure(kernel::take<TwoViews>, dim3(32), wrong), Contains("host"));

    // Pinned memory can be read by the device.
    float* pinned = nullptr;
    REQUIRE(cudaMallocHost(&pinned, 400) == cudaSuccess);
    CHECK(failure(kernel::take<const float*>, dim3(32), pinned) == "");
    REQUIRE(cudaFreeHost(pinned) == cudaSuccess);

    int devices = 0;
    REQUIRE(cudaGetDeviceCount(&devices) == cudaSuccess);
    if (devices > 1) {
        REQUIRE(cudaSetDevice(1) == cudaSuccess);
        CHECK_THAT(failure(kernel::take<const float*>, dim3(32), device.at), Contains("of device 0"));
        REQUIRE(cudaSetDevice(0) == cudaSuccess);
    }
}

TEST_CASE("emulator: a deadlock at a barrier is an error, not a hang", "[emulator]") {
    CHECK(failure(kernel::leave_early, dim3(128), 128) == "");
    CHECK(failure(kernel::leave_early, dim3(128), 0) == "");
    CHECK_THAT(failure(kernel::leave_early, dim3(128), 96),
               Contains("96 threads wait at __syncthreads") && Contains("32 of 128 threads have ended"));
    CHECK_THAT(failure(kernel::part_ways, dim3(64), 32),
               Contains("comes to __syncthreads_or") && Contains("others wait at __syncthreads"));
    CHECK_THAT(
        failure(kernel::warp_and_block, dim3(64)),
        Contains("48 threads wait at __syncthreads") && Contains("16 threads of warp 0 wait at __syncwarp"));
    CHECK_THAT(failure(kernel::half_a_warp, dim3(32)), Contains("reads lane 20, which is not there"));
    CHECK_THAT(failure(kernel::not_in_mask, dim3(32)), Contains("the mask leaves out"));
    // An error does not affect later launches.
    CHECK(failure(kernel::leave_early, dim3(128), 128) == "");
}

TEST_CASE("emulator: a launch beyond the device's limits", "[emulator]") {
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(1);
    config.blockDim = dim3(1025);
    CHECK(cudaLaunchKernelEx(&config, kernel::take<int>, 1) == cudaErrorInvalidConfiguration);
    config.blockDim = dim3(32);
    config.dynamicSmemBytes = 64 << 10;
    CHECK(cudaLaunchKernelEx(&config, kernel::take<int>, 1) == cudaErrorInvalidValue);
    REQUIRE(cudaFuncSetAttribute(kernel::take<int>, cudaFuncAttributeMaxDynamicSharedMemorySize, 64 << 10) ==
            cudaSuccess);
    CHECK(cudaLaunchKernelEx(&config, kernel::take<int>, 1) == cudaSuccess);
    CHECK(cudaFuncSetAttribute(kernel::take<int>, cudaFuncAttributeMaxDynamicSharedMemorySize, 300 << 10) ==
          cudaErrorInvalidValue);
    void* memory = nullptr;
    CHECK(cudaMalloc(&memory, std::size_t{1} << 50) == cudaErrorMemoryAllocation);
    static_cast<void>(cudaGetLastError());
}

TEST_CASE("emulator: copies check both ends against their direction", "[emulator]") {
    const OnDevice<float> device(10);
    std::vector<float> host(20);
    CHECK(cudaMemcpy(device.at, host.data(), 40, cudaMemcpyHostToDevice) == cudaSuccess);
    CHECK(cudaMemcpy(device.at, host.data(), 44, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
    CHECK(cudaMemcpy(host.data(), host.data() + 10, 40, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
    CHECK(cudaMemcpy(device.at, host.data(), 40, cudaMemcpyDeviceToHost) == cudaErrorInvalidValue);
    CHECK(cudaMemcpy(host.data(), device.at, 40, cudaMemcpyHostToHost) == cudaErrorInvalidValue);
    CHECK(cudaMemset(host.data(), 0, 40) == cudaErrorInvalidValue);
    CHECK(cudaFree(host.data()) == cudaErrorInvalidValue);
    float* freed = nullptr;
    REQUIRE(cudaMalloc(&freed, 40) == cudaSuccess);
    REQUIRE(cudaFree(freed) == cudaSuccess);
    CHECK(cudaMemcpy(freed, host.data(), 40, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
    CHECK(cudaFree(freed) == cudaErrorInvalidValue);
    static_cast<void>(cudaGetLastError());
}

TEST_CASE("emulator: cuBLAS rejects invalid arguments", "[emulator]") {
    cublasHandle_t handle = nullptr;
    REQUIRE(cublasCreate(&handle) == CUBLAS_STATUS_SUCCESS);
    const OnDevice<float> a(6 * 4), b(4 * 5), c(6 * 5);
    std::vector<float> host(100);
    const float one = 1, zero = 0;
    const auto multiply = [&](int m, int lda, const float* left, const float* alpha) {
        return cublasSgemm(handle, CUBLAS_OP_N, CUBLAS_OP_N, m, 5, 4, alpha, left, lda, b.at, 4, &zero, c.at,
                           6);
    };
    CHECK(multiply(6, 6, a.at, &one) == CUBLAS_STATUS_SUCCESS);
    CHECK(multiply(6, 5, a.at, &one) == CUBLAS_STATUS_INVALID_VALUE);
    CHECK_THAT(cublasGetStatusString(CUBLAS_STATUS_INVALID_VALUE), Contains("leading dimension 5"));
    CHECK(multiply(6, 7, a.at, &one) == CUBLAS_STATUS_EXECUTION_FAILED);
    CHECK_THAT(cublasGetStatusString(CUBLAS_STATUS_EXECUTION_FAILED),
               Contains("reaches past its allocation"));
    CHECK(multiply(-1, 6, a.at, &one) == CUBLAS_STATUS_INVALID_VALUE);
    CHECK(multiply(6, 6, a.at, nullptr) == CUBLAS_STATUS_INVALID_VALUE);
    CHECK(multiply(6, 6, host.data(), &one) == CUBLAS_STATUS_EXECUTION_FAILED);
    CHECK(cublasGemmEx(handle, CUBLAS_OP_N, CUBLAS_OP_N, 6, 5, 4, &one, a.at, CUDA_R_32F, 6, b.at,
                       CUDA_R_16BF, 4, &zero, c.at, CUDA_R_32F, 6, CUBLAS_COMPUTE_32F,
                       CUBLAS_GEMM_DEFAULT) == CUBLAS_STATUS_NOT_SUPPORTED);
    CHECK(cublasSetWorkspace(handle, host.data(), 4) == CUBLAS_STATUS_INVALID_VALUE);
    REQUIRE(cublasDestroy(handle) == CUBLAS_STATUS_SUCCESS);
}

TEST_CASE("emulator: another seed gives another order of blocks", "[emulator]") {
    const OnDevice<int> out(1);
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(50);
    config.blockDim = dim3(1);
    std::vector<int> last;
    for (const char* seed : {"", "1", "2"}) {
        REQUIRE(setenv("COCO_EMULATE_SEED", seed, 1) == 0);
        REQUIRE(cudaLaunchKernelEx(&config, kernel::who_is_last, out.at) == cudaSuccess);
        int found = 0;
        REQUIRE(cudaMemcpy(&found, out.at, sizeof found, cudaMemcpyDeviceToHost) == cudaSuccess);
        last.push_back(found);
    }
    REQUIRE(unsetenv("COCO_EMULATE_SEED") == 0);
    CHECK(last[0] == 49);
    CHECK((last[1] != 49 || last[2] != 49));
}
