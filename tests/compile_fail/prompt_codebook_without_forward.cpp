// SPDX-License-Identifier: Apache-2.0
// expect: this PromptCodebook lacks `Saved<P> forward\(Context<P>&, CRows<P> e\) const`
#include <coco/prompt/static.hpp>

struct Mine : coco::prompt::Static {
    using Static::Static;
    template <class P>
    Saved<P> forward(coco::Context<P>&) const;  // lacks e
};

constexpr bool checked = coco::explain_prompt_codebook<Mine>();
