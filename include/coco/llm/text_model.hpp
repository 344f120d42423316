// SPDX-License-Identifier: Apache-2.0
/// \file
/// A language model together with its tokenizer.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <coco/llm/source.hpp>

namespace coco::llm {

/// Weights, tokenizer, and a digest that identifies the model.
struct TextModel {
    Source source;
    std::function<std::vector<Id>(std::string_view)> encode;
    std::string digest;  ///< of the files and the depth; loading a checkpoint with another digest is an error
    std::string files = {};  ///< of the files alone; empty: `digest` says it all
};

}  // namespace coco::llm
