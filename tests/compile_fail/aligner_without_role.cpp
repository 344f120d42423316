// SPDX-License-Identifier: Apache-2.0
// expect: not an Aligner: it lacks `using Role
#include <coco/aligner/identity.hpp>

struct Mine : coco::aligner::Identity {
    using Identity::Identity;
    using Role = void;
};

constexpr bool checked = coco::explain_aligner<Mine>();
