// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>

#include <coco/io/dtype.hpp>

using namespace coco::io;

TEST_CASE("the table of element types has the order of the enumeration") {
    for (const DtypeLayout& layout : dtype_layouts) {
        CHECK(layout_of(layout.dtype).name == layout.name);
        CHECK(layout_of(layout.name) == &layout);
    }
    CHECK(layout_of("F4") == nullptr);
    CHECK(layout_of(dtype_of<double>()).name == "F64");
    CHECK(layout_of(dtype_of<std::int32_t>()).name == "I32");
}

TEST_CASE("sizes of shapes; overflow is an error") {
    CHECK(bytes_of({}, Dtype::f32, "x") == 4);
    CHECK(bytes_of({2, 3}, Dtype::f64, "x") == 48);
    CHECK(bytes_of({0, 3}, Dtype::f64, "x") == 0);
    CHECK_THROWS_AS(bytes_of({coco::Index{1} << 40, coco::Index{1} << 40}, Dtype::u8, "x"), coco::Error);
    CHECK_THROWS_AS(bytes_of({-1}, Dtype::u8, "x"), coco::Error);
    CHECK(text_of_shape({2, 3}) == "[2, 3]");
}
