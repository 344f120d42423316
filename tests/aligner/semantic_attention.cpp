// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/aligner/cross_attention.hpp>
#include <coco/aligner/semantic_attention.hpp>

#include "aligner/aligner_case.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

constexpr Index width = 8, columns = 6;

template <Index heads>
using Case = AlignerCase<aligner::SemanticAttention, heads, width, columns>;

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
