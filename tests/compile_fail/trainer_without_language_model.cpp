// SPDX-License-Identifier: Apache-2.0
// expect first: coco: this pipeline reads texts: give Trainer the language model
#include <coco/coco.hpp>

using Shop = coco::Pipeline<coco::backbone::SASRec>;

coco::Trainer<Shop, coco::Host> trainer(const coco::data::Catalogue& catalogue) {
    return {coco::TrainConfig<Shop>{}, catalogue};
}
