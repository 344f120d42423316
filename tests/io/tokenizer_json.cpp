// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <coco/io/tokenizer_json.hpp>

#include "hard_strings.hpp"
#include "support.hpp"

using Catch::Matchers::Contains;
using coco::Id;
using coco::io::open_tokenizer_json;
using Json = nlohmann::json;

namespace {

std::string fixture(const std::string& name) {
    return std::string(COCO_TEST_DIR) + "/fixtures/tokenizer_" + name + ".json";
}

std::string fault(const std::string& text) {
    const support::Folder folder;
    const auto path = support::write(folder / "t.json", text);
    return support::error_of([&] { open_tokenizer_json(path); });
}

/// The error message for a valid file that is changed; empty if there is none.
std::string fault(const std::function<void(Json&)>& change) {
    Json file = Json::parse(R"({"version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [{"id": 6, "content": "<end>", "single_word": false, "lstrip": false, "rstrip": false,
                          "normalized": false, "special": true}],
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true},
        "post_processor": null, "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
                  "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                  "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}})");
    change(file);
    return fault(file.dump());
}

}  // namespace

TEST_CASE("tokenizer.json: hard strings, one vocabulary per rule: the ids of Hugging Face's tokenizers") {
    for (const char* name : {"gpt2", "qwen2", "llama3"}) {
        INFO(name);
        support::check_hard_strings(open_tokenizer_json(fixture(name)), name);
    }
}

TEST_CASE("tokenizer.json: optional settings, and equivalent spellings") {
    CHECK(fault([](Json&) {}).empty());
    CHECK(fault([](Json& f) {
              for (const char* key : {"version", "truncation", "padding", "added_tokens", "normalizer",
                                      "post_processor", "decoder"})
                  f.erase(key);
              for (const char* key : {"type", "dropout", "unk_token", "continuing_subword_prefix",
                                      "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges"})
                  f["model"].erase(key);
          }).empty());
    CHECK(fault([](Json& f) { f["model"]["merges"] = Json::parse(R"([["a", "b"]])"); }).empty());
    CHECK(fault([](Json& f) { f["model"]["vocab"]["<end>"] = 6; }).empty());
    CHECK(fault([](Json& f) {
              f["normalizer"] = {{"type", "Sequence"}, {"normalizers", {{{"type", "NFC"}}}}};
              f["pre_tokenizer"] = Json::parse(
                  R"({"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true},
                      {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]})");
              f["post_processor"] = {{"type", "TemplateProcessing"}, {"single", Json::array()}};
          }).empty());
}

TEST_CASE("tokenizer.json: unsupported settings that would change ids are errors that name them") {
    const auto with = [](const char* pointer, const char* value) {
        return fault([&](Json& f) { f[Json::json_pointer(pointer)] = Json::parse(value); });
    };
    CHECK_THAT(with("/truncation", R"({"max_length": 9})"), Contains("t.json: truncation: is not done here"));
    CHECK_THAT(with("/padding", R"({"strategy": "BatchLongest", "pad_id": 0})"),
               Contains("t.json: padding: is not done here"));
    for (const char* beyond : {"-1", "4294967295", "70000"})
        CHECK_THAT(with("/added_tokens/0/id", beyond), Contains("content: impossible id"));
    CHECK_THAT(with("/padding", "{}"), Contains("t.json: padding"));
    CHECK_THAT(with("/new_thing", "1"), Contains("t.json: new_thing: unknown setting"));
    CHECK_THAT(with("/normalizer", R"({"type": "NFKC"})"),
               Contains("t.json: normalizer: type: is not known here: expected NFC, found \"NFKC\""));
    CHECK_THAT(with("/normalizer",
                    R"({"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]})"),
               Contains("normalizers[1]: type") && Contains("Lowercase"));
    CHECK_THAT(with("/pre_tokenizer", "null"), Contains("t.json: pre_tokenizer: no such key"));
    CHECK_THAT(with("/pre_tokenizer/type", "\"Whitespace\""),
               Contains("pre_tokenizer: type") && Contains("Whitespace"));
    CHECK_THAT(with("/pre_tokenizer/add_prefix_space", "true"),
               Contains("add_prefix_space: would change the ids: expected false, found true"));
    CHECK_THAT(with("/pre_tokenizer/use_regex", "false"),
               Contains("pre_tokenizer: unknown rule") && Contains("found bytes"));
    CHECK_THAT(with("/pre_tokenizer/use_regex", "\"no\""), Contains("use_regex: wrong type"));
    CHECK_THAT(with("/pre_tokenizer", R"({"type": "Digits", "individual_digits": false})"),
               Contains("individual_digits"));
    CHECK_THAT(
        with("/pre_tokenizer",
             R"({"type": "Split", "pattern": {"Regex": "\\w+"}, "behavior": "Isolated", "invert": false})"),
        Contains("pattern: Regex: unknown expression") && Contains("\\w+"));
    CHECK_THAT(
        with("/pre_tokenizer", R"({"type": "Split", "pattern": {"String": " "}, "behavior": "Isolated"})"),
        Contains("pattern: Regex: no such key"));
    CHECK_THAT(
        with("/pre_tokenizer", R"({"type": "Split", "pattern": {"Regex": " "}, "behavior": "Removed"})"),
        Contains("behavior") && Contains("Removed"));
    CHECK_THAT(with("/decoder/type", "\"WordPiece\""), Contains("decoder: type"));
    CHECK_THAT(with("/post_processor", R"({"type": "BertProcessing"})"), Contains("post_processor: type"));
    CHECK_THAT(with("/model/type", "\"Unigram\""), Contains("model: type") && Contains("Unigram"));
    CHECK_THAT(with("/model/dropout", "0.1"), Contains("model: dropout: would change the ids"));
    CHECK_THAT(with("/model/end_of_word_suffix", "\"</w>\""), Contains("end_of_word_suffix"));
    CHECK_THAT(with("/model/byte_fallback", "true"), Contains("no token for a byte"));
    CHECK_THAT(with("/model/unk_token", "\"a\""), Contains("no token for a byte"));
    for (const char* flag : {"single_word", "lstrip", "rstrip"})
        CHECK_THAT(with((std::string("/added_tokens/0/") + flag).c_str(), "true"),
                   Contains("added_tokens[0]: " + std::string(flag) + ": would change the ids"));
}

