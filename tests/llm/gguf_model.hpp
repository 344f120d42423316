// SPDX-License-Identifier: Apache-2.0
/// \file
/// A model as a GGUF file, to be modified before it is written.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <coco/llm/random_source.hpp>

#include "io/support.hpp"
#include "llm/support.hpp"

namespace support {

/// The contents of a model file, metadata and tensors by name, to be modified before it is written.
struct Model {
    std::string architecture = "llama";
    std::map<std::string, std::uint32_t> numbers;
    std::map<std::string, std::string> words;
    std::map<std::string, float> reals;  ///< below the architecture's name, as `numbers` and `words`
    std::map<std::string, bool> flags;
    std::map<std::string, std::string> others;  ///< whole keys
    std::map<std::string, std::pair<std::array<Index, 2>, std::vector<float>>> tensors;

    std::filesystem::path write(const std::filesystem::path& path) const {
        GgufBytes file;
        file.entry("general.architecture", architecture);
        for (const auto& [key, value] : numbers) file.entry(architecture + "." + key, value);
        for (const auto& [key, value] : words) file.entry(architecture + "." + key, value);
        for (const auto& [key, value] : reals) file.entry(architecture + "." + key, 6, bytes_of(value));
        for (const auto& [key, value] : flags)
            file.entry(architecture + "." + key, 7, bytes_of(static_cast<char>(value)));
        for (const auto& [key, value] : others) file.entry(key, value);
        file.entry(architecture + ".attention.layer_norm_rms_epsilon", 6, bytes_of(1e-5f));
        file.entry(architecture + ".rope.freq_base", 6, bytes_of(5000.0f));
        for (const auto& [name, tensor] : tensors) {
            const auto& [shape, values] = tensor;
            file.tensor(name, {static_cast<std::uint64_t>(shape[1]), static_cast<std::uint64_t>(shape[0])}, 0,
                        file.data.size());
            file.data.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
            file.data.resize((file.data.size() + 31) / 32 * 32);
        }
        return support::write(path, file.bytes());
    }
};

inline coco::llm::Config model_config(const std::string& architecture = "llama") {
    coco::llm::Config c = small_config();
    c.theta = 5000;
    c.epsilon = static_cast<double>(1e-5f);
    c.head_norm = architecture == "qwen3";
    c.qkv_bias = architecture == "qwen2";
    return c;
}

/// The file a converter makes of a model: Llama's query and key rows are reordered from split halves to
/// adjacent pairs.
inline Model model_of(const coco::llm::Source& source, const std::string& architecture) {
    const coco::llm::Config& c = source.config;
    Model m;
    m.architecture = architecture;
    m.numbers = {{"block_count", 2},          {"embedding_length", 16},
                 {"attention.head_count", 4}, {"attention.head_count_kv", 2},
                 {"attention.key_length", 6}, {"feed_forward_length", 20}};
    const auto add = [&](const std::string& name, Index rows, Index cols) {
        std::vector<float> values(static_cast<std::size_t>(rows * cols));
        source.read(name, rows, cols, 0, values);
        if (architecture == "llama" && (name.ends_with("attn_q.weight") || name.ends_with("attn_k.weight"))) {
            const std::vector<float> halves = values;
            for (Index i = 0; i < rows; ++i) {
                const Index head = i / c.head * c.head, at = i % c.head;
                const Index from = head + (at % 2 == 0 ? at / 2 : c.head / 2 + at / 2);
                std::copy_n(halves.begin() + from * cols, cols, values.begin() + i * cols);
            }
        }
        m.tensors[name] = {{rows, cols}, values};
    };
    add("token_embd.weight", c.vocabulary, c.width);
    add("output_norm.weight", 1, c.width);
    for (Index l = 0; l < c.layers; ++l) {
        const auto name = [&](const char* part) { return coco::llm::layer_tensor(l, part); };
        add(name("attn_norm"), 1, c.width);
        add(name("attn_q"), c.query_width(), c.width);
        add(name("attn_k"), c.kv_width(), c.width);
        add(name("attn_v"), c.kv_width(), c.width);
        add(name("attn_output"), c.width, c.query_width());
        add(name("ffn_norm"), 1, c.width);
        add(name("ffn_gate"), c.hidden, c.width);
        add(name("ffn_up"), c.hidden, c.width);
        add(name("ffn_down"), c.width, c.hidden);
        if (c.qkv_bias)
            for (const auto& [part, cols] :
                 {std::pair("attn_q", c.query_width()), {"attn_k", c.kv_width()}, {"attn_v", c.kv_width()}})
                add(coco::llm::layer_tensor(l, part, "bias"), 1, cols);
        if (c.head_norm) {
            add(name("attn_q_norm"), 1, c.head);
            add(name("attn_k_norm"), 1, c.head);
        }
    }
    return m;
}

}  // namespace support
