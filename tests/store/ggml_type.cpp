// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <iterator>
#include <set>

#include <coco/store/ggml_type.hpp>

using namespace coco;

TEST_CASE("ggml types: unique numbers, and the sizes of ggml's own structures") {
    std::set<std::uint32_t> numbers;
    for (const GgmlLayout& layout : ggml_layouts) {
        numbers.insert(static_cast<std::uint32_t>(layout.type));
        CHECK(layout_of(layout.type) == &layout);
    }
    CHECK(numbers.size() == std::size(ggml_layouts));
    // sizeof(block_q4_1) and so on: two halves and 16 bytes; a half, scales and quants.
    CHECK(layout_of(GgmlType::Q4_1)->bytes == 2 + 2 + 16);
    CHECK(layout_of(GgmlType::Q5_0)->bytes == 2 + 4 + 16);
    CHECK(layout_of(GgmlType::Q8_0)->bytes == 2 + 32);
    CHECK(layout_of(GgmlType::Q4_K)->bytes == 2 + 2 + 12 + 128);
    CHECK(layout_of(GgmlType::Q5_K)->bytes == 2 + 2 + 12 + 32 + 128);
    CHECK(layout_of(GgmlType::Q6_K)->bytes == 128 + 64 + 16 + 2);
    CHECK(layout_of(GgmlType::Q6_K)->values == 256);
}

TEST_CASE("ggml types: removed and future numbers are unknown") {
    for (std::uint32_t number : {4u, 5u, 31u, 36u, 1000u}) CHECK(layout_of(GgmlType{number}) == nullptr);
}
