// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads safetensors files: a length, a JSON header, then tensors that cover the rest without gap or overlap.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/io/byte_reader.hpp>
#include <coco/io/dtype.hpp>
#include <coco/io/json.hpp>
#include <coco/io/mapped_file.hpp>

namespace coco::io {

/// An open safetensors file; the bytes of its tensors are valid as long as this object or the object it
/// was moved to.
class Safetensors {
public:
    struct Tensor {
        Dtype dtype = Dtype::u8;
        Shape shape;
        std::span<const std::byte> bytes;
    };

    /// \throws Error naming the file, and the tensor where there is one, if the format is violated
    [[gnu::cold]] explicit Safetensors(const std::filesystem::path& path) : file_(path) {
        ByteReader in(file_.bytes(), file_.path());
        const std::size_t length = in.count(1, "header bytes");
        if (length > longest_header)
            throw Error(file_.path(), "header too long", text_of("at most ", longest_header),
                        text_of(length));
        const char* text = reinterpret_cast<const char*>(file_.bytes().data() + in.position());
        header_ = {text, length};
        if (length == 0 || *text != '{') throw Error(file_.path(), "not a safetensors file");
        const Json header = parse_json({text, length}, file_.path(), 4);
        const auto data = file_.bytes().subspan(in.position() + length);
        for (const auto& [name, entry] : header.items()) {
            if (name == "__metadata__")
                read_metadata(entry);
            else
                read_tensor(name, entry, data);
        }
        require_cover(data);
    }

    const std::string& path() const noexcept { return file_.path(); }
    const std::map<std::string, std::string, std::less<>>& metadata() const noexcept { return metadata_; }
    const std::map<std::string, Tensor, std::less<>>& tensors() const noexcept { return tensors_; }
    /// The file's bytes, and those of its header, which follow the length of 8 bytes.
    std::span<const std::byte> bytes() const noexcept { return file_.bytes(); }
    std::string_view header() const noexcept { return header_; }
    bool has(std::string_view name) const { return tensors_.contains(name); }

    /// A metadata entry. \throws Error if the key does not exist
    const std::string& metadata(std::string_view key) const {
        const auto found = metadata_.find(key);
        if (found == metadata_.end()) throw Error(where(key), "no such key in the metadata");
        return found->second;
    }

    /// \throws Error if there is no tensor of that name
    const Tensor& tensor(std::string_view name) const {
        const auto found = tensors_.find(name);
        if (found == tensors_.end()) throw Error(where(name), "no such tensor in the file");
        return found->second;
    }

    /// The values of a tensor, row-major, in the mapped file.
    /// \throws Error naming the tensor, expected and found, if its element type is not that of `T`, its shape
    ///         differs, or it is not aligned for `T`
    template <class T>
    std::span<const T> get(std::string_view name, const Shape& shape) const {
        const Tensor& found = tensor(name);
        if (found.dtype != dtype_of<T>())
            throw Error(where(name), "wrong element type", std::string(layout_of(dtype_of<T>()).name),
                        std::string(layout_of(found.dtype).name));
        if (found.shape != shape)
            throw Error(where(name), "wrong shape", text_of_shape(shape), text_of_shape(found.shape));
        if (reinterpret_cast<std::uintptr_t>(found.bytes.data()) % alignof(T) != 0)
            throw Error(where(name), "tensor is not aligned",
                        text_of("a multiple of ", alignof(T), " bytes"));
        return {reinterpret_cast<const T*>(found.bytes.data()), found.bytes.size() / sizeof(T)};
    }

    /// Releases the memory of a tensor's pages; a later access reads them from the file again.
    void forget(std::span<const std::byte> part) const { file_.forget(part); }

private:
    using Json = nlohmann::json;
    static constexpr std::size_t longest_header = 100'000'000;

    std::string where(std::string_view name) const { return text_of(path(), ": ", name); }

    [[gnu::cold]] void read_metadata(const Json& entry) {
        if (!entry.is_object()) throw Error(where("__metadata__"), "wrong type", "strings by name");
        for (const auto& [key, value] : entry.items()) {
            if (!value.is_string()) throw Error(where(key), "metadata of wrong type", "a string");
            metadata_.emplace(key, value.get<std::string>());
        }
    }

    [[gnu::cold]] void read_tensor(const std::string& name, const Json& entry,
                                   std::span<const std::byte> data) {
        if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
            !entry.contains("data_offsets") || !entry["dtype"].is_string())
            throw Error(where(name), "broken header entry", "dtype, shape and data_offsets");
        const std::string dtype = entry["dtype"].get<std::string>();
        const DtypeLayout* layout = layout_of(std::string_view(dtype));
        if (layout == nullptr) throw Error(where(name), "unknown element type", {}, dtype);
        Tensor tensor{layout->dtype, whole_numbers(name, entry["shape"]), {}};
        const Shape offsets = whole_numbers(name, entry["data_offsets"]);
        if (offsets.size() != 2 || offsets[0] > offsets[1] ||
            static_cast<std::size_t>(offsets[1]) > data.size())
            throw Error(where(name), "offsets beyond the file",
                        text_of("within ", data.size(), " bytes of data"), text_of_shape(offsets));
        const auto size = static_cast<std::size_t>(offsets[1] - offsets[0]);
        const std::size_t expected = bytes_of(tensor.shape, tensor.dtype, where(name));
        if (size != expected)
            throw Error(where(name), "offsets do not fit the shape", text_of(expected, " bytes"),
                        text_of(size));
        tensor.bytes = data.subspan(static_cast<std::size_t>(offsets[0]), size);
        tensors_.emplace(name, std::move(tensor));
    }

    [[gnu::cold]] Shape whole_numbers(const std::string& name, const Json& list) const {
        const auto whole = [](const Json& value) {
            return value.is_number_unsigned() && value.get<std::uint64_t>() <= std::uint64_t{1} << 62;
        };
        if (!list.is_array() || !std::all_of(list.begin(), list.end(), whole))
            throw Error(where(name), "broken header entry", "a list of whole numbers");
        return list.get<Shape>();
    }

    [[gnu::cold]] void require_cover(std::span<const std::byte> data) const {
        std::vector<std::pair<std::span<const std::byte>, std::string_view>> order;
        for (const auto& [name, tensor] : tensors_) order.emplace_back(tensor.bytes, name);
        std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
            return std::pair(a.first.data(), a.first.size()) < std::pair(b.first.data(), b.first.size());
        });
        const std::byte* at = data.data();
        for (const auto& [bytes, name] : order) {
            if (bytes.data() != at)
                throw Error(where(name), "tensors leave a gap or overlap",
                            text_of("offset ", at - data.data()),
                            text_of("offset ", bytes.data() - data.data()));
            at += bytes.size();
        }
        if (at != data.data() + data.size())
            throw Error(path(), "bytes after the last tensor", text_of(at - data.data(), " bytes of data"),
                        text_of(data.size()));
    }

    MappedFile file_;
    std::string_view header_;
    std::map<std::string, std::string, std::less<>> metadata_;
    std::map<std::string, Tensor, std::less<>> tensors_;
};

}  // namespace coco::io
