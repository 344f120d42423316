// SPDX-License-Identifier: Apache-2.0
/// \file
/// The batch of a step in the policy's memory, uploaded from a `HostBatch`.
#pragma once

#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/nn/indices.hpp>
#include <coco/nn/layer.hpp>
#include <coco/nn/sequence.hpp>
#include <coco/nn/upload.hpp>
#include <coco/sampling/host_batch.hpp>
#include <coco/store/ragged.hpp>

namespace coco {

/// A batch in the memory of policy `P`.
template <class P>
struct Batch {
    Sequence<P> sequence;
    Targets<P> targets;
    std::span<const Id> group_of_segment;  ///< on the host
    Ids<P> query_row;
    std::span<const Id> group_key;  ///< on the host
    Segments<P> text_of;
    Ids<P> token;

    Index groups() const { return query_row.size; }
};

/// Uploads a host batch to the policy of the context; the host batch must outlive the step.
template <class P>
Batch<P> upload(Context<P>& ctx, const HostBatch& h) {
    const auto ids = [&](const std::vector<Id>& v) {
        return ctx.on.upload(std::span<const Id>(v), ctx.work);
    };
    Batch<P> b;
    b.sequence = {upload(ctx, h.segments),    ids(h.item),   upload(ctx, h.by_item), ids(h.position),
                  upload(ctx, h.by_position), ids(h.row_key)};
    b.targets.row = ids(h.target_row);
    b.targets.by_row = upload(ctx, h.by_row);
    b.targets.item = ids(h.target_item);
    b.targets.by_item = upload(ctx, h.by_target_item);
    b.targets.negative = ids(h.negative);
    b.targets.by_negative = upload(ctx, h.by_negative);
    b.targets.shared = ids(h.shared);
    b.targets.by_shared = upload(ctx, h.by_shared);
    b.targets.shared_weight = ids(h.shared_weight);
    b.targets.item_weight = ids(h.target_weight);
    b.targets.shared_total = h.shared_total;
    b.targets.of_segment = upload(ctx, h.targets_of);
    if (!h.excluded.empty()) b.targets.excluded_of = upload(ctx, h.excluded_of);
    b.targets.excluded = ids(h.excluded);
    b.targets.self = ids(h.self);
    b.group_of_segment = h.group_of_segment;
    b.query_row = ids(h.query_row);
    b.group_key = h.group_key;
    b.text_of = upload(ctx, h.text_of);
    b.token = ids(h.token);
    return b;
}

/// The knowledge of each query segment: the segment of its group, or an empty one. The segments are
/// contiguous, so each group must be named by exactly one query segment, in order.
template <class P>
Segments<P> by_segment(Context<P>& ctx, const Batch<P>& batch, const Segments<P>& of_group) {
    const std::span<Id> offsets =
        ctx.work.template numbers<Id>(static_cast<Index>(batch.group_of_segment.size()) + 1);
    offsets[0] = 0;
    for (std::size_t s = 0; s < batch.group_of_segment.size(); ++s) {
        const Id g = batch.group_of_segment[s];
        if (g >= 0 && offsets[s] != of_group.begin(g))
            throw Error("batch", "groups are not named once each, in order", {}, text_of("group ", g));
        offsets[s + 1] = static_cast<Id>(offsets[s] + (g < 0 ? 0 : of_group.length(g)));
    }
    return nn::segments(ctx, std::span<const Id>(offsets));
}

}  // namespace coco
