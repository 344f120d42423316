// SPDX-License-Identifier: Apache-2.0
// expect: this Objective lacks `void step\(
#include <coco/loss/bce.hpp>

struct Mine : coco::loss::Bce {
    static void step();
};

constexpr bool checked = coco::explain_objective<Mine>();
