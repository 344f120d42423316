// SPDX-License-Identifier: Apache-2.0
/// \file
/// A codebook whose prompts stay tokens to the language model: each code has a row of its own beside its
/// projection, every prompt has the size of a token embedding, and prompts stand behind the text, so that
/// they read it. Users are compared with codes less their mean, in units of their spread. `VqCodebook` is the
/// paper's form; docs/results.md tells what was measured with both.
#pragma once

#include <coco/core/role.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/linear.hpp>
#include <coco/nn/normalize.hpp>
#include <coco/nn/scale_by.hpp>
#include <coco/nn/standardize.hpp>
#include <coco/prompt/code_penalty.hpp>
#include <coco/prompt/concept.hpp>
#include <coco/prompt/selected_rows.hpp>

namespace coco::prompt {

/// p_k = sqrt(D) size unit(z_k W' + f_k), the shared prompts likewise; size, the root mean square of token
/// embeddings, and the users' mean and spread are measured before the stage that trains prompts. L_Q is that
/// of users in units of their spread: the mean of |e|^2 is 1.
class NormalizedCodebook {
public:
    using Role = role::PromptCodebook;
    static constexpr bool selects_codes = true;  ///< prompts depend on the user
    static constexpr bool behind_text = true;    ///< and stand behind the text

    struct Config {
        Index codes = 64;      ///< K
        double theta = 0.45;   ///< threshold on the cosine of a code
        Index max_codes = 30;  ///< maximum number of codes per user
        Index shared = 8;      ///< prompts that all users have
        loss::Orthogonality orthogonality = loss::Orthogonality::cosine;

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("codes", c.codes, at_least(2)), setting("theta", c.theta, between(-1, 1)),
                         setting("max_codes", c.max_codes, at_least(1)),
                         setting("shared", c.shared, at_least(1)), setting("orthogonality", c.orthogonality));
        }
    };

    template <class P>
    struct Saved {
        CRows<P> e;  ///< groups x d: what the codes were compared with (no gradient: sg)
        CodeSelection<P> selection;
        nn::Linear::Saved<P> projected;  ///< K x D: all codes in the language model's space
        nn::Normalized<P> unit;          ///< K + shared x D: rows of all codes, then the shared ones
        SelectedRows<P> rows;
        Segments<P> of_group;  ///< of the rows of `out`
        Rows<P> out;           ///< prompts x D
    };

    /// \param width        d, of the recommender
    /// \param model_width  D, of the language model
    [[gnu::cold, gnu::noinline]] NormalizedCodebook(ParameterLayout& layout, const Config& config,
                                                    Index width, Index model_width)
        : config_(config) {
        check_settings(config, "prompt");
        const ParameterLayout::Scope scope(layout, "prompt");
        codes_ = layout.claim("codes", config.codes, width, Init::normal(0.02));
        shared_ = layout.claim("shared", config.shared, model_width, Init::normal(0.02));
        rows_ = layout.claim("rows", config.codes, model_width, Init::normal(0.02));
        projection_ =
            nn::Linear(layout, "projection", width, model_width, Init::normal(0.02), nn::Bias::no, Decay::no);
        users_ = nn::Standardize(layout, "users", width);
        size_ = layout.claim("size", 1, 1, Init::ones());
    }

    const Config& config() const { return config_; }
    const TensorRef& codes() const { return codes_; }
    const TensorRef& shared() const { return shared_; }
    const TensorRef& rows() const { return rows_; }
    const TensorRef& projection() const { return projection_.weight(); }
    /// The length of a prompt, 1 x 1: sqrt(D) times the root mean square of token embeddings.
    const TensorRef& size() const { return size_; }
    /// Of users' representations.
    const nn::Standardize& users() const { return users_; }

    /// \param e  groups x d
    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> e) const {
        Saved<P> saved;
        saved.e = users_.forward(ctx, e);
        saved.selection = select_codes<P>(ctx, saved.e, ctx.value(codes_),
                                          static_cast<typename P::Scalar>(config_.theta), config_.max_codes);
        saved.projected = projection_.forward(ctx, ctx.value(codes_));
        const Rows<P> all = ctx.work.keep(config_.codes + config_.shared, projection_.out());
        nn::add<P>(ctx.on, CRows<P>(saved.projected.out), ctx.value(rows_), all.rows_from(0, config_.codes));
        nn::copy<P>(ctx.on, ctx.value(shared_), all.rows_from(config_.codes, config_.shared));
        saved.unit = nn::normalize<P>(ctx, CRows<P>(all));
        nn::scale_by<P>(ctx, CRows<P>(saved.unit.y), ctx.value(size_), all);
        saved.rows = SelectedRows<P>::of(ctx, saved.selection, config_.codes, config_.shared);
        saved.of_group = saved.rows.of_group;
        saved.out = saved.rows.gathered(ctx, CRows<P>(all));
        return saved;
    }

    /// Gradients of codes, rows, projection and shared prompts +=.
    /// \param dprompts  prompts x D
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dprompts) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> all = ctx.work.scratch(config_.codes + config_.shared, projection_.out()),
                      d = ctx.work.scratch(all.rows, all.cols);
        nn::fill<P>(ctx.on, all, 0);
        saved.rows.scattered(ctx, dprompts, all);
        nn::scale_by<P>(ctx, CRows<P>(all), ctx.value(size_), all);
        nn::normalize_backward<P>(ctx, saved.unit, CRows<P>(all), d);
        const CRows<P> of_codes = d.rows_from(0, config_.codes);
        if (const Rows<P> ds = ctx.gradient(shared_); !ds.empty())
            nn::copy<P>(ctx.on, CRows<P>(d.rows_from(config_.codes, config_.shared)), ds, Write::add);
        if (const Rows<P> df = ctx.gradient(rows_); !df.empty())
            nn::copy<P>(ctx.on, of_codes, df, Write::add);
        const Rows<P> dcodes = ctx.work.scratch(config_.codes, codes_.cols);
        projection_.backward(ctx, saved.projected, of_codes, dcodes);
        if (const Rows<P> dz = ctx.gradient(codes_); !dz.empty())
            nn::copy<P>(ctx.on, CRows<P>(dcodes), dz, Write::add);
    }

    /// Adds gamma L_Q to losses[0] and beta L_ortho to losses[1], and their gradients to that of the codes.
    template <class P>
    void penalty(Context<P>& ctx, const Saved<P>& saved, double gamma, double beta,
                 typename P::Scalar* losses) const {
        code_penalty<P>(ctx, saved.e, saved.selection, ctx.value(codes_), config_.orthogonality, gamma, beta,
                        losses, ctx.gradient(codes_));
    }

private:
    Config config_;
    TensorRef codes_, shared_, rows_, size_;
    nn::Linear projection_;
    nn::Standardize users_;
};

}  // namespace coco::prompt

static_assert(coco::PromptCodebook<coco::prompt::NormalizedCodebook>);
