// SPDX-License-Identifier: Apache-2.0
// Encoders from folders: all-MiniLM-L6-v2 beside transformers (fixtures/bert_reference.py), and what is
// refused.
#include <catch2/catch.hpp>
#include <coco/host/host.hpp>
#include <coco/io/safetensors.hpp>
#include <coco/io/safetensors_writer.hpp>
#include <coco/llm/open_text_encoder.hpp>
#include <filesystem>
#include <iostream>
#include <string>

#include "conformance/numbers.hpp"
#include "io/support.hpp"

using namespace support;
using Catch::Matchers::Contains;
using coco::Host;
using coco::Id;
using coco::Index;
using coco::text_of;

namespace {

const std::filesystem::path bert = std::string(COCO_TEST_DIR) + "/fixtures/hf/bert";

/// The fixture's folder, with one replacement in one of its files.
std::string spoilt(const std::string& file, const std::string& what, const std::string& by) {
    const Folder folder;
    std::filesystem::copy(
        bert, folder.path(),
        std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
    std::string text = slurp(folder / file);
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    write(folder / file, text.replace(at, what.size(), by));
    return error_of([&] {
        const coco::llm::TextEncoder encoder = coco::llm::open_text_encoder(folder.path());
        Host on(1);
        coco::llm::SentenceReader<Host>(on, encoder);
    });
}

/// The smallest cosine of rows with those of the reference.
double least_cosine(const std::vector<float>& ours, std::span<const float> theirs, std::size_t width) {
    REQUIRE(ours.size() == theirs.size());
    double least = 1;
    for (std::size_t i = 0; i < ours.size(); i += width) {
        double both = 0, a = 0, b = 0;
        for (std::size_t j = i; j < i + width; ++j) {
            both += static_cast<double>(ours[j]) * static_cast<double>(theirs[j]);
            a += static_cast<double>(ours[j]) * static_cast<double>(ours[j]);
            b += static_cast<double>(theirs[j]) * static_cast<double>(theirs[j]);
        }
        least = std::min(least, both / std::sqrt(a * b));
    }
    return least;
}

}  // namespace

TEST_CASE("all-MiniLM-L6-v2: hidden rows and vectors of real titles equal those of transformers",
          "[encoder]") {
    if (cached("minilm", "model.safetensors").empty()) {
        std::cout << "SKIPPED: no all-MiniLM-L6-v2 in the cache\n";
        return;
    }
    const coco::io::Safetensors file(std::string(COCO_TEST_DIR) + "/fixtures/minilm_reference.safetensors");
    const coco::llm::TextEncoder encoder = coco::llm::open_text_encoder(cache() / "minilm");
    CHECK(encoder.source.config.tokens == 256);
    CHECK(encoder.source.config.unit_length);
    CHECK(encoder.encode("red shoes") == std::vector<Id>{101, 2417, 6007, 102});
    coco::ParameterLayout layout;
    const coco::llm::SentenceEncoder model(layout, encoder.source);
    Host on(2);
    const coco::Parameters<Host> parameters(on, layout, 1);
    coco::Workspace<Host> work(on);
    coco::Context<Host> ctx = parameters.context(on, work);
    coco::llm::TokenBatch batch;
    const auto ends = file.get<std::int32_t>("offsets", {25});
    const auto ids = file.get<std::int32_t>("ids", {ends.back()});
    for (std::size_t s = 0; s + 1 < ends.size(); ++s)
        batch.add(
            ids.subspan(static_cast<std::size_t>(ends[s]), static_cast<std::size_t>(ends[s + 1] - ends[s])));
    const auto saved = model.forward(ctx, batch.upload(ctx, model.config()));
    const auto vectors = coco::values_of<Host>(on, saved.out);
    CHECK(least_cosine(vectors, file.get<float>("vectors", {24, 384}), 384) > 1 - 1e-6);
    const auto hidden = coco::values_of<Host>(on, coco::CRows<Host>(saved.rows.out.rows_from(0, ends[3])));
    CHECK(least_cosine(hidden, file.get<float>("hidden", {ends[3], 384}), 384) > 1 - 1e-6);
}

TEST_CASE("vectors of texts: read once, kept by what they were made of; zeros for an empty text",
          "[encoder]") {
    coco::llm::TextEncoder encoder = coco::llm::open_text_encoder(bert);
    int encoded = 0;
    encoder.encode = [&, encode = encoder.encode](std::string_view text) {
        ++encoded;
        return encode(text);
    };
    const Folder folder;
    Host on(2);
    const std::vector<std::string> texts{"red shoes", "", "a blue hat", "red shoes", " \t", "unknown \xff"};
    const auto vectors = coco::llm::sentence_vectors(folder.path(), on, encoder, texts);
    CHECK(encoded == 5);
    REQUIRE(vectors.size() == 6 * 8);
    const auto row = [&](std::size_t i) {
        return coco::conformance::Numbers(vectors.begin() + static_cast<std::ptrdiff_t>(8 * i),
                                          vectors.begin() + static_cast<std::ptrdiff_t>(8 * i + 8));
    };
    CHECK(row(0) == row(3));
    for (const std::size_t empty : {1u, 4u}) CHECK(row(empty) == coco::conformance::Numbers(8, 0.0));
    for (const std::size_t full : {0u, 2u, 5u}) CHECK(coco::conformance::length(row(full)) == Approx(1));
    CHECK(coco::llm::sentence_vectors(folder.path(), on, encoder, texts) == vectors);
    CHECK(encoded == 5);
    // Passes of few tokens give the same.
    const auto apart = coco::llm::SentenceReader<Host>(on, encoder, 3)(texts);
    for (std::size_t i = 0; i < vectors.size(); ++i) CHECK(apart[i] == Approx(vectors[i]).margin(1e-6));
    encoder.source.config.unit_length = false;
    CHECK(coco::llm::sentence_vectors(folder.path(), on, encoder, texts) != vectors);
}

TEST_CASE("a text longer than the maximum is cut, ends included", "[encoder]") {
    const coco::llm::TextEncoder encoder = coco::llm::open_text_encoder(bert);
    const auto ids = encoder.encode("red red red red red red red red red blue hat");
    CHECK(ids == std::vector<Id>{2, 5, 5, 5, 5, 5, 5, 5, 5, 3});
    const auto plain = encoder.encode("[MASK]");
    CHECK(std::count(plain.begin(), plain.end(), 4) == 0);
}

TEST_CASE("an encoder's folder: what is not supported is refused by name", "[encoder]") {
    CHECK(spoilt("modules.json", "2_Normalize", "2_Normalised").empty());
    const auto config = [](const std::string& what, const std::string& by) {
        return spoilt("config.json", what, by);
    };
    CHECK_THAT(config("\"bert\"", "\"roberta\""),
               Contains("config.json: model_type: this architecture is not read as a text encoder: expected "
                        "bert, found roberta"));
    CHECK_THAT(config("\"gelu\"", "\"swish\""), Contains("hidden_act: not supported"));
    CHECK_THAT(config("\"is_decoder\": false", "\"is_decoder\": true"),
               Contains("is_decoder: not supported: expected false"));
    CHECK_THAT(config("\"use_cache\": true", "\"position_embedding_type\": \"relative_key\""),
               Contains("position_embedding_type: not supported: expected absolute, found relative_key"));
    CHECK_THAT(config("\"use_cache\": true", "\"embedding_size\": 128"),
               Contains("embedding_size: not supported"));
    CHECK_THAT(config("\"hidden_size\"", "\"hidden_sized\""), Contains("hidden_size: no such key"));
    CHECK_THAT(config("\"num_attention_heads\": 2", "\"num_attention_heads\": 3"),
               Contains("encoder.heads: does not divide the width"));
    CHECK_THAT(
        config("\"intermediate_size\": 12", "\"intermediate_size\": 13"),
        Contains("encoder.layer.0.intermediate.dense.weight: wrong shape: expected [13, 8], found [12, 8]"));
    CHECK_THAT(config("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3"),
               Contains("encoder.layer.2.attention.self.query.weight: no such tensor"));
    CHECK_THAT(config("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1"),
               Contains("not supported: expected the tensors of bert with 1 layers"));
    CHECK_THAT(config("\"vocab_size\": 41", "\"vocab_size\": 40"),
               Contains("tokenizer: more tokens than embeddings: expected at most 40, found 41"));
    CHECK_THAT(spoilt("1_Pooling/config.json", "mean_tokens", "max_tokens"),
               Contains("pooling_mode_max_tokens: not supported: expected one of mean and cls"));
    CHECK_THAT(error_of([] { coco::llm::open_text_encoder(Folder().path()); }),
               Contains("not a text encoder's folder: expected one with a config.json"));
}

TEST_CASE("an encoder's folder: pooling of the first token, and names of other programs", "[encoder]") {
    const Folder folder;
    std::filesystem::copy(
        bert, folder.path(),
        std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
    Host on(1);
    const std::vector<std::string> texts{"a red hat"};
    const auto read = [&] {
        const coco::llm::TextEncoder encoder = coco::llm::open_text_encoder(folder.path());
        return coco::llm::SentenceReader<Host>(on, encoder)(texts);
    };
    const auto before = read();
    {
        const coco::io::Safetensors file(bert / "model.safetensors");
        coco::io::SafetensorsWriter writer;
        for (const auto& [name, tensor] : file.tensors()) {
            std::string renamed = "bert." + name;
            for (const auto& [now, old] :
                 {std::pair{"LayerNorm.weight", "LayerNorm.gamma"}, {"LayerNorm.bias", "LayerNorm.beta"}})
                if (const std::size_t at = renamed.find(now); at != std::string::npos)
                    renamed = renamed.substr(0, at) + old;
            writer.add(renamed, tensor.shape, file.get<float>(name, tensor.shape));
        }
        const std::vector<float> head(41, 1.0f);
        writer.add("cls.predictions.bias", {41}, std::span<const float>(head));
        std::filesystem::remove(folder / "model.safetensors");
        writer.write(folder / "model.safetensors");
    }
    CHECK(read() == before);
    write(folder / "1_Pooling/config.json",
          R"({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false})");
    CHECK(coco::llm::bert_source(folder.path()).config.pooling == coco::llm::SentencePooling::first);
    CHECK(read() != before);
    std::filesystem::remove(folder / "modules.json");
    std::filesystem::remove(folder / "sentence_bert_config.json");
    const coco::llm::EncoderConfig plain = coco::llm::bert_source(folder.path()).config;
    CHECK(plain.pooling == coco::llm::SentencePooling::mean);
    CHECK_FALSE(plain.unit_length);
    CHECK(plain.tokens == 12);
}

TEST_CASE("an encoder's tensors by the names of files", "[encoder]") {
    using coco::llm::bert::parts_of;
    CHECK(parts_of("type") == std::vector<std::string>{"embeddings.token_type_embeddings.weight"});
    CHECK(parts_of("norm.bias") == std::vector<std::string>{"embeddings.LayerNorm.bias"});
    CHECK(parts_of("layer11.norm1.weight") ==
          std::vector<std::string>{"encoder.layer.11.attention.output.LayerNorm.weight"});
    CHECK(parts_of("layer0.attention.qkv.bias") ==
          std::vector<std::string>{"encoder.layer.0.attention.self.query.bias",
                                   "encoder.layer.0.attention.self.key.bias",
                                   "encoder.layer.0.attention.self.value.bias"});
    for (const char* const name : {"", "layer", "layer1.attention", "words"})
        CHECK_THROWS_AS(parts_of(name), coco::Error);
}
