// SPDX-License-Identifier: Apache-2.0
/// \file
/// Knowledge in files: safetensors with their origin as metadata, read by memory map, built in parts so that
/// a long build can be interrupted and continued.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/data/interactions.hpp>
#include <coco/io/claimed_file.hpp>
#include <coco/io/file_digest.hpp>
#include <coco/io/history_digest.hpp>
#include <coco/io/safetensors.hpp>
#include <coco/io/safetensors_writer.hpp>
#include <coco/pipeline/knowledge.hpp>
#include <coco/pipeline/make_knowledge.hpp>

namespace coco {

/// The inputs from which knowledge was extracted. A model must not use knowledge of another origin.
struct KnowledgeOrigin {
    std::string checkpoint;      ///< `io::file_digest` of the model's file
    std::string language_model;  ///< `llm::TextModel::digest`
    std::string histories;       ///< `digest_of` the histories

    bool operator==(const KnowledgeOrigin&) const = default;
};

namespace serve {

inline void describe(io::SafetensorsWriter& file, const KnowledgeOrigin& origin, Index users) {
    file.metadata("kind", "coco knowledge");
    file.metadata("users", std::to_string(users));
    file.metadata("checkpoint", origin.checkpoint);
    file.metadata("language_model", origin.language_model);
    file.metadata("histories", origin.histories);
}

inline KnowledgeOrigin origin_of(const io::Safetensors& file) {
    return {file.metadata("checkpoint"), file.metadata("language_model"), file.metadata("histories")};
}

inline Knowledge knowledge_in(const std::shared_ptr<const io::Safetensors>& file) {
    const io::Shape& rows = file->tensor("rows").shape;
    const io::Shape& cuts = file->tensor("cuts").shape;
    require(rows.size() == 2 && cuts.size() == 1, file->path(), "wrong shapes",
            "rows of two dimensions, cuts of one");
    Knowledge knowledge(rows[1], file->get<Index>("offsets", {cuts[0] + 1}), file->get<float>("rows", rows),
                        file->get<Id>("cuts", cuts), file);
    // Files of before have none.
    if (file->metadata().contains("parameters")) knowledge.set_parameters(file->metadata("parameters"));
    return knowledge;
}

/// Whether a file exists that contains knowledge of this origin. A file of another kind or origin is
/// overwritten.
inline bool holds(const std::filesystem::path& path, const KnowledgeOrigin& origin, Index users) {
    if (!std::filesystem::is_regular_file(path)) return false;
    try {
        const io::Safetensors file(path);
        return origin_of(file) == origin && file.metadata("users") == std::to_string(users);
    } catch (const Error&) {
        return false;
    }
}

}  // namespace serve

/// Writes knowledge; the file is replaced atomically. \throws Error where it cannot be written
inline void save_knowledge(const std::filesystem::path& path, const Knowledge& knowledge,
                           const KnowledgeOrigin& origin) {
    io::SafetensorsWriter file;
    serve::describe(file, origin, knowledge.users());
    if (!knowledge.parameters().empty()) file.metadata("parameters", knowledge.parameters());
    file.add("offsets", {knowledge.users() + 1}, knowledge.offsets());
    file.add("rows", {knowledge.offsets().back(), knowledge.width()}, knowledge.rows());
    file.add("cuts", {knowledge.users()}, knowledge.cuts());
    file.write(path);
}

/// Reads knowledge; its numbers stay in the mapped file. \param origin  expected; null accepts any
/// \throws Error naming file and tensor if the file is damaged or not a knowledge file, naming the difference
///         if it is of another origin
inline Knowledge load_knowledge(const std::filesystem::path& path, const KnowledgeOrigin* origin = nullptr) {
    const auto file = std::make_shared<const io::Safetensors>(path);
    const KnowledgeOrigin found = serve::origin_of(*file);
    const auto same = [&](const char* what, const std::string& expected, const std::string& is) {
        require(expected == is, file->path() + ": " + what, "knowledge of another origin", expected, is);
    };
    if (origin != nullptr) {
        same("checkpoint", origin->checkpoint, found.checkpoint);
        same("language_model", origin->language_model, found.language_model);
        same("histories", origin->histories, found.histories);
    }
    return serve::knowledge_in(file);
}

/// Extracts knowledge of every user and writes it to a file. If interrupted and called again with the same
/// arguments, it continues: parts of `part` users are stored beside the file until it is complete.
/// \param on_progress  called with the number of users done
/// \throws Error where another process builds the same file, or it cannot be written
template <class Model, class P>
Knowledge build_knowledge(const std::filesystem::path& path, const TrainedModel<Model, P>& trained,
                          const data::Interactions& histories, const KnowledgeOrigin& origin,
                          const std::function<void(Index)>& on_progress = {}, Index part = 4096) {
    const Index users = histories.users(), parts = (users + part - 1) / part;
    const auto name = [&](Index p) {
        return std::filesystem::path(path.string() + ".part-" + std::to_string(p));
    };
    std::optional<io::PathLock> lock;
    if (!serve::holds(path, origin, users)) lock.emplace(path, "building this knowledge");
    if (lock && !serve::holds(path, origin, users)) {
        for (Index p = 0; p < parts; ++p) {
            const Index first = p * part, count = std::min(part, users - first);
            if (!serve::holds(name(p), origin, count))
                save_knowledge(
                    name(p),
                    make_knowledge(trained, histories, static_cast<Id>(first), static_cast<Id>(first + count),
                                   [&](Index done) {
                                       if (on_progress) on_progress(first + done);
                                   }),
                    origin);
            else if (on_progress)
                on_progress(first + count);
        }
        std::vector<Knowledge> all;
        std::vector<Index> offsets{0};
        std::vector<std::span<const std::byte>> rows, cuts;
        for (Index p = 0; p < parts; ++p) {
            all.push_back(load_knowledge(name(p), &origin));
            require(all.back().parameters() == all.front().parameters(), name(p).string() + ": parameters",
                    "extracted with other parameters than the parts before it: remove the parts",
                    all.front().parameters(), all.back().parameters());
            const Index before = offsets.back();
            for (const Index end : all.back().offsets().subspan(1)) offsets.push_back(before + end);
            rows.push_back(std::as_bytes(all.back().rows()));
            cuts.push_back(std::as_bytes(all.back().cuts()));
        }
        io::SafetensorsWriter file;
        serve::describe(file, origin, users);
        if (!all.empty()) file.metadata("parameters", all.front().parameters());
        file.add("offsets", {users + 1}, std::span<const Index>(offsets));
        file.add_pieces("rows", io::Dtype::f32, {offsets.back(), trained.model->knowledge_width()},
                        std::move(rows));
        file.add_pieces("cuts", io::Dtype::i32, {users}, std::move(cuts));
        file.write(path);
    }
    std::error_code gone;
    for (Index p = 0; lock && p < parts; ++p) std::filesystem::remove(name(p), gone);
    return load_knowledge(path, &origin);
}

}  // namespace coco
