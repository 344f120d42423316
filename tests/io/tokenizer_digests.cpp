// SPDX-License-Identifier: Apache-2.0
// Whole catalogues: digests of the ids equal those of Hugging Face's tokenizers
// (fixtures/tokenizer_digests.py).
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include <coco/io/gguf_tokenizer.hpp>
#include <coco/io/tokenizer_json.hpp>
#include <coco/io/wordpiece_json.hpp>
#include <coco/text/encoder.hpp>

#include "qwen.hpp"
#include "support.hpp"

using coco::Id;
using coco::text::Tokenizer;

namespace {

/// The second column of a table; empty if the file does not exist.
std::vector<std::string> titles(const std::filesystem::path& path, bool header) {
    std::vector<std::string> list;
    std::ifstream in(path);
    std::string line, title;
    while (std::getline(in, line)) {
        std::istringstream columns(line);
        std::getline(std::getline(columns, title, '\t'), title, '\t');
        if (!header && !title.empty()) list.push_back(title);
        header = false;
    }
    return list;
}

std::vector<std::string> texts_of(const std::string& name) {
    if (name == "letters") return {std::string(1'000'000, 'a')};
    if (name == "blanks") return {std::string(1'000'000, ' ')};
    if (name == "digits") return {std::string(1'000'000, '7')};
    if (name == "ml-100k") return titles(support::cache() / "ml-100k" / "ml-100k.item", true);
    const char* data = std::getenv("COCO_DATA");
    return data == nullptr ? std::vector<std::string>()
                           : titles(std::filesystem::path(data) / name / "items.tsv", false);
}

/// Prints the first text that differs, if COCO_TOKENIZER_IDS names a folder with the reference's ids.
void tell_difference(const std::string& name, const std::vector<std::string>& texts,
                     const std::vector<std::vector<Id>>& ids) {
    const char* folder = std::getenv("COCO_TOKENIZER_IDS");
    if (folder == nullptr) return;
    std::ifstream in(std::filesystem::path(folder) / (name + ".txt"));
    std::string line;
    for (std::size_t i = 0; i < texts.size() && std::getline(in, line); ++i) {
        std::istringstream numbers(line);
        std::vector<Id> expected;
        for (Id id; numbers >> id;) expected.push_back(id);
        if (ids[i] == expected) continue;
        INFO(name << ", text " << i + 1 << ": " << texts[i].substr(0, 200));
        CHECK(ids[i] == expected);
        return;
    }
}

/// \param encode  gives the ids of a text
/// \param known   value of `tokenizer` in the rows of the fixture that belong to this tokenizer
template <class Encode>
void check_digests_of(Encode&& encode, const std::string& known) {
    std::ifstream in(std::string(COCO_TEST_DIR) + "/fixtures/tokenizer_digests.json");
    std::size_t rows = 0;
    std::string missing;
    for (const auto& row : nlohmann::json::parse(in)) {
        if (row.at("tokenizer") != known) continue;
        ++rows;
        const std::string name = row.at("texts");
        const std::vector<std::string> texts = texts_of(name);
        if (texts.empty()) {
            missing += (missing.empty() ? "" : ", ") + name;
            continue;
        }
        std::size_t count = 0;
        std::uint64_t sum = 0xCBF29CE484222325u;
        std::vector<std::vector<Id>> ids;
        for (const std::string& text : texts) {
            ids.push_back(encode(text));
            count += ids.back().size();
            for (const Id id : ids.back()) sum = (sum ^ static_cast<std::uint32_t>(id)) * 0x100000001B3u;
            sum = (sum ^ 0xFFFFFFFFu) * 0x100000001B3u;
        }
        INFO(known << " on " << name);
        CHECK(texts.size() == row.at("of"));
        CHECK(count == row.at("ids"));
        CHECK(sum == std::stoull(row.at("sum").get<std::string>(), nullptr, 16));
        if (sum != std::stoull(row.at("sum").get<std::string>(), nullptr, 16))
            tell_difference(known + "-" + name, texts, ids);
    }
    CHECK(rows >= 3);
    if (!missing.empty())
        std::cout << "SKIPPED: " << known << " on the titles of " << missing << ", which are not here\n";
}

void check_digests(const Tokenizer& tokenizer, const std::string& known) {
    coco::text::Encoder encoder(tokenizer);
    check_digests_of(encoder, known);
}

std::string fixture(const std::string& name) {
    return std::string(COCO_TEST_DIR) + "/fixtures/tokenizer_" + name;
}

}  // namespace

TEST_CASE("digests of ids: a megabyte of one letter, for each rule") {
    check_digests(coco::io::tokenizer_of(coco::io::Gguf(fixture("small.gguf"))), "small");
    for (const char* name : {"gpt2", "qwen2", "llama3"})
        check_digests(coco::io::open_tokenizer_json(fixture(name) + ".json"), name);
}

TEST_CASE("digests of ids: all titles, SmolLM2's tokenizer") {
    const auto path = support::smollm2();
    if (path.empty())
        std::cout << "SKIPPED: no SmolLM2 GGUF in the cache\n";
    else
        check_digests(coco::io::tokenizer_of(coco::io::Gguf(path)), "smollm2");
}

TEST_CASE("digests of ids: all titles, Qwen's tokenizer from its ranks") {
    const auto path = support::cached("qwen", "qwen.tiktoken");
    if (path.empty())
        std::cout << "SKIPPED: no qwen.tiktoken in the cache\n";
    else
        check_digests(support::qwen(path), "qwen");
}

TEST_CASE("digests of ids: all titles, Qwen's tokenizer from a GGUF") {
    const char* path = std::getenv("COCO_QWEN_GGUF");
    if (path == nullptr)
        std::cout << "SKIPPED: COCO_QWEN_GGUF names no file\n";
    else
        check_digests(coco::io::tokenizer_of(coco::io::Gguf(path)), "qwen");
}

TEST_CASE("digests of ids: all titles, MiniLM's WordPiece tokenizer") {
    if (support::cached("minilm", "tokenizer.json").empty()) {
        std::cout << "SKIPPED: no all-MiniLM-L6-v2 in the cache\n";
        return;
    }
    const coco::text::WordPiece tokenizer = coco::io::open_wordpiece(support::cache() / "minilm");
    check_digests_of([&](const std::string& text) { return tokenizer.encode(text); }, "minilm");
}
