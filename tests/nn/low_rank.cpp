// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/nn/dropout.hpp>
#include <coco/nn/linear.hpp>
#include <coco/nn/low_rank.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;

namespace {

constexpr Index in = 11, out = 5;

/// As it is used: added to a linear map.
struct Case {
    nn::Linear base;
    nn::LowRank change;

    explicit Case(ParameterLayout& layout)
        : base(layout, "base", in, out, Init::normal(0.5), nn::Bias::no),
          change(layout, "change", in, out, 3, 2.0, 0.3) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, in}}; }
    template <class P>
    nn::Linear::Saved<P> forward(Context<P>& ctx, const Sequence<P>& sequence,
                                 const conformance::In<P>& x) const {
        const nn::Linear::Saved<P> saved = base.forward(ctx, x[0]);
        change.forward(ctx, x[0], sequence.row_key, saved.out);
        return saved;
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>& sequence, const nn::Linear::Saved<P>& saved,
                  CRows<P> dy, const conformance::Out<P>& dx) const {
        base.backward(ctx, saved, dy, dx[0]);
        change.backward(ctx, saved.x, sequence.row_key, dy, dx[0]);
    }
};

}  // namespace

TEST_CASE("low rank: passes the conformance test of a layer, added to a linear map") {
    conformance::layer<Case>();
}

TEST_CASE("low rank: y += scale B A dropout(x), with the bits of Dropout") {
    using P = conformance::PolicyUnderTest<double>;
    P on = conformance::policy<P>(1);
    ParameterLayout layout;
    const nn::Dropout dropout(layout, 0.4);  // the first dropout site of the layout
    ParameterLayout again;
    const nn::LowRank change(again, "change", in, out, 3, 2.0, 0.4);
    Parameters<P> parameters(on, again, 1);
    const conformance::Numbers a = conformance::normals(3 * in, 1), b = conformance::normals(out * 3, 2),
                               x = conformance::normals(6 * in, 3), before = conformance::normals(6 * out, 4);
    on.upload(a.data(), parameters.list(change.a()));
    on.upload(b.data(), parameters.list(change.b()));
    Workspace<P> work(on);
    Context<P> ctx = parameters.context(on, work);
    ctx.training = true;
    ctx.seed = 9;
    const std::vector<Id> keys{5, 6, 7, 8, 9, -1};
    const CRows<P> rows = conformance::uploaded(on, work, x, {6, in});
    const Rows<P> y = conformance::uploaded(on, work, before, {6, out});
    change.forward(ctx, rows, conformance::ids(on, work, keys), y);
    const conformance::Numbers dropped =
        conformance::downloaded<P>(on, dropout.forward(ctx, rows, conformance::ids(on, work, keys)).out);
    conformance::Numbers expected = before;
    for (std::size_t i = 0; i < 6; ++i)
        for (std::size_t o = 0; o < out; ++o)
            for (std::size_t r = 0; r < 3; ++r)
                for (std::size_t j = 0; j < in; ++j)
                    expected[i * out + o] += 2 * b[o * 3 + r] * a[r * in + j] * dropped[i * in + j];
    CHECK(conformance::distance(conformance::downloaded<P>(on, y), expected) < 1e-12);
    CHECK(std::count(dropped.begin(), dropped.end(), 0.0) > 10);
}

TEST_CASE("low rank: initially changes nothing") {
    ParameterLayout layout;
    conformance::PolicyUnderTest<float> on = conformance::policy<conformance::PolicyUnderTest<float>>(1);
    const nn::LowRank change(layout, "change", in, out, 3, 2.0, 0);
    const Parameters<conformance::PolicyUnderTest<float>> parameters(on, layout, 1);
    CHECK(conformance::length(conformance::downloaded<conformance::PolicyUnderTest<float>>(
              on, parameters.view(change.b()))) == 0);
    double maximum = 0;
    for (const double v :
         conformance::downloaded<conformance::PolicyUnderTest<float>>(on, parameters.view(change.a())))
        maximum = std::max(maximum, std::abs(v));
    CHECK(maximum <= 1 / std::sqrt(11.0));
    CHECK(maximum > 0.8 / std::sqrt(11.0));
}
