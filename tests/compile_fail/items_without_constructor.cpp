// SPDX-License-Identifier: Apache-2.0
// expect: these Items lack `struct Config` with defaults and a constructor
#include <coco/items/table.hpp>

struct Mine : coco::items::Table {
    explicit Mine(coco::ParameterLayout& layout) : Table(layout, {}, 3, 4) {}
};

constexpr bool checked = coco::explain_items<Mine>();
