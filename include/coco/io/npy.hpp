// SPDX-License-Identifier: Apache-2.0
/// \file
/// Matrices of floats to and from NumPy's `.npy` files, via xtensor, which only this header uses.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <xtensor/xadapt.hpp>
#include <xtensor/xnpy.hpp>
#include <xtensor/xtensor.hpp>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/io/atomic_file.hpp>
#include <coco/io/finite.hpp>
#include <coco/io/mapped_file.hpp>

namespace coco::io {

/// rows x columns, row-major.
struct Matrix {
    Index rows = 0;
    Index columns = 0;
    std::vector<float> values;
};

/// Accept any number of rows or columns.
inline constexpr Index any_size = -1;

namespace npy {

/// The value of a key in the header, which is a Python dictionary; ends before the next comma or brace.
inline std::string_view value_of(std::string_view header, std::string_view key, const std::string& where) {
    const std::size_t found = header.find(key);
    if (found == std::string_view::npos) throw Error(where, "broken .npy header", std::string(key));
    std::string_view rest = header.substr(found + key.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(" :"), rest.size()));
    const std::size_t end = rest.starts_with('(') ? rest.find(')') : rest.find_first_of(",}");
    if (end == std::string_view::npos) throw Error(where, "broken .npy header", text_of("a value of ", key));
    return rest.substr(0, end);
}

/// "(2, 3" to {2, 3}: exactly two sizes of at least 0.
inline std::array<Index, 2> sizes_of(std::string_view shape, const std::string& where) {
    const char* at = shape.data();
    const char* const end = at + shape.size();
    std::array<Index, 2> sizes{};
    for (Index& size : sizes) {
        const char before = &size == sizes.data() ? '(' : ',';
        if (at == end || *at++ != before) throw Error(where, "wrong shape", "two sizes", text_of(shape, ")"));
        while (at != end && *at == ' ') ++at;
        const auto [stop, error] = std::from_chars(at, end, size);
        if (error != std::errc() || size < 0)
            throw Error(where, "wrong shape", "two sizes", text_of(shape, ")"));
        at = stop;
    }
    if (at != end && std::string_view(at, static_cast<std::size_t>(end - at)) != ",")
        throw Error(where, "wrong shape", "two sizes", text_of(shape, ")"));
    return sizes;
}

/// Checks the header against the file's length before xtensor uses it. \returns rows and columns
inline std::array<Index, 2> checked_sizes(const MappedFile& file) {
    const auto bytes = file.bytes();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!text.starts_with("\x93NUMPY") || text.size() < 12) throw Error(file.path(), "not a .npy file");
    std::size_t length = 0, prefix = text[6] == 1 ? 10 : 12;
    std::memcpy(&length, text.data() + 8, prefix - 8);
    if (length > text.size() - prefix) throw Error(file.path(), "file ends inside its header");
    const std::string_view header = text.substr(prefix, length);
    const std::string_view type = value_of(header, "'descr'", file.path());
    if (type != "'<f4'") throw Error(file.path(), "wrong element type", "'<f4' (float32)", std::string(type));
    const std::string_view order = value_of(header, "'fortran_order'", file.path());
    if (order != "False") throw Error(file.path(), "wrong order", "row-major", "column-major");
    const auto sizes = sizes_of(value_of(header, "'shape'", file.path()), file.path());
    Index data = 0;
    const bool huge =
        __builtin_mul_overflow(sizes[0], sizes[1], &data) || __builtin_mul_overflow(data, 4, &data);
    if (huge || static_cast<std::size_t>(data) != text.size() - prefix - length)
        throw Error(file.path(), "wrong length", text_of(sizes[0], " x ", sizes[1], " floats"),
                    text_of(text.size() - prefix - length, " bytes"));
    return sizes;
}

}  // namespace npy

/// Reads a matrix. `rows` and `columns` are the expected sizes, or `any_size`.
/// \throws Error naming the file, expected and found, if it is not a row-major float32 matrix of that shape
///         or contains a value that is not finite
inline Matrix load_npy(const std::filesystem::path& path, Index rows = any_size, Index columns = any_size) {
    const std::array<Index, 2> sizes = npy::checked_sizes(MappedFile(path));
    const auto fits = [](Index expected, Index found) { return expected == any_size || expected == found; };
    const auto spelled = [](Index size) { return size == any_size ? std::string("any") : text_of(size); };
    if (!fits(rows, sizes[0]) || !fits(columns, sizes[1]))
        throw Error(path.string(), "wrong shape", spelled(rows) + " x " + spelled(columns),
                    text_of(sizes[0], " x ", sizes[1]));
    Matrix matrix{sizes[0], sizes[1], {}};
    try {
        const xt::xtensor<float, 2, xt::layout_type::row_major> array = xt::load_npy<float>(path.string());
        if (array.shape(0) != static_cast<std::size_t>(sizes[0]) ||
            array.shape(1) != static_cast<std::size_t>(sizes[1]))
            throw Error(path.string(), "ambiguous .npy header");
        matrix.values.assign(array.storage().begin(), array.storage().end());
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        throw Error(path.string(), "cannot be read", {}, error.what());
    }
    if (matrix.columns > 0) require_finite(matrix.values, matrix.columns, path.string());
    return matrix;
}

/// Writes rows x columns floats, row-major; the file is replaced atomically.
/// \throws Error if `values` has another size or the file cannot be written
inline void save_npy(const std::filesystem::path& path, std::span<const float> values, Index rows,
                     Index columns) {
    if (rows < 0 || columns < 0 || static_cast<Index>(values.size()) != rows * columns)
        throw Error(path.string(), "wrong number of values", text_of(rows, " x ", columns),
                    text_of(values.size()));
    const std::array<std::size_t, 2> shape{static_cast<std::size_t>(rows), static_cast<std::size_t>(columns)};
    const auto array =
        xt::adapt<xt::layout_type::row_major>(values.data(), values.size(), xt::no_ownership(), shape);
    const std::string bytes = xt::dump_npy(array);
    AtomicFile file(path);
    file.write(std::as_bytes(std::span(bytes)));
    file.commit();
}

}  // namespace coco::io
