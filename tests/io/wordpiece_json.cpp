// SPDX-License-Identifier: Apache-2.0
// WordPiece tokenizers from files; their ids equal those of `tokenizers` (fixtures/bert_reference.py).
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <coco/io/wordpiece_json.hpp>

#include "support.hpp"

using namespace support;
using Catch::Matchers::Contains;
using coco::Id;
using coco::text::WordPiece;

namespace {

const std::filesystem::path bert = std::string(COCO_TEST_DIR) + "/fixtures/hf/bert";

/// The fixture's `tokenizer.json` with one replacement, alone in a folder.
std::string spoilt(const std::string& what, const std::string& by) {
    const Folder folder;
    std::string text = nlohmann::json::parse(slurp(bert / "tokenizer.json")).dump();
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    write(folder / "tokenizer.json", text.replace(at, what.size(), by));
    return error_of([&] { coco::io::open_wordpiece(folder.path()); });
}

WordPiece with_rule(const std::string& name) {
    nlohmann::json file = nlohmann::json::parse(slurp(bert / "tokenizer.json"));
    auto& rule = file["normalizer"];
    if (name == "cased") rule["lowercase"] = rule["strip_accents"] = false;
    if (name == "accents") rule["strip_accents"] = false;
    if (name == "plain") {
        rule["clean_text"] = rule["handle_chinese_chars"] = rule["lowercase"] = false;
        rule["strip_accents"] = true;
    }
    const Folder folder;
    write(folder / "tokenizer.json", file.dump());
    return coco::io::open_wordpiece(folder.path());
}

}  // namespace

TEST_CASE("WordPiece files: ids equal those of tokenizers, for each rule") {
    std::ifstream in(std::string(COCO_TEST_DIR) + "/fixtures/wordpiece_strings.json");
    const auto rows = nlohmann::json::parse(in);
    for (const char* const name : {"uncased", "cased", "accents", "plain"}) {
        const WordPiece tokenizer = with_rule(name);
        int count = 0;
        for (const auto& row : rows) {
            if (row.at("rule") != name) continue;
            ++count;
            INFO(name << ": " << row.at("text").dump());
            CHECK(tokenizer.encode(row.at("text").get<std::string>()) ==
                  row.at("ids").get<std::vector<Id>>());
        }
        CHECK(count == 160);
    }
}

TEST_CASE("WordPiece files: vocab.txt gives the ids of tokenizer.json") {
    const Folder folder;
    std::filesystem::copy(bert / "vocab.txt", folder / "vocab.txt");
    const WordPiece list = coco::io::open_wordpiece(folder.path()), json = coco::io::open_wordpiece(bert);
    CHECK(list.size() == json.size());
    for (const char* const text : {"Red shoes, CAFÉ 中文", "[MASK] of [SEP]"}) {
        CHECK(list.encode(text) == json.encode(text));
        CHECK(list.sentence(text, 4) == json.sentence(text, 4));
    }
    write(folder / "tokenizer_config.json", R"({"do_lower_case": false})");
    const WordPiece cased = coco::io::open_wordpiece(folder.path());
    CHECK(cased.encode("Red café") == std::vector<Id>{cased.id_of("Red"), cased.id_of("café")});
    write(folder / "tokenizer_config.json", R"({"do_basic_tokenize": false})");
    CHECK_THAT(error_of([&] { coco::io::open_wordpiece(folder.path()); }),
               Contains("do_basic_tokenize: not supported"));
    write(folder / "vocab.txt", "[CLS]\r\n[SEP]\r\nred");
    std::filesystem::remove(folder / "tokenizer_config.json");
    CHECK_THAT(error_of([&] { coco::io::open_wordpiece(folder.path()); }),
               Contains("vocab.txt: no token for unknown words in the vocabulary: expected [UNK]"));
}

TEST_CASE("WordPiece files: what is not supported is an error that names file and key") {
    CHECK(spoilt("WordPiece\",\"unk_token\"", "BPE\",\"unk_token\"").find("model: type") !=
          std::string::npos);
    CHECK_THAT(spoilt("\"unk_token\":\"[UNK]\"", "\"unk_token\":\"[unk]\""),
               Contains("no token for unknown words in the vocabulary: expected [unk]"));
    CHECK_THAT(spoilt("\"BertPreTokenizer\"", "\"Whitespace\""),
               Contains("pre_tokenizer: type: not supported for an encoder: expected BertPreTokenizer"));
    CHECK_THAT(spoilt("\"BertNormalizer\"", "\"NFC\""), Contains("normalizer: type: not supported"));
    CHECK_THAT(spoilt("\"lstrip\":false", "\"lstrip\":true"), Contains("would change the ids"));
    CHECK_THAT(spoilt("\"blue\":9", "\"blue\":5"), Contains("id 5 occurs twice"));
    CHECK_THAT(spoilt("\"blue\":9", "\"blue\":-9"), Contains("vocab: blue: impossible id"));
    CHECK_THAT(spoilt("\"lowercase\":true", "\"lowercase\":true,\"fold\":1"),
               Contains("normalizer: fold: unknown setting"));
    CHECK_THAT(spoilt("TemplateProcessing", "RobertaProcessing"),
               Contains("post_processor: type: not supported"));
    CHECK_THAT(error_of([] { coco::io::open_wordpiece(Folder().path()); }),
               Contains("no tokenizer in this folder: expected tokenizer.json or vocab.txt"));
    const Folder folder;
    std::filesystem::copy(std::string(COCO_TEST_DIR) + "/fixtures/tokenizer_gpt2.json",
                          folder / "tokenizer.json");
    CHECK_THAT(
        error_of([&] { coco::io::open_wordpiece(folder.path()); }),
        Contains("tokenizer.json: model: type: not supported for an encoder: expected WordPiece, found BPE"));
}

TEST_CASE("WordPiece files: two files of settings that contradict each other are an error") {
    const Folder folder;
    std::filesystem::copy(bert / "tokenizer.json", folder / "tokenizer.json");
    write(folder / "tokenizer_config.json", R"({"do_lower_case": false})");
    CHECK_THAT(
        error_of([&] { coco::io::open_wordpiece(folder.path()); }),
        Contains("do_lower_case: differs from the normalizer in tokenizer.json: expected true, found false"));
}
