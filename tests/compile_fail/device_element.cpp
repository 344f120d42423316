// SPDX-License-Identifier: Apache-2.0
// expect: constraints not satisfied|no match for call|no matching function|does not provide a call operator
#include <coco/store/view.hpp>

float first(coco::View<const float, coco::space::Device> x) { return x(0, 0); }
