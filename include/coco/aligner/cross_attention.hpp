// SPDX-License-Identifier: Apache-2.0
/// \file
/// CoCo's aligner: behaviour attends to behaviour and knowledge,
/// a_t = h_t + Attn(N(h_t) A_Q, N([h_t; pure]) A_K, N([h_t; pure]) A_V) A_O. A row attends to its own h, not
/// to other rows' h. A_O starts at zero, so that initially a = h bit for bit.
#pragma once

#include <cmath>

#include <coco/aligner/concept.hpp>
#include <coco/aligner/has_knowledge.hpp>
#include <coco/core/role.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/linear.hpp>
#include <coco/nn/norm.hpp>

namespace coco::aligner {

/// a = h + (o + bias), or h itself for a row whose segment has no knowledge.
template <class T>
struct AlignRows {
    const T* h;
    Index h_stride;
    const T* o;
    const T* bias;
    const T* has_knowledge;  ///< rows x 1: 1 where there is knowledge, else 0
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = h + i * h_stride;
        const T* const more = o + i * cols;
        T* const to = out + i * cols;
        if (has_knowledge[i] > T(0))
            row.each(cols, [&](Index j) { to[j] = from[j] + (more[j] + bias[j]); });
        else
            row.each(cols, [&](Index j) { to[j] = from[j]; });
    }
};

/// Behaviour (rows x d) and pure knowledge (pieces x d) -> aligned (rows x d).
class CrossAttention {
public:
    using Role = role::Aligner;

