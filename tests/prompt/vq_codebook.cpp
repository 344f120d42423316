// SPDX-License-Identifier: Apache-2.0
#include <coco/prompt/vq_codebook.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;

namespace {

using P = conformance::PolicyUnderTest<double>;
constexpr Index width = 6, model_width = 10, groups = 9;

conformance::Numbers users() { return conformance::normals(groups * width, 77); }

/// Prompts of nine users; their representations are given and have no gradient.
struct Case {
    prompt::VqCodebook stage;

    explicit Case(ParameterLayout& layout)
        : stage(layout, {.codes = 8, .theta = 0.2, .max_codes = 3}, width, model_width) {}
    static constexpr bool mixes = true;
    static std::vector<conformance::Shape> inputs(Index) { return {}; }

    template <class Policy>
    auto forward(Context<Policy>& ctx, const Sequence<Policy>&, const conformance::In<Policy>&) const {
        return stage.forward(
            ctx, CRows<Policy>(conformance::uploaded(ctx.on, ctx.work, users(), {groups, width})));
    }
    template <class Policy>
    void backward(Context<Policy>& ctx, const Sequence<Policy>&,
                  const prompt::VqCodebook::Saved<Policy>& saved, CRows<Policy> dy,
                  const conformance::Out<Policy>&) const {
        stage.backward(ctx, saved, dy);
    }
};

struct Scene {
    ParameterLayout layout;
    prompt::VqCodebook stage;
    P on = conformance::policy<P>(1);
    Workspace<P> work{on};
    Parameters<P> parameters;
    Gradients<P> gradients;
    Context<P> ctx;

    explicit Scene(const prompt::VqCodebook::Config& config)
        : stage(layout, config, width, model_width),
          parameters(on, layout, 1),
          gradients(on, layout),
          ctx(parameters.context(on, work)) {
        gradients.attach(ctx);
        set(stage.codes(), conformance::normals(stage.codes().size(), 5));
    }
    void set(const TensorRef& s, const conformance::Numbers& x) { on.upload(x.data(), parameters.list(s)); }
    conformance::Numbers value(const TensorRef& s) {
        return conformance::downloaded<P>(on, std::as_const(parameters).view(s));
    }
    auto prompts(const conformance::Numbers& e) {
        return stage.forward(
            ctx, CRows<P>(conformance::uploaded(on, work, e, {static_cast<Index>(e.size()) / width, width})));
    }
};

/// The codes that the paper's rule selects for a user by cosine, by brute force.
std::vector<Id> selected(const conformance::Numbers& e, std::size_t g, const conformance::Numbers& z,
                         double theta, std::size_t maximum) {
    const std::size_t w = static_cast<std::size_t>(width), count = z.size() / w;
    std::vector<std::pair<double, Id>> order;
    for (std::size_t k = 0; k < count; ++k) {
        double ez = 0, ee = 0, zz = 0;
        for (std::size_t j = 0; j < w; ++j) {
            ez += e[g * w + j] * z[k * w + j];
            ee += e[g * w + j] * e[g * w + j];
            zz += z[k * w + j] * z[k * w + j];
        }
        order.emplace_back(-ez / std::sqrt(ee * zz), static_cast<Id>(k));
    }
    std::sort(order.begin(), order.end());
    std::vector<Id> codes{order[0].second};
    for (std::size_t k = 1; k < order.size() && codes.size() < maximum; ++k)
        if (-order[k].first > theta) codes.push_back(order[k].second);
    std::sort(codes.begin(), codes.end());
    return codes;
}

}  // namespace

TEST_CASE("VqCodebook passes the conformance test of a layer: codes, projection and shared prompt learn",
          "[prompt]") {
    conformance::layer<Case>();
}

TEST_CASE("selection equals brute force by cosine: at least the nearest, at most max_codes, ordered by index",
          "[prompt]") {
    const conformance::Numbers e = users();
    for (const double theta : {-1.0, 0.0, 0.3, 0.6, 0.999})
        for (const Index maximum : {1, 2, 5, 30}) {
            Scene scene({.codes = 12, .theta = theta, .max_codes = maximum});
            const auto saved = scene.prompts(e);
            const conformance::Numbers z = scene.value(scene.stage.codes());
            const conformance::Numbers shared = scene.value(scene.stage.shared()),
                                       w = scene.value(scene.stage.projection());
            const conformance::Numbers out = conformance::downloaded<P>(scene.on, saved.out);
            const auto prompt = [&](Index i, Index j) {
                return out[static_cast<std::size_t>(i * model_width + j)];
            };
            REQUIRE(saved.of_group.count() == groups);
            for (Index g = 0; g < groups; ++g) {
                const std::vector<Id> wanted =
                    selected(e, static_cast<std::size_t>(g), z, theta, static_cast<std::size_t>(maximum));
                const Segments<P>& of = saved.selection.of_row;
                REQUIRE(std::vector<Id>(saved.selection.code_host.begin() + of.begin(g),
                                        saved.selection.code_host.begin() + of.end(g)) == wanted);
                CHECK(saved.selection.nearest_host[static_cast<std::size_t>(g)] ==
                      selected(e, static_cast<std::size_t>(g), z, 2, 1)[0]);
                // First the shared prompt, unprojected; then the codes by index, projected.
                REQUIRE(saved.of_group.length(g) == static_cast<Index>(wanted.size()) + 1);
                for (Index j = 0; j < model_width; ++j) {
                    CHECK(prompt(saved.of_group.begin(g), j) == shared[static_cast<std::size_t>(j)]);
                    for (std::size_t k = 0; k < wanted.size(); ++k) {
                        double sum = 0;
                        for (Index i = 0; i < width; ++i)
                            sum += z[static_cast<std::size_t>(wanted[k] * width + i)] *
                                   w[static_cast<std::size_t>(j * width + i)];
                        CHECK(std::abs(prompt(saved.of_group.begin(g) + 1 + static_cast<Index>(k), j) -
                                       sum) <= 1e-14);
                    }
                }
            }
        }
}

