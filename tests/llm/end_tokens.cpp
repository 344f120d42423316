// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include <coco/llm/end_tokens.hpp>

#include "io/support.hpp"

using namespace support;
using Catch::Matchers::Contains;
using coco::Id;
using coco::llm::stop_tokens;

namespace {

using Ids = std::vector<Id>;

/// A file of four tokens with these keys of ids.
std::filesystem::path file_with(const Folder& folder,
                                const std::vector<std::pair<std::string, std::uint32_t>>& ids) {
    GgufBytes file;
    file.entry("tokenizer.ggml.tokens", std::vector<std::string>{"a", "b", "c", "d"});
    for (const auto& [name, id] : ids) file.entry("tokenizer.ggml." + name + "_token_id", id);
    return write(folder / "model.gguf", file.bytes());
}

std::filesystem::path folder_with(const Folder& folder, const std::string& config,
                                  const std::string& generation = {}) {
    write(folder / "config.json", config);
    std::filesystem::remove(folder / "generation_config.json");
    if (!generation.empty()) write(folder / "generation_config.json", generation);
    return folder.path();
}

}  // namespace

TEST_CASE("end tokens: of text, turn and message in a GGUF file", "[llm]") {
    const Folder folder;
    CHECK(stop_tokens(file_with(folder, {})).empty());
    CHECK(stop_tokens(file_with(folder, {{"eos", 3}})) == Ids{3});
    CHECK(stop_tokens(file_with(folder, {{"eot", 1}, {"eos", 3}, {"eom", 0}})) == Ids{3, 1, 0});
    CHECK(stop_tokens(file_with(folder, {{"eos", 2}, {"eot", 2}})) == Ids{2});
    // 2^32 - 1 and -1 are files' ways to write "none".
    CHECK(stop_tokens(file_with(folder, {{"eos", 0xffffffffu}, {"eot", 2}})) == Ids{2});
    GgufBytes minus;
    minus.entry("tokenizer.ggml.tokens", std::vector<std::string>{"a"});
    minus.entry("tokenizer.ggml.eos_token_id", 5, bytes_of(std::int32_t{-1}));
    CHECK(stop_tokens(write(folder / "minus.gguf", minus.bytes())).empty());
    for (const std::uint32_t beyond : {4u, 70000u, 0x80000000u, 0xfffffffeu})
        CHECK_THAT(
            error_of([&] {
                stop_tokens(file_with(folder, {{"eos", 1}, {"eot", beyond}}));
            }),
            Contains(
                "model.gguf: tokenizer.ggml.eot_token_id: no such token: expected 0 to 3, or -1 for none, "
                "found " +
                std::to_string(beyond)));
}

TEST_CASE("end tokens: of a folder's files", "[llm]") {
    const Folder folder;
    const auto stop = [&](const std::string& config, const std::string& generation = {}) {
        return stop_tokens(folder_with(folder, config, generation));
    };
    CHECK(stop(R"({"vocab_size": 9})").empty());
    CHECK(stop(R"({"vocab_size": 9, "eos_token_id": 8})") == Ids{8});
    CHECK(stop(R"({"vocab_size": 9, "eos_token_id": [8, 2, 8]})") == Ids{8, 2});
    CHECK(stop(R"({"vocab_size": 9, "eos_token_id": 8})", R"({"eos_token_id": [1, 5]})") == Ids{1, 5});
    CHECK(stop(R"({"vocab_size": 9, "eos_token_id": 8})", R"({"do_sample": true})") == Ids{8});
    CHECK(stop(R"({"vocab_size": 9, "eos_token_id": -1})").empty());
    for (const char* beyond : {"9", "-2", "4294967296", "18446744073709551615", "[1, 12]"})
        CHECK_THAT(
            error_of([&] { stop(R"({"vocab_size": 9, "eos_token_id": )" + std::string(beyond) + "}"); }),
            Contains("config.json: eos_token_id: no such token: expected 0 to 8"));
    CHECK_THAT(error_of([&] { stop(R"({"vocab_size": 9, "eos_token_id": 8.5})"); }), Contains("wrong type"));
}
