// SPDX-License-Identifier: Apache-2.0
#include <coco/decoupler/mean_pool.hpp>
#include <coco/decoupler/standardized.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;

namespace {

constexpr Index width = 6, model_width = 10;

/// The segments of the sequence are prompts, with twice as many mixed rows in each.
template <class Inner>
struct Case {
    using Stage = decoupler::Standardized<Inner>;
    Stage stage;

    explicit Case(ParameterLayout& layout) : stage(layout, {}, width, model_width) {}
    static constexpr bool mixes = true;
    static std::vector<std::string> given() { return {"decoupler.mix.mean", "decoupler.mix.scale"}; }

    static constexpr bool reads_prompts = !std::is_same_v<Inner, decoupler::MeanPool>;

    static std::vector<conformance::Shape> inputs(Index rows) {
        if (!reads_prompts) return {{2 * rows, model_width}};
        return {{2 * rows, model_width}, {rows, model_width}};
    }

    template <class P>
    auto forward(Context<P>& ctx, const Sequence<P>& s, const conformance::In<P>& x) const {
        Offsets offsets;
        for (Index g = 0; g < s.segments.count(); ++g) offsets.push(2 * s.segments.length(g));
        return stage.forward(ctx, reads_prompts ? x[1] : CRows<P>{}, s.segments, x[0],
                             conformance::segments(ctx.on, ctx.work, offsets), true);
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const typename Stage::template Saved<P>& saved,
                  CRows<P> dy, const conformance::Out<P>& dx) const {
        stage.backward(ctx, saved, dy, reads_prompts ? dx[1] : Rows<P>{}, dx[0]);
    }
};

}  // namespace

TEST_CASE("a decoupler over standardised rows passes the conformance test of a layer", "[decoupler]") {
    conformance::layer<Case<decoupler::CrossAttention>>();
    conformance::layer<Case<decoupler::MeanPool>>();
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