TEST_CASE("tokenizer.json: wrong vocabularies, merges and tokens") {
    const auto with = [](const char* pointer, const char* value) {
        return fault([&](Json& f) { f[Json::json_pointer(pointer)] = Json::parse(value); });
    };
    CHECK_THAT(with("/model/vocab/b", "0"), Contains("model: vocab: b: id 0 occurs twice"));
    CHECK_THAT(with("/model/vocab/b", "-1"), Contains("model: vocab: b: impossible id"));
    CHECK_THAT(with("/model/vocab/b", "1.5"), Contains("impossible id"));
    CHECK_THAT(with("/model/vocab/b", "4000000000"), Contains("impossible id"));
    CHECK_THAT(with("/model/vocab", "[]"), Contains("model: vocab: wrong type: expected an object"));
    CHECK_THAT(with("/model/vocab", R"({"": 0})"), Contains("empty token"));
    CHECK_THAT(with("/model/merges", "null"), Contains("model: merges: no such key"));
    CHECK_THAT(with("/model/merges", "{}"), Contains("model: merges: wrong type"));
    CHECK_THAT(with("/model/merges", "[\"ab\"]"), Contains("merge 0: broken merge"));
    CHECK_THAT(with("/model/merges", "[\"a c\"]"), Contains("merge 0: merge names an unknown token"));
    CHECK_THAT(with("/model/merges", "[[\"a\", \"b\"], [\"a\"]]"), Contains("merges[1]: broken merge"));
    CHECK_THAT(with("/model/merges", "[[\"a\", \"b c\"]]"), Contains("merges[0]: broken merge"));
    CHECK_THAT(with("/model/merges", "[7]"), Contains("merges[0]: broken merge"));
    CHECK_THAT(with("/model", "7"), Contains("model: wrong type: expected an object"));
    CHECK_THAT(with("/added_tokens", "7"), Contains("added_tokens: wrong type: expected a list"));
    CHECK_THAT(with("/added_tokens/0", "7"), Contains("added_tokens[0]: wrong type"));
    CHECK_THAT(with("/added_tokens/0/id", "1"), Contains("id 1 occurs twice: expected b, found <end>"));
    CHECK_THAT(with("/added_tokens/0/id", "999999"), Contains("impossible id"));
    CHECK_THAT(with("/added_tokens/0/id", "\"6\""), Contains("id: wrong type"));
    CHECK_THAT(with("/added_tokens/0/content", "\"\""), Contains("empty token"));
    CHECK_THAT(with("/added_tokens/0/content", "\"ab\""), Contains("token occurs twice"));
    CHECK_THAT(fault(std::string("")), Contains("t.json: is not JSON"));
    CHECK_THAT(fault(std::string("[]")), Contains("expected an object"));
    CHECK_THAT(fault(std::string("{\"model\": ") + std::string(100'000, '[')), Contains("nested too deeply"));
    CHECK_THAT(fault(std::string(R"({"model": {"vocab": {"a": 0, "a": 1}}})")), Contains("a: occurs twice"));
}

TEST_CASE("tokenizer.json: a truncated or changed file gives an error or is read, never a crash") {
    const std::string whole = [] {
        std::ifstream in(fixture("qwen2"));
        return std::string(std::istreambuf_iterator<char>(in), {});
    }();
    for (std::size_t length = 0; length + 2 < whole.size(); length += 61)
        CHECK_THAT(fault(whole.substr(0, length)), Contains("is not JSON"));
    for (std::size_t at = 0; at < whole.size(); at += 29) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 0x11);
        CHECK_NOTHROW(fault(changed));
    }
}
