// SPDX-License-Identifier: Apache-2.0
// Limits of a GPU: products in each arithmetic, and copies within its memory.
#include <benchmark/benchmark.h>

#include "peak.cuh"

using namespace coco;

template <class Math>
static void products(benchmark::State& state) {
    BasicCuda<float, Math> on;
    for (auto _ : state) {
        const double peak = device_peak(on);
        state.SetIterationTime(2.0 * 4096 * 4096 * 4096 / peak * 1e-9);
        state.counters["GFLOP/s"] = peak;
    }
}
BENCHMARK_TEMPLATE(products, math_mode::Exact)->Name("limit/products/float")->Iterations(1)->UseManualTime();
BENCHMARK_TEMPLATE(products, math_mode::TensorFloat32)
    ->Name("limit/products/tf32")
    ->Iterations(1)
    ->UseManualTime();
BENCHMARK_TEMPLATE(products, math_mode::BFloat16)
    ->Name("limit/products/bf16")
    ->Iterations(1)
    ->UseManualTime();

/// Copies 512 MB within device memory: each byte is read once and written once.
static void copies(benchmark::State& state) {
    Cuda on;
    constexpr Index count = Index{128} << 20;
    Block<float, Cuda> from(on, count), to(on, count);
    for (auto _ : state) {
        const double seconds = device_seconds(on, [&] {
            cuda::check(
                cudaMemcpyAsync(to.data(), from.data(), static_cast<std::size_t>(count) * sizeof(float),
                                cudaMemcpyDeviceToDevice, on.device().stream().handle),
                "copy within the device");
        });
        state.SetIterationTime(seconds);
        state.counters["GB/s"] = 2.0 * count * sizeof(float) / seconds * 1e-9;
    }
}
BENCHMARK(copies)->Name("limit/copies")->Iterations(1)->UseManualTime();
