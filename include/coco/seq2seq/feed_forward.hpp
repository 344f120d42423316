// SPDX-License-Identifier: Apache-2.0
/// \file
/// The feed-forward of T5, without biases: y = drop(relu(x W1')) W2'.
#pragma once

#include <cmath>
#include <string_view>

#include <coco/nn/dropout.hpp>
#include <coco/nn/linear.hpp>
#include <coco/seq2seq/config.hpp>

namespace coco::seq2seq {

/// x = max(x, 0), in place.
template <class T>
struct ReluRows {
    T* x;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        T* const to = x + i * cols;
        row.each(cols, [&](Index j) { to[j] = to[j] > 0 ? to[j] : T(0); });
    }
};

/// d = 0 where x, the output of a ReLU, is 0.
template <class T>
struct ReluBackwardRows {
    const T* x;
    T* d;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = x + i * cols;
        T* const to = d + i * cols;
        row.each(cols, [&](Index j) { to[j] = from[j] > 0 ? to[j] : T(0); });
    }
};

/// rows x width -> rows x hidden -> rows x width.
class FeedForward {
public:
    template <class P>
    struct Saved {
        nn::Linear::Saved<P> first;  ///< its output is already rectified
        nn::Dropout::Saved<P> dropped;
        nn::Linear::Saved<P> second;
        Rows<P> out;
    };

    FeedForward() = default;
    [[gnu::cold, gnu::noinline]] FeedForward(ParameterLayout& layout, std::string_view name, const Config& c)
        : dropout_(layout, c.dropout) {
        const ParameterLayout::Scope scope(layout, name);
        const auto init = [&](Index in) { return Init::normal(c.init / std::sqrt(static_cast<double>(in))); };
        first_ = nn::Linear(layout, "first", c.width, c.hidden, init(c.width), nn::Bias::no);
        second_ = nn::Linear(layout, "second", c.hidden, c.width, init(c.hidden), nn::Bias::no);
    }

    template <class P>
    Saved<P> forward(Context<P>& ctx, Ids<P> row_key, CRows<P> x) const {
        Saved<P> saved;
        saved.first = first_.forward(ctx, x);
        const Rows<P> inner = saved.first.out;
        ctx.on.for_each_row(inner.rows, 2 * inner.cols, ReluRows<typename P::Scalar>{inner.data, inner.cols});
        saved.dropped = dropout_.forward(ctx, CRows<P>(inner), row_key);
        saved.second = second_.forward(ctx, saved.dropped.out);
        saved.out = saved.second.out;
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> inner = saved.first.out, d = ctx.work.scratch(inner.rows, inner.cols);
        second_.backward(ctx, saved.second, dy, d);
        if (!saved.dropped.mask.empty()) dropout_.backward(ctx, saved.dropped, CRows<P>(d), d);
        ctx.on.for_each_row(inner.rows, 3 * inner.cols,
                            ReluBackwardRows<typename P::Scalar>{inner.data, d.data, inner.cols});
        first_.backward(ctx, saved.first, CRows<P>(d), dx);
    }

private:
    nn::Linear first_, second_;
    nn::Dropout dropout_;
};

}  // namespace coco::seq2seq
