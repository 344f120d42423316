// SPDX-License-Identifier: Apache-2.0
// expect: coco::Samplers: each must be derived from coco::Sampler
#include <coco/sampling/sampler.hpp>

struct Mine {
    static constexpr const char* name = "mine";
};

constexpr const char* first = coco::Samplers<Mine>::default_name;
