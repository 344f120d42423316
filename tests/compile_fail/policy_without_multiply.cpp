// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks the primitive `multiply`
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    void multiply(In a, In b, Out out);  // lacks the ops
};

constexpr bool checked = coco::explain_policy<Mine>();
