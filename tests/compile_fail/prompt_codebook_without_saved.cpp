// SPDX-License-Identifier: Apache-2.0
// expect: this PromptCodebook lacks `template <class P> struct Saved`
#include <coco/prompt/static.hpp>

struct Mine : coco::prompt::Static {
    using Static::Static;
    template <class P>
    struct Saved {
        coco::Rows<P> out;  // lacks of_group
    };
};

constexpr bool checked = coco::explain_prompt_codebook<Mine>();
