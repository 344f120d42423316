// SPDX-License-Identifier: Apache-2.0
// expect: this LanguageModel lacks `void backward
#include <coco/llm/decoder.hpp>

struct Mine : coco::llm::Decoder<> {
    using Decoder<>::Decoder;
    template <class P, class Adapter>
    void backward(coco::Context<P>&, const Adapter&, const Saved<P>&,
                  coco::CRows<P> dout) const;  // lacks dsoft and open
};

constexpr bool checked = coco::explain_language_model<Mine>();
