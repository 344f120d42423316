// SPDX-License-Identifier: Apache-2.0
/// \file
/// A learned vector plus a linear map of a given text vector, v_i = E_i + T_i W', so that rare items share
/// information with items of similar text.
#pragma once

#include <functional>
#include <span>
#include <utility>

#include <coco/core/role.hpp>
#include <coco/core/settings.hpp>
#include <coco/items/concept.hpp>
#include <coco/items/mapped.hpp>

namespace coco::items {

/// Item vectors, items x width, from ids and text.
class TextAware {
public:
    using Role = role::Items;

    struct Config {
        double init = 0.02;                           ///< standard deviation of the initial E and W
        Index text_width = 0;                         ///< of a text vector
        std::function<void(std::span<float>)> texts;  ///< writes items x text_width, row-major

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("init", c.init, between(0, 100)),
                         setting("text_width", c.text_width, at_least(0)), not_stored());
        }
    };

    template <class P>
    using Saved = MappedVectors<P>;

    /// Throws `Error` if no text vectors are given.
    TextAware(ParameterLayout& layout, const Config& config, Index items, Index width) {
        require(config.text_width > 0 && config.texts, "items::TextAware", "no text vectors",
                "Config::texts and Config::text_width");
        vectors_ =
            layout.claim("item", items, width, Init::normal(config.init), Decay::no, ParameterBlock::table);
        texts_ = layout.given("item_text", items, config.text_width, config.texts);
        map_ = nn::Linear(layout, "item_text_map", config.text_width, width, Init::normal(config.init),
                          nn::Bias::no);
    }

    const TensorRef& vectors() const { return vectors_; }

    template <class P>
    Saved<P> forward(Context<P>& ctx) const {
        return mapped_vectors<P>(ctx, vectors_, ctx.value(texts_), map_);
    }
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved) const {
        mapped_vectors_backward<P>(ctx, vectors_, map_, saved.mapped, saved.gradient);
    }

private:
    TensorRef vectors_, texts_;
    nn::Linear map_;
};

}  // namespace coco::items

static_assert(coco::Items<coco::items::TextAware>);
