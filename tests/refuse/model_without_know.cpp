// SPDX-License-Identifier: Apache-2.0
// expect: this Model says it knows, but lacks
#include <coco/backbone/sasrec.hpp>
#include <coco/pipeline/base.hpp>

struct Mine : coco::Base<coco::backbone::SASRec> {
    using Base::Base;
    static constexpr bool knows = true;
};

constexpr bool checked = coco::explain_model<Mine>();
