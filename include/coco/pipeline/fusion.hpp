// SPDX-License-Identifier: Apache-2.0
/// \file
/// How a pipeline fuses behaviour and knowledge into the rows that rank: in behaviour's own columns, where
/// the aligner changes h, or in the semantic columns of the items, where it adds to what the history says.
#pragma once

#include <coco/aligner/concept.hpp>
#include <coco/aligner/has_knowledge.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/channel.hpp>

namespace coco {

/// a = the aligner's rows, in the columns of h; items are ranked by their vectors (the paper's form).
template <class Aligner>
class BehaviourFusion {
public:
    template <class P>
    struct Saved {
        typename Aligner::template Saved<P> aligned;
        CRows<P> base;     ///< targets x ranked columns: behaviour alone
        CRows<P> out;      ///< the same with knowledge
        CRows<P> vectors;  ///< items x ranked columns
        Rows<P> dvectors;  ///< their gradient, to be added to; empty: not computed
    };

    BehaviourFusion(ParameterLayout& layout, const typename Aligner::Config& config, const ChannelConfig&,
                    Index width, Index, bool)
        : aligner_(layout, config, width, 0) {}

    /// Columns of knowledge rows.
    static Index knowledge_width(Index width, Index) { return width; }

    /// The items' vectors as rankings with knowledge need them.
    template <class P, class Items>
    CRows<P> ranked(Context<P>&, const Items& items) const {
        return items.vectors;
    }

    /// \param items   the items' forward pass     \param ranked  from `ranked`
    template <class P, class Items>
    Saved<P> forward(Context<P>& ctx, const Batch<P>& batch, CRows<P> h, const Items& items, CRows<P> ranked,
                     CRows<P> pure, const Segments<P>& pure_of) const {
        Saved<P> saved;
        saved.aligned = aligner_.forward(ctx, h, batch.targets.of_segment, pure, pure_of);
        saved.base = h;
        saved.out = saved.aligned.out;
        saved.vectors = ranked;
        saved.dvectors = items.gradient;
        return saved;
    }

    /// \param da  of `out`    \param dh, dpure  assigned (=); either may be empty
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> da, Rows<P> dh, Rows<P> dpure) const {
        aligner_.backward(ctx, saved.aligned, da, dh, dpure);
    }
    /// Hands `dvectors` to the items. Nothing: it is their own gradient.
    template <class P, class Items>
    void backward_vectors(Context<P>&, const Saved<P>&, const Items&) const {}

private:
    Aligner aligner_;
};

/// a = [h ; lambda (k + o)] with knowledge, [h ; 0] without: k the recency-weighted mean of the history's
/// kappa, o the aligner's rows; items are ranked by [v ; kappa]. kappa has no gradient.
template <class Aligner>
class SemanticFusion {
public:
    template <class P>
    struct Saved {
        typename Aligner::template Saved<P> aligned;
        Rows<P> has_knowledge;  ///< targets x 1
        Rows<P> user;           ///< targets x r: k + o, 0 without knowledge
        CRows<P> base, out, vectors;
        Rows<P> dvectors;
    };

    SemanticFusion(ParameterLayout& layout, const typename Aligner::Config& config,
                   const ChannelConfig& channel, Index width, Index columns, bool gated)
        : aligner_(layout, config, width, columns), channel_(layout, channel, gated) {}

    static Index knowledge_width(Index, Index columns) { return columns; }
    const Channel& channel() const { return channel_; }

    template <class P, class Items>
    CRows<P> ranked(Context<P>& ctx, const Items& items) const {
        static_assert(
            !requires { items.kappa_gradient; },
            "coco: a SequentialRecommender learns these items' columns; give them to a pipeline's "
            "items::Semantic (docs/channel.md)");
        return channel_.vectors(ctx, items);
    }

    template <class P, class Items>
    Saved<P> forward(Context<P>& ctx, const Batch<P>& batch, CRows<P> h, const Items& items, CRows<P> ranked,
                     CRows<P> pure, const Segments<P>& pure_of) const {
        Saved<P> saved;
        saved.aligned = aligner_.forward(ctx, h, batch.targets.of_segment, pure, pure_of);
        saved.has_knowledge = aligner::has_knowledge(ctx, batch.targets.of_segment, pure_of);
        saved.user = channel_.users(ctx, batch, items::read_columns(items));
        nn::copy<P>(ctx.on, CRows<P>(saved.aligned.out), saved.user, Write::add);
        only_with_knowledge(ctx, saved.has_knowledge, saved.user);
        saved.out = channel_.queries(ctx, h, CRows<P>(saved.user));
        saved.base = channel_.padded(ctx, h, items.kappa.cols);
        saved.vectors = ranked;
        if (!items.gradient.empty()) {
            saved.dvectors = ctx.work.keep(ranked.rows, ranked.cols);
            nn::fill<P>(ctx.on, saved.dvectors, 0);
        }
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> da, Rows<P> dh, Rows<P> dpure) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Index r = saved.user.cols, d = da.cols - r;
        const Rows<P> duser = ctx.work.scratch(da.rows, r);
        channel_.backward(ctx, CRows<P>(saved.user), da.cols_from(d, r), duser);
        only_with_knowledge(ctx, saved.has_knowledge, duser);
        aligner_.backward(ctx, saved.aligned, CRows<P>(duser), dh, dpure);
        if (!dh.empty()) nn::copy<P>(ctx.on, da.cols_from(0, d), dh, Write::add);
    }
    template <class P, class Items>
    void backward_vectors(Context<P>& ctx, const Saved<P>& saved, const Items& items) const {
        if (!saved.dvectors.empty())
            channel_.vectors_backward(ctx, items, saved.vectors, CRows<P>(saved.dvectors));
    }

private:
    /// x_i = 0 for the rows without knowledge.
    template <class P>
    static void only_with_knowledge(Context<P>& ctx, Rows<P> has_knowledge, Rows<P> x) {
        ctx.on.for_each_row(
            x.rows, 2 * x.cols,
            nn::ScaleRows<typename P::Scalar>{x.data, x.stride, has_knowledge.data, x.data, x.cols});
    }

    Aligner aligner_;
    Channel channel_;
};

}  // namespace coco
