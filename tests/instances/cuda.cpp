// SPDX-License-Identifier: Apache-2.0
// The definitions that instances/cuda.hpp declares.
#define COCO_INSTANCE template
#include "instances/cuda.hpp"
