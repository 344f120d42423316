// SPDX-License-Identifier: Apache-2.0
#include <coco/aligner/cross_attention.hpp>
#include <coco/aligner/identity.hpp>

#include "aligner/aligner_case.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;

namespace {

constexpr Index width = 8;

template <Index heads>
using Case = AlignerCase<aligner::CrossAttention, heads, width, 0>;

/// An aligner with rows of three segments, the second of which has no knowledge.
struct Scene {
    using P = conformance::PolicyUnderTest<double>;

    ParameterLayout layout;
    aligner::CrossAttention stage{layout, {}, width};
    P on = conformance::policy<P>(1);
    Workspace<P> work{on};
    Parameters<P> parameters{on, layout, 1};
    Offsets rows_of, pure_of;
    conformance::Numbers h, pure;

    Scene() {
        for (const Index n : {2, 3, 1}) rows_of.push(n);
        for (const Index n : {2, 0, 3}) pure_of.push(n);
        h = conformance::normals(6 * width, 4);
        pure = conformance::normals(5 * width, 5);
    }
    void draw(const char* name) {
        const TensorRef& s = layout.tensor(name).ref;
        const conformance::Numbers x = conformance::normals(s.size(), 6);
        on.upload(x.data(), parameters.list(s));
    }
    conformance::Numbers apply() {
        work.reset();
        Context<P> ctx = parameters.context(on, work);
        return conformance::downloaded<P>(
            on, stage
                    .forward(ctx, CRows<P>(conformance::uploaded(on, work, h, {6, width})),
                             conformance::segments(on, work, rows_of),
                             CRows<P>(conformance::uploaded(on, work, pure, {5, width})),
                             conformance::segments(on, work, pure_of))
                    .out);
    }
};

conformance::Numbers rows(const conformance::Numbers& x, Index begin, Index end) {
    return {x.begin() + begin * width, x.begin() + end * width};
}

}  // namespace

TEST_CASE("the aligner passes the conformance test of a layer", "[aligner][threads]") {
    conformance::layer<Case<1>>();
    conformance::layer<Case<2>>();
}

TEST_CASE("at initialisation the aligner gives a = h bit for bit", "[aligner]") {
    Scene scene;
    CHECK(scene.apply() == scene.h);
}

TEST_CASE("without knowledge a = h bit for bit, whatever the parameters", "[aligner]") {
    Scene scene;
    scene.draw("aligner.output.weight");
    scene.draw("aligner.output.bias");
    const conformance::Numbers a = scene.apply();
    CHECK(rows(a, 2, 5) == rows(scene.h, 2, 5));
    CHECK(rows(a, 0, 2) != rows(scene.h, 0, 2));
    CHECK(rows(a, 5, 6) != rows(scene.h, 5, 6));
}

TEST_CASE("an aligned row depends only on its own h and its segment's knowledge", "[aligner]") {
    Scene scene;
    scene.draw("aligner.output.weight");
    scene.draw("aligner.output.bias");
    const conformance::Numbers before = scene.apply();
    // Change another row of the same segment: this row is bit-identical.
    for (Index j = 0; j < width; ++j) scene.h[static_cast<std::size_t>(width + j)] += 1;
    conformance::Numbers after = scene.apply();
    CHECK(rows(after, 0, 1) == rows(before, 0, 1));
    CHECK(rows(after, 1, 2) != rows(before, 1, 2));
    CHECK(rows(after, 2, 6) == rows(before, 2, 6));
    // Change the first segment's knowledge: its two rows change, no other.
    scene.pure[0] += 1;
    const conformance::Numbers third = scene.apply();
    CHECK(rows(third, 0, 1) != rows(after, 0, 1));
    CHECK(rows(third, 1, 2) != rows(after, 1, 2));
    CHECK(rows(third, 2, 6) == rows(after, 2, 6));
}

TEST_CASE("the identity aligner returns h, and knowledge gets no gradient", "[aligner]") {
    using P = conformance::PolicyUnderTest<double>;
    ParameterLayout layout;
    const aligner::Identity stage(layout, {}, width);
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    Context<P> ctx{on, work};
    const conformance::Numbers x = conformance::normals(3 * width, 1);
    const CRows<P> h = conformance::uploaded(on, work, x, {3, width});
    const auto saved = stage.forward(ctx, h, {}, h, {});
    CHECK(conformance::downloaded<P>(on, saved.out) == x);
    const Rows<P> dh = work.keep(3, width), dpure = conformance::uploaded(on, work, x, {3, width});
    stage.backward(ctx, saved, h, dh, dpure);
    CHECK(conformance::downloaded<P>(on, dh) == x);
    CHECK(conformance::length(conformance::downloaded<P>(on, dpure)) == 0);
}
