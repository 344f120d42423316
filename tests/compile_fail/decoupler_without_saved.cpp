// SPDX-License-Identifier: Apache-2.0
// expect: this Decoupler lacks `template <class P> struct Saved`
#include <coco/decoupler/mean_pool.hpp>

struct Mine : coco::decoupler::MeanPool {
    using MeanPool::MeanPool;
    template <class P>
    struct Saved {
        coco::Rows<P> out;  // lacks of_group
    };
};

constexpr bool checked = coco::explain_decoupler<Mine>();
