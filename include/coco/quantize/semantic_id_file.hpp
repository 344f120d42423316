// SPDX-License-Identifier: Apache-2.0
/// \file
/// Semantic ids in a safetensors file, with digests of the catalogue and of the file itself.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/data/catalogue.hpp>
#include <coco/io/file_digest.hpp>
#include <coco/io/safetensors.hpp>
#include <coco/io/safetensors_writer.hpp>
#include <coco/io/seal.hpp>
#include <coco/quantize/semantic_ids.hpp>

namespace coco::quantize {

/// Replaces the file atomically. It holds `tokens`, items x levels, and `first_token`, levels + 1: that of
/// each level and the size of the vocabulary.
/// \param origin  how the ids were made, for who reads the file  \throws Error where it cannot be written, or
/// the ids are not those of the catalogue's items
[[gnu::cold]] inline void save_ids(const std::filesystem::path& path, const SemanticIds& ids,
                                   const data::Catalogue& catalogue, const std::string& origin) {
    require(ids.items() == catalogue.size(), path.string(), "ids of another number of items",
            text_of(catalogue.size()), text_of(ids.items()));
    std::vector<Id> first;
    for (Index l = 0; l <= ids.levels(); ++l) first.push_back(ids.first_token(l));
    io::SafetensorsWriter file;
    file.metadata("kind", "coco semantic ids");
    file.metadata("catalogue", io::digest_text(catalogue.digest()));
    file.metadata("origin", origin);
    file.add("tokens", {ids.items(), ids.levels()}, ids.tokens());
    file.add("first_token", {ids.levels() + 1}, std::span<const Id>(first));
    file.seal();
    file.write(path);
}

/// \throws Error naming file and tensor where the file is damaged, of another kind or of another catalogue
[[gnu::cold]] inline SemanticIds load_ids(const std::filesystem::path& path,
                                          const data::Catalogue& catalogue) {
    const io::Safetensors file(path);
    require(file.metadata("kind") == "coco semantic ids", file.path() + ": kind",
            "not a file of semantic ids", "coco semantic ids", file.metadata("kind"));
    io::require_sealed(file);
    const std::string own = io::digest_text(catalogue.digest());
    require(file.metadata("catalogue") == own, file.path() + ": catalogue", "ids of another catalogue", own,
            file.metadata("catalogue"));
    const io::Shape shape = file.tensor("tokens").shape;
    require(shape.size() == 2 && shape[1] >= 2, file.path() + ": tokens", "wrong shape",
            "two dimensions, two columns or more");
    const auto tokens = file.get<Id>("tokens", shape);
    const auto first = file.get<Id>("first_token", {shape[1] + 1});
    const std::size_t levels = static_cast<std::size_t>(shape[1]);
    std::vector<Index> sizes;
    for (std::size_t l = 0; l + 1 < levels; ++l) sizes.push_back(Index{first[l + 1]} - first[l]);
    std::vector<Id> codes;
    for (std::size_t i = 0; i < tokens.size(); ++i)
        if (i % levels + 1 < levels) codes.push_back(static_cast<Id>(Index{tokens[i]} - first[i % levels]));
    SemanticIds ids(codes, sizes, first[0]);
    require(ids.items() == catalogue.size() && std::equal(tokens.begin(), tokens.end(), ids.tokens().begin()),
            file.path() + ": tokens", "not ids as this library makes them",
            "tokens of their levels, and a running index");
    return ids;
}

}  // namespace coco::quantize
