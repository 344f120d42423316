// SPDX-License-Identifier: Apache-2.0
/// \file
/// Where the laws of the trunk run: on the host, or, where a build says so, on the device (a real one or
/// the emulated). The tests' own sources are the same.
#pragma once

#include <cstdlib>
#include <iostream>

#if defined(COCO_CONFORMANCE_ON_DEVICE)
#include <coco/cuda/cuda.cuh>
#else
#include <coco/host/host.hpp>
#endif

namespace coco::conformance {

#if defined(COCO_CONFORMANCE_ON_DEVICE)
template <class T>
using PolicyUnderTest = BasicCuda<T>;
#else
template <class T>
using PolicyUnderTest = BasicHost<T>;
#endif

/// True where nobody asked for the long tests: says that one is skipped.
inline bool left_out(const char* where) {
    if (std::getenv("COCO_LONG") != nullptr) return false;
    std::cout << "SKIPPED: takes minutes " << where << "; COCO_LONG=1 runs it\n";
    return true;
}

/// For a test that takes minutes on the emulated device.
inline bool too_long_emulated() {
#if defined(COCO_EMULATED)
    return left_out("on the emulated device");
#else
    return false;
#endif
}

/// For a whole model that writes: under the sanitizers, too, which see the same code in small models.
inline bool too_long_sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return left_out("under a sanitizer");
#else
    return too_long_emulated();
#endif
}

}  // namespace coco::conformance
