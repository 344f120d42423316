// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads WordPiece tokenizers: `tokenizer.json` of Hugging Face's `tokenizers`, or `vocab.txt`, a token a
/// line, beside `tokenizer_config.json`. Each setting is used, or known to change no id, or an error.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include <coco/core/error.hpp>
#include <coco/io/json.hpp>
#include <coco/io/mapped_file.hpp>
#include <coco/text/wordpiece.hpp>

namespace coco::io {

/// Parses a `tokenizer.json`; the result is `vocabulary`.
class WordPieceJson {
public:
    /// \throws Error naming the file and the path in it
    explicit WordPieceJson(const JsonObject& file) {
        vocabulary.source = file.where("model");
        only(file, {"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
                    "post_processor", "decoder", "model"});
        // Before the parts around it: of another kind of tokenizer all of them are foreign.
        const JsonObject model = file.object("model");
        expect_type(model, "WordPiece");
        read_rule(file);
        expect_type(file.object("pre_tokenizer"), "BertPreTokenizer");
        read_model(model);
        read_added(file);
        if (file.has("post_processor")) read_ends(file.object("post_processor"));
    }

    text::WordPieceVocabulary vocabulary;

private:
    using Json = nlohmann::json;

    static void only(const JsonObject& object, std::initializer_list<std::string_view> known) {
        for (const auto& [key, value] : object.value().items())
            require(std::find(known.begin(), known.end(), key) != known.end(), object.where(key),
                    "unknown setting", "none of that name", value.dump().substr(0, 60));
    }
    static void expect_type(const JsonObject& object, const std::string& type) {
        const std::string found = object.string("type");
        require(found == type, object.where("type"), "not supported for an encoder", type, found);
    }
    static bool flag(const JsonObject& object, const char* key, bool otherwise) {
        return object.has(key) ? object.boolean(key) : otherwise;
    }

    void read_rule(const JsonObject& file) {
        const JsonObject rule = file.object("normalizer");
        expect_type(rule, "BertNormalizer");
        only(rule, {"type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase"});
        vocabulary.rule.clean = flag(rule, "clean_text", true);
        vocabulary.rule.split_chinese = flag(rule, "handle_chinese_chars", true);
        vocabulary.rule.lower_case = flag(rule, "lowercase", true);
        vocabulary.rule.strip_accents = flag(rule, "strip_accents", vocabulary.rule.lower_case);
    }

    void read_model(const JsonObject& model) {
        only(model, {"type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"});
        vocabulary.unknown = model.string("unk_token");
        vocabulary.continuation = model.string("continuing_subword_prefix");
        vocabulary.longest_word = static_cast<Index>(model.integer("max_input_chars_per_word"));
        const JsonObject tokens = model.object("vocab");
        max_ids_ = 2 * tokens.value().size() + 1024;
        for (const auto& [token, id] : tokens.value().items()) put(tokens.where(token), token, id);
    }

