// SPDX-License-Identifier: Apache-2.0
// expect: coco: not with -ffast-math or -ffinite-math-only
#define __FAST_MATH__ 1
#include <coco/core/types.hpp>
