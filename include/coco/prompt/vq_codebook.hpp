// SPDX-License-Identifier: Apache-2.0
/// \file
/// CoCo's vector-quantised codebook of soft prompts (arXiv 2510.14257), P = [s; Z_S W']: a shared prompt s,
/// then the projected codes whose cosine with the user's representation exceeds theta. The nearest code is
/// always included.
#pragma once

#include <coco/core/role.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/linear.hpp>
#include <coco/prompt/code_penalty.hpp>
#include <coco/prompt/concept.hpp>
#include <coco/prompt/selected_rows.hpp>

namespace coco::prompt {

/// K codes in the recommender's space, one projection to the language model's space, one shared prompt there.
class VqCodebook {
public:
    using Role = role::PromptCodebook;
    static constexpr bool selects_codes = true;  ///< prompts depend on the user

    struct Config {
        Index codes = 64;      ///< K
        double theta = 0.45;   ///< threshold on the cosine of a code
        Index max_codes = 30;  ///< maximum number of codes per user
        loss::Orthogonality orthogonality = loss::Orthogonality::cosine;
        bool centred = false;  ///< compare e minus its mean over users: if representations are all similar

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("codes", c.codes, at_least(2)), setting("theta", c.theta, between(-1, 1)),
                         setting("max_codes", c.max_codes, at_least(1)),
                         setting("orthogonality", c.orthogonality), setting("centred", c.centred));
        }
    };

    template <class P>
    struct Saved {
        CRows<P> e;  ///< groups x d: what the codes were compared with (no gradient: sg)
        CodeSelection<P> selection;
        nn::Linear::Saved<P> projected;  ///< K x D: all codes in the language model's space
        SelectedRows<P> rows;            ///< of [projected codes; s]
        Segments<P> of_group;            ///< of the rows of `out`
        Rows<P> out;                     ///< prompts x D
    };

    /// \param width        d, of the recommender
    /// \param model_width  D, of the language model
    [[gnu::cold, gnu::noinline]] VqCodebook(ParameterLayout& layout, const Config& config, Index width,
                                            Index model_width)
        : config_(config) {
        check_settings(config, "prompt");
        const ParameterLayout::Scope scope(layout, "prompt");
        codes_ = layout.claim("codes", config.codes, width, Init::normal(0.02));
        shared_ = layout.claim("shared", 1, model_width, Init::normal(0.02));
        projection_ =
            nn::Linear(layout, "projection", width, model_width, Init::normal(0.02), nn::Bias::no, Decay::no);
        if (config.centred) centre_ = layout.claim("centre", 1, width, Init::zeros());
    }

    const Config& config() const { return config_; }
    const TensorRef& codes() const { return codes_; }
    const TensorRef& shared() const { return shared_; }
    const TensorRef& projection() const { return projection_.weight(); }
    /// The mean of e over users at the start of the joint stage, 1 x d, if `centred`. It is stored with the
    /// parameters and receives no gradient.
    const TensorRef& centre() const { return centre_; }

    /// \param e  groups x d
    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> e) const {
        Saved<P> saved;
        saved.e = config_.centred ? centred(ctx, e) : e;
        saved.selection = select_codes<P>(ctx, saved.e, ctx.value(codes_),
                                          static_cast<typename P::Scalar>(config_.theta), config_.max_codes);
        saved.projected = projection_.forward(ctx, ctx.value(codes_));

        saved.rows = SelectedRows<P>::of(ctx, saved.selection, config_.codes);
        saved.of_group = saved.rows.of_group;

        const Rows<P> all = ctx.work.keep(config_.codes + 1, projection_.out());
        nn::copy<P>(ctx.on, CRows<P>(saved.projected.out), all.rows_from(0, config_.codes));
        nn::copy<P>(ctx.on, ctx.value(shared_), all.rows_from(config_.codes, 1));
        saved.out = saved.rows.gathered(ctx, CRows<P>(all));
        return saved;
    }

    /// Gradients of codes, projection and shared prompt +=.
    /// \param dprompts  prompts x D
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dprompts) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> all = ctx.work.scratch(config_.codes + 1, projection_.out());
        nn::fill<P>(ctx.on, all, 0);
        saved.rows.scattered(ctx, dprompts, all);
        if (const Rows<P> ds = ctx.gradient(shared_); !ds.empty())
            nn::copy<P>(ctx.on, CRows<P>(all.rows_from(config_.codes, 1)), ds, Write::add);
        const Rows<P> dcodes = ctx.work.scratch(config_.codes, codes_.cols);
        projection_.backward(ctx, saved.projected, CRows<P>(all.rows_from(0, config_.codes)), dcodes);
        if (const Rows<P> d = ctx.gradient(codes_); !d.empty())
            nn::copy<P>(ctx.on, CRows<P>(dcodes), d, Write::add);
    }

    /// Adds gamma L_Q to losses[0] and beta L_ortho to losses[1], and their gradients to that of the codes.
    template <class P>
    void penalty(Context<P>& ctx, const Saved<P>& saved, double gamma, double beta,
                 typename P::Scalar* losses) const {
        code_penalty<P>(ctx, saved.e, saved.selection, ctx.value(codes_), config_.orthogonality, gamma, beta,
                        losses, ctx.gradient(codes_));
    }

private:
    template <class P>
    CRows<P> centred(Context<P>& ctx, CRows<P> e) const {
        const Rows<P> out = ctx.work.keep(e.rows, e.cols);
        nn::copy<P>(ctx.on, e, out);
        if (e.rows > 0)
            ctx.on.for_each_row(
                e.rows, e.cols,
                nn::AddRow<typename P::Scalar>{ctx.value(centre_).data, out.data, out.stride, e.cols, -1});
        return out;
    }

    Config config_;
    TensorRef codes_, shared_, centre_;
    nn::Linear projection_;
};

}  // namespace coco::prompt

static_assert(coco::PromptCodebook<coco::prompt::VqCodebook>);
