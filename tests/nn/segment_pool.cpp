// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <limits>

#include <coco/nn/segment_pool.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

/// Pools, and spreads each segment's row over its rows again: the conformance test wants as many rows.
template <Id most>
struct Case {
    static constexpr bool segmented = true;

    template <class Policy>
    struct Saved {
        CRows<Policy> out;
    };

    explicit Case(ParameterLayout&) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, 7}}; }
    template <class Policy>
    Saved<Policy> forward(Context<Policy>& ctx, const Sequence<Policy>& sequence,
                          const conformance::In<Policy>& x) const {
        const Rows<Policy> pooled = nn::SegmentPool(most).forward(ctx, sequence.segments, x[0]),
                           out = ctx.work.keep(x[0].rows, 7);
        nn::SegmentPool(most).backward(ctx, sequence.segments, CRows<Policy>(pooled), out);
        return {out};
    }
    template <class Policy>
    void backward(Context<Policy>& ctx, const Sequence<Policy>& sequence, const Saved<Policy>&,
                  CRows<Policy> dy, const conformance::Out<Policy>& dx) const {
        // Spreading divides by the number of rows, as the mean does: each is the other's gradient.
        const Rows<Policy> dpooled = nn::SegmentPool(most).forward(ctx, sequence.segments, dy);
        nn::SegmentPool(most).backward(ctx, sequence.segments, CRows<Policy>(dpooled), dx[0]);
    }
};

}  // namespace

TEST_CASE("pooling segments passes the conformance test of a layer", "[segment_pool]") {
    conformance::layer<Case<std::numeric_limits<Id>::max()>>();
    conformance::layer<Case<1>>();
    conformance::layer<Case<2>>();
}

TEST_CASE("a pooled segment is the mean of its rows, or its first one, or zeros", "[segment_pool]") {
    P on = conformance::policy<P>(2);
    Workspace<P> work(on);
    ParameterLayout layout;
    const Parameters<P> parameters(on, layout, 1);
    Context<P> ctx = parameters.context(on, work);
    Offsets segments;
    for (const Index n : {2, 0, 1}) segments.push(n);
    const CRows<P> x = conformance::uploaded(on, work, {1, 2, 3, 6, 5, 7}, {3, 2});
    const auto pooled = [&](Id most) {
        return conformance::downloaded<P>(
            on, CRows<P>(nn::SegmentPool(most).forward(ctx, conformance::segments(on, work, segments), x)));
    };
    CHECK(pooled(std::numeric_limits<Id>::max()) == conformance::Numbers{2, 4, 0, 0, 5, 7});
    CHECK(pooled(1) == conformance::Numbers{1, 2, 0, 0, 5, 7});
}
