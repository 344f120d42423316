// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks the primitive `for_each_row` or `reduce`
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    void reduce(coco::Index count);
};

constexpr bool checked = coco::explain_policy<Mine>();
