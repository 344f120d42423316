// SPDX-License-Identifier: Apache-2.0
// expect: this Backbone lacks `Saved<P> forward\(Context<P>&, const Sequence<P>&, CRows<P> x\) const`
#include <coco/backbone/sasrec.hpp>

struct Mine : coco::backbone::SASRec {
    using SASRec::SASRec;
    template <class P>
    Saved<P> forward(coco::Context<P>&, coco::CRows<P> x) const;  // lacks the sequence
};

constexpr bool checked = coco::explain_backbone<Mine>();
