// SPDX-License-Identifier: Apache-2.0
/// \file
/// A batch of items as pairs of semantic ids: the tokens of each target's history, and those of the target.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include <coco/nn/indices.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/quantize/semantic_ids.hpp>
#include <coco/seq2seq/pairs.hpp>

namespace coco::baseline {

/// The key of a token's random bits, of that of the row that predicts.
inline Id token_key(Id row_key, std::size_t token) {
    return static_cast<Id>(static_cast<std::uint32_t>(row_key) +
                           0x9E3779B9u * static_cast<std::uint32_t>(token + 1));
}

/// The sources alone, one for each target: the items of its segment up to its row. Items are read back to the
/// host, where tokens and the inverse of the embedding are made; a device is waited for.
template <class P>
seq2seq::Pairs<P> source_tokens(Context<P>& ctx, const Batch<P>& batch, const quantize::SemanticIds& ids) {
    const auto downloaded = [&](Ids<P> from) {
        const std::span<Id> to = ctx.work.numbers(from.size);
        ctx.on.download(from, to.data());
        return to;
    };
    const std::span<Id> item = downloaded(batch.sequence.item), key = downloaded(batch.sequence.row_key),
                        row = downloaded(batch.targets.row);
    const std::span<const Id> segment = batch.sequence.segments.host;
    const std::span<Id> offsets = ctx.work.numbers(static_cast<Index>(row.size()) + 1),
                        first = ctx.work.numbers(static_cast<Index>(row.size()));
    offsets[0] = 0;
    for (std::size_t t = 0; t < row.size(); ++t) {
        first[t] = *(std::upper_bound(segment.begin(), segment.end(), row[t]) - 1);
        offsets[t + 1] = static_cast<Id>(offsets[t] + (row[t] + 1 - first[t]) * ids.levels());
    }
    const std::span<Id> token = ctx.work.numbers(offsets.back()),
                        token_keys = ctx.work.numbers(offsets.back());
    for (std::size_t t = 0; t < row.size(); ++t) {
        auto to = token.begin() + offsets[t];
        for (Id r = first[t]; r <= row[t]; ++r) {
            const std::span<const Id> tuple = ids.tokens(item[static_cast<std::size_t>(r)]);
            to = std::copy(tuple.begin(), tuple.end(), to);
        }
        for (Id i = offsets[t]; i < offsets[t + 1]; ++i)
            token_keys[static_cast<std::size_t>(i)] =
                token_key(key[static_cast<std::size_t>(row[t])], static_cast<std::size_t>(i - offsets[t]));
    }
    seq2seq::Pairs<P> pairs;
    pairs.source_of = nn::segments(ctx, std::span<const Id>(offsets));
    pairs.source = ctx.on.upload(std::span<const Id>(token), ctx.work);
    pairs.source_key = ctx.on.upload(std::span<const Id>(token_keys), ctx.work);
    pairs.by_source = nn::invert(ctx, std::span<const Id>(token), ids.vocabulary());
    return pairs;
}

/// Sources and targets.
template <class P>
seq2seq::Pairs<P> token_pairs(Context<P>& ctx, const Batch<P>& batch, const quantize::SemanticIds& ids) {
    seq2seq::Pairs<P> pairs = source_tokens(ctx, batch, ids);
    const Index targets = batch.targets.item.size, levels = ids.levels();
    const std::span<Id> item = ctx.work.numbers(targets), offsets = ctx.work.numbers(targets + 1);
    const std::span<Id> input = ctx.work.numbers(targets * levels),
                        target = ctx.work.numbers(targets * levels), key = ctx.work.numbers(targets * levels),
                        first_key = ctx.work.numbers(pairs.source_key.size);
    ctx.on.download(batch.targets.item, item.data());
    ctx.on.download(pairs.source_key, first_key.data());
    offsets[0] = 0;
    for (Index t = 0; t < targets; ++t) {
        const std::span<const Id> tuple = ids.tokens(item[static_cast<std::size_t>(t)]);
        const Id of_source = first_key[static_cast<std::size_t>(pairs.source_of.begin(t))];
        for (Index l = 0; l < levels; ++l) {
            const auto at = static_cast<std::size_t>(t * levels + l);
            target[at] = tuple[static_cast<std::size_t>(l)];
            input[at] = l == 0 ? seq2seq::start_token : tuple[static_cast<std::size_t>(l - 1)];
            key[at] = token_key(of_source, static_cast<std::size_t>(l));
        }
        offsets[static_cast<std::size_t>(t) + 1] = static_cast<Id>((t + 1) * levels);
    }
    pairs.target_of = nn::segments(ctx, std::span<const Id>(offsets));
    pairs.input = ctx.on.upload(std::span<const Id>(input), ctx.work);
    pairs.target = ctx.on.upload(std::span<const Id>(target), ctx.work);
    pairs.target_key = ctx.on.upload(std::span<const Id>(key), ctx.work);
    pairs.by_input = nn::invert(ctx, std::span<const Id>(input), ids.vocabulary());
    return pairs;
}

}  // namespace coco::baseline
