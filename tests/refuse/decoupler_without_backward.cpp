// SPDX-License-Identifier: Apache-2.0
// expect: this Decoupler lacks `void backward
#include <coco/decoupler/identity.hpp>

struct Mine : coco::decoupler::Identity {
    using Identity::Identity;
    template <class P>
    void backward(coco::Run<P>&, const Kept<P>&, coco::CRows<P> dy, coco::Rows<P> dmix) const;  // no prompts
};

constexpr bool checked = coco::explain_decoupler<Mine>();
