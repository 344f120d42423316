// SPDX-License-Identifier: Apache-2.0
// Rows of a table are packed, written back and cleared, and no others, for lists that grow and shrink.
#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <utility>

#include <coco/nn/parameters.hpp>
#include <coco/train/touched_rows.hpp>

#include "conformance/numbers.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

TEST_CASE("touched rows: packed, written back and cleared", "[touched_rows]") {
    constexpr Index items = 11, width = 5;
    const auto on = std::make_shared<P>();
    ParameterLayout layout;
    layout.claim("other", 3, 2, Init::normal(1));
    const TensorRef table =
        layout.claim("item", items, width, Init::normal(1), Decay::no, ParameterBlock::table);
    Parameters<P> values(*on, layout, 3);
    Gradients<P> to(*on, layout);
    TouchedRows<P> touched(layout);
    const auto numbers = [&](auto view) { return conformance::downloaded<P>(*on, view); };
    const conformance::Numbers all = numbers(std::as_const(values).view(table));
    for (const std::vector<Id>& rows : {std::vector<Id>{2, 7}, {0, 1, 3, 5, 8, 10}, {}, {4}}) {
        to.zero(*on);
        touched.set(*on, rows);
        const auto packed = touched.pack(*on, TouchedRows<P>::values, values.block(ParameterBlock::table));
        CHECK(packed.size == static_cast<Index>(rows.size()) * width);
        touched.unpack(*on, TouchedRows<P>::values, to.block(ParameterBlock::table));
        const conformance::Numbers some = numbers(CRows<P>(to.view(table)));
        for (Index i = 0; i < items * width; ++i) {
            const bool in = std::find(rows.begin(), rows.end(), static_cast<Id>(i / width)) != rows.end();
            CHECK(some[static_cast<std::size_t>(i)] == (in ? all[static_cast<std::size_t>(i)] : 0));
        }
        touched.clear(*on, TouchedRows<P>::values, to.block(ParameterBlock::table));
        CHECK(numbers(CRows<P>(to.view(table))) == conformance::Numbers(items * width, 0));
    }
}

TEST_CASE("touched rows: a layout has to have one table", "[touched_rows]") {
    ParameterLayout none;
    none.claim("weight", 2, 2, Init::normal(1));
    CHECK_THROWS_WITH(TouchedRows<P>(none), Catch::Contains("one item table") && Catch::Contains("found 0"));
}
