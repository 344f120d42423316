// SPDX-License-Identifier: Apache-2.0
/// \file
/// Language models from GGUF files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/io/dequantize.hpp>
#include <coco/io/gguf.hpp>
#include <coco/llm/source.hpp>

namespace coco::llm {

/// The shape of the model in a file.
/// \throws Error naming the key: unknown architecture, missing key, a feature this decoder does not have
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

/// Turns rows of query or key projections from adjacent pairs to split halves: row 2j of a head becomes row
/// j, row 2j + 1 becomes row j + head/2. Converters to GGUF did the opposite to Llama's.
/// \param cols  elements of a row: values, or the bytes that store them
template <class T>
void to_split_halves(std::span<T> rows, Index head, Index cols) {
    const auto block = static_cast<std::size_t>(head * cols), row = static_cast<std::size_t>(cols);
    std::vector<T> turned(block);
    for (std::size_t at = 0; at < rows.size(); at += block) {
        for (std::size_t j = 0; j < static_cast<std::size_t>(head); ++j) {
            const std::size_t to = j / 2 + (j % 2) * static_cast<std::size_t>(head) / 2;
            std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(at + j * row), cols,
                        turned.begin() + static_cast<std::ptrdiff_t>(to * row));
        }
        std::copy(turned.begin(), turned.end(), rows.begin() + static_cast<std::ptrdiff_t>(at));
    }
}

/// A model in an open file, which stays open as long as the source is used. Its query and key rows come out
/// in split halves, whatever the file's order. \throws Error as `config_of`; tensors that are missing,
/// misshapen or not finite are named when they are read
inline Source source_of(const std::shared_ptr<const io::Gguf>& file) {
    const Config config = config_of(*file);
    const bool paired = config.architecture == "llama";
    const auto turned = [paired](std::string_view name) {
        return paired && (name.ends_with("attn_q.weight") || name.ends_with("attn_k.weight"));
    };
    Source source{config, {}, {}, {}};
    source.read = [=](std::string_view name, Index rows, Index cols, std::span<float> out) {
        const io::TensorInfo& tensor = file->tensor(name, rows, cols);
        io::read_rows(tensor, 0, rows, out);
        file->forget(tensor);
        if (turned(name)) to_split_halves(out, config.head, cols);
    };
    source.type = [=](std::string_view name) { return file->tensor(name).type; };
    source.bytes = [=](std::string_view name, Index rows, Index cols, std::span<std::byte> out) {
        const io::TensorInfo& tensor = file->tensor(name, rows, cols);
        io::require_decodable(tensor);
        std::copy(tensor.bytes.begin(), tensor.bytes.end(), out.begin());
        file->forget(tensor);
        if (turned(name)) to_split_halves(out, config.head, static_cast<Index>(out.size()) / rows);
    };
    return source;
}

}  // namespace coco::llm
