// SPDX-License-Identifier: Apache-2.0
// A safetensors file: header, tensors, their values as floats.
#include <vector>

#include <coco/io/dtype.hpp>
#include <coco/io/safetensors_folder.hpp>

#include "fuzz.hpp"

void fuzz(std::string_view input) {
    const MemoryFile memory(input);
    const coco::io::Safetensors file(memory.path());
    for (const auto& [name, tensor] : file.tensors()) {
        promise(tensor.bytes.size() <= input.size(), "a tensor lies within its file");
        std::vector<float> values(tensor.bytes.size() / coco::io::layout_of(tensor.dtype).bytes);
        try {
            coco::io::to_floats(tensor, name, 1, values);
        } catch (const coco::Error&) {  // no weights, or a value that is not a number
        }
    }
}
