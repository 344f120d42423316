// SPDX-License-Identifier: Apache-2.0
// expect: this Backbone lacks `static constexpr coco::nn::AttentionMask attention_mask`
#include <coco/backbone/sasrec.hpp>

struct Mine : coco::backbone::SASRec {
    using SASRec::SASRec;
    static constexpr const char* attention_mask = "earlier";
};

constexpr bool checked = coco::explain_backbone<Mine>();
