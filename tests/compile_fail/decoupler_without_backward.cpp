// SPDX-License-Identifier: Apache-2.0
// expect: this Decoupler lacks `void backward
#include <coco/decoupler/mean_pool.hpp>

struct Mine : coco::decoupler::MeanPool {
    using MeanPool::MeanPool;
    template <class P>
    void backward(coco::Context<P>&, const Saved<P>&, coco::CRows<P> dy,
                  coco::Rows<P> dmix) const;  // lacks dprompts
};

constexpr bool checked = coco::explain_decoupler<Mine>();
