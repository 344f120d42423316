// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks `bring`, `fetch`, `put` or `fill`
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    void bring(int);
};

constexpr bool checked = coco::explain_policy<Mine>();
