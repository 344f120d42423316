// SPDX-License-Identifier: Apache-2.0
// expect first: coco: not a Model
// options: -Wfatal-errors
#include <coco/eval/evaluate.hpp>
#include <coco/host/host.hpp>

struct Mine {};

coco::Evaluator<Mine, coco::Host> evaluator(coco::Host& on) { return coco::Evaluator<Mine, coco::Host>(on); }
