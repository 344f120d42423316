// SPDX-License-Identifier: Apache-2.0
// expect: this Backbone lacks `void backward\(Context<P>&, const Sequence<P>&, const Saved<P>&, CRows<P> dh,
// Rows<P> dx\) const`
#include <coco/backbone/sasrec.hpp>

struct Mine : coco::backbone::SASRec {
    using SASRec::SASRec;
    template <class P>
    void backward(coco::Context<P>&, const Saved<P>&, coco::CRows<P> dh,
                  coco::Rows<P> dx) const;  // lacks the sequence
};

constexpr bool checked = coco::explain_backbone<Mine>();
