// SPDX-License-Identifier: Apache-2.0
/// \file
/// Items with semantic columns: the backbone reads a learned vector (plus a linear map of kappa), and a
/// ranking may use the frozen columns kappa beside it, where an item that was hardly ever seen stands next to
/// items of similar text. How often an item was seen may be given too: a ranking can then trust the text of
/// rare items more.
#pragma once

#include <cmath>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <coco/core/role.hpp>
#include <coco/core/settings.hpp>
#include <coco/items/concept.hpp>
#include <coco/items/mapped.hpp>

namespace coco::items {

/// log(1 + occurrences), less its mean over the items. \param occurrences  of each item in training
inline std::vector<float> centred_log_popularity(std::span<const Index> occurrences) {
    std::vector<float> out;
    double sum = 0;
    for (const Index count : occurrences) {
        const double x = std::log1p(static_cast<double>(count));
        sum += x;
        out.push_back(static_cast<float>(x));
    }
    const float mean = out.empty() ? 0.0f : static_cast<float>(sum / static_cast<double>(out.size()));
    for (float& x : out) x -= mean;
    return out;
}

/// v_i = E_i, or E_i + kappa_i W'; kappa_i apart.
class Semantic {
public:
    using Role = role::Items;

    struct Config {
        double init = 0.02;                           ///< standard deviation of the initial E and W
        Index columns = 0;                            ///< of kappa
        bool map = true;                              ///< adds kappa W' to E; without it v is a Table's
        std::string space;                            ///< `SemanticSpace::digest`; checkpoints store it
        std::function<void(std::span<float>)> kappa;  ///< writes items x columns, row-major
        /// Optional: writes what items say of the next one where they stand in a history, as kappa.
        std::function<void(std::span<float>)> read;
        /// Optional: writes `centred_log_popularity`, by which the channel weighs kappa.
        std::function<void(std::span<float>)> popularity;

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("init", c.init, between(0, 100)), setting("columns", c.columns, at_least(0)),
                         setting("map", c.map), setting("space", c.space), not_stored(), not_stored(),
                         not_stored());
        }
    };

    template <class P>
    struct Saved {
        CRows<P> vectors;     ///< items x width
        Rows<P> gradient;     ///< users of `vectors` add their gradients here; empty: not computed
        CRows<P> kappa;       ///< items x columns; has no gradient
        CRows<P> read;        ///< the same of items in histories, or empty
        CRows<P> popularity;  ///< items x 1, or empty; has no gradient
        nn::Linear::Saved<P> mapped;
    };

    /// \throws Error where no semantic columns are given
    [[gnu::cold, gnu::noinline]] Semantic(ParameterLayout& layout, const Config& config, Index items,
                                          Index width)
        : has_map_(config.map) {
        require(config.columns > 0 && config.kappa, "items::Semantic", "no semantic columns",
                "Config::kappa and Config::columns, for instance from items::SemanticSpace");
        vectors_ =
            layout.claim("item", items, width, Init::normal(config.init), Decay::no, ParameterBlock::table);
        kappa_ = layout.given("item_kappa", items, config.columns, config.kappa, TakesStream::no);
        if (config.read)
            read_ = layout.given("item_read", items, config.columns, config.read, TakesStream::no);
        if (config.popularity)
            popularity_ = layout.given("item_popularity", items, 1, config.popularity, TakesStream::no);
        if (has_map_)
            map_ = nn::Linear(layout, "item_text_map", config.columns, width, Init::normal(config.init),
                              nn::Bias::no);
    }

    const TensorRef& vectors() const { return vectors_; }
    /// Semantic columns of a ranking.
    Index columns() const { return kappa_.cols; }
    /// Whether it was given how often each item was seen.
    bool has_popularity() const { return popularity_.rows > 0; }

    template <class P>
    Saved<P> forward(Context<P>& ctx) const {
        Saved<P> saved;
        saved.kappa = ctx.value(kappa_);
        if (read_.rows > 0) saved.read = ctx.value(read_);
        if (has_popularity()) saved.popularity = ctx.value(popularity_);
        if (!has_map_) {
            saved.vectors = ctx.value(vectors_);
            saved.gradient = ctx.gradient(vectors_);
            return saved;
        }
        const MappedVectors<P> sum = mapped_vectors<P>(ctx, vectors_, saved.kappa, map_);
        saved.vectors = sum.vectors;
        saved.gradient = sum.gradient;
        saved.mapped = sum.mapped;
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved) const {
        if (has_map_) mapped_vectors_backward<P>(ctx, vectors_, map_, saved.mapped, saved.gradient);
    }

private:
    bool has_map_;
    TensorRef vectors_, kappa_, read_, popularity_;
    nn::Linear map_;
};

}  // namespace coco::items

static_assert(coco::Items<coco::items::Semantic>);
static_assert(coco::items::HasSemanticColumns<coco::items::Semantic>);
