// SPDX-License-Identifier: Apache-2.0
// expect: (could not|cannot) convert|no viable conversion|no known conversion
#include <coco/host/host.hpp>

void mixed(coco::Host& on, coco::View<const float, coco::space::Device> a,
           coco::View<float, coco::space::Host> out) {
    on.multiply(a, coco::Op::plain, a, coco::Op::plain, out);
}
