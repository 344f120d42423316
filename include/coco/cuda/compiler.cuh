// SPDX-License-Identifier: Apache-2.0
/// \file
/// The CUDA runtime's header, and one sentence where device code cannot be compiled.
#pragma once

#if !__has_include(<cuda_runtime.h>)
#error \
    "coco: the CUDA toolkit's headers are not found: link coco::cuda to a target whose .cu files nvcc compiles"
#endif
#include <cuda_runtime.h>

// The emulator of our tests declares itself in its cuda_runtime.h.
#if !defined(__CUDACC__) && !defined(COCO_EMULATED)
#error "coco: coco::Cuda is for sources that nvcc compiles: put this code in a .cu file"
#endif
