// SPDX-License-Identifier: Apache-2.0
// expect: coco::Pipeline: two parts are an Adapter
#include <coco/fwd.hpp>

using Shop = coco::Pipeline<coco::adapter::LoRA, coco::backbone::SASRec, coco::adapter::Frozen>;
