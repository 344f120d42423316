// SPDX-License-Identifier: Apache-2.0
// expect: this Adapter lacks `struct Config` and a constructor
#include <coco/adapter/frozen.hpp>

struct Mine : coco::adapter::Frozen {
    using Frozen::Frozen;
    struct Config {};  // not the type that the constructor takes
};

constexpr bool checked = coco::explain_adapter<Mine>();
