// SPDX-License-Identifier: Apache-2.0
// expect: this Aligner lacks `Saved<P> forward
#include <coco/aligner/identity.hpp>

struct Mine : coco::aligner::Identity {
    using Identity::Identity;
    template <class P>
    Saved<P> forward(coco::Context<P>&, coco::CRows<P> h) const;  // lacks the knowledge
};

constexpr bool checked = coco::explain_aligner<Mine>();
