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
