// SPDX-License-Identifier: Apache-2.0
// expect: a storage claims given matrices and multiplies rows with them
#include <coco/llm/decoder.hpp>

struct Mine {
    using Matrix = coco::TensorRef;
};

coco::llm::Decoder<Mine>* decoder = nullptr;
static_assert(sizeof(coco::llm::Decoder<Mine>) > 0);
