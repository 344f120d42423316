// SPDX-License-Identifier: Apache-2.0
// expect: this Aligner lacks `struct Config` with defaults
#include <coco/aligner/identity.hpp>

struct Mine : coco::aligner::Identity {
    using Identity::Identity;
    struct Config {};  // not the type that the constructor takes
};

constexpr bool checked = coco::explain_aligner<Mine>();
