// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks the skill `norm` or `update`
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    template <class... A>
    void attend(const A&...);
    template <class... A>
    void attend_backward(const A&...);
    template <class... A>
    void classify(const A&...);
    template <class... A>
    coco::Choice<Mine> choose(A&&...);
    template <class... A>
    void rank(const A&...);
    template <class... A>
    void place(const A&...);
    void norm(float* sum);
};

constexpr bool checked = coco::explain_policy<Mine>();
