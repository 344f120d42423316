// SPDX-License-Identifier: Apache-2.0
// expect: this PromptCodebook lacks `void penalty
#include <coco/prompt/static.hpp>

struct Mine : coco::prompt::Static {
    using Static::Static;
    template <class P>
    void penalty(coco::Context<P>&, const Saved<P>&) const;  // lacks weights and losses
};

constexpr bool checked = coco::explain_prompt_codebook<Mine>();
