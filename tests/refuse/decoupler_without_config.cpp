// SPDX-License-Identifier: Apache-2.0
// expect: this Decoupler lacks `struct Config` with defaults
#include <coco/decoupler/identity.hpp>

struct Mine : coco::decoupler::Identity {
    using Identity::Identity;
    struct Config {};  // not what the constructor takes
};

constexpr bool checked = coco::explain_decoupler<Mine>();
