// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/nn/rope.hpp>
#include <complex>

#include "conformance/batch.hpp"
#include "conformance/numbers.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using Double = conformance::PolicyUnderTest<double>;

namespace {

constexpr Index rows = 5, heads = 3, head = 6;
const std::vector<Id> positions{0, 1, 7, 7, 300};

/// Rotates x, or with `back` rotates it back.
conformance::Numbers turned(nn::RopeKind kind, const conformance::Numbers& x, bool back = false) {
    Double on = conformance::policy<Double>(1);
    Workspace<Double> work(on);
    Context<Double> ctx{on, work};
    const nn::Rope rope(head, 1000, kind);
    const CRows<Double> table = rope.table(ctx, 301);
    const Rows<Double> y = conformance::uploaded(on, work, x, {rows, heads * head});
    const Ids<Double> position = conformance::ids(on, work, positions);
    rope.forward(ctx, table, position, y);
    if (back) rope.backward(ctx, table, position, y);
    return conformance::downloaded<Double>(on, y);
}

}  // namespace

TEST_CASE("rope: a pair is a complex number, rotated by position times frequency") {
    const conformance::Numbers x = conformance::normals(rows * heads * head, 1);
    for (const nn::RopeKind kind : {nn::RopeKind::half_split, nn::RopeKind::adjacent}) {
        conformance::Numbers expected = x;
        for (Index i = 0; i < rows; ++i)
            for (Index h = 0; h < heads; ++h)
                for (Index j = 0; j < head / 2; ++j) {
                    const Index at = i * heads * head + h * head;
                    const Index a = at + (kind == nn::RopeKind::adjacent ? 2 * j : j);
                    const Index b = kind == nn::RopeKind::adjacent ? a + 1 : a + head / 2;
                    const double angle = positions[static_cast<std::size_t>(i)] *
                                         std::pow(1000.0, -2.0 * static_cast<double>(j) / head);
                    const std::complex<double> z =
                        std::complex<double>(x[static_cast<std::size_t>(a)], x[static_cast<std::size_t>(b)]) *
                        std::polar(1.0, angle);
                    expected[static_cast<std::size_t>(a)] = z.real();
                    expected[static_cast<std::size_t>(b)] = z.imag();
                }
        CHECK(conformance::distance(turned(kind, x), expected) < 1e-12);
    }
}

TEST_CASE("rope: factors divide the frequencies, pair by pair") {
    Double on = conformance::policy<Double>(1);
    Workspace<Double> work(on);
    Context<Double> ctx{on, work};
    nn::RopeFactors factors;
    for (const double factor : {1.0, 2.5, 32.0}) factors.push(factor, "factors");
    const nn::Rope rope(head, 1000, nn::RopeKind::half_split, factors);
    const conformance::Numbers table = conformance::downloaded<Double>(
        on, Rows<Double>{const_cast<double*>(rope.table(ctx, 301).data), 301, head, head});
    for (const Index i : {0, 1, 300})
        for (Index j = 0; j < head / 2; ++j) {
            const double angle = static_cast<double>(i) *
                                 std::pow(1000.0, -2.0 * static_cast<double>(j) / head) /
                                 static_cast<double>(factors.value[j]);
            CHECK(std::abs(table[static_cast<std::size_t>(i * head + j)] - std::cos(angle)) < 1e-12);
            CHECK(std::abs(table[static_cast<std::size_t>(i * head + head / 2 + j)] - std::sin(angle)) <
                  1e-12);
        }
    CHECK_THROWS_AS(nn::Rope(head + 2, 1000, nn::RopeKind::half_split, factors), Error);
    for (const double wrong : {0.5, 0.0, -1.0, std::nan(""), HUGE_VAL})
        CHECK_THROWS_AS(factors.push(wrong, "factors"), Error);
    while (factors.count < nn::RopeFactors::capacity) factors.push(1, "factors");
    CHECK_THROWS_AS(factors.push(1, "factors"), Error);
}

TEST_CASE("rope: backward rotates back, the transpose of the rotation") {
    const conformance::Numbers x = conformance::normals(rows * heads * head, 1);
    for (const nn::RopeKind kind : {nn::RopeKind::half_split, nn::RopeKind::adjacent})
        CHECK(conformance::distance(turned(kind, x, true), x) < 1e-14);
}
