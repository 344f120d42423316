// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks `upload`, `download` or `fill`
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    void upload(int);
};

constexpr bool checked = coco::explain_policy<Mine>();
