// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks the primitive `select_codes`
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    template <class... A>
    void attend(const A&...);
    template <class... A>
    void attend_backward(const A&...);
    template <class... A>
    void softmax_cross_entropy(const A&...);
    void select_codes(In e, In codes);
};

constexpr bool checked = coco::explain_policy<Mine>();
