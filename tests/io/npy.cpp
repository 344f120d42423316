// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include <coco/io/npy.hpp>

#include "support.hpp"

using Catch::Matchers::Contains;
using namespace coco::io;

namespace {

std::string file_of(const std::string& header, std::size_t data, char version = 1) {
    const auto length = static_cast<std::uint32_t>(header.size());
    return "\x93NUMPY" + std::string{version, '\0'} +
           support::bytes_of(length).substr(0, version == 1 ? 2 : 4) + header + std::string(data, '\0');
}

std::string header_of(const std::string& shape, const std::string& type = "<f4",
                      const char* fortran = "False") {
    return "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

std::string fault(const std::string& bytes) {
    const support::Folder folder;
    const auto path = support::write(folder / "file.npy", bytes);
    return support::error_of([&] { load_npy(path); });
}

}  // namespace

TEST_CASE("npy: a file of NumPy is read") {
    const std::string path = std::string(COCO_TEST_DIR) + "/fixtures/matrix.npy";
    const Matrix matrix = load_npy(path, 2, 3);
    CHECK(matrix.rows == 2);
    CHECK(matrix.columns == 3);
    CHECK(matrix.values == std::vector<float>{0, 0.25f, 0.5f, 0.75f, 1, 1.25f});
    CHECK(load_npy(path, any_size, 3).values == matrix.values);
    CHECK_THAT(support::error_of([&] { load_npy(path, 3, 2); }),
               Contains("matrix.npy: wrong shape: expected 3 x 2, found 2 x 3"));
    CHECK_THAT(support::error_of([&] { load_npy(path, any_size, 2); }), Contains("expected any x 2"));
}

TEST_CASE("npy: written values have the bytes of NumPy's, and are loaded again") {
    const support::Folder folder;
    const std::vector<float> values{0, 0.25f, 0.5f, 0.75f, 1, 1.25f};
    save_npy(folder / "file.npy", values, 2, 3);
    const std::string numpy = support::slurp(std::string(COCO_TEST_DIR) + "/fixtures/matrix.npy");
    const std::string own = support::slurp(folder / "file.npy");
    CHECK(own.substr(own.size() - 24) == numpy.substr(numpy.size() - 24));
    CHECK(load_npy(folder / "file.npy", 2, 3).values == values);
    save_npy(folder / "none.npy", {}, 0, 3);
    CHECK(load_npy(folder / "none.npy").columns == 3);
    CHECK(load_npy(folder / "none.npy").values.empty());
    CHECK_THROWS_AS(save_npy(folder / "wrong.npy", values, 2, 2), coco::Error);
    CHECK_FALSE(std::filesystem::exists(folder / "wrong.npy"));
}

TEST_CASE("npy: every prefix of a file is an error") {
    const std::string whole = file_of(header_of("(2, 3)"), 24);
    REQUIRE(fault(whole).empty());
    REQUIRE(fault(file_of(header_of("(2, 3)"), 24, 2)).empty());
    for (std::size_t length = 0; length < whole.size(); ++length)
        REQUIRE_THAT(fault(whole.substr(0, length)), Contains("file.npy"));
    CHECK_THAT(fault(whole + "x"), Contains("wrong length"));
}

TEST_CASE("npy: wrong headers") {
    CHECK_THAT(fault("PK\x03\x04 and so on"), Contains("not a .npy file"));
    CHECK_THAT(fault(file_of(header_of("(2, 3)", "<f8"), 48)),
               Contains("expected '<f4' (float32), found '<f8'"));
    CHECK_THAT(fault(file_of(header_of("(2, 3)", ">f4"), 24)), Contains("wrong element type"));
    CHECK_THAT(fault(file_of(header_of("(2, 3)", "<f4", "True"), 24)), Contains("expected row-major"));
    for (const char* shape :
         {"(6,)", "()", "(2, 3, 1)", "(-2, -3)", "(2.0, 3)", "(2 3)", "(99999999999999999999, 1)"})
        CHECK_THAT(fault(file_of(header_of(shape), 24)), Contains("file.npy"));
    CHECK_THAT(fault(file_of(header_of("(4611686018427387904, 4)"), 24)), Contains("wrong length"));
    CHECK_THAT(fault(file_of(header_of("(1000000000, 1000)"), 24)), Contains("wrong length"));
    CHECK_THAT(fault(file_of("{}", 0)), Contains("broken .npy header"));
    CHECK_THAT(fault(file_of("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3", 24)),
               Contains("broken"));
}

TEST_CASE("npy: one changed byte gives an error or is harmless, never a crash") {
    const std::string whole = file_of(header_of("(2, 3)"), 24);
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (int flip : {0x01, 0x10, 0x80, 0xff}) {
            std::string changed = whole;
            changed[at] = static_cast<char>(changed[at] ^ flip);
            CHECK_NOTHROW(fault(changed));
        }
}

TEST_CASE("npy: a NaN is an error that names row and column") {
    const std::string nan = support::bytes_of(std::numeric_limits<float>::quiet_NaN());
    CHECK_THAT(fault(file_of(header_of("(2, 3)"), 16) + nan + support::bytes_of(0.0f)),
               Contains("row 1, column 1"));
}
