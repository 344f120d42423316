// SPDX-License-Identifier: Apache-2.0
/// \file
/// Language models from GGUF files.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/io/dequantize.hpp>
#include <coco/io/gguf.hpp>
#include <coco/llm/gguf_config.hpp>
#include <coco/llm/source.hpp>

namespace coco::llm {

/// Maps row i in the order of split halves (`RopeKind::half_split`) to its row in a file with adjacent pairs
/// (`RopeKind::adjacent`). In each head, row j of the first half is row 2j of the file, row j of the second
/// half is row 2j + 1. Converters to GGUF apply the inverse permutation to Llama's queries and keys.
constexpr Index paired_row(Index i, Index head) {
    const Index j = i % head;
    return i - j + (j < head / 2 ? 2 * j : 2 * (j - head / 2) + 1);
}

/// The bytes of `count` rows of a tensor.
inline std::span<const std::byte> rows_of(const io::TensorInfo& tensor, Index first, Index count) {
    const std::size_t row = tensor.bytes.size() / static_cast<std::size_t>(tensor.rows);
    return tensor.bytes.subspan(static_cast<std::size_t>(first) * row, static_cast<std::size_t>(count) * row);
}

/// A model in an open file, which stays open as long as the source is used. Query and key rows are returned
/// in the order of split halves for any order in the file.
/// \throws Error as `config_of`; a missing tensor, a wrong shape or a value that is not finite is reported,
///         with the tensor's name, when the tensor is read
inline Source source_of(const std::shared_ptr<const io::Gguf>& file) {
    const Config config = config_of(*file);
    const bool paired = config.architecture == "llama";
    const auto turned = [paired](std::string_view name) {
        return paired && (name.ends_with("attn_q.weight") || name.ends_with("attn_k.weight"));
    };
    Source source{config, {}, {}, {}};
    // Permuted rows are read one by one (a row counts as a whole slice), others in contiguous slices.
    const auto each = [=](const io::TensorInfo& tensor, std::string_view name, Index first, Index count,
                          const auto& take) {
        io::by_slices(count, turned(name) ? Index{1} << 20 : tensor.columns, [&](Index at, Index some) {
            take(turned(name) ? paired_row(first + at, config.head) : first + at, at, some);
            if (!turned(name)) file->forget(rows_of(tensor, first + at, some));
        });
        if (turned(name)) file->forget(tensor.bytes);
    };
    source.read = [=](std::string_view name, Index rows, Index cols, Index first, std::span<float> out) {
        const io::TensorInfo& tensor = file->tensor(name, rows, cols);
        each(tensor, name, first, static_cast<Index>(out.size()) / cols,
             [&](Index from, Index at, Index some) {
                 io::read_rows(
                     tensor, from, some,
                     out.subspan(static_cast<std::size_t>(at * cols), static_cast<std::size_t>(some * cols)));
             });
    };
    source.type = [=](std::string_view name) { return file->tensor(name).type; };
    source.bytes = [=](std::string_view name, Index rows, Index cols, Index first, std::span<std::byte> out) {
        const io::TensorInfo& tensor = file->tensor(name, rows, cols);
        const std::size_t row = tensor.bytes.size() / static_cast<std::size_t>(rows);
        const auto count = static_cast<Index>(out.size() / row);
        each(tensor, name, first, count, [&](Index from, Index at, Index some) {
            io::require_decodable(tensor, from, some);
            const auto bytes = rows_of(tensor, from, some);
            std::copy(bytes.begin(), bytes.end(), out.begin() + at * static_cast<Index>(row));
        });
    };
    return source;
}

}  // namespace coco::llm
