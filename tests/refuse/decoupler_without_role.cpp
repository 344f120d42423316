// SPDX-License-Identifier: Apache-2.0
// expect: not a Decoupler: it lacks `using Role
#include <coco/decoupler/identity.hpp>

struct Mine : coco::decoupler::Identity {
    using Identity::Identity;
    using Role = void;
};

constexpr bool checked = coco::explain_decoupler<Mine>();
