// SPDX-License-Identifier: Apache-2.0
/// \file
/// The same learned prompts for all users (CoCo-Soft, the paper's ablation): s and a few rows of R^D.
#pragma once

#include <coco/core/role.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/indices.hpp>
#include <coco/prompt/concept.hpp>

namespace coco::prompt {

/// Prompts that do not depend on the user: no codes, no L_Q, no L_ortho.
class Static {
public:
    using Role = role::PromptCodebook;
    static constexpr bool selects_codes = false;

    struct Config {
        Index rows = 8;  ///< learned rows in addition to the shared one

        static auto settings(auto& c, auto&& visit) { return visit(setting("rows", c.rows, at_least(0))); }
    };

    template <class P>
    struct Saved {
        Inverse<P> by_prompt;
        Segments<P> of_group;
        Rows<P> out;  ///< groups * (rows + 1) x D
    };

    Static(ParameterLayout& layout, const Config& config, Index, Index model_width) {
        check_settings(config, "prompt");
        const ParameterLayout::Scope scope(layout, "prompt");
        rows_ = layout.claim("rows", config.rows + 1, model_width, Init::normal(0.02));
    }

    /// The shared prompt first, then the learned rows.
    const TensorRef& rows() const { return rows_; }

    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> e) const {
        Saved<P> saved;
        const std::span<Id> offsets = ctx.work.template numbers<Id>(e.rows + 1);
        const std::span<Id> source = ctx.work.template numbers<Id>(e.rows * rows_.rows);
        for (std::size_t g = 0; g < offsets.size(); ++g)
            offsets[g] = static_cast<Id>(static_cast<Index>(g) * rows_.rows);
        for (std::size_t k = 0; k < source.size(); ++k)
            source[k] = static_cast<Id>(static_cast<Index>(k) % rows_.rows);
        saved.of_group = nn::segments(ctx, std::span<const Id>(offsets));
        saved.by_prompt = nn::invert(ctx, std::span<const Id>(source), rows_.rows);
        saved.out = ctx.work.keep(e.rows * rows_.rows, rows_.cols);
        nn::gather<P>(ctx.on, ctx.value(rows_), ctx.on.upload(std::span<const Id>(source), ctx.work),
                      saved.out);
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dprompts) const {
        if (const Rows<P> d = ctx.gradient(rows_); !d.empty())
            nn::scatter<P>(ctx.on, dprompts, saved.by_prompt, d);
    }

    /// Does nothing: there are no codes.
    template <class P>
    void penalty(Context<P>&, const Saved<P>&, double, double, typename P::Scalar*) const {}

private:
    TensorRef rows_;
};

/// The same behind the text, which the prompts then read.
struct StaticBehindText : Static {
    static constexpr bool behind_text = true;
    using Static::Static;
};

}  // namespace coco::prompt

static_assert(coco::PromptCodebook<coco::prompt::Static>);
static_assert(coco::PromptCodebook<coco::prompt::StaticBehindText>);
