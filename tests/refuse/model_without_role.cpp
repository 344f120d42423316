// SPDX-License-Identifier: Apache-2.0
// expect: not a Model: it lacks `using Role
#include <coco/backbone/sasrec.hpp>
#include <coco/pipeline/base.hpp>

struct Mine : coco::Base<coco::backbone::SASRec> {
    using Base::Base;
    using Role = void;
};

constexpr bool checked = coco::explain_model<Mine>();
