// SPDX-License-Identifier: Apache-2.0
/// \file
/// The element types of safetensors files and the corresponding C++ types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>

namespace coco::io {

/// Element types of whole bytes. F16 and BF16 have no C++ type here; only their bytes are accessible.
enum class Dtype {
    boolean,
    u8,
    i8,
    f8_e4m3,
    f8_e5m2,
    i16,
    u16,
    f16,
    bf16,
    i32,
    u32,
    f32,
    c64,
    f64,
    i64,
    u64
};

struct DtypeLayout {
    Dtype dtype;
    std::string_view name;  ///< as written in files
    std::size_t bytes;
};

inline constexpr DtypeLayout dtype_layouts[] = {
    {Dtype::boolean, "BOOL", 1},    {Dtype::u8, "U8", 1},           {Dtype::i8, "I8", 1},
    {Dtype::f8_e4m3, "F8_E4M3", 1}, {Dtype::f8_e5m2, "F8_E5M2", 1}, {Dtype::i16, "I16", 2},
    {Dtype::u16, "U16", 2},         {Dtype::f16, "F16", 2},         {Dtype::bf16, "BF16", 2},
    {Dtype::i32, "I32", 4},         {Dtype::u32, "U32", 4},         {Dtype::f32, "F32", 4},
    {Dtype::c64, "C64", 8},         {Dtype::f64, "F64", 8},         {Dtype::i64, "I64", 8},
    {Dtype::u64, "U64", 8},
};

constexpr const DtypeLayout& layout_of(Dtype dtype) { return dtype_layouts[static_cast<std::size_t>(dtype)]; }

/// Null for an unknown name.
constexpr const DtypeLayout* layout_of(std::string_view name) {
    for (const DtypeLayout& layout : dtype_layouts)
        if (layout.name == name) return &layout;
    return nullptr;
}

/// The element type of a `T`, which must be a fixed-width integer, float or double.
template <class T>
constexpr Dtype dtype_of() {
    if constexpr (std::is_same_v<T, std::uint8_t>)
        return Dtype::u8;
    else if constexpr (std::is_same_v<T, std::int8_t>)
        return Dtype::i8;
    else if constexpr (std::is_same_v<T, std::int16_t>)
        return Dtype::i16;
    else if constexpr (std::is_same_v<T, std::uint16_t>)
        return Dtype::u16;
    else if constexpr (std::is_same_v<T, std::int32_t>)
        return Dtype::i32;
    else if constexpr (std::is_same_v<T, std::uint32_t>)
        return Dtype::u32;
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return Dtype::i64;
    else if constexpr (std::is_same_v<T, std::uint64_t>)
        return Dtype::u64;
    else if constexpr (std::is_same_v<T, double>)
        return Dtype::f64;
    else {
        static_assert(std::is_same_v<T, float>, "safetensors hold no such C++ type");
        return Dtype::f32;
    }
}

/// Row-major; empty for a single value; a size may be 0.
using Shape = std::vector<Index>;

/// "[2, 3]"
[[gnu::cold]] inline std::string text_of_shape(const Shape& shape) {
    std::string text = "[";
    for (std::size_t d = 0; d < shape.size(); ++d) text += (d == 0 ? "" : ", ") + std::to_string(shape[d]);
    return text + "]";
}

/// Number of bytes of a tensor. \throws Error naming `where` if a size is negative or the product overflows
inline std::size_t bytes_of(const Shape& shape, Dtype dtype, const std::string& where) {
    std::size_t bytes = layout_of(dtype).bytes;
    for (Index size : shape)
        if (size < 0 || __builtin_mul_overflow(bytes, static_cast<std::size_t>(size), &bytes))
            throw Error(where, "impossible shape", {}, text_of_shape(shape));
    return bytes;
}

}  // namespace coco::io
