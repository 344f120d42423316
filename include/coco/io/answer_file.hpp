// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a language model has answered, on disk: one JSON line an answer, by the digest of its prompt. Lines
/// are appended as answers come, so that hours of writing survive whatever ends them.
#pragma once

#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/data/lines.hpp>
#include <coco/io/claimed_file.hpp>
#include <coco/io/file_digest.hpp>
#include <coco/io/json.hpp>

namespace coco::io {

/// An answer to a prompt; its text may be empty.
struct Answer {
    std::string text;
    bool ended = true;  ///< by the model itself, not by the greatest number of tokens

    bool operator==(const Answer&) const = default;
};

/// The answers that a file holds. Its first line says what made them; one process at a time may have it.
class AnswerFile {
public:
    /// Opens a file, or begins it. A last line without its end, which a killed process leaves behind, is cut
    /// off. \param origin  model and settings: answers of another origin are never mixed with these
    /// \throws Error with file and line where it is damaged, of another origin, or another process has it
    [[gnu::cold]] AnswerFile(std::filesystem::path path, const std::string& origin)
        : path_(std::move(path)), lock_(path_, "writing answers there") {
        if (std::filesystem::exists(path_) && std::filesystem::file_size(path_) > 0) {
            cut_unfinished_line();
            read(origin);
        }
        out_.open(path_, std::ios::binary | std::ios::app);
        require(static_cast<bool>(out_), path_.string(), "cannot open for writing");
        if (!begun_) append({{"kind", kind}, {"origin", origin}});
    }

    const std::filesystem::path& path() const { return path_; }
    Index size() const { return static_cast<Index>(answers_.size()); }

    /// The answer to a prompt, by its digest; null where there is none.
    const Answer* find(std::uint64_t prompt) const {
        const auto at = answers_.find(prompt);
        return at == answers_.end() ? nullptr : &at->second;
    }
    /// Keeps an answer; of a prompt that has one already, the first stays. \throws Error for a full disk
    void add(std::uint64_t prompt, Answer answer) {
        const auto [at, fresh] = answers_.emplace(prompt, std::move(answer));
        if (!fresh) return;
        append({{"prompt", digest_text(prompt)}, {"text", at->second.text}, {"ended", at->second.ended}});
    }

private:
    static constexpr const char* kind = "coco answers";

    void append(const nlohmann::json& line) {
        // A text may hold bytes that are not UTF-8: they become U+FFFD.
        out_ << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n' << std::flush;
        require(static_cast<bool>(out_), path_.string(), "cannot write");
    }

    void cut_unfinished_line() const {
        const MappedFile file(path_);
        const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
        const std::size_t end = text.rfind('\n') + 1;  // 0 where there is none
        if (end < text.size()) std::filesystem::resize_file(path_, end);
    }

    void read(const std::string& origin) {
        data::Lines<> lines(path_);
        for (std::string line; lines.next(line);) {
            const JsonObject object(std::make_shared<const nlohmann::json>(parse_json(line, lines.where())),
                                    lines.where());
            if (!begun_) {
                require(object.has("kind") && object.string("kind") == kind, lines.where(),
                        "not a file of answers", text_of("kind: ", kind));
                require(object.string("origin") == origin, path_.string(),
                        "answers of another model or other settings: give another file", origin,
                        object.string("origin"));
                begun_ = true;
                continue;
            }
            answers_.emplace(digest_in(object.string("prompt"), object.where("prompt")),
                             Answer{object.string("text"), object.boolean("ended")});
        }
    }
    static std::uint64_t digest_in(const std::string& text, const std::string& where) {
        const std::string_view prefix = "xxh64:";
        std::uint64_t sum = 0;
        const char* const end = text.data() + text.size();
        const bool whole = text.starts_with(prefix) && text.size() == prefix.size() + 16 &&
                           std::from_chars(text.data() + prefix.size(), end, sum, 16).ptr == end;
        require(whole, where, "not a digest", "xxh64: and 16 digits", text);
        return sum;
    }

    std::filesystem::path path_;
    PathLock lock_;
    std::unordered_map<std::uint64_t, Answer> answers_;
    bool begun_ = false;
    std::ofstream out_;
};

}  // namespace coco::io
