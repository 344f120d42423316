// SPDX-License-Identifier: Apache-2.0
// expect: this PromptCodebook lacks `static constexpr bool selects_codes`, or, where it does select
#include <coco/prompt/static.hpp>

struct Mine : coco::prompt::Static {
    using Static::Static;
    static constexpr bool selects_codes = true;  // but Saved has no selection
};

constexpr bool checked = coco::explain_prompt_codebook<Mine>();
