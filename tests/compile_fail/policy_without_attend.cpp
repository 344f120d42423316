// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks the primitive `attend` or `attend_backward`
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    void attend(In q, In k, In v, Out out);  // lacks the shape
};

constexpr bool checked = coco::explain_policy<Mine>();
