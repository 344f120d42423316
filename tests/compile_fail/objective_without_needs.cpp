// SPDX-License-Identifier: Apache-2.0
// expect: this Objective lacks `static constexpr bool needs_negatives`
#include <coco/loss/bce.hpp>

struct Mine : coco::loss::Bce {
    struct needs_negatives {};
};

constexpr bool checked = coco::explain_objective<Mine>();
