// SPDX-License-Identifier: Apache-2.0
/// \file
/// Writes safetensors files: equal contents give equal bytes, and files are replaced atomically.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/io/atomic_file.hpp>
#include <coco/io/dtype.hpp>
#include <coco/io/seal.hpp>

namespace coco::io {

/// Collects metadata and tensors, then writes them all in one call. The bytes of a tensor are not copied;
/// they must live until `write` returns.
class SafetensorsWriter {
public:
    /// Sets a metadata entry; UTF-8. Setting a key again replaces the value.
    void metadata(const std::string& key, std::string value) { metadata_[key] = std::move(value); }

    /// Adds a tensor whose bytes are given as consecutive pieces.
    /// \throws Error naming the tensor if the name was used before or the size of the pieces does not match
    ///         the shape
    [[gnu::cold]] void add_pieces(const std::string& name, Dtype dtype, Shape shape,
                                  std::vector<std::span<const std::byte>> pieces) {
        const std::size_t size = bytes_of(shape, dtype, name);
        std::size_t found = 0;
        for (const auto& piece : pieces) found += piece.size();
        if (found != size) throw Error(name, "wrong number of bytes", text_of(size), text_of(found));
        if (name == "__metadata__") throw Error(name, "reserved name");
        if (!tensors_.emplace(name, Tensor{dtype, std::move(shape), size, std::move(pieces)}).second)
            throw Error(name, "tensor added twice");
    }
    void add(const std::string& name, Dtype dtype, Shape shape, std::span<const std::byte> bytes) {
        add_pieces(name, dtype, std::move(shape), {bytes});
    }

    /// The same, from values.
    template <class T>
    void add(const std::string& name, Shape shape, std::span<const T> values) {
        add(name, dtype_of<T>(), std::move(shape), std::as_bytes(values));
    }

    /// The file's metadata will hold a digest of all its other bytes, which `require_sealed` checks.
    void seal() {
        metadata(seal_key, unsealed);
        sealed_ = true;
    }

    /// Replaces the file `path`. Tensors are sorted by decreasing element size, so that all are aligned, then
    /// by name.
    /// \throws Error if the file cannot be written or a string is not UTF-8; an old file then remains
    [[gnu::cold]] void write(const std::filesystem::path& path) const {
        std::vector<const Entry*> order;
        for (std::size_t width = sizeof(std::uint64_t); order.size() < tensors_.size(); --width)
            for (const auto& entry : tensors_)
                if (layout_of(entry.second.dtype).bytes == width) order.push_back(&entry);
        std::string text = header(order, path);
        text.resize((text.size() + 7) / 8 * 8, ' ');
        const std::uint64_t length = text.size();
        if (sealed_) {
            XXH64 sum;
            sum.add(std::as_bytes(std::span(&length, 1)));
            sum.add(std::as_bytes(std::span(text)));
            for (const auto* entry : order)
                for (const auto& piece : entry->second.pieces) sum.add(piece);
            const std::string found = digest_text(sum.value());
            text.replace(place_of_seal(text, unsealed), found.size(), found);
        }
        AtomicFile file(path);
        file.write(std::as_bytes(std::span(&length, 1)));
        file.write(std::as_bytes(std::span(text)));
        for (const auto* entry : order)
            for (const auto& piece : entry->second.pieces) file.write(piece);
        file.commit();
    }

private:
    struct Tensor {
        Dtype dtype;
        Shape shape;
        std::size_t size;
        std::vector<std::span<const std::byte>> pieces;
    };

    using Entry = std::pair<const std::string, Tensor>;

    /// The header's JSON. Only its strings are left to the library: objects that keep their order would be
    /// a second kind of tree to compile.
    [[gnu::cold]] std::string header(const std::vector<const Entry*>& order,
                                     const std::filesystem::path& path) const {
        std::string text = "{";
        const auto add = [&](const std::string& name) {
            if (text.back() != '{') text += ',';
            text.append(nlohmann::json(name).dump()).append(":");
        };
        try {
            if (!metadata_.empty()) {
                add("__metadata__");
                text += '{';
                for (const auto& [key, value] : metadata_) {
                    add(key);
                    text += nlohmann::json(value).dump();
                }
                text += '}';
            }
            std::size_t at = 0;
            for (const Entry* entry : order) {
                const Tensor& tensor = entry->second;
                add(entry->first);
                text.append("{\"dtype\":\"").append(layout_of(tensor.dtype).name).append("\",\"shape\":[");
                for (const Index extent : tensor.shape) text.append(std::to_string(extent)).append(",");
                if (!tensor.shape.empty()) text.pop_back();
                text += text_of("],\"data_offsets\":[", at, ",", at + tensor.size, "]}");
                at += tensor.size;
            }
        } catch (const nlohmann::json::exception& error) {
            throw Error(path.string(), "header cannot be written", "UTF-8", error.what());
        }
        return text + '}';
    }

    std::map<std::string, std::string, std::less<>> metadata_;
    std::map<std::string, Tensor> tensors_;
    bool sealed_ = false;
};

}  // namespace coco::io
