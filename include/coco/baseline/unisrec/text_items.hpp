// SPDX-License-Identifier: Apache-2.0
/// \file
/// UniSRec's item vectors: the adaptor's outputs of the items' text vectors, and in the transductive setting
/// a learned vector of each item on top. Of all items at once, or of those that a batch names.
#pragma once

#include <functional>
#include <numeric>
#include <span>
#include <string>

#include <coco/baseline/unisrec/adaptor.hpp>
#include <coco/core/role.hpp>
#include <coco/core/settings.hpp>
#include <coco/items/concept.hpp>
#include <coco/nn/embedding.hpp>

namespace coco::baseline::unisrec {

/// out_i = row id_i of `texts`; an id behind the last row counts on from the first one.
template <class T>
struct GatherTexts {
    const T* texts;
    Index rows;
    const Id* id;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = texts + (id[i] < rows ? id[i] : id[i] - rows) * cols;
        T* const to = out + i * cols;
        row.each(cols, [&](Index j) { to[j] = from[j]; });
    }
};

/// v_i = adaptor(x_i), or E_i + adaptor(x_i). An item without text has x_i = 0, and shares its vector, but
/// for E_i, with all such items.
class TextItems {
public:
    using Role = role::Items;

    struct Config {
        Adaptor::Config adaptor;
        double init = 0.02;                           ///< standard deviation of the initial E
        bool transductive = false;                    ///< with E; without: inductive, any text has a vector
        Index text_width = 0;                         ///< of a text vector
        std::string space;                            ///< digest of the text vectors; checkpoints store it
        std::function<void(std::span<float>)> texts;  ///< writes items x text_width, row-major
        /// Optional: writes the same of texts with words left out, which views of pre-training show.
        std::function<void(std::span<float>)> shortened;

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("adaptor", c.adaptor), setting("init", c.init, between(0, 100)),
                         setting("transductive", c.transductive),
                         setting("text_width", c.text_width, at_least(0)), setting("space", c.space),
                         not_stored(), not_stored());
        }
    };

    template <class P>
    struct Saved {
        CRows<P> vectors;  ///< items x width
        Rows<P> gradient;  ///< users of `vectors` add their gradients here; empty: not computed
        typename Adaptor::Saved<P> adapted;
    };

    /// \throws Error where no text vectors are given
    [[gnu::cold, gnu::noinline]] TextItems(ParameterLayout& layout, const Config& config, Index items,
                                           Index width)
        : items_(items) {
        require(config.text_width > 0 && config.texts, "unisrec.items", "no text vectors",
                "Config::texts and Config::text_width");
        const Index versions = config.shortened ? 2 : 1;
        const auto fill = [=, texts = config.texts, shortened = config.shortened](std::span<float> out) {
            texts(out.first(out.size() / static_cast<std::size_t>(versions)));
            if (shortened) shortened(out.subspan(out.size() / 2));
        };
        texts_ = layout.given("item_text", versions * items, config.text_width, fill, TakesStream::no);
        adaptor_ = Adaptor(layout, config.adaptor, config.text_width, width);
        if (config.transductive)
            table_ = layout.claim("item", items, width, Init::normal(config.init), Decay::no,
                                  ParameterBlock::table);
    }

    bool transductive() const { return table_.rows > 0; }

    template <class P>
    Saved<P> forward(Context<P>& ctx) const {
        Saved<P> saved;
        Ids<P> key;
        if (ctx.training) {
            const std::span<Id> all = ctx.work.numbers(items_);
            std::iota(all.begin(), all.end(), Id{0});
            key = ctx.on.upload(std::span<const Id>(all), ctx.work);
        }
        saved.adapted = adaptor_.forward(ctx, ctx.value(texts_).rows_from(0, items_), key);
        if (transductive()) nn::copy<P>(ctx.on, ctx.value(table_), saved.adapted.out, Write::add);
        saved.vectors = saved.adapted.out;
        if (!ctx.gradients[0]) return saved;
        saved.gradient = ctx.work.keep(saved.vectors.rows, saved.vectors.cols);
        nn::fill<P>(ctx.on, saved.gradient, 0);
        return saved;
    }
    /// Adds to the gradients of adaptor and E from the vectors' gradient; nothing where it is empty.
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved) const {
        if (saved.gradient.empty()) return;
        adaptor_.backward(ctx, saved.adapted, CRows<P>(saved.gradient));
        if (const Rows<P> d = transductive() ? ctx.gradient(table_) : Rows<P>{}; !d.empty())
            nn::copy<P>(ctx.on, CRows<P>(saved.gradient), d, Write::add);
    }

    /// The adaptor's outputs of some items, ids x width, without E; what the catalogue costs is not paid.
    /// \param id  an item, or items + item: its text with words left out, where it has one, else its text
    template <class P>
    typename Adaptor::Saved<P> adapt(Context<P>& ctx, Ids<P> id) const {
        const Rows<P> x = ctx.work.keep(id.size, texts_.cols);
        const Index rows = texts_.rows;
        if (id.size > 0)
            ctx.on.for_each_row(
                id.size, 2 * x.cols,
                GatherTexts<typename P::Scalar>{ctx.value(texts_).data, rows, id.data, x.data, x.cols});
        return adaptor_.forward(ctx, CRows<P>(x), id);
    }
    template <class P>
    void adapt_backward(Context<P>& ctx, const typename Adaptor::Saved<P>& saved, CRows<P> dy) const {
        adaptor_.backward(ctx, saved, dy);
    }

private:
    Index items_;
    TensorRef texts_, table_;
    Adaptor adaptor_;
};

}  // namespace coco::baseline::unisrec

static_assert(coco::Items<coco::baseline::unisrec::TextItems>);
