// SPDX-License-Identifier: Apache-2.0
/// \file
/// The two-layer feed-forward of a transformer: y = drop(act(x W1' + b1)) W2' + b2. Most models drop nothing
/// inside it.
#pragma once

#include <string_view>

#include <coco/nn/activated_linear.hpp>
#include <coco/nn/dropout.hpp>
#include <coco/nn/linear.hpp>

namespace coco::nn {

/// rows x width -> rows x hidden -> rows x width.
class FeedForward {
public:
    template <class P>
    struct Saved {
        ActivatedLinear::Saved<P> first;
        Dropout::Saved<P> dropped;
        Linear::Saved<P> second;
        Rows<P> out;
    };

    FeedForward() = default;
    /// \param dropout  rate inside, after the activation, in [0, 1)
    [[gnu::cold, gnu::noinline]] FeedForward(ParameterLayout& layout, std::string_view name, Index width,
                                             Index hidden, Activation kind, Init init, double dropout = 0) {
        const ParameterLayout::Scope scope(layout, name);
        if (dropout > 0) dropout_ = Dropout(layout, dropout);
        first_ = ActivatedLinear(layout, "first", width, hidden, kind, init);
        second_ = Linear(layout, "second", hidden, width, init);
    }

    /// \param row_key  one key per row of x where something is dropped
    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> x, Ids<P> row_key = {}) const {
        const auto first = first_.forward(ctx, x);
        const Dropout::Saved<P> dropped = dropout_.forward(ctx, CRows<P>(first.out), row_key);
        const Linear::Saved<P> second = second_.forward(ctx, dropped.out);
        return {first, dropped, second, second.out};
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dactive = ctx.work.scratch(saved.first.z.rows, saved.first.z.cols);
        second_.backward(ctx, saved.second, dy, dactive);
        if (!saved.dropped.mask.empty()) dropout_.backward(ctx, saved.dropped, CRows<P>(dactive), dactive);
        first_.backward(ctx, saved.first, dactive, dx);
    }

private:
    ActivatedLinear first_;
    Linear second_;
    Dropout dropout_;
};

}  // namespace coco::nn
