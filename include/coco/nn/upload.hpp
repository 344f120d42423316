// SPDX-License-Identifier: Apache-2.0
/// \file
/// Ragged lists of the host in the memory of a policy, for the length of a step.
#pragma once

#include <span>

#include <coco/nn/layer.hpp>
#include <coco/store/ragged.hpp>

namespace coco {

/// Uploads host offsets as segments.
template <class P>
Segments<P> upload(Context<P>& ctx, const Offsets& offsets) {
    const std::span<const Id> at(offsets.at);
    return {at, ctx.on.upload(at, ctx.work), offsets.longest()};
}

/// Uploads host inverse lists.
template <class P>
Inverse<P> upload(Context<P>& ctx, const InverseLists& lists) {
    Inverse<P> inverse;
    inverse.id = ctx.on.upload(std::span<const Id>(lists.id), ctx.work);
    inverse.places_of.host = lists.offsets;
    inverse.places_of.offsets = ctx.on.upload(std::span<const Id>(lists.offsets), ctx.work);
    inverse.place = ctx.on.upload(std::span<const Id>(lists.place), ctx.work);
    return inverse;
}

}  // namespace coco
