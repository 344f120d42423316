// SPDX-License-Identifier: Apache-2.0
/// \file
/// `lm describe`: the contents of a file, and the memory it takes in each storage.
#pragma once

#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

#include <coco/io/gguf.hpp>
#include <coco/llm/chat_format.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/llm/end_tokens.hpp>
#include <coco/llm/open_text_model.hpp>
#include <coco/llm/presets.hpp>

namespace lm {

/// Bytes of a model's weights, with float as scalar type.
inline double bytes_in(coco::llm::Source source, coco::llm::Keep keep) {
    source.config.output_head = !source.config.headless;
    source.config.keep = keep;
    coco::ParameterLayout layout;
    const coco::llm::Decoder<coco::llm::storage::Configured> decoder(layout, source);
    return 4.0 * static_cast<double>(layout.size(coco::ParameterBlock::frozen)) +
           static_cast<double>(layout.stored_bytes());
}

inline void describe(const std::filesystem::path& path) {
    const coco::llm::Source source = coco::llm::open(path);
    const coco::llm::Config& c = source.config;
    const auto number = [](coco::Index n) { return static_cast<long long>(n); };
    std::printf("architecture  %s\n", c.architecture.c_str());
    std::printf("parameters    %lld\n", number(coco::llm::parameter_count(c)));
    std::printf("layers        %lld of width %lld, feed-forward %lld\n", number(c.layers), number(c.width),
                number(c.hidden));
    std::printf("heads         %lld of width %lld, %lld of keys and values%s%s\n", number(c.heads),
                number(c.head), number(c.kv_heads), c.head_norm ? ", normed" : "",
                c.qkv_bias ? ", with bias" : "");
    std::printf("vocabulary    %lld, %s\n", number(c.vocabulary),
                c.tied       ? "logits by the token embeddings"
                : c.headless ? "no output matrix: hidden states only"
                             : "an output matrix of its own");
    std::printf("rotation      base %g%s; norms' epsilon %g\n", c.theta,
                c.factors.count > 0 ? ", slowed down by factors" : "", c.epsilon);
    if (c.window > 0)
        std::printf("attention     %lld tokens back: longer texts are refused\n", number(c.window));
    if (!c.pooling.empty()) std::printf("embedding     by the %s row\n", std::string(c.pooling).c_str());
    if (coco::llm::kind_of(path) == coco::llm::ModelFile::gguf) {
        std::map<std::string, int> types;
        const coco::io::Gguf file(path);
        for (const coco::io::TensorInfo& t : file.tensors())
            ++types[std::string(coco::layout_of(t.type)->name)];
        std::printf("tensors      ");
        for (const auto& [name, count] : types) std::printf(" %s x %d", name.c_str(), count);
        std::printf("\n");
    }
    std::printf("in memory     %.0f MB as stored, %.0f MB in bfloat16, %.0f MB in float\n",
                1e-6 * bytes_in(source, coco::llm::Keep::as_stored),
                1e-6 * bytes_in(source, coco::llm::Keep::bfloat16),
                1e-6 * bytes_in(source, coco::llm::Keep::floats));
    const coco::text::Tokenizer tokenizer = coco::llm::open_tokenizer(path);
    const auto named = [&](coco::Id id) {
        return coco::text_of(id, " ",
                             id < tokenizer.size() ? tokenizer.token(id) : "(a row without a token)");
    };
    std::string line = coco::text_of("tokens        ", tokenizer.size());
    if (tokenizer.size() > c.vocabulary)
        line += coco::text_of(", ", tokenizer.size() - c.vocabulary, " without a row");
    line += "; a text ends at";
    try {
        const std::vector<coco::Id> stop = coco::llm::stop_tokens(path);
        for (const coco::Id id : stop) line += " " + named(id);
        if (stop.empty()) line += " no token";
    } catch (const coco::Error& error) {
        line += coco::text_of(" what is no token (", error.what(), ")");
    }
    if (coco::llm::kind_of(path) == coco::llm::ModelFile::gguf) {
        const coco::io::Gguf file(path);
        for (const char* key : {"tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_eos_token"})
            if (file.has(key) && file.boolean(key))
                line += coco::text_of("; the file asks for a token at the end of a text (", key,
                                      "), which is not added here: write it and read with --special");
    }
    line += "\nconversations ";
    try {
        const coco::llm::ChatFormat format = coco::llm::chat_format_of(path, tokenizer);
        const coco::Id end = format.end_of_turn(tokenizer);
        line += coco::text_of("by ", format.name(),
                              format.is_own() ? "" : ", which fits the tokens: the file has no template",
                              "; a turn ends at ", end == coco::no_id ? "no token" : named(end));
    } catch (const coco::Error& error) {
        line += coco::text_of("not written here (", error.what(), ")");
    }
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stdout);
}

}  // namespace lm
