// SPDX-License-Identifier: Apache-2.0
// expect: coco::Objectives: two of them have the same `name`
#include <coco/loss/bce.hpp>
#include <coco/loss/objective.hpp>

struct Mine : coco::loss::Bce {};

using Both = coco::Objectives<coco::loss::Bce, Mine>;
constexpr const char* first = Both::default_name;
