// SPDX-License-Identifier: Apache-2.0
// expect: this PromptCodebook lacks `void backward
#include <coco/prompt/static.hpp>

struct Mine : coco::prompt::Static {
    using Static::Static;
    template <class P>
    void backward(coco::Context<P>&, coco::CRows<P> dprompts) const;  // lacks Saved
};

constexpr bool checked = coco::explain_prompt_codebook<Mine>();
