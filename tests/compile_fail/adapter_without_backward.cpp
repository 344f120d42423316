// SPDX-License-Identifier: Apache-2.0
// expect: this Adapter lacks `void backward
#include <coco/adapter/frozen.hpp>

struct Mine : coco::adapter::Frozen {
    using Frozen::Frozen;
    template <class P>
    void backward(coco::Context<P>&, coco::Index layer, coco::CRows<P> x) const;  // lacks dy and dx
};

constexpr bool checked = coco::explain_adapter<Mine>();
