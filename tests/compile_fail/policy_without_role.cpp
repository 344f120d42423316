// SPDX-License-Identifier: Apache-2.0
// expect: not an ExecutionPolicy: it lacks `using Role
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    using Role = void;
};

constexpr bool checked = coco::explain_policy<Mine>();
