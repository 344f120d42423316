// SPDX-License-Identifier: Apache-2.0
// expect: this Decoupler lacks `struct Config` with defaults
#include <coco/decoupler/mean_pool.hpp>

struct Mine : coco::decoupler::MeanPool {
    using MeanPool::MeanPool;
    struct Config {};  // not the type that the constructor takes
};

constexpr bool checked = coco::explain_decoupler<Mine>();