    struct Config {
        Index heads = 1;
        double epsilon = 1e-6;  ///< of the norm

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("heads", c.heads, at_least(1)), setting("epsilon", c.epsilon, above(0, 1)));
        }
    };

    template <class P>
    struct Saved {
        typename nn::Norm::Saved<P> norm_h, norm_pure;
        nn::Linear::Saved<P> query, own_key, own_value, key, value;
        Attention<P> shape;
        Rows<P> mixed, statistics, has_knowledge;
        nn::Linear::Saved<P> output;
        CRows<P> out;
    };

    /// \throws Error where the items have semantic columns
    [[gnu::cold, gnu::noinline]] CrossAttention(ParameterLayout& layout, const Config& config, Index width,
                                                Index columns = 0)
        : heads_(config.heads) {
        require(columns == 0, "aligner::CrossAttention", "it writes into behaviour's own columns",
                "aligner::SemanticAttention for items with semantic columns");
        check_settings(config, "aligner");
        require(width % heads_ == 0, "aligner.heads", "does not divide the width",
                text_of("a divisor of ", width), text_of(heads_));
        const ParameterLayout::Scope scope(layout, "aligner");
        const Init init = Init::normal(1 / std::sqrt(static_cast<double>(width)));
        norm_ = nn::Norm(layout, "norm", width, config.epsilon);
        query_ = nn::Linear(layout, "query", width, width, init, nn::Bias::no);
        key_ = nn::Linear(layout, "key", width, width, init, nn::Bias::no);
        value_ = nn::Linear(layout, "value", width, width, init, nn::Bias::no);
        output_ = nn::Linear(layout, "output", width, width, Init::zeros(), nn::Bias::no);
        bias_ = layout.claim("output.bias", 1, width, Init::zeros());
    }

    /// \param h_of, pure_of  equally many segments: rows of h in segment s attend to segment s of `pure`,
    ///                       which may be empty
    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> h, const Segments<P>& h_of, CRows<P> pure,
                     const Segments<P>& pure_of) const {
        using T = typename P::Scalar;
        Saved<P> saved;
        saved.norm_h = norm_.forward(ctx, h);
        saved.norm_pure = norm_.forward(ctx, pure);
        const CRows<P> nh = saved.norm_h.out, np = saved.norm_pure.out;
        saved.query = query_.forward(ctx, nh);
        saved.own_key = key_.forward(ctx, nh);
        saved.own_value = value_.forward(ctx, nh);
        saved.key = key_.forward(ctx, np);
        saved.value = value_.forward(ctx, np);
        saved.shape.queries = h_of;
        saved.shape.keys = pure_of;
        saved.shape.heads = saved.shape.kv_heads = heads_;
        saved.shape.scale = static_cast<T>(1 / std::sqrt(static_cast<double>(h.cols / heads_)));
        saved.mixed = ctx.work.keep(h.rows, h.cols);
        saved.statistics = ctx.work.keep(h.rows, heads_);
        ctx.on.attend(saved.shape,
                      {CRows<P>(saved.query.out), CRows<P>(saved.key.out), CRows<P>(saved.value.out),
                       CRows<P>(saved.own_key.out), CRows<P>(saved.own_value.out)},
                      saved.mixed, saved.statistics);
        saved.output = output_.forward(ctx, CRows<P>(saved.mixed));
        saved.has_knowledge = has_knowledge(ctx, h_of, pure_of);
        const Rows<P> out = ctx.work.keep(h.rows, h.cols);
        ctx.on.for_each_row(h.rows, 3 * h.cols,
                            AlignRows<T>{h.data, h.stride, saved.output.out.data, ctx.value(bias_).data,
                                         saved.has_knowledge.data, out.data, h.cols});
        saved.out = out;
        return saved;
    }

    /// \param dh, dpure  assigned (=); either may be empty
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dh, Rows<P> dpure) const {
        using T = typename P::Scalar;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Index rows = dy.rows, width = dy.cols, pieces = saved.key.x.rows;
        const auto matrix = [&](Index count) { return ctx.work.scratch(count, width); };
        const Rows<P> dout = matrix(rows), dmixed = matrix(rows), dquery = matrix(rows);
        const Rows<P> down_key = matrix(rows), down_value = matrix(rows), dkey = matrix(pieces),
                      dvalue = matrix(pieces);
        ctx.on.for_each_row(rows, 2 * width,
                            nn::ScaleRows<T>{dy.data, dy.stride, saved.has_knowledge.data, dout.data, width});
        if (const Rows<P> db = ctx.gradient(bias_); !db.empty())
            ctx.on.reduce(rows, db, nn::Element<T>{dout.data, dout.stride});
        output_.backward(ctx, saved.output, CRows<P>(dout), dmixed);
        ctx.on.attend_backward(saved.shape,
                               {CRows<P>(saved.query.out), CRows<P>(saved.key.out), CRows<P>(saved.value.out),
                                CRows<P>(saved.own_key.out), CRows<P>(saved.own_value.out)},
                               CRows<P>(saved.mixed), CRows<P>(saved.statistics), CRows<P>(dmixed),
                               {dquery, dkey, dvalue, down_key, down_value});

        const Rows<P> dnorm = matrix(std::max(rows, pieces)), part = matrix(std::max(rows, pieces));
        if (pieces > 0) {
            key_.backward(ctx, saved.key, CRows<P>(dkey), part.rows_from(0, pieces));
            value_.backward(ctx, saved.value, CRows<P>(dvalue), dnorm.rows_from(0, pieces));
            nn::copy<P>(ctx.on, CRows<P>(part.rows_from(0, pieces)), dnorm.rows_from(0, pieces), Write::add);
            norm_.backward(ctx, saved.norm_pure, CRows<P>(dnorm.rows_from(0, pieces)), dpure);
        }
        const Rows<P> dn = dnorm.rows_from(0, rows), more = part.rows_from(0, rows);
        query_.backward(ctx, saved.query, CRows<P>(dquery), dn);
        key_.backward(ctx, saved.own_key, CRows<P>(down_key), more);
        nn::copy<P>(ctx.on, CRows<P>(more), dn, Write::add);
        value_.backward(ctx, saved.own_value, CRows<P>(down_value), more);
        nn::copy<P>(ctx.on, CRows<P>(more), dn, Write::add);
        norm_.backward(ctx, saved.norm_h, CRows<P>(dn), dh);
        if (!dh.empty()) nn::copy<P>(ctx.on, dy, dh, Write::add);
    }

private:
    Index heads_ = 1;
    nn::Norm norm_;
    nn::Linear query_, key_, value_, output_;
    TensorRef bias_;
};

}  // namespace coco::aligner

static_assert(coco::Aligner<coco::aligner::CrossAttention>);
