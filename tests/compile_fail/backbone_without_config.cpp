// SPDX-License-Identifier: Apache-2.0
// expect: this Backbone lacks `struct Config` with defaults, `width\(\)` and `window`
#include <coco/backbone/sasrec.hpp>

struct Mine : coco::backbone::SASRec {
    using SASRec::SASRec;
    struct Config {
        coco::Index window = 50;
    };
};

constexpr bool checked = coco::explain_backbone<Mine>();
