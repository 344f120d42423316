// SPDX-License-Identifier: Apache-2.0
/// \file
/// The rows of each group's prompts in a table of K rows, one a code, and the shared ones behind them.
#pragma once

#include <cstddef>
#include <span>

#include <coco/nn/embedding.hpp>
#include <coco/nn/indices.hpp>
#include <coco/prompt/select_codes.hpp>

namespace coco::prompt {

/// For each group the shared prompts, then those of its codes.
template <class P>
struct SelectedRows {
    Segments<P> of_group;
    Ids<P> source;         ///< of each prompt its row in the table
    Inverse<P> by_prompt;  ///< of the gather from the table

    /// \param codes  K    \param shared  number of shared prompts
    static SelectedRows of(Context<P>& ctx, const CodeSelection<P>& selection, Index codes,
                           Index shared = 1) {
        const Index groups = selection.of_row.count(), prompts = selection.of_row.rows() + groups * shared;
        const std::span<Id> offsets = ctx.work.template numbers<Id>(groups + 1);
        const std::span<Id> source = ctx.work.template numbers<Id>(prompts);
        std::size_t at = 0;
        for (Index g = 0; g < groups; ++g) {
            offsets[static_cast<std::size_t>(g)] = static_cast<Id>(at);
            for (Index s = 0; s < shared; ++s) source[at++] = static_cast<Id>(codes + s);
            for (Index k = selection.of_row.begin(g); k < selection.of_row.end(g); ++k)
                source[at++] = selection.code_host[static_cast<std::size_t>(k)];
        }
        offsets[static_cast<std::size_t>(groups)] = static_cast<Id>(at);
        return {nn::segments(ctx, std::span<const Id>(offsets)),
                ctx.on.upload(std::span<const Id>(source), ctx.work),
                nn::invert(ctx, std::span<const Id>(source), codes + shared)};
    }

    /// The prompts of all groups. \param table  (K + shared) x D
    Rows<P> gathered(Context<P>& ctx, CRows<P> table) const {
        const Rows<P> out = ctx.work.keep(source.size, table.cols);
        nn::gather<P>(ctx.on, table, source, out);
        return out;
    }
    /// Their gradient, added to that of the table.
    void scattered(Context<P>& ctx, CRows<P> dprompts, Rows<P> dtable) const {
        nn::scatter<P>(ctx.on, dprompts, by_prompt, dtable);
    }
};

}  // namespace coco::prompt
