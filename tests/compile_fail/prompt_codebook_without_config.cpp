// SPDX-License-Identifier: Apache-2.0
// expect: this PromptCodebook lacks `struct Config` with defaults
#include <coco/prompt/static.hpp>

struct Mine : coco::prompt::Static {
    using Static::Static;
    struct Config {};  // not the type that the constructor takes
};

constexpr bool checked = coco::explain_prompt_codebook<Mine>();
