// SPDX-License-Identifier: Apache-2.0
// expect: this Aligner lacks `void backward
#include <coco/aligner/identity.hpp>

struct Mine : coco::aligner::Identity {
    using Identity::Identity;
    template <class P>
    void backward(coco::Context<P>&, const Saved<P>&, coco::CRows<P> dy,
                  coco::Rows<P> dh) const;  // lacks dpure
};

constexpr bool checked = coco::explain_aligner<Mine>();
