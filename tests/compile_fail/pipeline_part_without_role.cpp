// SPDX-License-Identifier: Apache-2.0
// expect: coco::Pipeline: this type has no role in a pipeline
#include <coco/fwd.hpp>

struct Mine {};

using Shop = coco::Pipeline<coco::backbone::SASRec, Mine>;
