// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a stage is. A stage claims its tensors from a `ParameterLayout` when it is made, holds places and
/// settings only, and has two members written side by side:
///
///     Saved<P> forward(Context<P>&, inputs...) const;                  // what it returns lies in the
///     workspace void backward(Context<P>&, const Saved<P>&, dy, dx...) const;    // parameters' gradients
///     +=, inputs' =
///
/// An output handed over as an empty view is neither computed nor touched; a run without gradients
/// (`inputs_only`) leaves every parameter's gradient alone. No output aliases an input, and whoever hands
/// an activation out twice adds its gradients.
#pragma once

#include <cstdint>

#include <coco/core/types.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/store/parameter_layout.hpp>
#include <coco/store/view.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

/// One pass through a model: where it runs, the parameters it reads, the gradients it adds to.
template <class P>
struct Context {
    using Scalar = typename P::Scalar;

    P& on;
    Workspace<P>& work;
    const Scalar* values[3] = {nullptr, nullptr, nullptr};  ///< dense, table, frozen
    const std::byte* stored_bytes = nullptr;                ///< of matrices kept as stored
    Scalar* gradients[2] = {nullptr, nullptr};              ///< dense, table; null: not wanted
    bool training = false;                                  ///< dropout draws
    std::uint64_t seed = 0;                                 ///< of the run's random bits
    std::uint32_t step = 0;                                 ///< counts training steps

    CRows<P> value(const TensorRef& s) const {
        return {values[static_cast<int>(s.block)] + s.at, s.rows, s.cols};
    }
    Stored<typename P::Space> stored(const StoredTensorRef& s) const {
        return {s.type, stored_bytes + s.at, s.rows, s.cols};
    }
    /// Where a tensor's gradient is summed; empty where it is not wanted and for frozen tensors.
    Rows<P> gradient(const TensorRef& s) const {
        if (s.block == ParameterBlock::frozen || !gradients[static_cast<int>(s.block)]) return {};
        return {gradients[static_cast<int>(s.block)] + s.at, s.rows, s.cols};
    }
    /// The same pass with every parameter's gradient left alone.
    Context inputs_only() const {
        Context r = *this;
        r.gradients[0] = r.gradients[1] = nullptr;
        return r;
    }
};

}  // namespace coco
