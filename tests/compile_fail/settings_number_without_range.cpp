// SPDX-License-Identifier: Apache-2.0
// expect: no matching function for call to .*setting
#include <coco/core/setting_list.hpp>

struct Config {
    coco::Index window = 50;

    static auto settings(auto& c, auto&& visit) { return visit(coco::setting("window", c.window)); }
};

void list(Config& config) { Config::settings(config, coco::settings::Count{}); }
