// SPDX-License-Identifier: Apache-2.0
// expect: coco::Pipeline: this word plays no part in a pipeline
#include <coco/fwd.hpp>
#include <coco/loss/bce.hpp>

using Shop = coco::Pipeline<coco::backbone::SASRec, coco::loss::Bce>;
