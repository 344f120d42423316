// SPDX-License-Identifier: Apache-2.0
// expect: this LanguageModel lacks `Index width
#include <coco/llm/decoder.hpp>

struct Mine : coco::llm::Decoder<> {
    using Decoder<>::Decoder;
    void adapter_sizes() const;
};

constexpr bool checked = coco::explain_language_model<Mine>();
