// SPDX-License-Identifier: Apache-2.0
// expect: this LanguageModel lacks `Saved<P> forward
#include <coco/llm/decoder.hpp>

struct Mine : coco::llm::Decoder<> {
    using Decoder<>::Decoder;
    template <class P, class Adapter>
    Saved<P> forward(coco::Context<P>&, const Adapter&) const;  // lacks the input
};

constexpr bool checked = coco::explain_language_model<Mine>();
