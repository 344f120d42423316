// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include <coco/io/safetensors.hpp>

#include "support.hpp"

using Catch::Matchers::Contains;
using coco::io::Safetensors;

namespace {

std::string file_of(const std::string& header, std::size_t data) {
    return support::bytes_of(std::uint64_t{header.size()}) + header + std::string(data, '\0');
}

std::string fault(const std::string& bytes) {
    const support::Folder folder;
    const auto path = support::write(folder / "file", bytes);
    return support::error_of([&] { Safetensors{path}; });
}

std::string entry(const std::string& name, const std::string& shape, const std::string& offsets) {
    return "\"" + name + R"(":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

}  // namespace

TEST_CASE("safetensors: a file written by the reference package is read") {
    const Safetensors file(std::string(COCO_TEST_DIR) + "/fixtures/safetensors_reference.safetensors");
    CHECK(file.metadata("title") == "a \"quoted\" line\nÄ");
    const auto matrix = file.get<float>("matrix", {2, 3});
    for (std::size_t i = 0; i < 6; ++i) CHECK(matrix[i] == static_cast<float>(i) / 4);
    CHECK(file.get<double>("wide", {1})[0] == 1.0 / 3);
    CHECK(file.get<std::int64_t>("counts", {2})[1] == 1ll << 40);
    CHECK(file.get<std::int32_t>("small", {2})[0] == -1);
    CHECK(file.get<std::uint8_t>("bytes", {3})[2] == 3);
    CHECK(file.get<std::uint64_t>("single", {})[0] == 7);
    CHECK(file.get<float>("none", {0, 4}).empty());
    CHECK_FALSE(file.has("other"));
    CHECK_THAT(support::error_of([&] { file.tensor("other"); }), Contains("other: no such tensor"));
    CHECK_THAT(support::error_of([&] { file.metadata("other"); }), Contains("other: no such key"));
    CHECK_THAT(support::error_of([&] {
                   file.get<float>("matrix", {3, 2});
               }),
               Contains("matrix: wrong shape: expected [3, 2], found [2, 3]"));
    CHECK_THAT(support::error_of([&] {
                   file.get<double>("matrix", {2, 3});
               }),
               Contains("matrix: wrong element type: expected F64, found F32"));
}

TEST_CASE("safetensors: every prefix of a file is an error") {
    const std::string whole = file_of("{" + entry("a", "[2]", "[0,8]") + "}", 8);
    REQUIRE(fault(whole).empty());
    for (std::size_t length = 0; length < whole.size(); ++length)
        REQUIRE_THAT(fault(whole.substr(0, length)), Contains("file"));
    CHECK_THAT(fault(whole + "x"), Contains("bytes after the last tensor"));
}

TEST_CASE("safetensors: wrong headers") {
    CHECK_THAT(fault(support::bytes_of(~0ull) + "{}"), Contains("count of header bytes"));
    CHECK_THAT(fault(file_of("", 0)), Contains("not a safetensors file"));
    CHECK_THAT(fault(file_of(" {}", 0)), Contains("not a safetensors file"));
    CHECK_THAT(fault(file_of("{", 0)), Contains("not JSON"));
    CHECK_THAT(fault(file_of("{} {}", 0)), Contains("not JSON"));
    CHECK_THAT(fault(file_of("{\"\xff\":1}", 0)), Contains("not JSON"));
    CHECK_THAT(fault(file_of("{\"a\":" + std::string(1000, '[') + std::string(1000, ']') + "}", 0)),
               Contains("nested too deeply"));
    CHECK_THAT(fault(file_of(R"({"__metadata__":{"a":1}})", 0)), Contains("a string"));
    CHECK_THAT(fault(file_of(R"({"__metadata__":[]})", 0)), Contains("__metadata__"));
    CHECK_THAT(fault(file_of(R"({"__metadata__":{"k":"1","k":"2"}})", 0)), Contains("k: occurs twice"));
    CHECK(fault(file_of("{}      ", 0)).empty());
}

TEST_CASE("safetensors: a header longer than 100 MB") {
    const std::size_t length = 100'000'001;
    const std::string bytes = support::bytes_of(std::uint64_t{length}) + "{}" + std::string(length - 2, ' ');
    CHECK_THAT(fault(bytes), Contains("header too long"));
}

TEST_CASE("safetensors: wrong tensors") {
    const std::string a = entry("a", "[2]", "[0,8]");
    const auto with = [&](const std::string& more, std::size_t data) {
        return fault(file_of("{" + a + "," + more + "}", data));
    };
    CHECK(with(entry("b", "[1]", "[8,12]"), 12).empty());
    CHECK_THAT(with(a, 8), Contains("a: occurs twice"));
    CHECK_THAT(with(entry("b", "[1]", "[4,8]"), 8), Contains("b: tensors leave a gap or overlap"));
    CHECK_THAT(with(entry("b", "[2]", "[0,8]"), 8), Contains("overlap"));
    CHECK_THAT(with(entry("b", "[1]", "[12,16]"), 16), Contains("b: tensors leave a gap"));
    CHECK_THAT(with(entry("b", "[1]", "[8,12]"), 8), Contains("b: offsets beyond"));
    CHECK_THAT(with(entry("b", "[1]", "[12,8]"), 12), Contains("b: offsets beyond"));
    CHECK_THAT(with(entry("b", "[2]", "[8,12]"), 12), Contains("b: offsets do not fit"));
    CHECK_THAT(with(entry("b", "[4611686018427387904,4]", "[8,8]"), 8), Contains("b: impossible shape"));
    CHECK_THAT(with(entry("b", "[-1]", "[8,12]"), 12), Contains("b: broken header entry"));
    CHECK_THAT(with(entry("b", "[18446744073709551615]", "[8,12]"), 12), Contains("b: broken"));
    CHECK_THAT(with(entry("b", "[1.5]", "[8,12]"), 12), Contains("b: broken"));
    CHECK_THAT(with(entry("b", "\"1\"", "[8,12]"), 12), Contains("b: broken"));
    CHECK_THAT(with(entry("b", "[1]", "[8]"), 12), Contains("b: offsets"));
    CHECK_THAT(with(R"("b":{"dtype":"F3","shape":[1],"data_offsets":[8,12]})", 12),
               Contains("b: unknown element"));
    CHECK_THAT(with(R"("b":{"dtype":3,"shape":[1],"data_offsets":[8,12]})", 12), Contains("b: broken"));
    CHECK_THAT(with(R"("b":{"shape":[1],"data_offsets":[8,12]})", 12), Contains("b: broken"));
    CHECK_THAT(with(R"("b":[])", 8), Contains("b: broken"));
}

TEST_CASE("safetensors: one changed byte gives an error or is harmless, never a crash") {
    const std::string whole = file_of("{" + entry("a", "[2]", "[0,8]") + "}", 8);
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (int flip : {0x01, 0x08, 0x80, 0xff}) {
            std::string changed = whole;
            changed[at] = static_cast<char>(changed[at] ^ flip);
            CHECK_NOTHROW(fault(changed));
        }
}

TEST_CASE("safetensors: an unaligned tensor is not read as floats") {
    const support::Folder folder;
    const std::string header = "{" + entry("a", "[2]", "[0,8]") + "}";
    const std::string padded = header + std::string((9 - header.size() % 4) % 4, ' ');
    const Safetensors file(support::write(folder / "file", file_of(padded, 8)));
    CHECK_THAT(support::error_of([&] { file.get<float>("a", {2}); }), Contains("a: tensor is not aligned"));
}
