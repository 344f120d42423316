// SPDX-License-Identifier: Apache-2.0
// expect: this ExecutionPolicy lacks `all_reduce` or `any`
#include <coco/exec/archetype.hpp>

struct Mine : coco::Archetype {
    template <class... A>
    void attend(const A&...);
    template <class... A>
    void attend_backward(const A&...);
    template <class... A>
    void softmax_cross_entropy(const A&...);
    template <class... A>
    void top_k(const A&...);
    template <class... A>
    void target_rank(const A&...);
    template <class... A>
    void squared_norm(const A&...);
    template <class... A>
    void adamw(const A&...);
    void all_reduce();
};

constexpr bool checked = coco::explain_policy<Mine>();
