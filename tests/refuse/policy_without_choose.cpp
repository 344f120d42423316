// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks the skill `choose`
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    template <class... A>
    void attend(const A&...);
    template <class... A>
    void attend_backward(const A&...);
    template <class... A>
    void classify(const A&...);
    void choose(In e, In codes);
};

constexpr bool checked = coco::explain_policy<Mine>();
