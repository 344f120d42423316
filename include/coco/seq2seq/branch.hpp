// SPDX-License-Identifier: Apache-2.0
/// \file
/// What both stacks are made of, a pre-norm branch beside the stream of rows: x + drop(inner(RMS(x))).
#pragma once

#include <string_view>

#include <coco/nn/dropout.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/norm.hpp>
#include <coco/seq2seq/config.hpp>

namespace coco::seq2seq {

/// \tparam Inner  a layer whose `forward` takes the rows last, and whose `backward` takes dy, dx, and what
/// else has a gradient
template <class Inner>
class Branch {
public:
    template <class P>
    struct Saved {
        nn::Norm::Saved<P> norm;
        typename Inner::template Saved<P> inner;
        nn::Dropout::Saved<P> dropped;
        CRows<P> out;
    };

    Branch() = default;
    /// \param more  what Inner is constructed from, after layout and name
    template <class... More>
    [[gnu::cold, gnu::noinline]] Branch(ParameterLayout& layout, std::string_view name, const Config& c,
                                        const More&... more)
        : inner_(layout, name, more...), dropout_(layout, c.dropout) {
        const ParameterLayout::Scope scope(layout, name);
        norm_ = nn::Norm(layout, "norm", c.width, c.epsilon, nn::NormKind::rms);
    }

    const Inner& inner() const { return inner_; }

    /// \param before  what Inner's `forward` takes before the rows
    template <class P, class... Before>
    Saved<P> forward(Context<P>& ctx, Ids<P> row_key, CRows<P> x, const Before&... before) const {
        Saved<P> saved;
        saved.norm = norm_.forward(ctx, x);
        saved.inner = inner_.forward(ctx, before..., CRows<P>(saved.norm.out));
        saved.dropped = dropout_.forward(ctx, CRows<P>(saved.inner.out), row_key);
        const Rows<P> out = ctx.work.keep(x.rows, x.cols);
        nn::add<P>(ctx.on, x, saved.dropped.out, out);
        saved.out = out;
        return saved;
    }

    /// x + f(inner, RMS(x)), for rows that nothing is dropped from and that have no gradient.
    template <class P, class F>
    CRows<P> apply(Context<P>& ctx, CRows<P> x, const F& f) const {
        const nn::Norm::Saved<P> norm = norm_.forward(ctx, x);
        const Rows<P> out = f(inner_, CRows<P>(norm.out));
        nn::copy<P>(ctx.on, x, out, Write::add);
        return out;
    }

    /// \param more  gradients of Inner's other inputs
    template <class P, class... More>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx,
                  const More&... more) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dbranch = ctx.work.scratch(dy.rows, dy.cols),
                      dnorm = ctx.work.scratch(dy.rows, dy.cols);
        dropout_.backward(ctx, saved.dropped, dy, dbranch);
        inner_.backward(ctx, saved.inner, CRows<P>(dbranch), dnorm, more...);
        norm_.backward(ctx, saved.norm, CRows<P>(dnorm), dx);
        if (!dx.empty()) nn::copy<P>(ctx.on, dy, dx, Write::add);
    }

private:
    Inner inner_;
    nn::Dropout dropout_;
    nn::Norm norm_;
};

}  // namespace coco::seq2seq
