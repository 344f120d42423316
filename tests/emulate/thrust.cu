// SPDX-License-Identifier: Apache-2.0
// Thrust with its C++ back end beside the emulator: device vectors and algorithms outside of training steps.
#include <catch2/catch.hpp>

#include <cuda_runtime.h>
#include <thrust/device_vector.h>
#include <thrust/host_vector.h>
#include <thrust/reduce.h>
#include <thrust/sort.h>
#include <thrust/transform.h>

namespace {

struct Square {
    __host__ __device__ int operator()(int x) const { return x * x; }
};

}  // namespace

TEST_CASE("emulator: thrust runs with its C++ back end", "[emulator]") {
    const thrust::host_vector<int> given(std::vector<int>{5, 3, 4, 1, 2});
    thrust::device_vector<int> x = given;
    thrust::sort(x.begin(), x.end());
    thrust::transform(x.begin(), x.end(), x.begin(), Square{});
    const thrust::host_vector<int> found = x;
    for (int i = 0; i < 5; ++i) CHECK(found[static_cast<std::size_t>(i)] == (i + 1) * (i + 1));
    CHECK(thrust::reduce(x.begin(), x.end()) == 55);
}
