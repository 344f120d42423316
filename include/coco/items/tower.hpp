// SPDX-License-Identifier: Apache-2.0
/// \file
/// Item vectors of length one from a small MLP over other item vectors, v_i = unit(MLP(x_i)): the item tower
/// of PinnerFormer (Pancha et al., KDD 2022), there over given item embeddings. Over a table x is learned;
/// over `items::Semantic` a linear map of the semantic columns is added to it: the tower's features.
#pragma once

#include <coco/core/role.hpp>
#include <coco/core/settings.hpp>
#include <coco/items/concept.hpp>
#include <coco/items/table.hpp>
#include <coco/nn/feed_forward.hpp>
#include <coco/nn/normalize.hpp>

namespace coco::items {

/// items x width. The MLP is linear, GELU, linear. Each step passes over the whole catalogue.
/// \tparam Inner  x: `Table`, or `Semantic`, whose semantic columns the tower's vectors have too
template <class Inner>
class TowerOver {
public:
    using Role = role::Items;
    /// The table alone goes by rows: the gradient of x_i is zero unless v_i has one, while that of the MLP,
    /// which all items share, is in the dense block, which `LazyAdam` moves as AdamW does. Rows that a lazy
    /// step does not touch keep x_i, while their vectors v_i turn with the MLP.
    static constexpr bool by_row = items::by_row<Inner>;

    struct Config : Inner::Config {
        Index hidden = 128;  ///< hidden width of the MLP

        static auto settings(auto& c, auto&& visit) {
            return Inner::Config::settings(c, [&](auto&&... inner) {
                return visit(inner..., setting("hidden", c.hidden, at_least(1)));
            });
        }
    };

    /// What the inner vectors leave, with `vectors` of length 1 and `gradient` theirs.
    template <class P>
    struct Saved : Inner::template Saved<P> {
        Rows<P> inner_gradient;  ///< of x; may be the parameter's own
        typename nn::FeedForward::Saved<P> mlp;
        nn::Normalized<P> unit;
    };

    /// \throws Error where the inner vectors would be zeros, which have no direction
    [[gnu::cold, gnu::noinline]] TowerOver(ParameterLayout& layout, const Config& config, Index items,
                                           Index width)
        : inner_(layout, config, items, width),
          // Xavier's: small weights would shrink the MLP's rows, and the division by their lengths would
          // enlarge its gradients as much.
          mlp_(layout, "item_tower", width, config.hidden, nn::Activation::gelu,
               Init::xavier_normal(width, config.hidden)) {
        require(config.init > 0, "items.init", "a row of zeros has no direction", "more than 0",
                text_of(config.init));
    }

    /// Semantic columns of a ranking.
    Index columns() const requires HasSemanticColumns<Inner> { return inner_.columns(); }
    /// Whether it was given how often each item was seen.
    bool has_popularity() const requires HasPopularity<Inner> { return inner_.has_popularity(); }

    template <class P>
    Saved<P> forward(Context<P>& ctx) const {
        Saved<P> saved{inner_.forward(ctx), {}, {}, {}};
        saved.inner_gradient = saved.gradient;
        saved.mlp = mlp_.forward(ctx, saved.vectors);
        saved.unit = nn::normalize<P>(ctx, CRows<P>(saved.mlp.out));
        saved.vectors = saved.unit.y;
        if (saved.gradient.empty()) return saved;
        saved.gradient = ctx.work.keep(saved.vectors.rows, saved.vectors.cols);
        nn::fill<P>(ctx.on, saved.gradient, 0);
        return saved;
    }

    /// Adds to the gradients of the inner vectors and the MLP from the vectors' gradient; nothing where it is
    /// empty.
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved) const {
        if (saved.gradient.empty()) return;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Index items = saved.vectors.rows, width = saved.vectors.cols;
        const Rows<P> dout = ctx.work.scratch(items, width), dx = ctx.work.scratch(items, width);
        nn::normalize_backward<P>(ctx, saved.unit, CRows<P>(saved.gradient), dout);
        mlp_.backward(ctx, saved.mlp, CRows<P>(dout), dx);
        typename Inner::template Saved<P> inner = saved;
        inner.gradient = saved.inner_gradient;
        const bool of_the_parameter = inner.gradient.data == ctx.gradient(inner_.vectors()).data;
        nn::copy<P>(ctx.on, CRows<P>(dx), inner.gradient, of_the_parameter ? Write::add : Write::set);
        inner_.backward(ctx, inner);
    }

private:
    Inner inner_;
    nn::FeedForward mlp_;
};

using Tower = TowerOver<Table>;

}  // namespace coco::items

static_assert(coco::Items<coco::items::Tower>);
