// SPDX-License-Identifier: Apache-2.0
// expect: this Adapter lacks `void forward
#include <coco/adapter/frozen.hpp>

struct Mine : coco::adapter::Frozen {
    using Frozen::Frozen;
    template <class P>
    void forward(coco::Context<P>&, coco::CRows<P> x) const;  // lacks the layer
};

constexpr bool checked = coco::explain_adapter<Mine>();
