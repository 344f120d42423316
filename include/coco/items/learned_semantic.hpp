// SPDX-License-Identifier: Apache-2.0
/// \file
/// Semantic columns that are learned: what a text says of an item is corrected by a vector for each of its
/// words, and one map of all columns. Trained on targets that behaviour has not fitted (the stage `columns`
/// of a `SequentialRecommender`); the columns that come out are given to `items::Semantic`.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include <coco/core/role.hpp>
#include <coco/core/settings.hpp>
#include <coco/items/concept.hpp>
#include <coco/nn/embedding_bag.hpp>
#include <coco/nn/normalize.hpp>
#include <coco/nn/temperature.hpp>

namespace coco::items {

/// v_i = E_i; kappa_i = unit(kappa0_i + the mean of w over the words of item i), by which an item is ranked;
/// read_i = kappa_i + kappa_i M', what it says of the next item where it stands in a history. M and w are
/// zero at first, so that both are kappa0.
class LearnedSemantic {
public:
    using Role = role::Items;

    struct Config {
        double init = 0.02;      ///< standard deviation of the initial E
        Index columns = 0;       ///< of kappa
        Index vocabulary = 0;    ///< number of words
        double temperature = 2;  ///< divides the scores in the loss of the columns, at first
        std::string texts;       ///< `Words::digest`; checkpoints store it, and refuse others
        std::function<void(std::span<float>)> kappa;  ///< writes kappa0, items x columns, row-major
        /// kappa0 is written anew as the language model that reads the texts learns (`TextCorrection`): it
        /// has a gradient, belongs to the group "texts", and is zero until it is written; `kappa` is not
        /// asked.
        bool rewritten = false;
        std::shared_ptr<const nn::Bags> words;  ///< of each item, ids below `vocabulary`

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("init", c.init, between(0, 100)), setting("columns", c.columns, at_least(0)),
                         setting("vocabulary", c.vocabulary, at_least(0)),
                         setting("temperature", c.temperature, above(0, 1e6)), setting("texts", c.texts),
                         not_stored(), not_stored(), not_stored());
        }
    };

    template <class P>
    struct Saved {
        CRows<P> vectors;        ///< items x width
        Rows<P> gradient;        ///< users of `vectors` add their gradients here; empty: not computed
        CRows<P> kappa, read;    ///< items x columns, from `add_columns`; empty before
        Rows<P> kappa_gradient;  ///< users of `kappa` add theirs
        Rows<P> read_gradient;   ///< and those of `read`
        nn::Normalized<P> unit;
    };

    /// \throws Error where columns or words are not given, or are those of another number of items
    [[gnu::cold, gnu::noinline]] LearnedSemantic(ParameterLayout& layout, const Config& config, Index items,
                                                 Index width)
        : words_(config.words) {
        require(config.columns > 0 && (config.kappa || config.rewritten), "items::LearnedSemantic",
                "no semantic columns",
                "Config::kappa and Config::columns, for instance from items::SemanticSpace");
        require(words_ && words_->count() == items && words_->rows() == config.vocabulary,
                "items::LearnedSemantic", "the words are not these items'",
                text_of(items, " bags of a vocabulary of ", config.vocabulary),
                words_ ? text_of(words_->count(), " bags of ", words_->rows()) : "none");
        vectors_ =
            layout.claim("item", items, width, Init::normal(config.init), Decay::no, ParameterBlock::table);
        if (config.rewritten) {
            layout.group("texts", ParameterBlock::table, GroupUse::may_stay_untrained);
            kappa_ = layout.claim("item_kappa", items, config.columns, Init::zeros(), Decay::no,
                                  ParameterBlock::table);
        } else {
            kappa_ = layout.given("item_kappa", items, config.columns, config.kappa, TakesStream::no);
        }
        layout.group("words", ParameterBlock::table, GroupUse::may_stay_untrained);
        word_ = layout.claim("item_word", config.vocabulary, config.columns, Init::zeros(), Decay::no,
                             ParameterBlock::table);
        map_ = layout.claim("item_columns_map", config.columns, config.columns, Init::zeros(), Decay::no,
                            ParameterBlock::table);
        temperature_ =
            nn::Temperature(layout, "item_columns_sharpness", config.temperature, ParameterBlock::table);
    }

    const TensorRef& vectors() const { return vectors_; }
    Index columns() const { return kappa_.cols; }
    /// Of the scores in the loss of the columns.
    const nn::Temperature& temperature() const { return temperature_; }

    /// Without the columns, which only rankings and their own stage need.
    template <class P>
    Saved<P> forward(Context<P>& ctx) const {
        Saved<P> saved;
        saved.vectors = ctx.value(vectors_);
        saved.gradient = ctx.gradient(vectors_);
        return saved;
    }
    /// E has the gradient already.
    template <class P>
    void backward(Context<P>&, const Saved<P>&) const {}

    /// Adds the columns to what `forward` gave.
    template <class P>
    void add_columns(Context<P>& ctx, Saved<P>& saved) const {
        const Rows<P> sum = ctx.work.keep(kappa_.rows, kappa_.cols), read = ctx.work.keep(sum.rows, sum.cols);
        nn::copy<P>(ctx.on, ctx.value(kappa_), sum);
        nn::add_bag_means<P>(ctx, *words_, ctx.value(word_), sum);
        saved.unit = nn::normalize<P>(ctx, CRows<P>(sum));
        saved.kappa = saved.unit.y;
        nn::copy<P>(ctx.on, saved.kappa, read);
        ctx.on.multiply(saved.kappa, Op::plain, ctx.value(map_), Op::transposed, read, 1, 1);
        saved.read = read;
        if (ctx.gradient(word_).empty()) return;
        for (Rows<P>* gradient : {&saved.kappa_gradient, &saved.read_gradient}) {
            *gradient = ctx.work.keep(sum.rows, sum.cols);
            nn::fill<P>(ctx.on, *gradient, 0);
        }
    }
    /// Adds to the gradients of words and map from `kappa_gradient` and `read_gradient`.
    template <class P>
    void columns_backward(Context<P>& ctx, const Saved<P>& saved) const {
        if (saved.kappa_gradient.empty()) return;
        const typename Workspace<P>::Frame frame(ctx.work);
        const CRows<P> dread = saved.read_gradient;
        ctx.on.multiply(dread, Op::transposed, saved.kappa, Op::plain, ctx.gradient(map_), 1, 1);
        const Rows<P> dkappa = ctx.work.scratch(kappa_.rows, kappa_.cols),
                      dsum = ctx.work.scratch(kappa_.rows, kappa_.cols);
        nn::add<P>(ctx.on, CRows<P>(saved.kappa_gradient), dread, dkappa);
        ctx.on.multiply(dread, Op::plain, ctx.value(map_), Op::plain, dkappa, 1, 1);
        nn::normalize_backward<P>(ctx, saved.unit, CRows<P>(dkappa), dsum);
        nn::bag_means_backward<P>(ctx, *words_, CRows<P>(dsum), ctx.gradient(word_));
        if (kappa_.block != ParameterBlock::frozen)
            nn::copy<P>(ctx.on, CRows<P>(dsum), ctx.gradient(kappa_), Write::add);
    }

private:
    std::shared_ptr<const nn::Bags> words_;
    TensorRef vectors_, kappa_, word_, map_;
    nn::Temperature temperature_;
};

}  // namespace coco::items

static_assert(coco::Items<coco::items::LearnedSemantic>);
static_assert(coco::items::HasLearnedColumns<coco::items::LearnedSemantic>);
