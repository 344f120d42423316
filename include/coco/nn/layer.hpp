// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a layer is, and the context of a pass. A layer claims its tensors from a `ParameterLayout` in its
/// constructor, holds only references to them and settings, and has two members:
///
///     Saved<P> forward(Context<P>&, inputs...) const;
///     void backward(Context<P>&, const Saved<P>&, dy, dx...) const;
///
/// What `forward` returns is in the workspace. `backward` adds to the gradients of the parameters (+=) and
/// assigns the gradients of the inputs (=). An output passed as an empty view is neither computed nor
/// written; a context without gradients (`inputs_only`) leaves the gradients of all parameters unchanged. No
/// output aliases an input. The caller that uses an activation twice adds up its gradients.
#pragma once

#include <cstdint>

#include <coco/core/types.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/store/parameter_layout.hpp>
#include <coco/store/view.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

/// One pass through a model: its execution policy, the parameters it reads, the gradients it adds to.
template <class P>
struct Context {
    using Scalar = typename P::Scalar;

    P& on;
    Workspace<P>& work;
    const Scalar* values[3] = {nullptr, nullptr, nullptr};  ///< dense, table, frozen
    const std::byte* stored_bytes = nullptr;                ///< of matrices that stay in their stored format
    Scalar* gradients[2] = {nullptr, nullptr};              ///< dense, table; null: not computed
    bool training = false;                                  ///< whether dropout is applied
    std::uint64_t seed = 0;                                 ///< of the random bits
    std::uint32_t step = 0;                                 ///< counts training steps

    CRows<P> value(const TensorRef& s) const {
        return {values[static_cast<int>(s.block)] + s.at, s.rows, s.cols};
    }
    Stored<typename P::Space> stored(const StoredTensorRef& s) const {
        return {s.type, stored_bytes + s.at, s.rows, s.cols};
    }
    /// Where a tensor's gradient is accumulated; empty if it is not computed and for frozen tensors.
    Rows<P> gradient(const TensorRef& s) const {
        if (s.block == ParameterBlock::frozen || !gradients[static_cast<int>(s.block)]) return {};
        return {gradients[static_cast<int>(s.block)] + s.at, s.rows, s.cols};
    }
    /// The same context without gradients of parameters.
    Context inputs_only() const {
        Context r = *this;
        r.gradients[0] = r.gradients[1] = nullptr;
        return r;
    }
};

}  // namespace coco
