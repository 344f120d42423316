// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <coco/io/dequantize.hpp>

#include "support.hpp"

using Catch::Matchers::Contains;
using coco::io::Gguf;
using support::bytes_of;

namespace {

std::vector<float> values(const Gguf& file, const std::string& name) {
    const auto& tensor = file.tensor(name);
    std::vector<float> out(static_cast<std::size_t>(tensor.rows * tensor.columns));
    coco::io::read(file, name, out);
    return out;
}

/// Equal, or adjacent floats.
bool within_one_step(float a, float b) { return a == b || std::nextafter(a, b) == b; }

}  // namespace

TEST_CASE("blocks of every type decode to the same values as PyPI's gguf") {
    const Gguf file(std::string(COCO_TEST_DIR) + "/fixtures/gguf_blocks.gguf");
    const std::string type = GENERATE("F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K",
                                      "Q3_K", "Q4_K", "Q5_K", "Q6_K");
    const std::vector<float> found = values(file, "block." + type),
                             expected = values(file, "expected." + type);
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        INFO(type << " value " << i);
        REQUIRE(within_one_step(found[i], expected[i]));
    }
    const auto& tensor = file.tensor("block." + type);
    std::vector<float> row(static_cast<std::size_t>(tensor.columns));
    coco::io::read_rows(tensor, 1, 1, row);
    CHECK(std::equal(row.begin(), row.end(), found.begin() + tensor.columns));
}

TEST_CASE("a tensor that cannot be decoded is an error that names it") {
    const support::Folder folder;
    support::GgufBytes bytes;
    bytes.tensor("ternary", {256}, 34, 0).tensor("broken", {3, 2}, 0, 64).tensor("huge", {2}, 1, 96);
    bytes.data = std::string(64, '\0');
    for (float value : {1.0f, 2.0f, 3.0f, 4.0f, std::numeric_limits<float>::quiet_NaN(), 6.0f})
        bytes.data += bytes_of(value);
    bytes.data.resize(96);
    bytes.data += std::string("\x00\x00\x00\xfc", 4);  // 0, -infinity
    const Gguf file(support::write(folder / "file.gguf", bytes.bytes()));
    CHECK_THAT(support::error_of([&] { values(file, "ternary"); }), Contains("ternary") && Contains("TQ1_0"));
    CHECK_THAT(support::error_of([&] { values(file, "broken"); }),
               Contains("broken: value is not finite") && Contains("row 1, column 1"));
    CHECK_THAT(support::error_of([&] { values(file, "huge"); }), Contains("row 0, column 1"));
    std::vector<float> out(3);
    CHECK_THAT(support::error_of([&] { coco::io::read_rows(file.tensor("broken"), 1, 1, out); }),
               Contains("row 1, column 1"));
    CHECK_THAT(support::error_of([&] {
                   coco::io::require_decodable(file.tensor("broken"), 0, file.tensor("broken").rows);
               }),
               Contains("row 1, column 1"));
    CHECK_NOTHROW(coco::io::read_rows(file.tensor("broken"), 0, 1, out));
    CHECK_THAT(support::error_of([&] { coco::io::read(file, "broken", out); }),
               Contains("expected 6, found 3"));
    for (coco::Index first : {coco::Index{-1}, coco::Index{2}, std::numeric_limits<coco::Index>::max()})
        CHECK_THAT(support::error_of([&] { coco::io::read_rows(file.tensor("broken"), first, 1, out); }),
                   Contains("no such rows"));
}

TEST_CASE("half precision: sixteen at a time equal one at a time") {
    std::vector<std::uint16_t> all(0x10000 + 5);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
    std::vector<float> out(all.size());
    coco::ggml::decode_of(coco::GgmlType::F16)(reinterpret_cast<const std::uint8_t*>(all.data()),
                                               static_cast<coco::Index>(all.size()), out.data());
    for (std::size_t i = 0; i < all.size(); ++i)
        REQUIRE(std::bit_cast<std::uint32_t>(out[i]) ==
                std::bit_cast<std::uint32_t>(coco::half_to_float(all[i])));
}
