// SPDX-License-Identifier: Apache-2.0
// expect: coco::Pipeline: this word plays no part in a pipeline
#include <coco/fwd.hpp>

struct Mine {};

using Shop = coco::Pipeline<coco::backbone::SASRec, Mine>;