TEST_CASE("the shared prompt is never selected, and a batch without users is valid", "[prompt]") {
    Scene scene({.codes = 4, .theta = -1, .max_codes = 30});
    const auto saved = scene.prompts(users());
    for (const Id k : saved.selection.code_host) CHECK((k >= 0 && k < 4));
    CHECK(saved.out.rows == groups * 5);
    const auto none = scene.prompts({});
    CHECK(none.out.rows == 0);
    CHECK(none.of_group.count() == 0);
}

TEST_CASE("penalties equal the formulas of L_Q and L_ortho, with gradients for the codes only", "[prompt]") {
    const conformance::Numbers e = users();
    for (const auto kind : {loss::Orthogonality::cosine, loss::Orthogonality::squared}) {
        const std::size_t codes = 7, w = static_cast<std::size_t>(width);
        Scene scene({.codes = 7, .theta = 0.3, .max_codes = 30, .orthogonality = kind});
        const double gamma = 0.25, beta = 0.15;
        const auto value = [&](const conformance::Numbers& z) {
            double quantisation = 0, orthogonality = 0;
            for (std::size_t g = 0; g < static_cast<std::size_t>(groups); ++g) {
                const auto k = static_cast<std::size_t>(selected(e, g, z, 2, 1)[0]);
                for (std::size_t j = 0; j < w; ++j)
                    quantisation += (e[g * w + j] - z[k * w + j]) * (e[g * w + j] - z[k * w + j]) / groups;
            }
            for (std::size_t a = 0; a < codes; ++a)
                for (std::size_t b = 0; b < a; ++b) {
                    double ab = 0, aa = 0, bb = 0;
                    for (std::size_t j = 0; j < w; ++j) {
                        ab += z[a * w + j] * z[b * w + j];
                        aa += z[a * w + j] * z[a * w + j];
                        bb += z[b * w + j] * z[b * w + j];
                    }
                    const double cosine = ab / std::sqrt(aa * bb);
                    orthogonality += (kind == loss::Orthogonality::cosine ? cosine : cosine * cosine) * 2 /
                                     static_cast<double>(codes * (codes - 1));
                }
            return std::pair(gamma * quantisation, beta * orthogonality);
        };
        const auto saved = scene.prompts(e);
        const Rows<P> sums = conformance::uploaded(scene.on, scene.work, {0, 0}, {1, 2});
        scene.stage.penalty(scene.ctx, saved, gamma, beta, sums.data);
        const conformance::Numbers losses = conformance::downloaded<P>(scene.on, sums);
        const conformance::Numbers z = scene.value(scene.stage.codes());
        const auto [quantisation, orthogonality] = value(z);
        CHECK(std::abs(losses[0] - quantisation) <= 1e-13 * quantisation);
        CHECK(std::abs(losses[1] - orthogonality) <= 1e-13);
        conformance::gradient_agrees(
            "codes", z, conformance::downloaded<P>(scene.on, scene.gradients.view(scene.stage.codes())),
            [&](const conformance::Numbers& x) { return value(x).first + value(x).second; });
        CHECK(conformance::length(
                  conformance::downloaded<P>(scene.on, scene.gradients.view(scene.stage.shared()))) == 0);
        CHECK(conformance::length(
                  conformance::downloaded<P>(scene.on, scene.gradients.view(scene.stage.projection()))) == 0);
    }
}

TEST_CASE("centred: only the comparison changes, to users minus their centre", "[prompt]") {
    prompt::VqCodebook::Config config{.codes = 8, .theta = 0.2, .max_codes = 3};
    Scene plain(config);
    config.centred = true;
    Scene centred(config);
    const conformance::Numbers centre = conformance::normals(width, 9);
    centred.set(centred.stage.centre(), centre);
    conformance::Numbers moved = users();
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += centre[i % static_cast<std::size_t>(width)];
    const auto a = plain.prompts(users()), b = centred.prompts(moved);
    REQUIRE(a.selection.code_host.size() == b.selection.code_host.size());
    CHECK(std::equal(a.selection.code_host.begin(), a.selection.code_host.end(),
                     b.selection.code_host.begin()));
    CHECK(std::equal(a.selection.nearest_host.begin(), a.selection.nearest_host.end(),
                     b.selection.nearest_host.begin()));
    for (Index g = 0; g < groups; ++g)
        for (Index j = 0; j < width; ++j) CHECK(a.e.row(g)[j] == Approx(b.e.row(g)[j]).margin(1e-12));
}

TEST_CASE("settings out of range are errors", "[prompt]") {
    ParameterLayout layout;
    CHECK_THROWS_AS(prompt::VqCodebook(layout, {.codes = 1}, width, model_width), Error);
    CHECK_THROWS_AS(prompt::VqCodebook(layout, {.max_codes = 0}, width, model_width), Error);
}
