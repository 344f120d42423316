// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/loss/orthogonality.hpp>

#include "conformance/loss.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using loss::Orthogonality;
using P = conformance::PolicyUnderTest<double>;

namespace {

constexpr Index width = 5;

struct Case {
    Orthogonality kind;

    std::vector<conformance::Shape> inputs(Index rows) const { return {{rows, width}}; }
    static std::vector<Write> writes() { return {Write::add}; }
    template <class Policy>
    void step(Context<Policy>& ctx, const conformance::In<Policy>& x, double weight,
              typename Policy::Scalar* loss, const conformance::Out<Policy>& dx) const {
        loss::orthogonality<Policy>(ctx, x[0], kind, weight, loss, dx[0]);
    }
};

}  // namespace

TEST_CASE("orthogonality passes the conformance test of a loss", "[orthogonality]") {
    conformance::loss(Case{Orthogonality::cosine});
    conformance::loss(Case{Orthogonality::squared});
}

TEST_CASE("orthogonality equals the mean over pairs", "[orthogonality]") {
    for (const Orthogonality kind : {Orthogonality::cosine, Orthogonality::squared}) {
        const Case test{kind};
        const auto inputs = conformance::loss_inputs(test, 7);
        const auto code = [&](Index i) {
            return conformance::Numbers(inputs[0].begin() + i * width, inputs[0].begin() + (i + 1) * width);
        };
        double expected = 0;
        for (Index i = 0; i < 7; ++i)
            for (Index j = 0; j < 7; ++j) {
                if (i == j) continue;
                const double c = conformance::dot(code(i), code(j)) / conformance::length(code(i)) /
                                 conformance::length(code(j));
                expected += (kind == Orthogonality::cosine ? c : c * c) / 42;
            }
        CHECK(conformance::loss_step<P>(test, inputs, 7, 1, 0).loss == Approx(expected).epsilon(1e-12));
    }
}

TEST_CASE("orthogonality has its documented bounds", "[orthogonality]") {
    const auto value = [](Orthogonality kind, const conformance::Numbers& codes) {
        return conformance::loss_step<P>(Case{kind}, {codes}, static_cast<Index>(codes.size()) / width, 1, 0)
            .loss;
    };
    const conformance::Numbers axes{2, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 1, 0, 0};
    const conformance::Numbers same{1, 2, 3, 4, 5, 2, 4, 6, 8, 10, 3, 6, 9, 12, 15};
    const conformance::Numbers opposite{1, 2, 3, 4, 5, -1, -2, -3, -4, -5};
    for (const Orthogonality kind : {Orthogonality::cosine, Orthogonality::squared}) {
        CHECK(value(kind, axes) == Approx(0).margin(1e-15));
        CHECK(value(kind, same) == Approx(1));
        CHECK(value(kind, {1, 2, 3, 4, 5}) == 0);  // a single code has no pair
    }
    CHECK(value(Orthogonality::cosine, opposite) == Approx(-1));  // -1 / (K - 1)
    CHECK(value(Orthogonality::squared, opposite) == Approx(1));
}
