// SPDX-License-Identifier: Apache-2.0
/// \file
/// CoCo's decoupler: extracts pure knowledge from the language model's mixed output,
/// pure = softmax(P W_Q (mix W_K)') mix W_V W_O, with the prompts as queries. One head, no residual.
#pragma once

#include <cmath>

#include <coco/core/role.hpp>
#include <coco/decoupler/concept.hpp>
#include <coco/nn/linear.hpp>

namespace coco::decoupler {

/// Prompts (prompts x D) and mixed rows (rows x D) -> pure knowledge (prompts x d).
class CrossAttention {
public:
    using Role = role::Decoupler;

    struct Config {};

    template <class P>
    struct Saved {
        nn::Linear::Saved<P> query, key, value;
        Attention<P> shape;
        Rows<P> mixed, statistics;
        nn::Linear::Saved<P> output;
        Segments<P> of_group;  ///< of the rows of `out`: one row per prompt
        Rows<P> out;
    };

    /// \param width        d, of the recommender
    /// \param model_width  D, of the language model
    [[gnu::cold, gnu::noinline]] CrossAttention(ParameterLayout& layout, const Config&, Index width,
                                                Index model_width) {
        const ParameterLayout::Scope scope(layout, "decoupler");
        const Init in = Init::normal(1 / std::sqrt(static_cast<double>(model_width)));
        query_ = nn::Linear(layout, "query", model_width, width, in, nn::Bias::no);
        key_ = nn::Linear(layout, "key", model_width, width, in, nn::Bias::no);
        value_ = nn::Linear(layout, "value", model_width, width, in, nn::Bias::no);
        output_ = nn::Linear(layout, "output", width, width,
                             Init::normal(1 / std::sqrt(static_cast<double>(width))), nn::Bias::no);
    }

    /// \param prompts  prompts x D, in segments `prompts_of`, one per group
    /// \param mix      rows x D, in segments `mix_of`, one per group
    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> prompts, const Segments<P>& prompts_of, CRows<P> mix,
                     const Segments<P>& mix_of) const {
        Saved<P> saved;
        saved.query = query_.forward(ctx, prompts);
        saved.key = key_.forward(ctx, mix);
        saved.value = value_.forward(ctx, mix);
        saved.shape.queries = prompts_of;
        saved.shape.keys = mix_of;
        saved.shape.scale = static_cast<typename P::Scalar>(1 / std::sqrt(static_cast<double>(query_.out())));
        saved.mixed = ctx.work.keep(prompts.rows, query_.out());
        saved.statistics = ctx.work.keep(prompts.rows, 1);
        ctx.on.attend(saved.shape,
                      {CRows<P>(saved.query.out), CRows<P>(saved.key.out), CRows<P>(saved.value.out), {}, {}},
                      saved.mixed, saved.statistics);
        saved.output = output_.forward(ctx, CRows<P>(saved.mixed));
        saved.of_group = prompts_of;
        saved.out = saved.output.out;
        return saved;
    }

    /// \param dprompts, dmix  assigned (=); either may be empty
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dprompts, Rows<P> dmix) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Index width = query_.out(), prompts = saved.query.x.rows, rows = saved.key.x.rows;
        const Rows<P> dmixed = ctx.work.scratch(prompts, width), dquery = ctx.work.scratch(prompts, width);
        const Rows<P> dkey = ctx.work.scratch(rows, width), dvalue = ctx.work.scratch(rows, width);
        output_.backward(ctx, saved.output, dy, dmixed);
        ctx.on.attend_backward(
            saved.shape,
            {CRows<P>(saved.query.out), CRows<P>(saved.key.out), CRows<P>(saved.value.out), {}, {}},
            CRows<P>(saved.mixed), CRows<P>(saved.statistics), CRows<P>(dmixed),
            {dquery, dkey, dvalue, {}, {}});
        query_.backward(ctx, saved.query, CRows<P>(dquery), dprompts);
        key_.backward(ctx, saved.key, CRows<P>(dkey), dmix);
        Rows<P> second{};
        if (!dmix.empty()) second = ctx.work.scratch(dmix.rows, dmix.cols);
        value_.backward(ctx, saved.value, CRows<P>(dvalue), second);
        if (!dmix.empty()) nn::copy<P>(ctx.on, CRows<P>(second), dmix, Write::add);
    }

private:
    nn::Linear query_, key_, value_, output_;
};

}  // namespace coco::decoupler

static_assert(coco::Decoupler<coco::decoupler::CrossAttention>);
