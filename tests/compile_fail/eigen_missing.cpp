// SPDX-License-Identifier: Apache-2.0
// expect first: coco: Eigen is not found
// without: eigen3
#include <coco/coco.hpp>
