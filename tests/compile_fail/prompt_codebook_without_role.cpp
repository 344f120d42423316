// SPDX-License-Identifier: Apache-2.0
// expect: not a PromptCodebook: it lacks `using Role
#include <coco/prompt/static.hpp>

struct Mine : coco::prompt::Static {
    using Static::Static;
    using Role = void;
};

constexpr bool checked = coco::explain_prompt_codebook<Mine>();
