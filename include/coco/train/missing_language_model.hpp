// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the compiler says where a pipeline that reads texts is trained without a language model.
#pragma once

#include <coco/core/error.hpp>
#include <coco/llm/text_model.hpp>

namespace coco {

/// Does not compile for a model that reads texts.
template <class Model>
const llm::TextModel& missing_language_model() {
    static_assert(!Model::uses_knowledge,
                  "coco: this pipeline reads texts: give Trainer the language model after the catalogue "
                  "(coco::llm::open_text_model opens one), or train a coco::SequentialRecommender");
    throw Error("trainer", "no language model");
}

}  // namespace coco
