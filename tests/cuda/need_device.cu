// SPDX-License-Identifier: Apache-2.0
// If there is no device, the program reports that and ends.
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <catch2/catch.hpp>

#include <cuda_runtime.h>

#include <cstdio>
#include <cstdlib>

namespace {

struct NeedDevice : Catch::TestEventListenerBase {
    using TestEventListenerBase::TestEventListenerBase;
    void testRunStarting(const Catch::TestRunInfo&) override {
        int devices = 0;
        const cudaError_t status = cudaGetDeviceCount(&devices);
        if (status == cudaSuccess && devices > 0) return;
        std::printf("SKIPPED: no GPU to run device code on (%s): it was compiled, linked and run emulated\n",
                    cudaGetErrorString(status));
        std::exit(0);
    }
};
CATCH_REGISTER_LISTENER(NeedDevice)

}  // namespace
