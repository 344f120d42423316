// SPDX-License-Identifier: Apache-2.0
/// \file
/// LoRA (Hu et al., 2021) on linear maps of every layer, W' = W + (alpha/rank) B A; by default on query and
/// value, as in the paper.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <coco/adapter/concept.hpp>
#include <coco/adapter/projections.hpp>
#include <coco/core/error.hpp>
#include <coco/core/role.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/low_rank.hpp>

namespace coco::adapter {

/// Trains two low-rank factors per map, in a separate parameter group "adapter".
class LoRA {
public:
    using Role = role::Adapter;
    static constexpr bool learns = true;

    struct Config {
        Index rank = 8;
        double alpha = 16;      ///< the change is multiplied by alpha / rank
        double dropout = 0.05;  ///< on the rows before A, while training
        std::vector<Projection> targets{Projection::query, Projection::value};  ///< the maps it changes

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("rank", c.rank, at_least(1)), setting("alpha", c.alpha, above(0, 1e6)),
                         setting("dropout", c.dropout, below(0, 1)), setting("targets", c.targets));
        }
    };

    LoRA() = default;
    [[gnu::cold, gnu::noinline]] LoRA(ParameterLayout& layout, const Config& config, const Sizes& sizes) {
        check_settings(config, "adapter");
        require(!config.targets.empty(), "adapter.targets", "empty", "a map to change", "none");
        layout.group("adapter");
        const double scale = config.alpha / static_cast<double>(config.rank);
        for (Index l = 0; l < sizes.layers; ++l) {
            const ParameterLayout::Scope scope(layout, text_of("adapter.", l));
            for (const Projection p : projections)
                if (std::find(config.targets.begin(), config.targets.end(), p) != config.targets.end())
                    change_[at(p)].emplace_back(layout, names[at(p)], sizes.in(p), sizes.out(p), config.rank,
                                                scale, config.dropout);
        }
    }

    /// Whether it changes this map, in every layer.
    bool changes(Projection p) const { return !change_[at(p)].empty(); }
    /// The change of a layer's map. Requires `changes(p)`.
    const nn::LowRank& change(Index layer, Projection p) const {
        return change_[at(p)][static_cast<std::size_t>(layer)];
    }

    /// y += the change of a layer's map, applied to x.
    /// \param x        rows x Sizes::in(p), the input of the map     \param y  rows x Sizes::out(p)
    /// \param row_key  one key per row, for dropout
    template <class P>
    void forward(Context<P>& ctx, Index layer, Projection p, CRows<P> x, Ids<P> row_key, Rows<P> y) const {
        if (changes(p)) change(layer, p).forward(ctx, x, row_key, y);
    }
    /// Adds the gradients of A and B, and the contribution of the change to dx.
    template <class P>
    void backward(Context<P>& ctx, Index layer, Projection p, CRows<P> x, Ids<P> row_key, CRows<P> dy,
                  Rows<P> dx) const {
        if (changes(p)) change(layer, p).backward(ctx, x, row_key, dy, dx);
    }

private:
    static constexpr std::array<std::string_view, 7> names{"query", "key", "value", "output",
                                                           "gate",  "up",  "down"};
    static std::size_t at(Projection p) { return static_cast<std::size_t>(p); }

    std::array<std::vector<nn::LowRank>, 7> change_;  ///< for each map: one per layer, or none
};

}  // namespace coco::adapter

static_assert(coco::Adapter<coco::adapter::LoRA>);
