// SPDX-License-Identifier: Apache-2.0
// expect: this Model lacks `StepReport step
#include <coco/backbone/sasrec.hpp>
#include <coco/pipeline/base.hpp>

struct Mine : coco::Base<coco::backbone::SASRec> {
    using Base::Base;
    template <class P>
    void step(coco::Run<P>&, const coco::Batch<P>&) const;  // which phase?
};

constexpr bool checked = coco::explain_model<Mine>();
