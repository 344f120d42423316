// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks the primitive `multiply`
#include <coco/exec/archetype.hpp>
#include <coco/nn/parameters.hpp>

struct Mine : coco::Archetype {
    void multiply(In a, In b, Out out);  // lacks the ops
};

void fill(Mine& on, const coco::ParameterLayout& layout) { coco::Parameters<Mine> parameters(on, layout, 1); }
