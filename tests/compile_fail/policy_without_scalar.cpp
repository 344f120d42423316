// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks the types `Scalar` and `Space`
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    using Scalar = int;
};

constexpr bool checked = coco::explain_policy<Mine>();
