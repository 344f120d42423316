// SPDX-License-Identifier: Apache-2.0
// expect: this Sampler lacks `void fill\(
#include <coco/sampling/next_item_samplers.hpp>

struct Mine : coco::sampling::Prefixes {
    using ListedSamples::ListedSamples;
    void fill();
};

constexpr const char* first = coco::Samplers<Mine>::default_name;
