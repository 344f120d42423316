// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks the primitive `softmax_cross_entropy`
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    template <class... A>
    void attend(const A&...);
    template <class... A>
    void attend_backward(const A&...);
    void softmax_cross_entropy(In h, float* loss, Out dh);  // lacks the classes
};

constexpr bool checked = coco::explain_policy<Mine>();
