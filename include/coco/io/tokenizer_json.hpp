// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads `tokenizer.json`, the file of Hugging Face's `tokenizers`: byte-level BPE with the splitting rules
/// of this library. Settings are recognised by their content; an unknown setting that would change ids
/// is an error.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/io/json.hpp>
#include <coco/io/mapped_file.hpp>
#include <coco/text/byte_level.hpp>
#include <coco/text/pre_tokenize.hpp>
#include <coco/text/tokenizer.hpp>

namespace coco::io {

/// Parses one file; the result is `vocabulary`.
class TokenizerJson {
public:
    /// \param where  names the file in errors
    /// \throws Error naming the file and the path in it
    TokenizerJson(std::string_view text, const std::string& where)
        : root_(std::make_shared<const Json>(parse_json(text, where))) {
        vocabulary.source = where;
        const JsonObject file(root_, where);
        only(file, {"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
                    "post_processor", "decoder", "model"});
        for (const char* key : {"truncation", "padding"})
            if (file.has(key))
                refuse(file.where(key), "is not done here, where texts are neither cut short nor filled up",
                       "null", file.value().at(key));
        if (file.has("normalizer"))
            for (const JsonObject& step : steps(file, "normalizer", "normalizers")) {
                only(step, {"type"});
                expect_type(step, "NFC");
                vocabulary.nfc = true;
            }
        vocabulary.split = rule(file);
        if (file.has("decoder"))
            for (const JsonObject& step : steps(file, "decoder", "decoders")) expect_type(step, "ByteLevel");
        // The caller adds the ids that a post-processor would add at the ends of a text.
        if (file.has("post_processor"))
            for (const JsonObject& step : steps(file, "post_processor", "processors"))
                if (step.string("type") != "TemplateProcessing") expect_type(step, "ByteLevel");
        read_model(file.object("model"),
                   file.has("added_tokens") ? file.value().at("added_tokens").size() : 0);
        if (file.has("added_tokens"))
            for (const JsonObject& token : list(file, "added_tokens")) read_added(token);
    }

    text::Vocabulary vocabulary;

private:
    using Json = nlohmann::json;

    [[noreturn]] static void refuse(const std::string& where, const char* problem, const char* expected,
                                    const Json& found) {
        std::string text = found.dump();
        if (text.size() > 200) text = text.substr(0, found.is_string() ? 200 : 60) + "...";
        throw Error(where, problem, expected, text);
    }

    static void only(const JsonObject& object, std::initializer_list<std::string_view> known) {
        for (const auto& [key, value] : object.value().items())
            if (std::find(known.begin(), known.end(), key) == known.end())
                refuse(object.where(key), "unknown setting", "none of that name", value);
    }

    static void expect_type(const JsonObject& object, const char* type) {
        if (object.string("type") != type)
            refuse(object.where("type"), "is not known here", type, object.value().at("type"));
    }

    /// \throws Error unless the setting is absent, null or `value`
    static void expect(const JsonObject& object, const char* key, const Json& value) {
        if (object.has(key) && object.value().at(key) != value)
            refuse(object.where(key), "would change the ids", value.dump().c_str(), object.value().at(key));
    }
    static bool flag(const JsonObject& object, const char* key, bool otherwise) {
        return object.has(key) ? object.boolean(key) : otherwise;
    }

    std::vector<JsonObject> list(const JsonObject& of, const char* key) const {
        std::vector<JsonObject> parts;
        const Json& array = require_list(of, key);
        for (std::size_t i = 0; i < array.size(); ++i)
            parts.emplace_back(std::shared_ptr<const Json>(root_, &array[i]),
                               of.where(text_of(key, "[", i, "]")));
        return parts;
    }

    /// The one step at `key`, or the steps of a `Sequence`, whose list has the key `name`.
    std::vector<JsonObject> steps(const JsonObject& of, const char* key, const char* name) const {
        const JsonObject step = of.object(key);
        if (step.string("type") != "Sequence") return {step};
        only(step, {"type", name});
        return list(step, name);
    }

    text::PreTokenizer rule(const JsonObject& file) const {
        std::string found;
        for (const JsonObject& step : steps(file, "pre_tokenizer", "pretokenizers"))
            found += (found.empty() ? "" : ", ") + name_of(step);
        const std::pair<std::string_view, text::PreTokenizer> known[] = {
            {"GPT-2, bytes", text::Gpt2::split},
            {"digits, GPT-2, bytes", text::Smollm::split},
            {"Qwen 2, bytes", text::Qwen2::split},
            {"Llama 3, bytes", text::Llama3::split},
        };
        for (const auto& [steps, split] : known)
            if (found == steps) return split;
        throw Error(file.where("pre_tokenizer"), "unknown rule of cutting texts",
                    "one of (GPT-2, bytes), (digits, GPT-2, bytes), (Qwen 2, bytes), (Llama 3, bytes)",
                    found);
    }

