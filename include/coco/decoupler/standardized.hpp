// SPDX-License-Identifier: Apache-2.0
/// \file
/// A decoupler over standardised rows: in a language model's rows a few columns hold most of the energy, and
/// most of every row is common to all texts. Less their mean, each column divided by its deviation, the rows
/// differ by what they say.
#pragma once

#include <coco/core/role.hpp>
#include <coco/decoupler/concept.hpp>
#include <coco/decoupler/cross_attention.hpp>
#include <coco/fwd.hpp>
#include <coco/nn/standardize.hpp>

namespace coco::decoupler {

/// \tparam Inner  the decoupler that reads the rows; `CrossAttention` if none is named
template <class Inner>
class Standardized {
    static_assert(explain_decoupler<Inner>());

public:
    using Role = role::Decoupler;
    using Config = typename Inner::Config;

    template <class P>
    struct Saved {
        typename Inner::template Saved<P> inner;
        Segments<P> of_group;
        Rows<P> out;
    };

    Standardized(ParameterLayout& layout, const Config& config, Index width, Index model_width)
        : inner_(layout, config, width, model_width), rows_(layout, "decoupler.mix", model_width) {}

    /// Statistics of the language model's rows, measured before the stage that trains this.
    const nn::Standardize& rows() const { return rows_; }

    /// \param prompts_last  in each segment of mix the prompts come last
    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> prompts, const Segments<P>& prompts_of, CRows<P> mix,
                     const Segments<P>& mix_of, bool prompts_last = false) const {
        const CRows<P> x = rows_.forward(ctx, mix);
        Saved<P> saved;
        saved.inner = decoupler::forward(ctx, inner_, prompts, prompts_of, x, mix_of, prompts_last);
        saved.of_group = saved.inner.of_group;
        saved.out = saved.inner.out;
        return saved;
    }

    /// \param dprompts, dmix  assigned (=); either may be empty
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dprompts, Rows<P> dmix) const {
        inner_.backward(ctx, saved.inner, dy, dprompts, dmix);
        rows_.backward(ctx, CRows<P>(dmix), dmix);
    }

private:
    Inner inner_;
    nn::Standardize rows_;
};

}  // namespace coco::decoupler

static_assert(coco::Decoupler<coco::decoupler::Standardized<>>);
