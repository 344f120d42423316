// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks the primitive `multiply_stored` or `gather_stored`
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    void gather_stored(In w, Out out);  // lacks the ids
};

constexpr bool checked = coco::explain_policy<Mine>();
