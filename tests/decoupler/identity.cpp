// SPDX-License-Identifier: Apache-2.0
#include <coco/decoupler/identity.hpp>

#include "laws/here.hpp"
#include "laws/stage.hpp"

using namespace coco;

namespace {

constexpr Index width = 4, model_width = 9;

/// Mixed rows as the sequence's segments, the first of each (where there are two or more) a prompt's.
struct Case {
    decoupler::Identity stage;

    explicit Case(Layout& layout) : stage(layout, {}, width, model_width) {}
    static constexpr bool mixes = true;  // rows of a segment meet, and there is one output a segment

    static std::vector<laws::Shape> inputs(Index rows) { return {{rows, model_width}}; }

    template <class P>
    auto forward(Run<P>& run, const Sequence<P>& s, const laws::In<P>& x) const {
        Offsets prompts;
        for (Index g = 0; g < s.segments.count(); ++g) prompts.push(s.segments.length(g) > 1 ? 1 : 0);
        return stage.forward(run, CRows<P>{}, laws::segments(run.on, run.work, prompts), x[0], s.segments);
    }
    template <class P>
    void backward(Run<P>& run, const Sequence<P>&, const decoupler::Identity::Kept<P>& kept, CRows<P> dy,
                  const laws::Out<P>& dx) const {
        stage.backward(run, kept, dy, Rows<P>{}, dx[0]);
    }
};

}  // namespace

TEST_CASE("the mean that replaces the decoupler obeys the law of a stage", "[decoupler][threads]") {
    laws::stage<Case>();
}

TEST_CASE("it is a linear map of the mean of the rows after the prompts", "[decoupler]") {
    using P = laws::Here<double>;
    Layout layout;
    const decoupler::Identity stage(layout, {}, width, model_width);
    P on = laws::policy<P>(1);
    Workspace<P> work(on);
    Parameters<P> parameters(on, layout, 1);
    Run<P> run = parameters.run(on, work);
    Offsets prompts, rows;
    for (const Index n : {2, 1, 2}) prompts.push(n);
    for (const Index n : {5, 1, 4}) rows.push(n);
    const laws::Numbers x = laws::normals(rows.rows() * model_width, 3);
    const auto kept = stage.forward(run, CRows<P>{}, laws::segments(on, work, prompts),
                                    CRows<P>(laws::brought(on, work, x, {rows.rows(), model_width})),
                                    laws::segments(on, work, rows));
    REQUIRE(kept.of_group.count() == 3);
    REQUIRE(kept.out.rows == 3);
    const auto w =
        laws::fetched<P>(on, std::as_const(parameters).view(layout.tensor("decoupler.map.weight").slot));
    const laws::Numbers out = laws::fetched<P>(on, kept.out);
    for (Index g = 0; g < 3; ++g) {
        const Index skip =
            prompts.at[static_cast<std::size_t>(g) + 1] - prompts.at[static_cast<std::size_t>(g)];
        const Index begin = rows.at[static_cast<std::size_t>(g)] + skip,
                    end = rows.at[static_cast<std::size_t>(g) + 1];
        for (Index o = 0; o < width; ++o) {
            double wanted =
                0;  // the second group has a prompt and no text: zeros, and the bias starts at zero
            for (Index r = begin; r < end; ++r)
                for (Index j = 0; j < model_width; ++j)
                    wanted += x[static_cast<std::size_t>(r * model_width + j)] *
                              w[static_cast<std::size_t>(o * model_width + j)] /
                              static_cast<double>(end - begin);
            CHECK(std::abs(out[static_cast<std::size_t>(g * width + o)] - wanted) <= 1e-13);
        }
    }
    const Rows<P> dprompts = work.keep(prompts.rows(), model_width);
    nn::fill<P>(on, dprompts, 7);
    stage.backward(run, kept, CRows<P>(kept.out), dprompts, Rows<P>{});
    CHECK(laws::length(laws::fetched<P>(on, dprompts)) == 0);
}
