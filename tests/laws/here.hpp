// SPDX-License-Identifier: Apache-2.0
/// \file
/// Where the laws of the trunk run: on the host, or, where a build says so, on the device (a real one or
/// the emulated). The tests' own sources are the same.
#pragma once

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

}  // namespace coco::laws
