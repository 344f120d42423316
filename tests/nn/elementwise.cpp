// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/elementwise.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;
using conformance::Numbers;

TEST_CASE("copy, add and fill write exactly the columns of a view", "[elementwise]") {
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    const Rows<P> a = conformance::uploaded(on, work, {1, 2, 3, 4, 5, 6}, {2, 3});
    const Rows<P> b = conformance::uploaded(on, work, {10, 20, 30, 40, 50, 60}, {2, 3});
    const CRows<P> right = b.cols_from(1, 2);

    nn::copy<P>(on, right, a.cols_from(0, 2));
    CHECK(conformance::downloaded<P>(on, a) == Numbers{20, 30, 3, 50, 60, 6});
    nn::copy<P>(on, right, a.cols_from(1, 2), Write::add, 0.5);
    CHECK(conformance::downloaded<P>(on, a) == Numbers{20, 40, 18, 50, 85, 36});
    nn::add<P>(on, CRows<P>(a), CRows<P>(b), a);
    CHECK(conformance::downloaded<P>(on, a) == Numbers{30, 60, 48, 90, 135, 96});
    nn::fill<P>(on, a, 2);
    CHECK(conformance::downloaded<P>(on, a) == Numbers(6, 2.0));
}

TEST_CASE("copying nothing does nothing", "[elementwise]") {
    P on = conformance::policy<P>(1);
    nn::copy<P>(on, CRows<P>{}, Rows<P>{});
    nn::add<P>(on, CRows<P>{}, CRows<P>{}, Rows<P>{});
    nn::fill<P>(on, Rows<P>{}, 1);
}

TEST_CASE("a sum over rows is added to the output", "[elementwise]") {
    P on = conformance::policy<P>(2);
    Workspace<P> work(on);
    const Index rows = 1000;
    const Numbers x = conformance::normals(rows * 3, 1);
    const CRows<P> view = conformance::uploaded(on, work, x, {rows, 3});
    const Rows<P> sum = conformance::uploaded(on, work, {1, 2, 3}, {1, 3});
    on.reduce(rows, sum, nn::Element<double>{view.data, view.stride});
    Numbers expected{1, 2, 3};
    for (std::size_t i = 0; i < x.size(); ++i) expected[i % 3] += x[i];
    CHECK(conformance::distance(conformance::downloaded<P>(on, sum), expected) < 1e-11);
}
