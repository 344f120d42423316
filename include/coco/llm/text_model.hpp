// SPDX-License-Identifier: Apache-2.0
/// \file
/// A language model as a user has it: its weights and its words, one package.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <coco/llm/source.hpp>

namespace coco::llm {

/// Weights, tokenizer, and a sum that tells it from others.
struct TextModel {
    Source source;
    std::function<std::vector<Id>(std::string_view)> encode;
    std::string digest;  ///< of the file it came from; checkpoints refuse to be loaded with another
};

}  // namespace coco::llm
