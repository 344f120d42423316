// SPDX-License-Identifier: Apache-2.0
/// \file
/// The conformance test of products with stored matrices: they equal a triple loop in double over the decoded
/// values.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include <coco/core/half.hpp>
#include <coco/core/random.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/store/block.hpp>
#include <coco/store/ggml_blocks.hpp>
#include <coco/store/stored.hpp>

#include "batch.hpp"
#include "numbers.hpp"

namespace coco::conformance {

/// All types that can be decoded.
inline const std::vector<GgmlType> stored_types{
    GgmlType::F32,  GgmlType::F16,  GgmlType::BF16, GgmlType::Q4_0, GgmlType::Q4_1,
    GgmlType::Q5_0, GgmlType::Q5_1, GgmlType::Q8_0, GgmlType::Q2_K, GgmlType::Q3_K,
    GgmlType::Q4_K, GgmlType::Q5_K, GgmlType::Q6_K};

/// Random blocks with scales of ordinary size: random bytes, then random halves at the offsets of the scales.
inline std::vector<std::byte> random_blocks(GgmlType type, Index blocks, std::uint64_t seed) {
    const GgmlLayout& layout = *layout_of(type);
    std::vector<Index> halves;
    switch (type) {
        case GgmlType::Q4_0:
        case GgmlType::Q5_0:
        case GgmlType::Q8_0:
        case GgmlType::F16:
            halves = {0};
            break;
        case GgmlType::Q4_1:
        case GgmlType::Q5_1:
        case GgmlType::Q4_K:
        case GgmlType::Q5_K:
            halves = {0, 2};
            break;
        case GgmlType::Q2_K:
            halves = {80, 82};
            break;
        case GgmlType::Q3_K:
            halves = {108};
            break;
        case GgmlType::Q6_K:
            halves = {208};
            break;
        default:
            break;
    }
    std::vector<std::byte> bytes(static_cast<std::size_t>(blocks * layout.bytes));
    RandomStream random(seed, 0);
    for (std::byte& b : bytes) b = static_cast<std::byte>(random.below(256));
    for (Index b = 0; b < blocks; ++b) {
        std::byte* const at = bytes.data() + b * layout.bytes;
        for (const Index half : halves) {
            // 2^-4 (1 + ...), with a random sign.
            const std::uint16_t bits =
                static_cast<std::uint16_t>(0x2C00u | (random.below(2) << 15) | random.below(1024));
            std::memcpy(at + half, &bits, 2);
        }
        if (type == GgmlType::F32) {
            const float value = static_cast<float>(random.normal());
            std::memcpy(at, &value, 4);
        } else if (type == GgmlType::BF16) {
            const std::uint16_t value = float_to_bfloat(static_cast<float>(random.normal()));
            std::memcpy(at, &value, 2);
        }
    }
    return bytes;
}

/// One product and its expected result.
struct StoredTrial {
    GgmlType type;
    Index x_rows, rows, cols;  ///< x_rows of x; rows, cols of w
    Op op;
    Write write;
    Precision precision;

    Index depth() const { return op == Op::transposed ? cols : rows; }
    Index width() const { return op == Op::transposed ? rows : cols; }
    std::vector<std::byte> bytes() const {
        return random_blocks(type, rows * cols / layout_of(type)->values, 3);
    }
    Numbers x() const { return normals(x_rows * depth(), 5); }
    Numbers before() const { return normals(x_rows * width(), 7); }

    template <class P>
    Numbers run(P& on) const {
        Workspace<P> work(on);
        Block<std::byte, P> block(on, static_cast<Index>(bytes().size()));
        const std::vector<std::byte> from = bytes();
        on.upload(from.data(), block.list());
        const Rows<P> in = uploaded(on, work, x(), {x_rows, depth()}),
                      out = uploaded(on, work, before(), {x_rows, width()});
        on.multiply_stored(CRows<P>(in), Stored<typename P::Space>{type, block.data(), rows, cols}, op, out,
                           write, precision);
        return downloaded<P>(on, out);
    }

    /// The triple loop; if `rounded`, x is rounded to bfloat16 first.
    Numbers naive(bool rounded) const {
        const std::vector<std::byte> from = bytes();
        std::vector<float> w(static_cast<std::size_t>(rows * cols));
        ggml::decode_of(type)(reinterpret_cast<const std::uint8_t*>(from.data()), rows * cols, w.data());
        Numbers a = x(), out = write == Write::add ? before() : Numbers(before().size(), 0.0);
        if (rounded)
            for (double& v : a)
                v = static_cast<double>(bfloat_to_float(float_to_bfloat(static_cast<float>(v))));
        for (Index i = 0; i < x_rows; ++i)
            for (Index j = 0; j < width(); ++j)
                for (Index k = 0; k < depth(); ++k)
                    out[static_cast<std::size_t>(i * width() + j)] +=
                        a[static_cast<std::size_t>(i * depth() + k)] *
                        static_cast<double>(
                            w[static_cast<std::size_t>(op == Op::transposed ? j * cols + k : k * cols + j)]);
        return out;
    }
};

/// Few rows and many, depths and widths that do not fill a panel, both operations, all types.
template <class Check>
void stored_trials(const Check& check) {
    for (const GgmlType type : stored_types)
        for (const auto& [x_rows, rows, blocks] :
             {std::array<Index, 3>{1, 70, 2}, {3, 33, 1}, {4, 40, 2}, {9, 130, 3}, {32, 33, 1}, {260, 40, 2}})
            for (const Op op : {Op::transposed, Op::plain})
                for (const Write write : {Write::set, Write::add}) {
                    const Index values = layout_of(type)->values,
                                cols = values == 1 ? 35 * blocks : values * blocks;
                    const StoredTrial trial{type, x_rows, rows, cols, op, write, Precision::full};
                    check(text_of(layout_of(type)->name, " ", x_rows, " rows, ", rows, "x", cols,
                                  op == Op::plain ? " plain" : " transposed",
                                  write == Write::add ? ", added" : ""),
                          trial);
                }
}

/// Products requested in bfloat16: depths and widths that do not fill a panel, both operations.
template <class Check>
void bfloat_trials(const Check& check) {
    for (const auto& [x_rows, rows, cols] :
         {std::array<Index, 3>{7, 70, 33}, {9, 129, 64}, {250, 40, 2051}, {48, 64, 576}})
        for (const Op op : {Op::transposed, Op::plain})
            for (const Write write : {Write::set, Write::add})
                check(text_of(x_rows, " ", rows, "x", cols, op == Op::plain ? " plain" : " transposed"),
                      StoredTrial{GgmlType::BF16, x_rows, rows, cols, op, write, Precision::bfloat16});
}

}  // namespace coco::conformance
