// SPDX-License-Identifier: Apache-2.0
/// \file
/// The rows of a pass in the order in which the layers process them, [instruction | group 0: soft, text |
/// group 1 ...], or with each text before its soft rows, and the same without the groups that are closed.
#pragma once

#include <algorithm>
#include <span>

#include <coco/core/error.hpp>
#include <coco/llm/prompted.hpp>
#include <coco/nn/layer.hpp>

namespace coco::llm {

/// Uploads host numbers to the policy.
template <class P>
Ids<P> upload(Context<P>& ctx, std::span<const Id> numbers) {
    return ctx.on.upload(numbers, ctx.work);
}
template <class P>
Segments<P> segments_of(Context<P>& ctx, std::span<const Id> offsets) {
    Id longest = 0;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
        longest = std::max(longest, offsets[s + 1] - offsets[s]);
    return {offsets, upload(ctx, offsets), longest};
}

template <class P>
class Cache;

/// Cached keys and values of a pass that continues texts.
template <class P>
struct Cached {
    Cache<P>* home = nullptr;  ///< null: rows attend to rows of this pass only
    Segments<P> keys;          ///< rows of the cache that each group attends to, the new ones last
    Ids<P> row;                ///< for each new row its row in the cache
};

/// Rows of a pass.
template <class P>
struct Packed {
    Index prefix = 0;      ///< rows of the instruction
    Segments<P> segments;  ///< the instruction, if there is one, then the groups
    Segments<P> of_group;  ///< the groups only, counted from the first group's first row
    std::span<const Id> position_host, row_key_host;
    Ids<P> position, row_key;  ///< of each row: position in its text, instruction included; key for dropout
    CRows<P> table;            ///< rotary cosines and sines
    Index positions = 0;       ///< number of rows of `table`: 1 + the largest position
    bool soft_last = false;    ///< in each group the soft rows come last
    Cached<P> cached;

