// SPDX-License-Identifier: Apache-2.0
// expect: this Decoupler lacks `Kept<P> forward
#include <coco/decoupler/identity.hpp>

struct Mine : coco::decoupler::Identity {
    using Identity::Identity;
    template <class P>
    Kept<P> forward(coco::Run<P>&, coco::CRows<P> mix, const coco::Segments<P>&) const;  // no prompts
};

constexpr bool checked = coco::explain_decoupler<Mine>();
