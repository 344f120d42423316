// SPDX-License-Identifier: Apache-2.0
// expect: this Decoupler lacks `template <class P> struct Kept`
#include <coco/decoupler/identity.hpp>

struct Mine : coco::decoupler::Identity {
    using Identity::Identity;
    template <class P>
    struct Kept {
        coco::Rows<P> out;  // whose?
    };
};

constexpr bool checked = coco::explain_decoupler<Mine>();
