// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/store/view.hpp>

using namespace coco;
using V = View<double, space::Host>;

TEST_CASE("a view with a stride addresses only its own elements", "[view]") {
    double x[12];
    for (int i = 0; i < 12; ++i) x[i] = i;
    const V all(x, 3, 4), inner = all.rows_from(1, 2).cols_from(1, 2);
    CHECK(all(2, 3) == 11);
    CHECK(inner(0, 0) == 5);
    CHECK(inner(1, 1) == 10);
    CHECK(inner.stride == 4);
    CHECK(all.dense());
    CHECK(!inner.dense());
    CHECK(all.cols_from(0, 2).rows_from(0, 1).dense());  // one row has no gaps
    const View<const double, space::Host> read = inner;
    CHECK(read.row(1)[0] == 9);
    inner(0, 1) = -1;
    CHECK(x[6] == -1);
    CHECK(inner.size() == 4);
}

TEST_CASE("a view without data, rows or columns is empty, and so are its parts", "[view]") {
    double x[4] = {};
    CHECK(V().empty());
    CHECK(V(x, 0, 4).empty());
    CHECK(V(x, 4, 0).empty());
    CHECK(!V(x, 2, 2).empty());
    CHECK(V().rows_from(0, 2).empty());
    CHECK(V().cols_from(1, 2).empty());
}

TEST_CASE("a list and its slices", "[view]") {
    Id x[5] = {0, 1, 2, 3, 4};
    const List<Id, space::Host> all{x, 5};
    CHECK(all.from(2, 3)[1] == 3);
    CHECK(all.from(5, 0).empty());
    const List<const Id, space::Host> read = all;
    CHECK(read[4] == 4);
}
