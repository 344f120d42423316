// SPDX-License-Identifier: Apache-2.0
/// \file
/// CoCo's aligner for items with semantic columns: what it takes from knowledge is written into those
/// columns, o_t = Attn(N(h_t) A_Q, N(pure) A_K, N(pure) A_V) A_O, and behaviour's own columns stay as they
/// are. A_O starts at zero, so that initially o = 0 and the user's semantic columns are those of the history
/// alone.
#pragma once

#include <algorithm>
#include <cmath>

#include <coco/aligner/concept.hpp>
#include <coco/aligner/cross_attention.hpp>
#include <coco/core/role.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/nn/linear.hpp>
#include <coco/nn/norm.hpp>

namespace coco::aligner {

/// Behaviour (rows x d) and pure knowledge (pieces x r) -> o (rows x r), zero where there is no knowledge.
class SemanticAttention {
public:
    using Role = role::Aligner;

    using Config = CrossAttention::Config;

    template <class P>
    struct Saved {
        typename nn::Norm::Saved<P> norm_h, norm_pure;
        nn::Linear::Saved<P> query, key, value;
        Attention<P> shape;
        Rows<P> mixed, statistics;
        nn::Linear::Saved<P> output;
        CRows<P> out;
    };

    /// \throws Error where the items have no semantic columns
    [[gnu::cold, gnu::noinline]] SemanticAttention(ParameterLayout& layout, const Config& config, Index width,
                                                   Index columns)
        : heads_(config.heads) {
        require(columns > 0, "aligner::SemanticAttention", "these items have no semantic columns",
                "items::Semantic");
        check_settings(config, "aligner");
        require(columns % heads_ == 0, "aligner.heads", "does not divide the semantic columns",
                text_of("a divisor of ", columns), text_of(heads_));
        const ParameterLayout::Scope scope(layout, "aligner");
        const auto linear = [&](const char* name, Index in) {
            return nn::Linear(layout, name, in, columns, Init::normal(1 / std::sqrt(static_cast<double>(in))),
                              nn::Bias::no);
        };
        norm_h_ = nn::Norm(layout, "norm_behaviour", width, config.epsilon);
        norm_pure_ = nn::Norm(layout, "norm_knowledge", columns, config.epsilon);
        query_ = linear("query", width);
        key_ = linear("key", columns);
        value_ = linear("value", columns);
        output_ = nn::Linear(layout, "output", columns, columns, Init::zeros(), nn::Bias::no);
    }

    /// \param h_of, pure_of  equally many segments: rows of h in segment s attend to segment s of `pure`,
    ///                       which may be empty
    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> h, const Segments<P>& h_of, CRows<P> pure,
                     const Segments<P>& pure_of) const {
        using T = typename P::Scalar;
        Saved<P> saved;
        saved.norm_h = norm_h_.forward(ctx, h);
        saved.norm_pure = norm_pure_.forward(ctx, pure);
        saved.query = query_.forward(ctx, CRows<P>(saved.norm_h.out));
        saved.key = key_.forward(ctx, CRows<P>(saved.norm_pure.out));
        saved.value = value_.forward(ctx, CRows<P>(saved.norm_pure.out));
        const Index columns = saved.query.out.cols;
        saved.shape.queries = h_of;
        saved.shape.keys = pure_of;
        saved.shape.heads = saved.shape.kv_heads = heads_;
        saved.shape.scale = static_cast<T>(1 / std::sqrt(static_cast<double>(columns / heads_)));
        saved.mixed = ctx.work.keep(h.rows, columns);
        saved.statistics = ctx.work.keep(h.rows, heads_);
        ctx.on.attend(saved.shape,
                      {CRows<P>(saved.query.out), CRows<P>(saved.key.out), CRows<P>(saved.value.out), {}, {}},
                      saved.mixed, saved.statistics);
        saved.output = output_.forward(ctx, CRows<P>(saved.mixed));
        saved.out = saved.output.out;
        return saved;
    }

    /// \param dy  rows x r    \param dh, dpure  assigned (=); either may be empty
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dh, Rows<P> dpure) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Index rows = dy.rows, pieces = saved.key.x.rows, columns = dy.cols;
        const Rows<P> dmixed = ctx.work.scratch(rows, columns), dquery = ctx.work.scratch(rows, columns),
                      dkey = ctx.work.scratch(pieces, columns), dvalue = ctx.work.scratch(pieces, columns);
        output_.backward(ctx, saved.output, dy, dmixed);
        ctx.on.attend_backward(
            saved.shape,
            {CRows<P>(saved.query.out), CRows<P>(saved.key.out), CRows<P>(saved.value.out), {}, {}},
            CRows<P>(saved.mixed), CRows<P>(saved.statistics), CRows<P>(dmixed),
            {dquery, dkey, dvalue, {}, {}});
        if (pieces > 0) {
            const Rows<P> dnorm = ctx.work.scratch(pieces, columns), part = ctx.work.scratch(pieces, columns);
            key_.backward(ctx, saved.key, CRows<P>(dkey), dnorm);
            value_.backward(ctx, saved.value, CRows<P>(dvalue), part);
            nn::copy<P>(ctx.on, CRows<P>(part), dnorm, Write::add);
            norm_pure_.backward(ctx, saved.norm_pure, CRows<P>(dnorm), dpure);
        }
        const Rows<P> dn = ctx.work.scratch(rows, saved.norm_h.x.cols);
        query_.backward(ctx, saved.query, CRows<P>(dquery), dn);
        norm_h_.backward(ctx, saved.norm_h, CRows<P>(dn), dh);
    }

private:
    Index heads_ = 1;
    nn::Norm norm_h_, norm_pure_;
    nn::Linear query_, key_, value_, output_;
};

}  // namespace coco::aligner

static_assert(coco::Aligner<coco::aligner::SemanticAttention>);
