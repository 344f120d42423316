// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/io/safetensors_folder.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "support.hpp"

using Catch::Matchers::Contains;
using coco::io::Dtype;
using coco::io::SafetensorsFolder;
using support::bytes_of;

namespace {

/// A safetensors file with one tensor of any type.
std::string file_of(const std::string& name, const char* dtype, const std::string& shape,
                    const std::string& data) {
    const std::string header = "{\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
                               ",\"data_offsets\":[0," + std::to_string(data.size()) + "]}}";
    return bytes_of(std::uint64_t{header.size()}) + header + data;
}

std::string text_of_index(const std::string& map) { return "{\"weight_map\": {" + map + "}}"; }

}  // namespace

TEST_CASE("a folder of weights: 16-bit values are converted to float exactly") {
    const support::Folder folder;
    const auto one = [&](const char* dtype, const std::string& data) {
        support::write(folder / "model.safetensors", file_of("w", dtype, "[2,2]", data));
        std::vector<float> out(4);
        SafetensorsFolder(folder.path()).read("w", 2, 2, 0, out);
        return out;
    };
    const auto halves = [](std::initializer_list<int> bits) {
        std::string data;
        for (const int b : bits) data += bytes_of(static_cast<std::uint16_t>(b));
        return data;
    };
    const std::vector<float> expected{1.0f, -2.0f, 0.5f, 0.0f};
    CHECK(one("F16", halves({0x3c00, 0xc000, 0x3800, 0x0000})) == expected);
    CHECK(one("BF16", halves({0x3f80, 0xc000, 0x3f00, 0x0000})) == expected);
    std::string floats;
    for (const float x : expected) floats += bytes_of(x);
    CHECK(one("F32", floats) == expected);
    std::vector<std::byte> bytes(8);
    support::write(folder / "model.safetensors", file_of("w", "BF16", "[2,2]", halves({1, 2, 3, 0x7f80})));
    CHECK_THAT(support::error_of([&] { SafetensorsFolder(folder.path()).read_bytes("w", 2, 2, 0, bytes); }),
               Contains("w: value is not finite") && Contains("row 1, column 1"));
    support::write(folder / "model.safetensors", file_of("w", "BF16", "[2,2]", halves({1, 2, 3, 4})));
    SafetensorsFolder(folder.path()).read_bytes("w", 2, 2, 0, bytes);
    CHECK(std::memcmp(bytes.data(), halves({1, 2, 3, 4}).data(), 8) == 0);
    std::vector<std::byte> second(4);
    SafetensorsFolder(folder.path()).read_bytes("w", 2, 2, 1, second);
    CHECK(std::memcmp(second.data(), halves({3, 4}).data(), 4) == 0);
    CHECK_THAT(support::error_of([&] { SafetensorsFolder(folder.path()).read_bytes("w", 2, 2, 1, bytes); }),
               Contains("w: no such rows"));
    CHECK_THAT(support::error_of([&] { one("I32", floats); }),
               Contains("w: element type cannot be a weight") && Contains("I32"));
    CHECK_THAT(support::error_of([&] {
                   one("BF16", halves({0x3f80, 0x7f80, 0, 0}));
               }),
               Contains("w: value is not finite") && Contains("row 0, column 1"));
}

TEST_CASE("a folder of weights: shapes are checked; one dimension is a single row") {
    const support::Folder folder;
    support::write(folder / "model.safetensors", file_of("w", "F32", "[3]", std::string(12, '\0')));
    const SafetensorsFolder weights(folder.path());
    std::vector<float> out(3, 1.0f);
    weights.read("w", 1, 3, 0, out);
    CHECK(out == std::vector<float>(3, 0.0f));
    CHECK_THAT(support::error_of([&] { weights.read("w", 3, 1, 0, out); }),
               Contains("w: wrong shape: expected [3, 1], found [3]"));
    CHECK_THAT(support::error_of([&] { weights.read("v", 1, 3, 0, out); }), Contains("v: no such tensor"));
    CHECK(weights.has("w"));
    CHECK_FALSE(weights.has("v"));
    CHECK(weights.shape("w") == coco::io::Shape{3});
    CHECK(weights.paths().size() == 1);
}

TEST_CASE("a folder of weights: a wrong index is an error that names file and tensor") {
    const support::Folder folder;
    const auto open = [&](const std::string& index) {
        support::write(folder / "model.safetensors.index.json", index);
        return support::error_of([&] { SafetensorsFolder(folder.path()); });
    };
    CHECK_THAT(support::error_of([&] { SafetensorsFolder(folder.path()); }),
               Contains("no weights in this folder"));
    support::write(folder / "a.safetensors", file_of("w", "F32", "[1]", bytes_of(2.0f)));
    CHECK(open(text_of_index(R"("w": "a.safetensors")")).empty());
    CHECK_THAT(open(text_of_index(R"("w": "a.safetensors", "v": "a.safetensors")")),
               Contains("weight_map: v: the file has no such tensor"));
    CHECK_THAT(open(text_of_index(R"("w": "b.safetensors")")), Contains("b.safetensors: cannot open"));
    for (const char* outside : {"../a.safetensors", "/etc/passwd", "..", ""})
        CHECK_THAT(open(text_of_index("\"w\": \"" + std::string(outside) + "\"")),
                   Contains("w: not a file of this folder"));
    CHECK_THAT(open(text_of_index(R"("w": 3)")), Contains("w: wrong type"));
    CHECK_THAT(open("{}"), Contains("weight_map: no such key"));
}
