// SPDX-License-Identifier: Apache-2.0
/// \file
/// Item vectors of length one from a small MLP over a learned table, v_i = unit(MLP(E_i)): the item tower of
/// PinnerFormer (Pancha et al., KDD 2022), there over given item embeddings.
#pragma once

#include <coco/core/role.hpp>
#include <coco/core/settings.hpp>
#include <coco/items/concept.hpp>
#include <coco/nn/feed_forward.hpp>
#include <coco/nn/normalize.hpp>

namespace coco::items {

/// items x width. The MLP is linear, GELU, linear. Each step passes over the whole catalogue.
class Tower {
public:
    using Role = role::Items;
    /// The table alone goes by rows: the gradient of E_i is zero unless v_i has one, while that of the MLP,
    /// which all items share, is in the dense block, which `LazyAdam` moves as AdamW does. Rows that a lazy
    /// step does not touch keep E_i, while their vectors v_i turn with the MLP.
    static constexpr bool by_row = true;

    struct Config {
        double init = 0.02;  ///< standard deviation of the initial E
        Index hidden = 128;  ///< hidden width of the MLP

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("init", c.init, above(0, 100)), setting("hidden", c.hidden, at_least(1)));
        }
    };

    template <class P>
    struct Saved {
        CRows<P> vectors;  ///< items x width, each of length 1
        Rows<P> gradient;  ///< users of `vectors` add their gradients here; empty: not computed
        typename nn::FeedForward::Saved<P> mlp;
        nn::Normalized<P> unit;
    };

    [[gnu::cold, gnu::noinline]] Tower(ParameterLayout& layout, const Config& config, Index items,
                                       Index width)
        : table_(layout.claim("item", items, width, Init::normal(config.init), Decay::no,
                              ParameterBlock::table)),
          // Xavier's: small weights would shrink the MLP's rows, and the division by their lengths would
          // enlarge its gradients as much.
          mlp_(layout, "item_tower", width, config.hidden, nn::Activation::gelu,
               Init::xavier_normal(width, config.hidden)) {}

    template <class P>
    Saved<P> forward(Context<P>& ctx) const {
        Saved<P> saved;
        saved.mlp = mlp_.forward(ctx, ctx.value(table_));
        saved.unit = nn::normalize<P>(ctx, CRows<P>(saved.mlp.out));
        saved.vectors = saved.unit.y;
        if (ctx.gradient(table_).empty()) return saved;
        saved.gradient = ctx.work.keep(table_.rows, table_.cols);
        nn::fill<P>(ctx.on, saved.gradient, 0);
        return saved;
    }

    /// Adds to the gradients of E and the MLP from the vectors' gradient; nothing where it is empty.
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved) const {
        if (saved.gradient.empty()) return;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dout = ctx.work.scratch(table_.rows, table_.cols),
                      de = ctx.work.scratch(table_.rows, table_.cols);
        nn::normalize_backward<P>(ctx, saved.unit, CRows<P>(saved.gradient), dout);
        mlp_.backward(ctx, saved.mlp, CRows<P>(dout), de);
        nn::copy<P>(ctx.on, CRows<P>(de), ctx.gradient(table_), Write::add);
    }

private:
    TensorRef table_;
    nn::FeedForward mlp_;
};

}  // namespace coco::items

static_assert(coco::Items<coco::items::Tower>);
