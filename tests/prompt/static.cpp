// SPDX-License-Identifier: Apache-2.0
#include <coco/prompt/static.hpp>

#include "laws/here.hpp"
#include "laws/stage.hpp"

using namespace coco;

namespace {

constexpr Index width = 6, model_width = 10;

struct Case {
    prompt::Static stage;

    explicit Case(Layout& layout) : stage(layout, {.rows = 3}, width, model_width) {}
    static constexpr bool mixes = true;
    static std::vector<laws::Shape> inputs(Index) { return {}; }

    template <class P>
    auto forward(Run<P>& run, const Sequence<P>&, const laws::In<P>&) const {
        return stage.forward(
            run, CRows<P>(laws::brought(run.on, run.work, laws::normals(5 * width, 1), {5, width})));
    }
    template <class P>
    void backward(Run<P>& run, const Sequence<P>&, const prompt::Static::Kept<P>& kept, CRows<P> dy,
                  const laws::Out<P>&) const {
        stage.backward(run, kept, dy);
    }
};

}  // namespace

TEST_CASE("static prompts obey the law of a stage", "[prompt]") { laws::stage<Case>(); }

TEST_CASE("static prompts are the same rows for everybody and have no penalty", "[prompt]") {
    using P = laws::Here<double>;
    Layout layout;
    const prompt::Static stage(layout, {.rows = 3}, width, model_width);
    P on = laws::policy<P>(1);
    Workspace<P> work(on);
    Parameters<P> parameters(on, layout, 1);
    Run<P> run = parameters.run(on, work);
    const auto kept = stage.forward(run, CRows<P>(work.keep(5, width)));
    const auto rows = laws::fetched<P>(on, std::as_const(parameters).view(stage.rows()));
    REQUIRE(kept.of_group.count() == 5);
    for (Index g = 0; g < 5; ++g) {
        REQUIRE(kept.of_group.length(g) == 4);
        CHECK(laws::fetched<P>(on, kept.out.rows_from(kept.of_group.begin(g), 4)) == rows);
    }
    double losses[2] = {0, 0};
    stage.penalty(run, kept, 1, 1, losses);
    CHECK(losses[0] + losses[1] == 0);
}
