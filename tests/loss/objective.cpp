// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/loss/objective.hpp>

#include "conformance/loss.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

/// The run-time switch, or the objective it selects.
struct Case {
    ObjectiveKind kind;
    bool direct;

    std::vector<conformance::Shape> inputs(Index rows) const { return {{rows, 3}, {4, 3}}; }
    template <class Policy>
    void step(Context<Policy>& ctx, const conformance::In<Policy>& x, double weight,
              typename Policy::Scalar* loss, const conformance::Out<Policy>& dx) const {
        const std::vector<Id> yes{0, 1, 1}, no{2, 2, 3};
        Targets<Policy> t;
        t.item = conformance::ids(ctx.on, ctx.work, yes);
        t.by_item = conformance::inverse(ctx.on, ctx.work, yes, 4);
        t.negative = conformance::ids(ctx.on, ctx.work, no);
        t.by_negative = conformance::inverse(ctx.on, ctx.work, no, 4);
        if (!direct)
            loss::objective<Policy>(kind, ctx, x[0], x[1], t, weight, loss, dx[0], dx[1]);
        else if (kind == ObjectiveKind::bce)
            loss::Bce::step(ctx, x[0], x[1], t, weight, loss, dx[0], dx[1]);
        else
            loss::CrossEntropy::step(ctx, x[0], x[1], t, weight, loss, dx[0], dx[1]);
    }
};

}  // namespace

TEST_CASE("the run-time switch calls the selected objective", "[objective]") {
    for (const ObjectiveKind kind : {ObjectiveKind::cross_entropy, ObjectiveKind::bce}) {
        const Case chosen{kind, false}, direct{kind, true};
        const auto inputs = conformance::loss_inputs(chosen, 3);
        CHECK(conformance::loss_step<P>(chosen, inputs, 3, 1, 0) ==
              conformance::loss_step<P>(direct, inputs, 3, 1, 0));
    }
    CHECK(needs_negatives(ObjectiveKind::bce) == loss::Bce::needs_negatives);
    CHECK(needs_negatives(ObjectiveKind::cross_entropy) == loss::CrossEntropy::needs_negatives);
}
