// SPDX-License-Identifier: Apache-2.0
// Means of bags against a naive loop, and their gradient against difference quotients of it.
#include <catch2/catch.hpp>

#include <coco/nn/embedding_bag.hpp>
#include <coco/nn/parameters.hpp>

#include "conformance/numbers.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

TEST_CASE("embedding bag: means of a table's rows, and their gradient", "[embedding_bag]") {
    const std::vector<std::vector<Id>> bags{{1, 3, 3}, {}, {0}, {4, 1}};
    const nn::Bags fixed(bags, 5);
    CHECK(fixed.count() == 4);
    ParameterLayout layout;
    const TensorRef table = layout.claim("table", 5, 3, Init::normal(1));
    P on = conformance::policy<P>(2);
    Workspace<P> work(on);
    const Parameters<P> parameters(on, layout, 3);
    Gradients<P> gradients(on, layout);
    Context<P> ctx = parameters.context(on, work);
    gradients.attach(ctx);
    const conformance::Numbers w = conformance::downloaded<P>(on, ctx.value(table));

    const Rows<P> out = work.keep(4, 3), dy = work.keep(4, 3);
    nn::fill<P>(on, out, 0.5);
    nn::add_bag_means<P>(ctx, fixed, ctx.value(table), out);
    const conformance::Numbers means = conformance::downloaded<P>(on, CRows<P>(out));
    std::vector<double> slope(12);
    for (std::size_t i = 0; i < 12; ++i) slope[i] = std::sin(static_cast<double>(i) + 1);
    on.upload(slope.data(), List<double, typename P::Space>{dy.data, 12});
    nn::bag_means_backward<P>(ctx, fixed, CRows<P>(dy), ctx.gradient(table));
    const conformance::Numbers dw = conformance::downloaded<P>(on, CRows<P>(ctx.gradient(table)));

    std::vector<double> expected(15, 0);
    for (std::size_t b = 0; b < bags.size(); ++b)
        for (std::size_t j = 0; j < 3; ++j) {
            double mean = 0.5;
            for (const Id id : bags[b]) {
                const std::size_t at = static_cast<std::size_t>(id) * 3 + j;
                mean += w[at] / static_cast<double>(bags[b].size());
                expected[at] += slope[b * 3 + j] / static_cast<double>(bags[b].size());
            }
            CHECK(means[b * 3 + j] == Approx(mean).epsilon(1e-12));
        }
    for (std::size_t i = 0; i < 15; ++i) CHECK(dw[i] == Approx(expected[i]).margin(1e-12));
}

TEST_CASE("embedding bag: an id that the table does not have is an error", "[embedding_bag]") {
    const std::vector<std::vector<Id>> bags{{0}, {2}};
    CHECK_THROWS_WITH(nn::Bags(bags, 2), "bag 1: an id out of range: expected 0 to 1, found 2");
    CHECK_THROWS_WITH(nn::Bags(std::vector<std::vector<Id>>{{-1}}, 2), Catch::Contains("found -1"));
}
