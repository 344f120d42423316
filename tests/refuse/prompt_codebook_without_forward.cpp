// SPDX-License-Identifier: Apache-2.0
// expect: this PromptCodebook lacks `Kept<P> forward\(Run<P>&, CRows<P> e\) const`
#include <coco/prompt/static.hpp>

struct Mine : coco::prompt::Static {
    using Static::Static;
    template <class P>
    Kept<P> forward(coco::Run<P>&) const;  // looks at nobody
};

constexpr bool checked = coco::explain_prompt_codebook<Mine>();
