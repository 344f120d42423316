// SPDX-License-Identifier: Apache-2.0
/// \file
/// The same learned prompts for everybody (CoCo-Soft, the paper's ablation): s and a few rows of R^D.
#pragma once

#include <coco/core/role.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/indices.hpp>
#include <coco/prompt/concept.hpp>

namespace coco::prompt {

/// Prompts that do not look at the user: no codes, no L_Q, no L_ortho.
class Static {
public:
    using Role = role::PromptCodebook;
    static constexpr bool chooses = false;

    struct Config {
        Index rows = 8;  ///< learned rows beside the shared one
    };

    template <class P>
    struct Kept {
        Inverse<P> by_prompt;
        Segments<P> of_group;
        Rows<P> out;  ///< groups * (rows + 1) x D
    };

    Static(Layout& layout, const Config& config, Index, Index model_width) {
        require(config.rows >= 0, "prompt.rows", "out of range", "at least 0", text_of(config.rows));
        const Layout::Scope scope(layout, "prompt");
        rows_ = layout.claim("rows", config.rows + 1, model_width, Init::normal(0.02));
    }

    /// The shared prompt first, then the learned rows.
    const Slot& rows() const { return rows_; }

    template <class P>
    Kept<P> forward(Run<P>& run, CRows<P> e) const {
        Kept<P> kept;
        const std::span<Id> offsets = run.work.template numbers<Id>(e.rows + 1);
        const std::span<Id> source = run.work.template numbers<Id>(e.rows * rows_.rows);
        for (std::size_t g = 0; g < offsets.size(); ++g)
            offsets[g] = static_cast<Id>(static_cast<Index>(g) * rows_.rows);
        for (std::size_t k = 0; k < source.size(); ++k)
            source[k] = static_cast<Id>(static_cast<Index>(k) % rows_.rows);
        kept.of_group = nn::segments(run, std::span<const Id>(offsets));
        kept.by_prompt = nn::invert(run, std::span<const Id>(source), rows_.rows);
        kept.out = run.work.keep(e.rows * rows_.rows, rows_.cols);
        nn::gather<P>(run.on, run.value(rows_), run.on.bring(std::span<const Id>(source), run.work),
                      kept.out);
        return kept;
    }

    template <class P>
    void backward(Run<P>& run, const Kept<P>& kept, CRows<P> dprompts) const {
        if (const Rows<P> d = run.gradient(rows_); !d.empty())
            nn::scatter<P>(run.on, dprompts, kept.by_prompt, d);
    }

    /// Nothing to be kept apart, nothing quantised.
    template <class P>
    void penalty(Run<P>&, const Kept<P>&, double, double, typename P::Scalar*) const {}

private:
    Slot rows_;
};

}  // namespace coco::prompt

static_assert(coco::PromptCodebook<coco::prompt::Static>);
