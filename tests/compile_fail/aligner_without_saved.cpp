// SPDX-License-Identifier: Apache-2.0
// expect: this Aligner lacks `template <class P> struct Saved`
#include <coco/aligner/identity.hpp>

struct Mine : coco::aligner::Identity {
    using Identity::Identity;
    template <class P>
    struct Saved {};
};

constexpr bool checked = coco::explain_aligner<Mine>();
