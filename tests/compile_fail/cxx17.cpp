// SPDX-License-Identifier: Apache-2.0
// expect first: coco: needs C\+\+20
// options: -std=c++17 -Wfatal-errors
#include <coco/coco.hpp>
