// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks the primitive `top_k` or `target_rank`
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    template <class... A>
    void attend(const A&...);
    template <class... A>
    void attend_backward(const A&...);
    template <class... A>
    void softmax_cross_entropy(const A&...);
    void target_rank(In h, In columns);
};

constexpr bool checked = coco::explain_policy<Mine>();