    static std::string name_of(const JsonObject& step) {
        const std::string type = step.string("type");
        if (type == "ByteLevel") {
            only(step, {"type", "add_prefix_space", "trim_offsets", "use_regex"});
            expect(step, "add_prefix_space", false);
            return flag(step, "use_regex", true) ? "GPT-2, bytes" : "bytes";
        }
        if (type == "Digits") {
            only(step, {"type", "individual_digits"});
            if (!step.boolean("individual_digits"))
                refuse(step.where("individual_digits"), "is not known here", "true", false);
            return "digits";
        }
        if (type != "Split")
            refuse(step.where("type"), "is not known here", "ByteLevel, Digits or Split", type);
        only(step, {"type", "pattern", "behavior", "invert"});
        if (step.string("behavior") != "Isolated")
            refuse(step.where("behavior"), "is not known here", "Isolated", step.string("behavior"));
        expect(step, "invert", false);
        const JsonObject pattern = step.object("pattern");
        const std::string expression = pattern.string("Regex");
        for (const auto& [known, name] :
             {std::pair{text::Gpt2::expression, "GPT-2"}, std::pair{text::Qwen2::expression, "Qwen 2"},
              std::pair{text::Llama3::expression, "Llama 3"}})
            if (expression == known) return name;
        refuse(pattern.where("Regex"), "unknown expression", "that of GPT-2, Qwen 2 or Llama 3", expression);
    }

    void read_model(const JsonObject& model, std::size_t added) {
        only(model, {"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
                     "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges"});
        if (model.has("type")) expect_type(model, "BPE");
        expect(model, "dropout", 0.0);
        expect(model, "continuing_subword_prefix", "");
        expect(model, "end_of_word_suffix", "");
        vocabulary.whole_words = flag(model, "ignore_merges", false);
        const JsonObject tokens = model.object("vocab");
        // Some files leave a few ids unused. The memory reserved must be in proportion to the
        // file size.
        max_ids_ = 2 * (tokens.value().size() + added) + 1024;
        for (const auto& [token, id] : tokens.value().items()) put(tokens, token, token, id);
        const bool unknowns = model.has("unk_token") || flag(model, "byte_fallback", false);
        if (unknowns)
            for (unsigned byte = 0; byte < 256; ++byte)
                if (const std::string name = text::to_stand_ins(std::string(1, static_cast<char>(byte)));
                    !tokens.value().contains(name))
                    refuse(tokens.where(name),
                           "no token for a byte, and others are not put in its place here",
                           "a token for each byte", nullptr);
        for (const Json& merge : require_list(model, "merges"))
            vocabulary.merges.push_back(merge_of(model.where("merges"), merge));
    }

    static const Json& require_list(const JsonObject& of, const char* key) {
        if (!of.has(key)) throw Error(of.where(key), "no such key", "a list");
        const Json& found = of.value().at(key);
        if (!found.is_array()) refuse(of.where(key), "wrong type", "a list", found);
        return found;
    }

    /// A merge is written as "left right", or since 2024 as ["left", "right"].
    std::string merge_of(const std::string& where, const Json& merge) const {
        if (merge.is_string()) return merge.get<std::string>();
        const auto part = [&](std::size_t i) -> const std::string& {
            const auto* text =
                merge.is_array() && merge.size() == 2 ? merge[i].get_ptr<const std::string*>() : nullptr;
            if (text == nullptr || text->find(' ') != std::string::npos)
                refuse(text_of(where, "[", vocabulary.merges.size(), "]"), "broken merge",
                       "two byte-level tokens", merge);
            return *text;
        };
        return part(0) + ' ' + part(1);
    }

    void put(const JsonObject& of, std::string_view key, const std::string& token, const Json& id) {
        if (token.empty()) throw Error(of.where(key), "empty token");
        if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= max_ids_)
            refuse(of.where(key), "impossible id", text_of("0 to ", max_ids_ - 1).c_str(), id);
        const auto at = id.get<std::size_t>();
        if (at >= vocabulary.tokens.size()) vocabulary.tokens.resize(at + 1);
        if (!vocabulary.tokens[at].empty() && vocabulary.tokens[at] != token)
            throw Error(of.where(key), text_of("id ", at, " occurs twice"), vocabulary.tokens[at], token);
        vocabulary.tokens[at] = token;
    }

    void read_added(const JsonObject& token) {
        only(token, {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
        for (const char* key : {"single_word", "lstrip", "rstrip"}) expect(token, key, false);
        token.integer("id");
        put(token, "content", token.string("content"), token.value().at("id"));
        const bool later = flag(token, "normalized", !flag(token, "special", false));
        (later ? vocabulary.special_after_normalisation : vocabulary.special)
            .push_back(static_cast<Id>(token.integer("id")));
    }

    std::shared_ptr<const Json> root_;
    std::size_t max_ids_ = 0;
};

/// The tokenizer in a file. `encode` does not add the ids that the file's template adds to a text.
/// \throws Error naming the file and the path in it
inline text::Tokenizer open_tokenizer_json(const std::filesystem::path& path) {
    const MappedFile file(path);
    const auto bytes = file.bytes();
    return text::Tokenizer(
        TokenizerJson({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file.path()).vocabulary);
}

}  // namespace coco::io
