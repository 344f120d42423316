// SPDX-License-Identifier: Apache-2.0
/// \file
/// Where the laws of the trunk run: on the host, or, where a build says so, on the device (a real one or
/// the emulated). The tests' own sources are the same.
#pragma once

#include <cstdlib>
#include <iostream>

#if defined(COCO_LAWS_ON_DEVICE)
#include <coco/cuda/cuda.cuh>
#else
#include <coco/host/host.hpp>
#endif

namespace coco::laws {

#if defined(COCO_LAWS_ON_DEVICE)
template <class T>
using Here = BasicCuda<T>;
#else
template <class T>
using Here = BasicHost<T>;
#endif

/// True where a test takes minutes on the emulated device and nobody asked for it: says that it is skipped.
inline bool too_long_here() {
#if defined(COCO_EMULATED)
    if (std::getenv("COCO_LONG") == nullptr) {
        std::cout << "SKIPPED: the emulated device takes minutes; COCO_LONG=1 runs it\n";
        return true;
    }
#endif
    return false;
}

}  // namespace coco::laws
