// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/aligner/cross_attention.hpp>
#include <coco/aligner/semantic_attention.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

constexpr Index width = 8, columns = 6;

/// The segments of the sequence are behaviour, with 0 to 3 rows of knowledge for each.
template <Index heads>
struct Case {
    aligner::SemanticAttention stage;

    explicit Case(ParameterLayout& layout) : stage(layout, {.heads = heads}, width, columns) {}

    static std::vector<Index> known(Index segments) {
        std::vector<Index> all;
        for (Index s = 0; s < segments; ++s) all.push_back((s + 2) % 4);
        return all;
    }
    static std::vector<conformance::Shape> inputs(Index rows) {
        Index pieces = 0;
        for (const Index n : known(static_cast<Index>(
                 conformance::histories(rows, conformance::trial_items, conformance::trial_window, 1)
                     .size())))
            pieces += n;
        return {{rows, width}, {pieces, columns}};
    }
    template <class Q>
    auto forward(Context<Q>& ctx, const Sequence<Q>& s, const conformance::In<Q>& x) const {
        Offsets offsets;
        for (const Index n : known(s.segments.count())) offsets.push(n);
        return stage.forward(ctx, x[0], s.segments, x[1], conformance::segments(ctx.on, ctx.work, offsets));
    }
    template <class Q>
    void backward(Context<Q>& ctx, const Sequence<Q>&, const aligner::SemanticAttention::Saved<Q>& saved,
                  CRows<Q> dy, const conformance::Out<Q>& dx) const {
        stage.backward(ctx, saved, dy, dx[0], dx[1]);
    }
};

}  // namespace

TEST_CASE("the aligner of semantic columns passes the conformance test of a layer", "[aligner]") {
    conformance::layer<Case<1>>();
    conformance::layer<Case<2>>();
}

TEST_CASE("at initialisation the aligner adds nothing, and without knowledge never", "[aligner]") {
    for (const bool drawn : {false, true}) {
        ParameterLayout layout;
        const aligner::SemanticAttention stage(layout, {}, width, columns);
        P on = conformance::policy<P>(1);
        Workspace<P> work(on);
        Parameters<P> parameters(on, layout, 1);
        if (drawn) {
            const TensorRef& output = layout.tensor("aligner.output.weight").ref;
            on.upload(conformance::normals(output.size(), 3).data(), parameters.list(output));
        }
        Context<P> ctx = parameters.context(on, work);
        Offsets rows_of, pure_of;
        rows_of.push(2), rows_of.push(3);
        pure_of.push(2), pure_of.push(0);
        const auto saved = stage.forward(
            ctx, CRows<P>(conformance::uploaded(on, work, conformance::normals(5 * width, 1), {5, width})),
            conformance::segments(on, work, rows_of),
            CRows<P>(conformance::uploaded(on, work, conformance::normals(2 * columns, 2), {2, columns})),
            conformance::segments(on, work, pure_of));
        const conformance::Numbers out = conformance::downloaded<P>(on, saved.out);
        for (std::size_t i = 0; i < out.size(); ++i) CHECK((out[i] == 0) == (!drawn || i >= 2 * columns));
    }
}

TEST_CASE("an aligner that does not fit the items is an error", "[aligner]") {
    ParameterLayout layout;
    CHECK_THROWS_WITH(
        aligner::SemanticAttention(layout, {}, width, 0),
        "aligner::SemanticAttention: these items have no semantic columns: expected items::Semantic");
    CHECK_THROWS_WITH(
        aligner::SemanticAttention(layout, {.heads = 4}, width, columns),
        "aligner.heads: does not divide the semantic columns: expected a divisor of 6, found 4");
    CHECK_THROWS_WITH(aligner::CrossAttention(layout, {}, width, columns),
                      "aligner::CrossAttention: it writes into behaviour's own columns: expected "
                      "aligner::SemanticAttention for items with semantic columns");
}
