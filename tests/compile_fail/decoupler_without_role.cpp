// SPDX-License-Identifier: Apache-2.0
// expect: not a Decoupler: it lacks `using Role
#include <coco/decoupler/mean_pool.hpp>

struct Mine : coco::decoupler::MeanPool {
    using MeanPool::MeanPool;
    using Role = void;
};

constexpr bool checked = coco::explain_decoupler<Mine>();
