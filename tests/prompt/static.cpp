// SPDX-License-Identifier: Apache-2.0
#include <coco/prompt/static.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;

namespace {

constexpr Index width = 6, model_width = 10;

struct Case {
    prompt::Static stage;

    explicit Case(ParameterLayout& layout) : stage(layout, {.rows = 3}, width, model_width) {}
    static constexpr bool mixes = true;
    static std::vector<conformance::Shape> inputs(Index) { return {}; }

    template <class P>
    auto forward(Context<P>& ctx, const Sequence<P>&, const conformance::In<P>&) const {
        return stage.forward(ctx, CRows<P>(conformance::uploaded(
                                      ctx.on, ctx.work, conformance::normals(5 * width, 1), {5, width})));
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const prompt::Static::Saved<P>& saved, CRows<P> dy,
                  const conformance::Out<P>&) const {
        stage.backward(ctx, saved, dy);
    }
};

}  // namespace

TEST_CASE("static prompts pass the conformance test of a layer", "[prompt]") { conformance::layer<Case>(); }

TEST_CASE("static prompts are the same rows for all users and have no penalty", "[prompt]") {
    using P = conformance::PolicyUnderTest<double>;
    ParameterLayout layout;
    const prompt::Static stage(layout, {.rows = 3}, width, model_width);
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    Parameters<P> parameters(on, layout, 1);
    Context<P> ctx = parameters.context(on, work);
    const auto saved = stage.forward(ctx, CRows<P>(work.keep(5, width)));
    const auto rows = conformance::downloaded<P>(on, std::as_const(parameters).view(stage.rows()));
    REQUIRE(saved.of_group.count() == 5);
    for (Index g = 0; g < 5; ++g) {
        REQUIRE(saved.of_group.length(g) == 4);
        CHECK(conformance::downloaded<P>(on, saved.out.rows_from(saved.of_group.begin(g), 4)) == rows);
    }
    double losses[2] = {0, 0};
    stage.penalty(ctx, saved, 1, 1, losses);
    CHECK(losses[0] + losses[1] == 0);
}
