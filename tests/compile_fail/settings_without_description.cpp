// SPDX-License-Identifier: Apache-2.0
// expect: coco: a checkpoint cannot hold this Config: list its fields in `static auto settings\(auto& c,
// auto&& visit\)`
#include <coco/backbone/sasrec.hpp>
#include <coco/host/host.hpp>
#include <coco/train/checkpoint.hpp>

struct Mine : coco::backbone::SASRec {
    struct Config {
        coco::Index window = 50, heads = 2;
        coco::Index width() const { return 64; }
    };
    Mine(coco::ParameterLayout& layout, const Config&) : SASRec(layout, {}) {}
};

void keep(coco::Trainer<coco::SequentialRecommender<Mine>, coco::Host>& trainer) {
    coco::save("mine.coco", trainer);
}
