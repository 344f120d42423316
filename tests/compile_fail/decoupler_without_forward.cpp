// SPDX-License-Identifier: Apache-2.0
// expect: this Decoupler lacks `Saved<P> forward
#include <coco/decoupler/mean_pool.hpp>

struct Mine : coco::decoupler::MeanPool {
    using MeanPool::MeanPool;
    template <class P>
    Saved<P> forward(coco::Context<P>&, coco::CRows<P> mix, const coco::Segments<P>&) const;  // lacks prompts
};

constexpr bool checked = coco::explain_decoupler<Mine>();
