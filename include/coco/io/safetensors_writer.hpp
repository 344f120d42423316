// SPDX-License-Identifier: Apache-2.0
/// \file
/// Writes safetensors files: equal contents give equal bytes, and files are replaced atomically.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/io/atomic_file.hpp>
#include <coco/io/dtype.hpp>

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
    void add_pieces(const std::string& name, Dtype dtype, Shape shape,
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

    /// Replaces the file `path`. Tensors are sorted by decreasing element size, so that all are aligned, then
    /// by name.
    /// \throws Error if the file cannot be written or a string is not UTF-8; an old file then remains
    void write(const std::filesystem::path& path) const {
        std::vector<const std::pair<const std::string, Tensor>*> order;
        for (const auto& entry : tensors_) order.push_back(&entry);
        std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
            return layout_of(a->second.dtype).bytes > layout_of(b->second.dtype).bytes;
        });
        nlohmann::ordered_json header = nlohmann::ordered_json::object();
        if (!metadata_.empty()) header["__metadata__"] = metadata_;
        std::size_t at = 0;
        for (const auto* entry : order) {
            const Tensor& tensor = entry->second;
            header[entry->first] = {{"dtype", layout_of(tensor.dtype).name},
                                    {"shape", tensor.shape},
                                    {"data_offsets", {at, at + tensor.size}}};
            at += tensor.size;
        }
        std::string text = text_of_header(header, path);
        text.resize((text.size() + 7) / 8 * 8, ' ');
        const std::uint64_t length = text.size();
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

    static std::string text_of_header(const nlohmann::ordered_json& header,
                                      const std::filesystem::path& path) {
        try {
            return header.dump();
        } catch (const nlohmann::json::exception& error) {
            throw Error(path.string(), "header cannot be written", "UTF-8", error.what());
        }
    }

    std::map<std::string, std::string> metadata_;
    std::map<std::string, Tensor> tensors_;
};

}  // namespace coco::io
