// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks `all_reduce` or `any`
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    void all_reduce();
};

constexpr bool checked = coco::explain_policy<Mine>();
