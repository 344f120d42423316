// SPDX-License-Identifier: Apache-2.0
// expect: this Backbone lacks `template <class P> struct Saved` with rows `h`
#include <coco/backbone/sasrec.hpp>

struct Mine : coco::backbone::SASRec {
    using SASRec::SASRec;
    template <class P>
    struct Saved {
        coco::CRows<P> out;
    };
};

constexpr bool checked = coco::explain_backbone<Mine>();
