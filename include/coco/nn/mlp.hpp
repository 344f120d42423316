// SPDX-License-Identifier: Apache-2.0
/// \file
/// A multilayer perceptron: linear maps with an activation after each but the last.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/nn/activated_linear.hpp>
#include <coco/nn/linear.hpp>

namespace coco::nn {

/// rows x sizes.front() -> rows x sizes.back(); its maps are named "layer0", "layer1", ...
class Mlp {
public:
    template <class P>
    struct Saved {
        std::span<ActivatedLinear::Saved<P>> hidden;  ///< all maps but the last
        Linear::Saved<P> last;
        Rows<P> out;
    };

    Mlp() = default;
    /// Weights start from Glorot's normal distribution, biases at zero.
    /// \param sizes  of the input, of each hidden layer, of the output  \throws Error where one is below 1
    [[gnu::cold, gnu::noinline]] Mlp(ParameterLayout& layout, std::string_view name,
                                     std::span<const Index> sizes, Activation kind = Activation::relu) {
        require(sizes.size() >= 2, name, "no layers", "sizes of input and output");
        for (const Index size : sizes)
            require(size >= 1, name, "size of a layer out of range", "at least 1", text_of(size));
        const ParameterLayout::Scope scope(layout, name);
        const std::size_t maps = sizes.size() - 1;
        for (std::size_t l = 0; l < maps; ++l) {
            const Init init = Init::xavier_normal(sizes[l], sizes[l + 1]);
            if (l + 1 < maps)
                hidden_.emplace_back(layout, text_of("layer", l), sizes[l], sizes[l + 1], kind, init);
            else
                last_ = Linear(layout, text_of("layer", l), sizes[l], sizes[l + 1], init);
        }
    }

    Index out() const { return last_.out(); }

    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> x) const {
        Saved<P> saved;
        saved.hidden =
            ctx.work.template numbers<ActivatedLinear::Saved<P>>(static_cast<Index>(hidden_.size()))
                .first(hidden_.size());
        for (std::size_t l = 0; l < hidden_.size(); ++l) {
            saved.hidden[l] = hidden_[l].forward(ctx, x);
            x = saved.hidden[l].out;
        }
        saved.last = last_.forward(ctx, x);
        saved.out = saved.last.out;
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx) const {
        if (hidden_.empty()) return last_.backward(ctx, saved.last, dy, dx);
        const typename Workspace<P>::Frame frame(ctx.work);
        const auto like = [&](const Rows<P>& x) { return ctx.work.scratch(x.rows, x.cols); };
        Rows<P> d = like(saved.hidden.back().out);
        last_.backward(ctx, saved.last, dy, d);
        for (std::size_t l = hidden_.size(); l-- > 0;) {
            const Rows<P> before = l > 0 ? like(saved.hidden[l - 1].out) : dx;
            hidden_[l].backward(ctx, saved.hidden[l], d, before);
            d = before;
        }
    }

private:
    std::vector<ActivatedLinear> hidden_;
    Linear last_;
};

}  // namespace coco::nn
