// SPDX-License-Identifier: Apache-2.0
// expect: this Backbone lacks `static constexpr coco::nn::Sees sees`
#include <coco/backbone/sasrec.hpp>

struct Mine : coco::backbone::SASRec {
    using SASRec::SASRec;
    static constexpr const char* sees = "earlier";
};

constexpr bool checked = coco::explain_backbone<Mine>();
