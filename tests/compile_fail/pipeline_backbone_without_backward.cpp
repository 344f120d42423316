// SPDX-License-Identifier: Apache-2.0
// expect: this Backbone lacks `void backward
#include <coco/adapter/lora.hpp>
#include <coco/aligner/cross_attention.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/decoupler/cross_attention.hpp>
#include <coco/items/table.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/pipeline/pipeline.hpp>
#include <coco/prompt/vq_codebook.hpp>

struct Mine : coco::backbone::SASRec {
    using SASRec::SASRec;
    template <class P>
    void backward(coco::Context<P>&, const Saved<P>&, coco::CRows<P> dh,
                  coco::Rows<P> dx) const;  // lacks the sequence
};

coco::Index width(const coco::Pipeline<Mine>& shop) { return shop.width(); }
