// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/normalize.hpp>

#include "laws/here.hpp"
#include "laws/stage.hpp"

using namespace coco;
using P = laws::Here<double>;

namespace {

struct Case {
    template <class Policy>
    struct Kept {
        nn::Normalized<Policy> normalized;
        CRows<Policy> out;
    };

    explicit Case(Layout&) {}
    static std::vector<laws::Shape> inputs(Index rows) { return {{rows, 7}}; }
    template <class Policy>
    Kept<Policy> forward(Run<Policy>& run, const Sequence<Policy>&, const laws::In<Policy>& x) const {
        const auto n = nn::normalize<Policy>(run, x[0]);
        return {n, n.y};
    }
    template <class Policy>
    void backward(Run<Policy>& run, const Sequence<Policy>&, const Kept<Policy>& kept, CRows<Policy> dy,
                  const laws::Out<Policy>& dx) const {
        nn::normalize_backward<Policy>(run, kept.normalized, dy, dx[0]);
    }
};

}  // namespace

TEST_CASE("normalising obeys the law of stages", "[normalize]") { laws::stage<Case>(); }

TEST_CASE("rows get length one, a row of zeros stays zero with a finite gradient", "[normalize]") {
    Layout layout;
    P on = laws::policy<P>(1);
    Workspace<P> work(on);
    Parameters<P> parameters(on, layout, 1);
    Run<P> run = parameters.run(on, work);
    const CRows<P> x = laws::brought(on, work, {3, 4, 0, 0}, {2, 2});
    const nn::Normalized<P> n = nn::normalize<P>(run, x);
    CHECK(laws::distance(laws::fetched<P>(on, n.y), {0.6, 0.8, 0, 0}) < 1e-15);
    CHECK(laws::fetched<P>(on, n.length)[0] == Approx(5));
    const CRows<P> dy = laws::brought(on, work, {1, 0, 1e-20, 0}, {2, 2});
    const Rows<P> dx = laws::brought(on, work, {1, 1, 1, 1}, {2, 2});
    nn::normalize_backward<P>(run, n, dy, dx, Write::add);
    CHECK(laws::distance(laws::fetched<P>(on, dx), {1 + 0.64 / 5, 1 - 0.48 / 5, 1 + 1e-8, 1}) < 1e-12);
}