    Index rows() const { return segments.rows(); }
    Index first(Index group) const { return prefix + of_group.begin(group); }
};

/// The rows of a pass, and which input each one reads.
template <class P>
struct Gathered {
    Packed<P> packed;
    Ids<P> source;  ///< of each group's row: token `source`, or if negative soft row -1 - `source`
};

/// Arranges the rows of a pass. \throws Error if soft prompts and texts have different numbers of groups
template <class P>
Gathered<P> pack(Context<P>& ctx, const Prompted<P>& in) {
    const Index groups = in.groups(), prefix = in.instruction.size;
    if ((in.soft_of.count() != groups && in.soft_of.count() != 0) ||
        (in.text_of.count() != groups && in.text_of.count() != 0))
        throw Error("language model", "soft prompts and texts of different numbers of groups",
                    text_of(in.soft_of.count()), text_of(in.text_of.count()));
    const Index lead = prefix > 0 ? 1 : 0;
    const std::span<Id> offsets = ctx.work.numbers(groups + 1), all = ctx.work.numbers(groups + 1 + lead);
    offsets[0] = all[0] = 0;
    if (lead) all[1] = static_cast<Id>(prefix);
    Id longest = 0;
    for (Index g = 0; g < groups; ++g) {
        const auto at = static_cast<std::size_t>(g);
        const Id length = static_cast<Id>(in.soft_length(g) + in.text_length(g));
        longest = std::max(longest, length);
        offsets[at + 1] = offsets[at] + length;
        all[at + 1 + static_cast<std::size_t>(lead)] = static_cast<Id>(prefix) + offsets[at + 1];
    }
    const Index rows = all.back();
    const std::span<Id> position = ctx.work.numbers(rows), key = ctx.work.numbers(rows),
                        source = ctx.work.numbers(rows - prefix);
    std::size_t row = 0;
    for (; row < static_cast<std::size_t>(prefix); ++row) {
        position[row] = static_cast<Id>(row);
        key[row] = -1 - static_cast<Id>(row);
    }
    for (Index g = 0; g < groups; ++g) {
        const Id number = in.group.empty() ? static_cast<Id>(g) : in.group[static_cast<std::size_t>(g)];
        const Index soft = in.soft_length(g), text = in.text_length(g), length = soft + text,
                    first_soft = in.soft_last ? text : 0, first_text = in.soft_last ? 0 : soft;
        for (Index i = 0; i < length; ++i, ++row) {
            position[row] = static_cast<Id>(prefix + i);
            key[row] =
                static_cast<Id>(static_cast<std::uint32_t>(number) * 4096u + static_cast<std::uint32_t>(i));
            source[row - static_cast<std::size_t>(prefix)] =
                i >= first_soft && i < first_soft + soft
                    ? static_cast<Id>(-1 - (in.soft_of.begin(g) + i - first_soft))
                    : static_cast<Id>(in.text_of.begin(g) + i - first_text);
        }
    }
    Packed<P> packed;
    packed.prefix = prefix;
    packed.segments = segments_of(ctx, std::span<const Id>(all));
    packed.of_group = segments_of(ctx, std::span<const Id>(offsets));
    packed.position_host = position;
    packed.row_key_host = key;
    packed.position = upload(ctx, packed.position_host);
    packed.row_key = upload(ctx, packed.row_key_host);
    packed.positions = prefix + longest;
    packed.soft_last = in.soft_last;
    return {packed, upload(ctx, std::span<const Id>(source))};
}

/// The instruction and the open groups of a pass.
template <class P>
struct OpenGroups {
    Packed<P> packed;
    Ids<P> row;      ///< for each row of `packed` its row in the whole pass; empty if all groups are open
    Ids<P> out_row;  ///< the same for rows of groups, counted from the first group's first row
    Ids<P> soft;     ///< for each soft row of the whole pass its row in `packed`, or -1
};

/// Leaves out the groups that are closed. \param open  one byte per group, 0: closed
template <class P>
OpenGroups<P> keep_open(Context<P>& ctx, const Packed<P>& whole, const Segments<P>& soft_of, Index soft_rows,
                        std::span<const std::uint8_t> open) {
    const Index groups = whole.of_group.count(), prefix = whole.prefix, lead = prefix > 0 ? 1 : 0;
    Index count = 0, rows = 0;
    for (Index g = 0; g < groups; ++g)
        if (open[static_cast<std::size_t>(g)]) ++count, rows += whole.of_group.length(g);
    const std::span<Id> offsets = ctx.work.numbers(count + 1), all = ctx.work.numbers(count + 1 + lead),
                        row = ctx.work.numbers(prefix + rows), position = ctx.work.numbers(prefix + rows),
                        key = ctx.work.numbers(prefix + rows), soft = ctx.work.numbers(soft_rows);
    offsets[0] = all[0] = 0;
    if (lead) all[1] = static_cast<Id>(prefix);
    std::fill(soft.begin(), soft.end(), no_id);
    std::size_t to = 0, segment = 0;
    const auto take = [&](Index from) {
        row[to] = static_cast<Id>(from);
        position[to] = whole.position_host[static_cast<std::size_t>(from)];
        key[to] = whole.row_key_host[static_cast<std::size_t>(from)];
        ++to;
    };
    for (Index i = 0; i < prefix; ++i) take(i);
    for (Index g = 0; g < groups; ++g) {
        if (!open[static_cast<std::size_t>(g)]) continue;
        const Index prompts = soft_of.count() ? soft_of.length(g) : 0,
                    first_soft = whole.soft_last ? whole.of_group.length(g) - prompts : 0;
        for (Index i = 0; i < prompts; ++i)
            soft[static_cast<std::size_t>(soft_of.begin(g) + i)] =
                static_cast<Id>(static_cast<Index>(to) + first_soft + i);
        for (Index i = 0; i < whole.of_group.length(g); ++i) take(whole.first(g) + i);
        ++segment;
        all[segment + static_cast<std::size_t>(lead)] = static_cast<Id>(to);
        offsets[segment] = static_cast<Id>(to) - static_cast<Id>(prefix);
    }
    OpenGroups<P> out;
    out.soft = upload(ctx, std::span<const Id>(soft));
    out.packed = whole;
    if (to == static_cast<std::size_t>(whole.rows())) return out;
    out.row = upload(ctx, std::span<const Id>(row));
    const std::span<Id> out_row = ctx.work.numbers(rows);
    for (std::size_t i = 0; i < out_row.size(); ++i)
        out_row[i] = row[i + static_cast<std::size_t>(prefix)] - static_cast<Id>(prefix);
    out.out_row = upload(ctx, std::span<const Id>(out_row));
    out.packed.segments = segments_of(ctx, std::span<const Id>(all));
    out.packed.of_group = segments_of(ctx, std::span<const Id>(offsets));
    out.packed.position_host = position;
    out.packed.row_key_host = key;
    out.packed.position = upload(ctx, out.packed.position_host);
    out.packed.row_key = upload(ctx, out.packed.row_key_host);
    return out;
}

}  // namespace coco::llm
