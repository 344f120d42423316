// SPDX-License-Identifier: Apache-2.0
#include <coco/prompt/normalized_codebook.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;

namespace {

using P = conformance::PolicyUnderTest<double>;
constexpr Index width = 6, model_width = 10, groups = 9;

conformance::Numbers people() { return conformance::normals(groups * width, 77); }

/// Prompts of nine users; their representations are given and have no gradient.
struct Case {
    prompt::NormalizedCodebook stage;

    explicit Case(ParameterLayout& layout)
        : stage(layout, {.codes = 8, .theta = 0.2, .max_codes = 3}, width, model_width) {}
    static constexpr bool mixes = true;
    static std::vector<conformance::Shape> inputs(Index) { return {}; }
    static std::vector<std::string> given() {
        return {"prompt.users.mean", "prompt.users.scale", "prompt.size"};
    }

    template <class Policy>
    auto forward(Context<Policy>& ctx, const Sequence<Policy>&, const conformance::In<Policy>&) const {
        return stage.forward(
            ctx, CRows<Policy>(conformance::uploaded(ctx.on, ctx.work, people(), {groups, width})));
    }
    template <class Policy>
    void backward(Context<Policy>& ctx, const Sequence<Policy>&,
                  const prompt::NormalizedCodebook::Saved<Policy>& saved, CRows<Policy> dy,
                  const conformance::Out<Policy>&) const {
        stage.backward(ctx, saved, dy);
    }
};

double length_of(const conformance::Numbers& x, std::size_t row, std::size_t cols) {
    double sum = 0;
    for (std::size_t j = 0; j < cols; ++j) sum += x[row * cols + j] * x[row * cols + j];
    return std::sqrt(sum);
}

}  // namespace

TEST_CASE("NormalizedCodebook passes the conformance test of a layer", "[prompt]") {
    conformance::layer<Case>();
}

TEST_CASE("prompts have the size of tokens whatever codes and projection are; users are standardised",
          "[prompt]") {
    ParameterLayout layout;
    const prompt::NormalizedCodebook stage(layout, {.codes = 8, .theta = 0.2}, width, model_width);
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    Parameters<P> parameters(on, layout, 1);
    const auto set = [&](const TensorRef& ref, const conformance::Numbers& x) {
        on.upload(x.data(), parameters.list(ref));
    };
    set(stage.codes(), conformance::normals(stage.codes().size(), 5, 20));
    set(stage.projection(), conformance::normals(stage.projection().size(), 6, 3));
    set(stage.size(), {0.7});
    conformance::Numbers e = people();
    for (std::size_t i = 0; i < e.size(); ++i) e[i] = 3 * e[i] + 5;
    const auto statistics = nn::ColumnStatistics::to_unit_length(std::span<const double>(e), width);
    stage.users().set(on, parameters, statistics);
    Context<P> ctx = parameters.context(on, work);
    const auto saved = stage.forward(ctx, CRows<P>(conformance::uploaded(on, work, e, {groups, width})));

    const conformance::Numbers out = conformance::downloaded<P>(on, saved.out);
    for (std::size_t i = 0; i < out.size() / model_width; ++i)
        CHECK(length_of(out, i, model_width) == Approx(0.7));
    const conformance::Numbers seen = conformance::downloaded<P>(on, saved.e);
    double squares = 0;
    for (std::size_t j = 0; j < width; ++j) {
        double sum = 0;
        for (std::size_t g = 0; g < groups; ++g) sum += seen[g * width + j];
        CHECK(std::abs(sum) < 1e-12);
    }
    for (std::size_t g = 0; g < groups; ++g) squares += std::pow(length_of(seen, g, width), 2);
    CHECK(squares / groups == Approx(1));
    // L_Q of users in these units does not depend on how long representations are.
    const Rows<P> losses = conformance::uploaded(on, work, {0, 0}, {1, 2});
    set(stage.codes(), conformance::Numbers(static_cast<std::size_t>(stage.codes().size()), 0.0));
    const auto at_zero = stage.forward(ctx, CRows<P>(conformance::uploaded(on, work, e, {groups, width})));
    stage.penalty(ctx, at_zero, 0.25, 0, losses.data);
    CHECK(conformance::downloaded<P>(on, losses)[0] == Approx(0.25));
}

TEST_CASE("column statistics: deviation 1 in each column, a constant column stays", "[nn]") {
    const std::vector<double> rows{1, 10, 4, 3, 10, 0, 5, 10, 2};
    const auto s = nn::ColumnStatistics::of(std::span<const double>(rows), 3);
    CHECK(s.mean == std::vector<double>{3, 10, 2});
    CHECK(s.scale[0] == Approx(1 / std::sqrt(8.0 / 3)));
    CHECK(s.scale[1] == 1);
    CHECK_THROWS_WITH(nn::ColumnStatistics::of(std::span<const double>(rows), 2),
                      "column statistics: no rows of the width: expected a multiple of 2 numbers, found 9");
}
