// SPDX-License-Identifier: Apache-2.0
// A GGUF file: metadata, tensors, its tokenizer.
#include <algorithm>
#include <vector>

#include <coco/io/dequantize.hpp>
#include <coco/io/gguf_tokenizer.hpp>

#include "fuzz.hpp"

void fuzz(std::string_view input) {
    const MemoryFile memory(input);
    const coco::io::Gguf file(memory.path());
    for (const auto& tensor : file.tensors()) {
        promise(tensor.bytes.size() <= input.size(), "a tensor lies within its file");
        std::vector<float> row(static_cast<std::size_t>(tensor.columns));
        try {
            coco::io::read_rows(tensor, 0, 1, row);
            coco::io::read_rows(tensor, tensor.rows - 1, 1, row);
        } catch (const coco::Error&) {  // a type that is not supported, or a value that is not a number
        }
    }
    coco::io::tokenizer_of(file).encode("It's 12 <|im_end|>");
}
