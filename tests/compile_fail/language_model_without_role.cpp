// SPDX-License-Identifier: Apache-2.0
// expect: not a LanguageModel: it lacks `using Role
#include <coco/llm/decoder.hpp>

struct Mine : coco::llm::Decoder<> {
    using Decoder<>::Decoder;
    using Role = void;
};

constexpr bool checked = coco::explain_language_model<Mine>();
