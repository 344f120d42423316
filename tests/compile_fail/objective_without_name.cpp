// SPDX-License-Identifier: Apache-2.0
// expect: this Objective lacks `static constexpr const char\* name`
#include <coco/loss/bce.hpp>

struct Mine : coco::loss::Bce {
    struct name {};
};

constexpr bool checked = coco::explain_objective<Mine>();
