// SPDX-License-Identifier: Apache-2.0
/// \file
/// LoRA (Hu et al., 2021) on the query and value projections of every layer: W' = W + (alpha/rank) B A.
#pragma once

#include <string>
#include <vector>

#include <coco/adapter/concept.hpp>
#include <coco/adapter/projections.hpp>
#include <coco/core/error.hpp>
#include <coco/core/role.hpp>
#include <coco/nn/low_rank.hpp>

namespace coco::adapter {

/// Trains two thin matrices a projection in a parameter group of their own, "adapter".
class LoRA {
public:
    using Role = role::Adapter;
    static constexpr bool learns = true;

    struct Config {
        Index rank = 8;
        double alpha = 16;      ///< the change is multiplied by alpha / rank
        double dropout = 0.05;  ///< on the rows before A, while training
    };

    LoRA() = default;
    LoRA(Layout& layout, const Config& config, const Sizes& sizes) {
        require(config.rank >= 1, "adapter.rank", "too small", "at least 1", text_of(config.rank));
        require(config.dropout >= 0 && config.dropout < 1, "adapter.dropout", "out of range", "in [0, 1)",
                text_of(config.dropout));
        layout.group("adapter");
        const double scale = config.alpha / static_cast<double>(config.rank);
        for (Index l = 0; l < sizes.layers; ++l) {
            const Layout::Scope scope(layout, "adapter." + std::to_string(l));
            query_.emplace_back(layout, "query", sizes.width, sizes.query, config.rank, scale,
                                config.dropout);
            value_.emplace_back(layout, "value", sizes.width, sizes.value, config.rank, scale,
                                config.dropout);
        }
    }

    const nn::LowRank& query(Index layer) const { return query_[static_cast<std::size_t>(layer)]; }
    const nn::LowRank& value(Index layer) const { return value_[static_cast<std::size_t>(layer)]; }

    /// y += the change of a layer's projections.
    /// \param x        rows x Sizes::width, what the layer projects
    /// \param row_key  a key a row, for dropout
    template <class P>
    void forward(Run<P>& run, Index layer, CRows<P> x, Ids<P> row_key, const Projections<Rows<P>>& y) const {
        query(layer).forward(run, x, row_key, y.query);
        value(layer).forward(run, x, row_key, y.value);
    }
    /// Gradients of A and B from dy, and dx += theirs.
    template <class P>
    void backward(Run<P>& run, Index layer, CRows<P> x, Ids<P> row_key, const Projections<CRows<P>>& dy,
                  Rows<P> dx) const {
        query(layer).backward(run, x, row_key, dy.query, dx);
        value(layer).backward(run, x, row_key, dy.value, dx);
    }

private:
    std::vector<nn::LowRank> query_, value_;
};

}  // namespace coco::adapter

static_assert(coco::Adapter<coco::adapter::LoRA>);
