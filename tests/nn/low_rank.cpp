// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/nn/dropout.hpp>
#include <coco/nn/linear.hpp>
#include <coco/nn/low_rank.hpp>

#include "laws/here.hpp"
#include "laws/stage.hpp"

using namespace coco;

namespace {

constexpr Index in = 11, out = 5;

/// As it is used: beside a linear map.
struct Case {
    nn::Linear base;
    nn::LowRank change;

    explicit Case(Layout& layout)
        : base(layout, "base", in, out, Init::normal(0.5), nn::Bias::no),
          change(layout, "change", in, out, 3, 2.0, 0.3) {}
    static std::vector<laws::Shape> inputs(Index rows) { return {{rows, in}}; }
    template <class P>
    Passed<P> forward(Run<P>& run, const Sequence<P>& sequence, const laws::In<P>& x) const {
        const Passed<P> kept = base.forward(run, x[0]);
        change.forward(run, x[0], sequence.row_key, kept.out);
        return kept;
    }
    template <class P>
    void backward(Run<P>& run, const Sequence<P>& sequence, const Passed<P>& kept, CRows<P> dy,
                  const laws::Out<P>& dx) const {
        base.backward(run, kept, dy, dx[0]);
        change.backward(run, kept.x, sequence.row_key, dy, dx[0]);
    }
};

}  // namespace

TEST_CASE("low rank: the law of stages, beside a linear map") { laws::stage<Case>(); }

TEST_CASE("low rank: y += scale B A dropout(x), with the bits of Dropout") {
    using P = laws::Here<double>;
    P on = laws::policy<P>(1);
    Layout layout;
    const nn::Dropout dropout(layout, 0.4);  // the layout's first site
    Layout again;
    const nn::LowRank change(again, "change", in, out, 3, 2.0, 0.4);
    Parameters<P> parameters(on, again, 1);
    const laws::Numbers a = laws::normals(3 * in, 1), b = laws::normals(out * 3, 2),
                        x = laws::normals(6 * in, 3), before = laws::normals(6 * out, 4);
    on.put(a.data(), parameters.list(change.a()));
    on.put(b.data(), parameters.list(change.b()));
    Workspace<P> work(on);
    Run<P> run = parameters.run(on, work);
    run.training = true;
    run.seed = 9;
    const std::vector<Id> keys{5, 6, 7, 8, 9, -1};
    const CRows<P> rows = laws::brought(on, work, x, {6, in});
    const Rows<P> y = laws::brought(on, work, before, {6, out});
    change.forward(run, rows, laws::ids(on, work, keys), y);
    const laws::Numbers dropped =
        laws::fetched<P>(on, dropout.forward(run, rows, laws::ids(on, work, keys)).out);
    laws::Numbers expected = before;
    for (std::size_t i = 0; i < 6; ++i)
        for (std::size_t o = 0; o < out; ++o)
            for (std::size_t r = 0; r < 3; ++r)
                for (std::size_t j = 0; j < in; ++j)
                    expected[i * out + o] += 2 * b[o * 3 + r] * a[r * in + j] * dropped[i * in + j];
    CHECK(laws::distance(laws::fetched<P>(on, y), expected) < 1e-12);
    CHECK(std::count(dropped.begin(), dropped.end(), 0.0) > 10);
}

TEST_CASE("low rank: starts as no change at all") {
    Layout layout;
    laws::Here<float> on = laws::policy<laws::Here<float>>(1);
    const nn::LowRank change(layout, "change", in, out, 3, 2.0, 0);
    const Parameters<laws::Here<float>> parameters(on, layout, 1);
    CHECK(laws::length(laws::fetched<laws::Here<float>>(on, parameters.view(change.b()))) == 0);
    double most = 0;
    for (const double v : laws::fetched<laws::Here<float>>(on, parameters.view(change.a())))
        most = std::max(most, std::abs(v));
    CHECK(most <= 1 / std::sqrt(11.0));
    CHECK(most > 0.8 / std::sqrt(11.0));
}
