// SPDX-License-Identifier: Apache-2.0
// The definitions that instances/host.hpp declares.
#define COCO_INSTANCE template
#include "instances/host.hpp"
