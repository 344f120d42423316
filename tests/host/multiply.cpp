// SPDX-License-Identifier: Apache-2.0
// Products on the host against the triple loop in double, bit-identical for any number of threads.
#include <catch2/catch.hpp>

#include <string>

#include <coco/core/random.hpp>
#include <coco/host/host.hpp>

#include "conformance/execution_policy.hpp"

using namespace coco;

TEMPLATE_TEST_CASE("multiply: equals the triple loop", "[multiply]", float, double) {
    BasicHost<TestType> on(2);
    conformance::multiply_trials<TestType>([&](const std::string& name, const auto& trial) {
        INFO(name);
        conformance::equals_naive(on, trial, 20 * conformance::tolerance<TestType>);
    });
}

TEMPLATE_TEST_CASE("multiply: bit-identical for any number of threads", "[multiply][threads]", float,
                   double) {
    BasicHost<TestType> one(1), two(2), three(3);
    conformance::multiply_trials<TestType>([&](const std::string& name, const auto& trial) {
        INFO(name);
        const auto expected = trial.run(one);
        CHECK(conformance::same_bits(expected, trial.run(two)));
        CHECK(conformance::same_bits(expected, trial.run(three)));
    });
}

TEMPLATE_TEST_CASE("multiply: a row has the same bits beside any number of other rows", "[multiply]", float,
                   double) {
    using P = BasicHost<TestType>;
    P on(1);
    Workspace<P> work(on);
    RandomStream random(3);
    for (const Op op : {Op::plain, Op::transposed})
        for (const Index inner : {8, 48, 320})
            for (const Index cols : {8, 40, 130, 300}) {
                const typename Workspace<P>::Frame frame(work);
                const Rows<P> a = work.scratch(200, inner), whole = work.scratch(200, cols),
                              part = work.scratch(200, cols);
                const Rows<P> b = op == Op::plain ? work.scratch(inner, cols) : work.scratch(cols, inner);
                for (const Rows<P>& x : {a, b})
                    for (Index i = 0; i < x.rows; ++i)
                        for (Index j = 0; j < x.cols; ++j) x(i, j) = static_cast<TestType>(random.normal());
                on.multiply(CRows<P>(a), Op::plain, CRows<P>(b), op, whole);
                // Up to three rows times a transposed factor are dot products, summed in another order.
                for (const Index rows : {1, 2, 3, 4, 5, 6, 7, 12, 24, 25, 31, 32, 33, 64, 199}) {
                    if (rows <= 3 && op == Op::transposed) continue;
                    Rows<P> few = a, out = part;
                    few.rows = out.rows = rows;
                    on.multiply(CRows<P>(few), Op::plain, CRows<P>(b), op, out);
                    Index different = 0;
                    for (Index i = 0; i < rows; ++i)
                        for (Index j = 0; j < cols; ++j) different += out(i, j) != whole(i, j) ? 1 : 0;
                    INFO("inner " << inner << ", columns " << cols << ", rows " << rows);
                    CHECK(different == 0);
                }
            }
}
