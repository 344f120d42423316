// SPDX-License-Identifier: Apache-2.0
/// \file
/// CoCo's decoupler: pure knowledge out of the language model's mixed output,
/// pure = softmax(P W_Q (mix W_K)') mix W_V W_O, the prompts asking. One head, no residual.
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
    struct Kept {
        Passed<P> query, key, value;
        Attention<P> shape;
        Rows<P> mixed, statistics;
        Passed<P> output;
        Segments<P> of_group;  ///< of the rows of `out`: a prompt a row
        Rows<P> out;
    };

    /// \param width        d, of the recommender
    /// \param model_width  D, of the language model
    CrossAttention(Layout& layout, const Config&, Index width, Index model_width) {
        const Layout::Scope scope(layout, "decoupler");
        const Init in = Init::normal(1 / std::sqrt(static_cast<double>(model_width)));
        query_ = nn::Linear(layout, "query", model_width, width, in, nn::Bias::no);
        key_ = nn::Linear(layout, "key", model_width, width, in, nn::Bias::no);
        value_ = nn::Linear(layout, "value", model_width, width, in, nn::Bias::no);
        output_ = nn::Linear(layout, "output", width, width,
                             Init::normal(1 / std::sqrt(static_cast<double>(width))), nn::Bias::no);
    }

    /// \param prompts  and which group each belongs to; \param mix likewise, a group's prompt rows first
    template <class P>
    Kept<P> forward(Run<P>& run, CRows<P> prompts, const Segments<P>& prompts_of, CRows<P> mix,
                    const Segments<P>& mix_of) const {
        Kept<P> kept;
        kept.query = query_.forward(run, prompts);
        kept.key = key_.forward(run, mix);
        kept.value = value_.forward(run, mix);
        kept.shape.queries = prompts_of;
        kept.shape.keys = mix_of;
        kept.shape.scale = static_cast<typename P::Scalar>(1 / std::sqrt(static_cast<double>(query_.out())));
        kept.mixed = run.work.keep(prompts.rows, query_.out());
        kept.statistics = run.work.keep(prompts.rows, 1);
        run.on.attend(kept.shape, CRows<P>(kept.query.out), CRows<P>(kept.key.out), CRows<P>(kept.value.out),
                      {}, {}, kept.mixed, kept.statistics);
        kept.output = output_.forward(run, CRows<P>(kept.mixed));
        kept.of_group = prompts_of;
        kept.out = kept.output.out;
        return kept;
    }

    /// \param dprompts, dmix  =; either may be empty
    template <class P>
    void backward(Run<P>& run, const Kept<P>& kept, CRows<P> dy, Rows<P> dprompts, Rows<P> dmix) const {
        const typename Workspace<P>::Frame frame(run.work);
        const Index width = query_.out(), prompts = kept.query.x.rows, rows = kept.key.x.rows;
        const Rows<P> dmixed = run.work.scratch(prompts, width), dquery = run.work.scratch(prompts, width);
        const Rows<P> dkey = run.work.scratch(rows, width), dvalue = run.work.scratch(rows, width);
        output_.backward(run, kept.output, dy, dmixed);
        run.on.attend_backward(kept.shape, CRows<P>(kept.query.out), CRows<P>(kept.key.out),
                               CRows<P>(kept.value.out), {}, {}, CRows<P>(kept.mixed),
                               CRows<P>(kept.statistics), CRows<P>(dmixed), dquery, dkey, dvalue, {}, {});
        query_.backward(run, kept.query, CRows<P>(dquery), dprompts);
        key_.backward(run, kept.key, CRows<P>(dkey), dmix);
        Rows<P> second{};
        if (!dmix.empty()) second = run.work.scratch(dmix.rows, dmix.cols);
        value_.backward(run, kept.value, CRows<P>(dvalue), second);
        if (!dmix.empty()) nn::copy<P>(run.on, CRows<P>(second), dmix, Write::add);
    }

private:
    nn::Linear query_, key_, value_, output_;
};

}  // namespace coco::decoupler

static_assert(coco::Decoupler<coco::decoupler::CrossAttention>);
