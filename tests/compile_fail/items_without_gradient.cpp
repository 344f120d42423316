// SPDX-License-Identifier: Apache-2.0
// expect: these Items lack `template <class P> struct Saved` with rows `vectors` and `gradient`
#include <coco/items/table.hpp>

struct Mine : coco::items::Table {
    using Table::Table;
    template <class P>
    struct Saved {
        coco::CRows<P> vectors;
    };
};

constexpr bool checked = coco::explain_items<Mine>();