    void read_added(const JsonObject& file) {
        if (!file.has("added_tokens")) return;
        const Json& list = file.value().at("added_tokens");
        require(list.is_array(), file.where("added_tokens"), "wrong type", "a list");
        for (std::size_t i = 0; i < list.size(); ++i) {
            const JsonObject token(std::make_shared<const Json>(list[i]),
                                   file.where(text_of("added_tokens[", i, "]")));
            only(token, {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
            for (const char* key : {"single_word", "lstrip", "rstrip", "normalized"})
                require(!flag(token, key, false), token.where(key), "would change the ids", "false", "true");
            const auto id = static_cast<Id>(token.integer("id"));
            put(token.where("id"), token.string("content"), list[i].at("id"));
            vocabulary.special.push_back(id);
        }
    }

    /// The tokens before and after one text.
    void read_ends(const JsonObject& ends) {
        const Json& all = ends.value();
        const std::string type = ends.string("type");
        const auto refuse = [&] {
            throw Error(ends.where("type"), "not supported", "one token before a text and one after it",
                        all.dump().substr(0, 60));
        };
        const auto token = [&](const Json& part) {
            const Json* const found =
                type == "BertProcessing" ? &part.at(0) : &part.at("SpecialToken").at("id");
            return found->get<std::string>();
        };
        try {
            if (type == "BertProcessing") {
                vocabulary.begin = token(all.at("cls"));
                vocabulary.end = token(all.at("sep"));
            } else {
                const Json& parts = all.at("single");
                if (type != "TemplateProcessing" || parts.size() != 3 || !parts[1].contains("Sequence"))
                    refuse();
                vocabulary.begin = token(parts[0]);
                vocabulary.end = token(parts[2]);
            }
        } catch (const Json::exception&) {
            refuse();
        }
    }

    void put(const std::string& where, const std::string& token, const Json& id) {
        require(!token.empty(), where, "empty token");
        require(id.is_number_unsigned() && id.get<std::uint64_t>() < max_ids_, where, "impossible id",
                text_of("0 to ", max_ids_ - 1), id.dump());
        const auto at = id.get<std::size_t>();
        if (at >= vocabulary.tokens.size()) vocabulary.tokens.resize(at + 1);
        require(vocabulary.tokens[at].empty() || vocabulary.tokens[at] == token, where,
                text_of("id ", at, " occurs twice"), vocabulary.tokens[at], token);
        vocabulary.tokens[at] = token;
    }

    std::size_t max_ids_ = 0;  ///< memory reserved is in proportion to the file's size
};

/// A folder's tokenizer settings. \throws Error naming file and key
inline text::BertRule wordpiece_rule(const std::filesystem::path& folder) {
    text::BertRule rule;
    const std::filesystem::path path = folder / "tokenizer_config.json";
    if (!std::filesystem::exists(path)) return rule;
    const JsonObject file = JsonObject::open(path);
    const auto flag = [&](const char* key, bool otherwise) {
        return file.has(key) ? file.boolean(key) : otherwise;
    };
    rule.lower_case = flag("do_lower_case", true);
    rule.split_chinese = flag("tokenize_chinese_chars", true);
    rule.strip_accents = flag("strip_accents", rule.lower_case);
    require(flag("do_basic_tokenize", true), file.where("do_basic_tokenize"), "not supported", "true",
            "false");
    return rule;
}

/// The tokens of a `vocab.txt`, one a line; the line's number, from 0, is the id.
inline text::WordPieceVocabulary read_vocab_txt(const std::filesystem::path& path) {
    const MappedFile file(path);
    text::WordPieceVocabulary vocabulary;
    vocabulary.source = file.path();
    std::string_view rest(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view line = rest.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        vocabulary.tokens.emplace_back(line);
        rest.remove_prefix(std::min(rest.size(), end + 1));
    }
    for (const char* const token : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"})
        if (const auto at = std::find(vocabulary.tokens.begin(), vocabulary.tokens.end(), token);
            at != vocabulary.tokens.end())
            vocabulary.special.push_back(static_cast<Id>(at - vocabulary.tokens.begin()));
    return vocabulary;
}

/// The WordPiece tokenizer of a folder: of `tokenizer.json`, else of `vocab.txt`. Its `truncation` and
/// `padding` are not read: how long a text may be is the model's business.
/// \throws Error naming the file and the path in it; where the two files of settings contradict each other
inline text::WordPiece open_wordpiece(const std::filesystem::path& folder) {
    const std::filesystem::path json = folder / "tokenizer.json", list = folder / "vocab.txt";
    const text::BertRule rule = wordpiece_rule(folder);
    if (!std::filesystem::exists(json)) {
        require(std::filesystem::exists(list), folder.string(), "no tokenizer in this folder",
                "tokenizer.json or vocab.txt");
        text::WordPieceVocabulary vocabulary = read_vocab_txt(list);
        vocabulary.rule = rule;
        return text::WordPiece(std::move(vocabulary));
    }
    text::WordPieceVocabulary vocabulary = WordPieceJson(JsonObject::open(json)).vocabulary;
    const auto agree = [&](bool here, bool there, const char* key) {
        require(here == there || !std::filesystem::exists(folder / "tokenizer_config.json"),
                text_of((folder / "tokenizer_config.json").string(), ": ", key),
                "differs from the normalizer in tokenizer.json", here ? "true" : "false",
                there ? "true" : "false");
    };
    agree(vocabulary.rule.lower_case, rule.lower_case, "do_lower_case");
    agree(vocabulary.rule.split_chinese, rule.split_chinese, "tokenize_chinese_chars");
    agree(vocabulary.rule.strip_accents, rule.strip_accents, "strip_accents");
    return text::WordPiece(std::move(vocabulary));
}

}  // namespace coco::io
