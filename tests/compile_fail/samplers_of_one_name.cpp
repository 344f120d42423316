// SPDX-License-Identifier: Apache-2.0
// expect: coco::Samplers: two of them have the same `name`
#include <coco/sampling/next_item_samplers.hpp>

struct Mine : coco::sampling::Prefixes {
    using ListedSamples::ListedSamples;
};

constexpr const char* first = coco::Samplers<coco::sampling::Prefixes, Mine>::default_name;
