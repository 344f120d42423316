// SPDX-License-Identifier: Apache-2.0
/// \file
/// One metadata value of a GGUF file: its possible types and how it is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string_view>
#include <variant>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/io/byte_reader.hpp>

namespace coco::io {

/// Every integer type becomes `int64_t`, every real type `double`; a list of booleans becomes a list of 0 and
/// 1. `monostate` represents a list of lists, which is checked and skipped. Strings point into the file's
/// memory.
using GgufValue = std::variant<std::monostate, bool, std::int64_t, double, std::string_view,
                               std::vector<std::int64_t>, std::vector<double>, std::vector<std::string_view>>;

namespace gguf_type {
inline constexpr std::uint32_t float32 = 6, boolean = 7, string = 8, list = 9, float64 = 12, last = 12;
}

/// Reads a value of a numeric or boolean type. \throws Error naming the byte and the key
inline GgufValue read_gguf_scalar(ByteReader& in, std::uint32_t type, std::string_view key) {
    switch (type) {
        case 0:
            return std::int64_t{in.number<std::uint8_t>(key)};
        case 1:
            return std::int64_t{in.number<std::int8_t>(key)};
        case 2:
            return std::int64_t{in.number<std::uint16_t>(key)};
        case 3:
            return std::int64_t{in.number<std::int16_t>(key)};
        case 4:
            return std::int64_t{in.number<std::uint32_t>(key)};
        case 5:
            return std::int64_t{in.number<std::int32_t>(key)};
        case gguf_type::float32:
            return double{in.number<float>(key)};
        case gguf_type::boolean:
            return in.number<std::uint8_t>(key) != 0;
        case 10: {
            const auto value = in.number<std::uint64_t>(key);
            if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                throw Error(in.where(), text_of("integer too large in ", key), "at most 2^63 - 1",
                            text_of(value));
            return static_cast<std::int64_t>(value);
        }
        case 11:
            return in.number<std::int64_t>(key);
        case gguf_type::float64:
            return in.number<double>(key);
        default:
            throw Error(in.where(), text_of("unknown metadata type of ", key), "0 to 12", text_of(type));
    }
}

/// Reads a list: element type, number of elements, elements. \throws Error naming the byte and the key
inline GgufValue read_gguf_list(ByteReader& in, std::string_view key, int depth = 1) {
    const auto type = in.number<std::uint32_t>(key);
    if (type > gguf_type::last)
        throw Error(in.where(), text_of("unknown metadata type in the list ", key), "0 to 12", text_of(type));
    static constexpr std::size_t least_bytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 8, 4 + 8, 8, 8, 8};
    if (type == gguf_type::list && depth == 4)
        throw Error(in.where(), text_of("lists nested too deeply in ", key), "at most 4 levels");
    const std::size_t count = in.count(least_bytes[type], key);
    if (type == gguf_type::list) {
        for (std::size_t i = 0; i < count; ++i) read_gguf_list(in, key, depth + 1);
        return std::monostate{};
    }
    if (type == gguf_type::string) {
        std::vector<std::string_view> list(count);
        for (std::string_view& item : list) item = in.string(key);
        return list;
    }
    if (type == gguf_type::float32 || type == gguf_type::float64) {
        std::vector<double> list(count);
        for (double& item : list) item = std::get<double>(read_gguf_scalar(in, type, key));
        return list;
    }
    std::vector<std::int64_t> list(count);
    for (std::int64_t& item : list) {
        const GgufValue value = read_gguf_scalar(in, type, key);
        item =
            type == gguf_type::boolean ? std::int64_t{std::get<bool>(value)} : std::get<std::int64_t>(value);
    }
    return list;
}

/// Reads a value of any type, preceded by its type. \throws Error naming the byte and the key
inline GgufValue read_gguf_value(ByteReader& in, std::string_view key) {
    const auto type = in.number<std::uint32_t>(key);
    if (type == gguf_type::string) return in.string(key);
    if (type == gguf_type::list) return read_gguf_list(in, key);
    return read_gguf_scalar(in, type, key);
}

}  // namespace coco::io
