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
#include <coco/llm/source.hpp>

namespace coco::llm {

/// The shape of the model in a file.
/// \throws Error, which names the key: unknown architecture, missing key, a feature the decoder does not have
inline Config config_of(const io::Gguf& file) {
    Config c =
        Config::of(std::string(file.string("general.architecture")), file.path() + ": general.architecture");
    const auto key = [&](const char* name) { return c.architecture + "." + name; };
    const auto count = [&](const char* name) { return static_cast<Index>(file.integer(key(name))); };
    c.width = count("embedding_length");
    c.layers = count("block_count");
    c.heads = count("attention.head_count");
    c.kv_heads = file.has(key("attention.head_count_kv")) ? count("attention.head_count_kv") : c.heads;
    require(c.heads >= 1, file.path() + ": " + key("attention.head_count"), "too small", "at least 1",
            text_of(c.heads));
    c.head = file.has(key("attention.key_length")) ? count("attention.key_length") : c.width / c.heads;
    c.hidden = count("feed_forward_length");
    c.vocabulary = file.tensor("token_embd.weight").rows;
    c.epsilon = file.real(key("attention.layer_norm_rms_epsilon"));
    if (file.has(key("rope.freq_base"))) c.theta = file.real(key("rope.freq_base"));
    c.tied = !file.has_tensor("output.weight");
    const auto refuse = [&](const char* name, bool wrong, const char* expected) {
        require(!wrong, file.path() + ": " + key(name), "not supported", expected);
    };
    refuse("attention.value_length",
           file.has(key("attention.value_length")) && count("attention.value_length") != c.head,
           "values as wide as keys");
    refuse("rope.dimension_count",
           file.has(key("rope.dimension_count")) && count("rope.dimension_count") != c.head,
           "whole heads are rotated");
    refuse("rope.scaling.type",
           file.has(key("rope.scaling.type")) && file.string(key("rope.scaling.type")) != "none",
           "rotary positions without scaling");
    refuse("expert_count", file.has(key("expert_count")) && count("expert_count") > 0, "no experts");
    for (const char* part : {"attn_q.bias", "attn_k.bias", "attn_v.bias", "attn_output.bias"})
        require(!file.has_tensor(std::string("blk.0.") + part) ||
                    (c.qkv_bias && std::string_view(part) != "attn_output.bias"),
                file.path() + ": blk.0." + part, "not supported", "projections without bias");
    c.check();
    return c;
}

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
