// SPDX-License-Identifier: Apache-2.0
// expect: coco::Pipeline: no Backbone among the parts
#include <coco/fwd.hpp>

using Shop = coco::Pipeline<coco::prompt::Static, coco::adapter::Frozen>;
