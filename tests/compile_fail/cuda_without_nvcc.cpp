// SPDX-License-Identifier: Apache-2.0
// expect first: coco: the CUDA toolkit|coco: coco::Cuda is for sources that nvcc compiles
// options: -Wfatal-errors
#include <coco/coco.cuh>
