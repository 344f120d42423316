// SPDX-License-Identifier: Apache-2.0
/// \file
/// The loss of the backbone, selected at run time by one switch per step.
#pragma once

#include <array>

#include <coco/core/settings.hpp>
#include <coco/loss/bce.hpp>
#include <coco/loss/cross_entropy.hpp>

namespace coco {

/// Which loss trains the backbone.
enum class ObjectiveKind : std::uint8_t { cross_entropy, bce };
inline auto names_of(ObjectiveKind) {
    return std::array{NameOf{ObjectiveKind::cross_entropy, "cross_entropy"},
                      NameOf{ObjectiveKind::bce, "bce"}};
}

/// Whether the batch must contain negatives.
inline bool needs_negatives(ObjectiveKind kind) { return kind == ObjectiveKind::bce; }

namespace loss {

/// As `CrossEntropy::step`, for the loss of this kind.
template <class P>
void objective(ObjectiveKind kind, Context<P>& ctx, CRows<P> h, CRows<P> vectors, const Targets<P>& targets,
               double weight, typename P::Scalar* loss, Rows<P> dh, Rows<P> dvectors) {
    switch (kind) {
        case ObjectiveKind::cross_entropy:
            return CrossEntropy::step<P>(ctx, h, vectors, targets, weight, loss, dh, dvectors);
        case ObjectiveKind::bce:
            return Bce::step<P>(ctx, h, vectors, targets, weight, loss, dh, dvectors);
    }
}

}  // namespace loss
}  // namespace coco
