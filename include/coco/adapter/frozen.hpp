// SPDX-License-Identifier: Apache-2.0
/// \file
/// The adapter that changes nothing: the language model keeps its given weights (the paper's CoCo-Con).
#pragma once

#include <coco/adapter/concept.hpp>
#include <coco/adapter/projections.hpp>
#include <coco/core/role.hpp>
#include <coco/nn/layer.hpp>

namespace coco::adapter {

/// Has no parameters; both passes do nothing.
class Frozen {
public:
    using Role = role::Adapter;
    static constexpr bool learns = false;
    struct Config {};

    Frozen() = default;
    Frozen(ParameterLayout&, const Config&, const Sizes&) {}

    static constexpr bool changes(Projection) { return false; }
    template <class P>
    void forward(Context<P>&, Index, Projection, CRows<P>, Ids<P>, Rows<P>) const {}
    template <class P>
    void backward(Context<P>&, Index, Projection, CRows<P>, Ids<P>, CRows<P>, Rows<P>) const {}
};

}  // namespace coco::adapter

static_assert(coco::Adapter<coco::adapter::Frozen>);
