// SPDX-License-Identifier: Apache-2.0
// expect: (could not|cannot) convert|no viable conversion|no known conversion
#include <coco/exec/archetype.hpp>
#include <coco/host/host.hpp>

void mixed(coco::Host& on, coco::CRows<coco::Archetype> x, coco::Rows<coco::Host> out) {
    on.top_k(x, x, x, {}, 5, {}, out);
}
