// SPDX-License-Identifier: Apache-2.0
// expect: these Items lack `Saved<P> forward\(Context<P>&\) const`
#include <coco/items/table.hpp>

struct Mine : coco::items::Table {
    using Table::Table;
    void forward() const;
};

constexpr bool checked = coco::explain_items<Mine>();
