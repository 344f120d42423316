// SPDX-License-Identifier: Apache-2.0
// expect: this Model lacks `Answer<P> answer
#include <coco/backbone/sasrec.hpp>
#include <coco/pipeline/base.hpp>

struct Mine : coco::Base<coco::backbone::SASRec> {
    using Base::Base;
    template <class P>
    void answer(coco::Run<P>&, const coco::Batch<P>&) const;
};

constexpr bool checked = coco::explain_model<Mine>();
