// SPDX-License-Identifier: Apache-2.0
#include <coco/decoupler/mean_pool.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;

namespace {

constexpr Index width = 4, model_width = 9;

/// The segments of the sequence are mixed rows; the first of each (if there are two or more) belongs to a
/// prompt.
struct Case {
    decoupler::MeanPool stage;

    explicit Case(ParameterLayout& layout) : stage(layout, {}, width, model_width) {}
    static constexpr bool mixes = true;  // rows of a segment are combined into one output

    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, model_width}}; }

    template <class P>
    auto forward(Context<P>& ctx, const Sequence<P>& s, const conformance::In<P>& x) const {
        Offsets prompts;
        for (Index g = 0; g < s.segments.count(); ++g) prompts.push(s.segments.length(g) > 1 ? 1 : 0);
        return stage.forward(ctx, CRows<P>{}, conformance::segments(ctx.on, ctx.work, prompts), x[0],
                             s.segments);
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const decoupler::MeanPool::Saved<P>& saved,
                  CRows<P> dy, const conformance::Out<P>& dx) const {
        stage.backward(ctx, saved, dy, Rows<P>{}, dx[0]);
    }
};

}  // namespace

TEST_CASE("MeanPool passes the conformance test of a layer", "[decoupler][threads]") {
    conformance::layer<Case>();
}

TEST_CASE("MeanPool is a linear map of the mean of the rows after the prompts", "[decoupler]") {
    using P = conformance::PolicyUnderTest<double>;
    ParameterLayout layout;
    const decoupler::MeanPool stage(layout, {}, width, model_width);
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    Parameters<P> parameters(on, layout, 1);
    Context<P> ctx = parameters.context(on, work);
    Offsets prompts, rows;
    for (const Index n : {2, 1, 2}) prompts.push(n);
    for (const Index n : {5, 1, 4}) rows.push(n);
    const conformance::Numbers x = conformance::normals(rows.rows() * model_width, 3);
    const auto saved = stage.forward(ctx, CRows<P>{}, conformance::segments(on, work, prompts),
                                     CRows<P>(conformance::uploaded(on, work, x, {rows.rows(), model_width})),
                                     conformance::segments(on, work, rows));
    REQUIRE(saved.of_group.count() == 3);
    REQUIRE(saved.out.rows == 3);
    const auto w = conformance::downloaded<P>(
        on, std::as_const(parameters).view(layout.tensor("decoupler.map.weight").ref));
    const conformance::Numbers out = conformance::downloaded<P>(on, saved.out);
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
    stage.backward(ctx, saved, CRows<P>(saved.out), dprompts, Rows<P>{});
    CHECK(conformance::length(conformance::downloaded<P>(on, dprompts)) == 0);
}

TEST_CASE("without a decoupler the text is pooled, and prompts that have read it", "[decoupler]") {
    using P = conformance::PolicyUnderTest<double>;
    ParameterLayout layout;
    const decoupler::MeanPool stage(layout, {}, width, model_width);
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    Parameters<P> parameters(on, layout, 1);
    Context<P> ctx = parameters.context(on, work);
    // Two groups of 1 and 2 prompts and of 2 and 3 rows of text, numbered through.
    const conformance::Numbers rows = conformance::normals(8 * model_width, 3);
    const auto pooled = [&](const std::vector<std::size_t>& order, bool last) {
        conformance::Numbers mix;
        for (const std::size_t row : order)
            mix.insert(mix.end(), rows.begin() + static_cast<std::ptrdiff_t>(row * model_width),
                       rows.begin() + static_cast<std::ptrdiff_t>((row + 1) * model_width));
        Offsets prompts, all;
        for (const Index n : {1, 2}) prompts.push(n);
        for (const Index n : {3, 5}) all.push(n);
        const auto saved = stage.forward(ctx, CRows<P>{}, conformance::segments(on, work, prompts),
                                         CRows<P>(conformance::uploaded(on, work, mix, {8, model_width})),
                                         conformance::segments(on, work, all), last);
        return conformance::downloaded<P>(on, saved.out);
    };
    const auto later = pooled({0, 1, 2, 3, 4, 5, 6, 7}, false);
    CHECK(pooled({0, 2, 3, 3, 4, 5, 6, 7}, false) != later);
    // The text of both, whatever stands before it.
    CHECK(pooled({7, 1, 2, 0, 0, 5, 6, 7}, false) == later);
    // Everything, where the prompts come last: in any order it is the same mean.
    const auto all = pooled({1, 2, 0, 5, 6, 7, 3, 4}, true), turned = pooled({0, 2, 1, 3, 4, 7, 6, 5}, true);
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == Approx(turned[i]));
    CHECK(all != later);
}
