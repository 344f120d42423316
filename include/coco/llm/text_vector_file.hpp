// SPDX-License-Identifier: Apache-2.0
/// \file
/// Text vectors on disk, by the digest of model and settings: a text is read once, whatever catalogue it is
/// in, and an interrupted reading goes on where it was.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <coco/io/file_digest.hpp>
#include <coco/io/safetensors.hpp>
#include <coco/io/safetensors_writer.hpp>
#include <coco/llm/text_vectors.hpp>

namespace coco::llm {

/// What vectors were made of: they must not be mixed with others.
inline std::string origin_of(const TextModel& model, const TextVectorSettings& settings) {
    return text_of(model.files.empty() ? model.digest : model.files, "; layer ",
                   settings.layer_of(model.source.config.layers),
                   settings.pooling == Pooling::mean ? "; mean" : "; last", "; storage ",
                   static_cast<int>(model.source.config.keep));
}

/// The vectors that a file holds, by the digests of their texts.
class TextVectorFile {
public:
    /// Opens the file of this origin in `folder`. A file that is damaged or of another origin is begun anew.
    TextVectorFile(const std::filesystem::path& folder, std::string origin, Index width)
        : origin_(std::move(origin)), width_(width) {
        path_ =
            folder / text_of("text-vectors-", io::XXH64::of(std::as_bytes(std::span<const char>(origin_))),
                             ".safetensors");
        if (!std::filesystem::is_regular_file(path_)) return;
        try {
            const io::Safetensors file(path_);
            if (file.metadata("origin") != origin_) return;
            const io::Shape shape = file.tensor("rows").shape;
            require(shape.size() == 2 && shape[1] == width_, path_.string(), "rows of another width");
            const auto texts = file.get<Index>("text", {shape[0]});
            const auto rows = file.get<float>("rows", shape);
            texts_.assign(texts.begin(), texts.end());
            rows_.assign(rows.begin(), rows.end());
            for (std::size_t i = 0; i < texts_.size(); ++i) place_.emplace(texts_[i], i);
        } catch (const Error&) {
            texts_.clear();
            rows_.clear();
            place_.clear();
        }
    }

    const std::filesystem::path& path() const { return path_; }
    Index size() const { return static_cast<Index>(texts_.size()); }

    /// The vector of a text; empty where it has not been read.
    std::span<const float> find(const std::string& text) const {
        const auto at = place_.find(digest(text));
        if (at == place_.end()) return {};
        const std::size_t width = static_cast<std::size_t>(width_);
        return std::span<const float>(rows_).subspan(at->second * width, width);
    }
    void add(const std::string& text, std::span<const float> row) {
        if (!place_.emplace(digest(text), texts_.size()).second) return;
        texts_.push_back(digest(text));
        rows_.insert(rows_.end(), row.begin(), row.end());
    }
    /// Replaces the file atomically.
    void write() const {
        std::filesystem::create_directories(path_.parent_path());
        io::SafetensorsWriter file;
        file.metadata("kind", "coco text vectors");
        file.metadata("origin", origin_);
        file.add("text", {size()}, std::span<const Index>(texts_));
        file.add("rows", {size(), width_}, std::span<const float>(rows_));
        file.write(path_);
    }

private:
    static Index digest(const std::string& text) {
        return static_cast<Index>(io::XXH64::of(std::as_bytes(std::span<const char>(text))));
    }

    std::filesystem::path path_;
    std::string origin_;
    Index width_;
    std::vector<Index> texts_;  ///< digests
    std::vector<float> rows_;
    std::unordered_map<Index, std::size_t> place_;
};

/// Vectors of texts, texts x width. Those in the file of this origin in `folder` are taken from there; the
/// others are read, each different text once, and added to it after every `part` texts.
/// \param make  makes the reader, called where a text has to be read: `reader(texts, on_progress)` returns
///              rows of `width` numbers
/// \param on_progress  called with the number of texts known
template <class Make>
std::vector<float> known_text_vectors(const std::filesystem::path& folder, std::string origin, Index width,
                                      std::span<const std::string> texts, const Make& make,
                                      const std::function<void(Index)>& on_progress = {}, Index part = 2048) {
    TextVectorFile file(folder, std::move(origin), width);
    std::vector<std::string> missing;
    std::unordered_map<std::string, bool> listed;
    for (const std::string& text : texts)
        if (file.find(text).empty() && listed.emplace(text, true).second) missing.push_back(text);
    const Index known = static_cast<Index>(texts.size() - missing.size());
    if (!missing.empty()) {
        auto reader = make();
        for (std::size_t first = 0; first < missing.size(); first += static_cast<std::size_t>(part)) {
            const auto some = std::span<const std::string>(missing).subspan(
                first, std::min(static_cast<std::size_t>(part), missing.size() - first));
            const std::vector<float> rows = reader(some, [&](Index done) {
                if (on_progress) on_progress(known + static_cast<Index>(first) + done);
            });
            for (std::size_t i = 0; i < some.size(); ++i)
                file.add(some[i], std::span(rows).subspan(i * static_cast<std::size_t>(width),
                                                          static_cast<std::size_t>(width)));
            file.write();
        }
    }
    std::vector<float> out;
    out.reserve(texts.size() * static_cast<std::size_t>(width));
    for (const std::string& text : texts) {
        const std::span<const float> row = file.find(text);
        out.insert(out.end(), row.begin(), row.end());
    }
    return out;
}

/// Vectors of texts by a language model, texts x its width, kept in a file of `folder`.
/// \see known_text_vectors
template <class P>
std::vector<float> text_vectors(const std::filesystem::path& folder, P& on, const TextModel& model,
                                std::span<const std::string> texts, const TextVectorSettings& settings = {},
                                const std::function<void(Index)>& on_progress = {}, Index part = 2048) {
    return known_text_vectors(
        folder, origin_of(model, settings), model.source.config.width, texts,
        [&] { return TextReader<P>(on, model, settings); }, on_progress, part);
}

}  // namespace coco::llm
