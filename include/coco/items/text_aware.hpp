// SPDX-License-Identifier: Apache-2.0
/// \file
/// A learned vector plus a linear map of a given text vector, so that rare items borrow from those that
/// read alike: v_i = E_i + T_i W'.
#pragma once

#include <functional>
#include <span>
#include <utility>

#include <coco/core/role.hpp>
#include <coco/items/concept.hpp>
#include <coco/nn/linear.hpp>

namespace coco::items {

/// items x width, from ids and text.
class TextAware {
public:
    using Role = role::Items;

    struct Config {
        double init = 0.02;                           ///< standard deviation of E and W at the start
        Index text_width = 0;                         ///< of a text vector
        std::function<void(std::span<float>)> texts;  ///< writes items x text_width, row-major
    };

    template <class P>
    struct Kept {
        Rows<P> vectors;   ///< items x width
        Rows<P> gradient;  ///< of `vectors`, zero at the start; empty where not wanted
        Passed<P> mapped;
    };

    /// Throws `Error` where no text vectors are given.
    TextAware(Layout& layout, const Config& config, Index items, Index width) {
        require(config.text_width > 0 && config.texts, "items::TextAware", "no text vectors",
                "Config::texts and Config::text_width");
        vectors_ = layout.claim("item", items, width, Init::normal(config.init), Decay::no, Home::table);
        texts_ = layout.given("item_text", items, config.text_width, config.texts);
        map_ = nn::Linear(layout, "item_text_map", config.text_width, width, Init::normal(config.init),
                          nn::Bias::no);
    }

    const Slot& vectors() const { return vectors_; }

    template <class P>
    Kept<P> forward(Run<P>& run) const {
        Kept<P> kept;
        kept.mapped = map_.forward(run, run.value(texts_));
        kept.vectors = run.work.keep(vectors_.rows, vectors_.cols);
        nn::add<P>(run.on, run.value(vectors_), CRows<P>(kept.mapped.out), kept.vectors);
        if (!run.gradient(vectors_).empty()) {
            kept.gradient = run.work.keep(vectors_.rows, vectors_.cols);
            nn::fill<P>(run.on, kept.gradient, 0);
        }
        return kept;
    }

    template <class P>
    void backward(Run<P>& run, const Kept<P>& kept) const {
        if (kept.gradient.empty()) return;
        if (const Rows<P> d = run.gradient(vectors_); !d.empty())
            nn::copy<P>(run.on, CRows<P>(kept.gradient), d, Write::add);
        map_.backward(run, kept.mapped, CRows<P>(kept.gradient), Rows<P>{});
    }

private:
    Slot vectors_, texts_;
    nn::Linear map_;
};

}  // namespace coco::items

static_assert(coco::Items<coco::items::TextAware>);
