// SPDX-License-Identifier: Apache-2.0
/// \file
/// The element types of GGUF tensors: values and bytes per block. Source: ggml's `ggml_type` and `block_*`
/// structures.
#pragma once

#include <cstdint>
#include <string_view>

#include <coco/core/types.hpp>

namespace coco {

/// Type numbers as stored in files. Only the types that this library decodes have names here.
enum class GgmlType : std::uint32_t {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q2_K = 10,
    Q3_K = 11,
    Q4_K = 12,
    Q5_K = 13,
    Q6_K = 14,
    BF16 = 30,
};

/// A type's name and the shape of its blocks.
struct GgmlLayout {
    GgmlType type;
    std::string_view name;
    Index values;  ///< values per block
    Index bytes;   ///< bytes per block
};

/// Every type that a version 3 file may hold, decoded here or not: the sizes are needed to check a whole
/// file.
inline constexpr GgmlLayout ggml_layouts[] = {
    {GgmlType::F32, "F32", 1, 4},       {GgmlType::F16, "F16", 1, 2},
    {GgmlType::Q4_0, "Q4_0", 32, 18},   {GgmlType::Q4_1, "Q4_1", 32, 20},
    {GgmlType::Q5_0, "Q5_0", 32, 22},   {GgmlType::Q5_1, "Q5_1", 32, 24},
    {GgmlType::Q8_0, "Q8_0", 32, 34},   {GgmlType{9}, "Q8_1", 32, 36},
    {GgmlType::Q2_K, "Q2_K", 256, 84},  {GgmlType::Q3_K, "Q3_K", 256, 110},
    {GgmlType::Q4_K, "Q4_K", 256, 144}, {GgmlType::Q5_K, "Q5_K", 256, 176},
    {GgmlType::Q6_K, "Q6_K", 256, 210}, {GgmlType{15}, "Q8_K", 256, 292},
    {GgmlType{16}, "IQ2_XXS", 256, 66}, {GgmlType{17}, "IQ2_XS", 256, 74},
    {GgmlType{18}, "IQ3_XXS", 256, 98}, {GgmlType{19}, "IQ1_S", 256, 50},
    {GgmlType{20}, "IQ4_NL", 32, 18},   {GgmlType{21}, "IQ3_S", 256, 110},
    {GgmlType{22}, "IQ2_S", 256, 82},   {GgmlType{23}, "IQ4_XS", 256, 136},
    {GgmlType{24}, "I8", 1, 1},         {GgmlType{25}, "I16", 1, 2},
    {GgmlType{26}, "I32", 1, 4},        {GgmlType{27}, "I64", 1, 8},
    {GgmlType{28}, "F64", 1, 8},        {GgmlType{29}, "IQ1_M", 256, 56},
    {GgmlType::BF16, "BF16", 1, 2},     {GgmlType{34}, "TQ1_0", 256, 54},
    {GgmlType{35}, "TQ2_0", 256, 66},   {GgmlType{39}, "MXFP4", 32, 17},
    {GgmlType{40}, "NVFP4", 64, 36},
};

/// The layout of a type, or null for a number that no file of this format may hold.
constexpr const GgmlLayout* layout_of(GgmlType type) {
    for (const GgmlLayout& layout : ggml_layouts)
        if (layout.type == type) return &layout;
    return nullptr;
}

}  // namespace coco
