// SPDX-License-Identifier: Apache-2.0
// expect: this Adapter lacks `bool changes
#include <coco/adapter/frozen.hpp>

struct Mine : coco::adapter::Frozen {
    using Frozen::Frozen;
    void changes() const;  // lacks the projection
};

constexpr bool checked = coco::explain_adapter<Mine>();
