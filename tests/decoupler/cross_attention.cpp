// SPDX-License-Identifier: Apache-2.0
#include <coco/decoupler/cross_attention.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;

namespace {

constexpr Index width = 6, model_width = 10;

/// The segments of the sequence are prompts, with twice as many mixed rows in each; a segment of length one
/// has no mixed rows.
struct Case {
    decoupler::CrossAttention stage;

    explicit Case(ParameterLayout& layout) : stage(layout, {}, width, model_width) {}
    static constexpr bool segmented = true;

    static std::vector<conformance::Shape> inputs(Index rows) {
        Index mixed = 0;
        for (const conformance::History& h :
             conformance::histories(rows, conformance::trial_items, conformance::trial_window, 1))
            mixed += of(static_cast<Index>(h.item.size()));
        return {{rows, model_width}, {mixed, model_width}};
    }
    static Index of(Index prompts) { return prompts == 1 ? 0 : 2 * prompts; }

    template <class P>
    auto forward(Context<P>& ctx, const Sequence<P>& s, const conformance::In<P>& x) const {
        Offsets offsets;
        for (Index g = 0; g < s.segments.count(); ++g) offsets.push(of(s.segments.length(g)));
        return stage.forward(ctx, x[0], s.segments, x[1], conformance::segments(ctx.on, ctx.work, offsets));
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const decoupler::CrossAttention::Saved<P>& saved,
                  CRows<P> dy, const conformance::Out<P>& dx) const {
        stage.backward(ctx, saved, dy, dx[0], dx[1]);
    }
};

}  // namespace

TEST_CASE("the decoupler passes the conformance test of a layer", "[decoupler][threads]") {
    conformance::layer<Case>();
}

TEST_CASE("the decoupler equals its formula, and groups in any order give the same rows", "[decoupler]") {
    using P = conformance::PolicyUnderTest<double>;
    ParameterLayout layout;
    const decoupler::CrossAttention stage(layout, {}, width, model_width);
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    Parameters<P> parameters(on, layout, 1);
    Context<P> ctx = parameters.context(on, work);
    const std::vector<Index> prompts{2, 1, 3}, rows{4, 5, 3};
    const auto draw = [&](const std::vector<Index>& lengths, std::size_t g, std::uint64_t seed) {
        return conformance::normals(lengths[g] * model_width, seed + g);
    };
    const auto apply = [&](const std::vector<std::size_t>& order) {
        Offsets p_of, m_of;
        conformance::Numbers p, m;
        for (const std::size_t g : order) {
            p_of.push(prompts[g]);
            m_of.push(rows[g]);
            for (const double x : draw(prompts, g, 10)) p.push_back(x);
            for (const double x : draw(rows, g, 20)) m.push_back(x);
        }
        const auto saved =
            stage.forward(ctx, CRows<P>(conformance::uploaded(on, work, p, {p_of.rows(), model_width})),
                          conformance::segments(on, work, p_of),
                          CRows<P>(conformance::uploaded(on, work, m, {m_of.rows(), model_width})),
                          conformance::segments(on, work, m_of));
        REQUIRE(saved.out.rows == p_of.rows());
        REQUIRE(saved.out.cols == width);
        REQUIRE(std::equal(saved.of_group.host.begin(), saved.of_group.host.end(), p_of.at.begin(),
                           p_of.at.end()));
        std::vector<conformance::Numbers> of_group(order.size());
        for (std::size_t k = 0; k < order.size(); ++k)
            of_group[order[k]] = conformance::downloaded<P>(
                on, saved.out.rows_from(saved.of_group.begin(static_cast<Index>(k)), prompts[order[k]]));
        return of_group;
    };
    const auto out = apply({0, 1, 2}), other = apply({2, 0, 1});
    for (std::size_t g = 0; g < 3; ++g) CHECK(conformance::distance(out[g], other[g]) <= 1e-14);

    // pure = softmax(P W_Q (mix W_K)' / sqrt(d)) mix W_V W_O, in loops.
    const auto weight = [&](const char* name) {
        return conformance::downloaded<P>(on, std::as_const(parameters).view(layout.tensor(name).ref));
    };
    const auto times = [](const conformance::Numbers& x, const conformance::Numbers& w, Index in) {
        const std::size_t n = static_cast<std::size_t>(in), count = x.size() / n, to = w.size() / n;
        conformance::Numbers y(count * to, 0);
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t o = 0; o < to; ++o)
                for (std::size_t j = 0; j < n; ++j) y[i * to + o] += x[i * n + j] * w[o * n + j];
        return y;
    };
    for (std::size_t g = 0; g < 3; ++g) {
        const auto q = times(draw(prompts, g, 10), weight("decoupler.query.weight"), model_width);
        const auto k = times(draw(rows, g, 20), weight("decoupler.key.weight"), model_width);
        const auto v = times(draw(rows, g, 20), weight("decoupler.value.weight"), model_width);
        const std::size_t n = static_cast<std::size_t>(rows[g]), w = static_cast<std::size_t>(width);
        conformance::Numbers mixed(static_cast<std::size_t>(prompts[g]) * w, 0);
        for (std::size_t i = 0; i < static_cast<std::size_t>(prompts[g]); ++i) {
            conformance::Numbers e(n);
            double sum = 0;
            for (std::size_t r = 0; r < n; ++r) {
                double score = 0;
                for (std::size_t j = 0; j < w; ++j) score += q[i * w + j] * k[r * w + j];
                sum += e[r] = std::exp(score / std::sqrt(static_cast<double>(width)));
            }
            for (std::size_t r = 0; r < n; ++r)
                for (std::size_t j = 0; j < w; ++j) mixed[i * w + j] += e[r] / sum * v[r * w + j];
        }
        CHECK(conformance::distance(out[g], times(mixed, weight("decoupler.output.weight"), width)) <= 1e-13);
    }
}
