// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks the skill `classify`
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    template <class... A>
    void attend(const A&...);
    template <class... A>
    void attend_backward(const A&...);
    void classify(In h, float* loss, Out dh);  // which classes?
};

constexpr bool checked = coco::explain_policy<Mine>();
