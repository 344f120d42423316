// SPDX-License-Identifier: Apache-2.0
// expect: these are no Items: they lack `using Role = coco::role::Items;`
#include <coco/items/table.hpp>

struct Mine {};

constexpr bool checked = coco::explain_items<Mine>();
