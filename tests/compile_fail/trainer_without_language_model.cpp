// SPDX-License-Identifier: Apache-2.0
// expect first: coco: this pipeline reads texts: give Trainer the language model
#include <coco/backbone/sasrec.hpp>
#include <coco/fwd.hpp>
#include <coco/host/host.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/pipeline/pipeline.hpp>
#include <coco/train/trainer.hpp>

using Shop = coco::Pipeline<coco::backbone::SASRec>;

coco::Trainer<Shop, coco::Host> trainer(const coco::data::Catalogue& catalogue) {
    return {coco::TrainConfig<Shop>{}, catalogue};
}
