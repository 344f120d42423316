// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks `void\* allocate
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    void deallocate(void* memory);  // lacks the size
};

constexpr bool checked = coco::explain_policy<Mine>();
