// SPDX-License-Identifier: Apache-2.0
/// \file
/// The conformance test of an objective: value and gradients against difference quotients, weights, gradients
/// that are not wanted, thread counts, a batch without targets.
///
///     TEST_CASE("...") { coco::conformance::objective(MyObjective(config)); }
#pragma once

#include <vector>

#include <coco/loss/concept.hpp>

#include "batch.hpp"
#include "catch.hpp"
#include "loss.hpp"

namespace coco::conformance {

/// How an objective is called, with targets and negatives among 13 items; among the shared negatives are
/// targets, and one twice.
template <class L>
struct ObjectiveCase {
    static constexpr Index items = 13, width = 5;
    L objective;

    static std::vector<Shape> inputs(Index rows) { return {{rows, width}, {items, width}}; }
    static std::vector<Write> writes() { return {Write::set, Write::add}; }

    template <class P>
    void step(Context<P>& ctx, const In<P>& x, double weight, typename P::Scalar* loss,
              const Out<P>& dx) const {
        std::vector<Id> yes, no, own, weight_of;
        Offsets none;
        const std::vector<Id> shared{3, 7, 12, 3, 0, 5}, weights{2, 1, 4, 2, 3, 1};
        for (Index t = 0; t < x[0].rows; ++t) {
            yes.push_back(static_cast<Id>(t * 7 % items));
            no.push_back(static_cast<Id>((t * 7 + 1 + t % 5) % items));
            own.push_back(static_cast<Id>(t));
            weight_of.push_back(static_cast<Id>(1 + t % 3));
            none.push(0);
        }
        Targets<P> targets;
        targets.item = ids(ctx.on, ctx.work, std::span<const Id>(yes));
        targets.by_item = inverse(ctx.on, ctx.work, std::span<const Id>(yes), items);
        targets.negative = ids(ctx.on, ctx.work, std::span<const Id>(no));
        targets.by_negative = inverse(ctx.on, ctx.work, std::span<const Id>(no), items);
        targets.shared = ids(ctx.on, ctx.work, std::span<const Id>(shared));
        targets.by_shared = inverse(ctx.on, ctx.work, std::span<const Id>(shared), items);
        targets.shared_weight = ids(ctx.on, ctx.work, std::span<const Id>(weights));
        targets.item_weight = ids(ctx.on, ctx.work, std::span<const Id>(weight_of));
        targets.shared_total = 20;
        targets.self = ids(ctx.on, ctx.work, std::span<const Id>(own));
        targets.excluded_of = segments(ctx.on, ctx.work, none);
        objective.step(ctx, x[0], x[1], targets, weight, loss, dx[0], dx[1]);
    }
};

/// The whole conformance test.
template <class L>
void objective(const L& l) {
    static_assert(explain_objective<L>());
    const ObjectiveCase<L> test{l};
    loss(test);
    using P = PolicyUnderTest<double>;
    const LossOutcome none = loss_step<P>(test, {{}, normals(13 * 5, 1)}, 0, 1, 0.25);
    CHECK(none.loss == 0.25);
    CHECK(none.dx[1] == Numbers(13 * 5, 0.25));
}

}  // namespace coco::conformance
