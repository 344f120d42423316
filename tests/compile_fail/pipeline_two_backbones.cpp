// SPDX-License-Identifier: Apache-2.0
// expect: coco::Pipeline: two parts are a Backbone
#include <coco/fwd.hpp>

struct Mine {
    using Role = coco::role::Backbone;
};

using Shop = coco::Pipeline<coco::backbone::SASRec, coco::adapter::LoRA, Mine>;
