// SPDX-License-Identifier: Apache-2.0
// Means of gathered bags against a naive loop, and their gradient against the sums of the same loop.
#include <catch2/catch.hpp>

#include <cmath>

#include <coco/nn/gather_bags.hpp>
#include <coco/nn/parameters.hpp>

#include "conformance/batch.hpp"
#include "conformance/numbers.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;
using conformance::Numbers;

namespace {

constexpr Index values = 6, cols = 3;

/// Means and gradient of `id`, as columns 1 to 3 of five.
void check(const std::vector<std::vector<Id>>& bags, const std::vector<Id>& id) {
    const nn::Bags fixed(bags, values);
    ParameterLayout layout;
    const TensorRef table = layout.claim("table", values, cols, Init::normal(1));
    P on = conformance::policy<P>(2);
    Workspace<P> work(on);
    const Parameters<P> parameters(on, layout, 3);
    Gradients<P> gradients(on, layout);
    Context<P> ctx = parameters.context(on, work);
    gradients.attach(ctx);
    const Numbers w = conformance::downloaded<P>(on, ctx.value(table));
    const Index rows = static_cast<Index>(id.size());

    const Rows<P> out = conformance::uploaded(on, work, Numbers(id.size() * 5, 9.0), {rows, 5});
    nn::gather_bag_means<P>(ctx, fixed, conformance::ids(on, work, id), ctx.value(table),
                            out.cols_from(1, cols));
    const Numbers means = conformance::downloaded<P>(on, CRows<P>(out));
    Numbers slope(id.size() * 5);
    for (std::size_t i = 0; i < slope.size(); ++i) slope[i] = std::sin(static_cast<double>(i) + 1);
    const CRows<P> dy = conformance::uploaded(on, work, slope, {rows, 5});
    const Inverse<P> by_bag = conformance::inverse(on, work, id, fixed.count());
    {
        const Workspace<P>::Frame frame(work);
        const Ids<P> place = nn::places_among(ctx, by_bag.id, fixed.count());
        nn::gather_bag_means_backward<P>(ctx, fixed, by_bag, place, dy.cols_from(1, cols),
                                         ctx.gradient(table));
        nn::gather_bag_means_backward<P>(ctx, fixed, by_bag, place, dy.cols_from(1, cols), {});
    }
    const Numbers dw = conformance::downloaded<P>(on, CRows<P>(ctx.gradient(table)));

    Numbers expected(static_cast<std::size_t>(values * cols), 0);
    for (std::size_t i = 0; i < id.size(); ++i) {
        const std::vector<Id> bag = id[i] < 0 ? std::vector<Id>{} : bags[static_cast<std::size_t>(id[i])];
        CHECK(means[i * 5] == 9);
        CHECK(means[i * 5 + 4] == 9);
        for (std::size_t j = 0; j < 3; ++j) {
            double mean = 0;
            for (const Id value : bag) {
                const std::size_t at = static_cast<std::size_t>(value) * 3 + j;
                mean += w[at] / static_cast<double>(bag.size());
                expected[at] += slope[i * 5 + 1 + j] / static_cast<double>(bag.size());
            }
            CHECK(means[i * 5 + 1 + j] == Approx(mean).margin(1e-12));
        }
    }
    CHECK(conformance::distance(dw, expected) < 1e-12);
}

}  // namespace

TEST_CASE("gathered bags: means of those that a batch reads, and the table's gradient", "[gather_bags]") {
    const std::vector<std::vector<Id>> bags{{1, 3, 3}, {}, {0}, {4, 1}, {5}};
    check(bags, {3, 0, 3, no_id, 1, 2, 0, 3});
    check(bags, {no_id, 1});
    check(bags, {});
    check({{}, {}}, {0, 1, 1});
}

TEST_CASE("gathered bags: places among distinct ids", "[gather_bags]") {
    P on = conformance::policy<P>(2);
    Workspace<P> work(on);
    ParameterLayout layout;
    const Parameters<P> parameters(on, layout, 1);
    Context<P> ctx = parameters.context(on, work);
    for (const Index count : {5, 1024, 2500}) {
        const Ids<P> place =
            nn::places_among(ctx, conformance::ids(on, work, std::vector<Id>{0, 3, 4}), count);
        std::vector<Id> found(static_cast<std::size_t>(count)), expected(found.size(), no_id);
        on.download(place, found.data());
        expected[0] = 0, expected[3] = 1, expected[4] = 2;
        CHECK(found == expected);
    }
}
