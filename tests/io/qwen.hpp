// SPDX-License-Identifier: Apache-2.0
/// \file
/// Qwen's vocabulary, with the special tokens of Qwen 2.5, which are not in the `.tiktoken` file.
#pragma once

#include <filesystem>

#include <coco/io/tiktoken.hpp>

namespace support {

inline coco::text::Tokenizer qwen(const std::filesystem::path& path) {
    return coco::io::open_tiktoken(
        path, *coco::text::convention_of("qwen2"),
        {{"<|endoftext|>", 151643},        {"<|im_start|>", 151644},       {"<|im_end|>", 151645},
         {"<|object_ref_start|>", 151646}, {"<|object_ref_end|>", 151647}, {"<|box_start|>", 151648},
         {"<|box_end|>", 151649},          {"<|quad_start|>", 151650},     {"<|quad_end|>", 151651},
         {"<|vision_start|>", 151652},     {"<|vision_end|>", 151653},     {"<|vision_pad|>", 151654},
         {"<|image_pad|>", 151655},        {"<|video_pad|>", 151656},      {"<tool_call>", 151657},
         {"</tool_call>", 151658},         {"<|fim_prefix|>", 151659},     {"<|fim_middle|>", 151660},
         {"<|fim_suffix|>", 151661},       {"<|fim_pad|>", 151662},        {"<|repo_name|>", 151663},
         {"<|file_sep|>", 151664}});
}

}  // namespace support
