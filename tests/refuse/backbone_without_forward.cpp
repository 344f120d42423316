// SPDX-License-Identifier: Apache-2.0
// expect: this Backbone lacks `Kept<P> forward\(Run<P>&, const Sequence<P>&, CRows<P> x\) const`
#include <coco/backbone/sasrec.hpp>

struct Mine : coco::backbone::SASRec {
    using SASRec::SASRec;
    template <class P>
    Kept<P> forward(coco::Run<P>&, coco::CRows<P> x) const;  // no sequence
};

constexpr bool checked = coco::explain_backbone<Mine>();
