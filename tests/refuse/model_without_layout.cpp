// SPDX-License-Identifier: Apache-2.0
// expect: this Model lacks `layout\(\)`
#include <coco/backbone/sasrec.hpp>
#include <coco/pipeline/base.hpp>

struct Mine : coco::Base<coco::backbone::SASRec> {
    using Base::Base;
    void layout() const;
};

constexpr bool checked = coco::explain_model<Mine>();
