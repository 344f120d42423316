// SPDX-License-Identifier: Apache-2.0
/// \file
/// Selects the policy on which the tests of policy-independent code run: the host or, if the build says so,
/// CUDA (a real device or the emulated one). The sources of the tests are the same.
#pragma once

#include <iostream>

#include "long_form.hpp"

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

/// True unless the long forms were asked for; then prints that one is skipped.
inline bool left_out(const char* where) {
    if (long_form()) return false;
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

/// For a test in which a whole language model generates text: also skipped under the sanitizers, which check
/// the same code on small models.
inline bool too_long_sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return left_out("under a sanitizer");
#else
    return too_long_emulated();
#endif
}

}  // namespace coco::conformance
