// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/normalize.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

struct Case {
    template <class Policy>
    struct Saved {
        nn::Normalized<Policy> normalized;
        CRows<Policy> out;
    };

    explicit Case(ParameterLayout&) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, 7}}; }
    template <class Policy>
    Saved<Policy> forward(Context<Policy>& ctx, const Sequence<Policy>&,
                          const conformance::In<Policy>& x) const {
        const auto n = nn::normalize<Policy>(ctx, x[0]);
        return {n, n.y};
    }
    template <class Policy>
    void backward(Context<Policy>& ctx, const Sequence<Policy>&, const Saved<Policy>& saved, CRows<Policy> dy,
                  const conformance::Out<Policy>& dx) const {
        nn::normalize_backward<Policy>(ctx, saved.normalized, dy, dx[0]);
    }
};

}  // namespace

TEST_CASE("normalising passes the conformance test of a layer", "[normalize]") { conformance::layer<Case>(); }

TEST_CASE("rows get length one, a row of zeros remains zero with a finite gradient", "[normalize]") {
    ParameterLayout layout;
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    Parameters<P> parameters(on, layout, 1);
    Context<P> ctx = parameters.context(on, work);
    const CRows<P> x = conformance::uploaded(on, work, {3, 4, 0, 0}, {2, 2});
    const nn::Normalized<P> n = nn::normalize<P>(ctx, x);
    CHECK(conformance::distance(conformance::downloaded<P>(on, n.y), {0.6, 0.8, 0, 0}) < 1e-15);
    CHECK(conformance::downloaded<P>(on, n.length)[0] == Approx(5));
    const CRows<P> dy = conformance::uploaded(on, work, {1, 0, 1e-20, 0}, {2, 2});
    const Rows<P> dx = conformance::uploaded(on, work, {1, 1, 1, 1}, {2, 2});
    nn::normalize_backward<P>(ctx, n, dy, dx, Write::add);
    CHECK(conformance::distance(conformance::downloaded<P>(on, dx),
                                {1 + 0.64 / 5, 1 - 0.48 / 5, 1 + 1e-8, 1}) < 1e-12);
}
