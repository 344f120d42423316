// SPDX-License-Identifier: Apache-2.0
// expect: these Items lack `void backward\(Context<P>&, const Saved<P>&\) const`
#include <coco/items/table.hpp>

struct Mine : coco::items::Table {
    using Table::Table;
    void backward() const;
};

constexpr bool checked = coco::explain_items<Mine>();
