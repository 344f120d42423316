// SPDX-License-Identifier: Apache-2.0
// expect: this Backbone lacks a constructor from `\(coco::ParameterLayout&, const Config&\)`
#include <coco/backbone/sasrec.hpp>

struct Mine : coco::backbone::SASRec {
    explicit Mine(coco::ParameterLayout& layout) : SASRec(layout, {}) {}
};

constexpr bool checked = coco::explain_backbone<Mine>();
