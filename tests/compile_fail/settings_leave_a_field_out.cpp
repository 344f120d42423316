// SPDX-License-Identifier: Apache-2.0
// expect: coco: `settings` of this Config leaves a field out
#include <coco/core/setting_list.hpp>

struct Config {
    coco::Index window = 50, heads = 2;

    static auto settings(auto& c, auto&& visit) {
        return visit(coco::setting("window", c.window, coco::at_least(1)));
    }
};

void list(Config& config) { coco::list_settings(config); }
