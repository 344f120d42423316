// SPDX-License-Identifier: Apache-2.0
// expect: not an Adapter: it lacks `using Role
#include <coco/adapter/frozen.hpp>

struct Mine : coco::adapter::Frozen {
    using Frozen::Frozen;
    using Role = void;
};

constexpr bool checked = coco::explain_adapter<Mine>();
