// SPDX-License-Identifier: Apache-2.0
/// \file
/// The weights in a Hugging Face folder: one safetensors file, or several with an index.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/half.hpp>
#include <coco/io/finite.hpp>
#include <coco/io/json.hpp>
#include <coco/io/safetensors.hpp>
#include <coco/io/slices.hpp>

namespace coco::io {

/// Converts the values of an F32, F16 or BF16 tensor to float. \throws Error naming `where` for any other
/// element type, a wrong number of values, or a value that is not finite
/// \param first_row  the number of the tensor's first row, for errors
inline void to_floats(const Safetensors::Tensor& tensor, const std::string& where, Index columns,
                      std::span<float> out, Index first_row = 0) {
    const std::size_t size = layout_of(tensor.dtype).bytes;
    if (tensor.bytes.size() != out.size() * size)
        throw Error(where, "wrong number of values", text_of(out.size()),
                    text_of(tensor.bytes.size() / size));
    const auto widen = [&](float (*decode)(std::uint16_t)) {
        for (std::size_t i = 0; i < out.size(); ++i) {
            std::uint16_t narrow = 0;
            std::memcpy(&narrow, tensor.bytes.data() + 2 * i, 2);
            out[i] = decode(narrow);
        }
    };
    switch (tensor.dtype) {
        case Dtype::f32:
            if (!out.empty()) std::memcpy(out.data(), tensor.bytes.data(), tensor.bytes.size());
            break;
        case Dtype::f16:
            widen(half_to_float);
            break;
        case Dtype::bf16:
            widen(bfloat_to_float);
            break;
        default:
            throw Error(where, "element type cannot be a weight", "F32, F16 or BF16",
                        std::string(layout_of(tensor.dtype).name));
    }
    require_finite(out, columns, where, first_row);
}

/// `model.safetensors`, or the files that `model.safetensors.index.json` names. Files stay mapped for the
/// lifetime of this object; a tensor is read on request.
class SafetensorsFolder {
public:
    /// \throws Error naming the file: neither of the two exists, the index names a file outside the folder or
    ///         a file that lacks a tensor listed for it
    explicit SafetensorsFolder(const std::filesystem::path& folder) {
        const auto single = folder / "model.safetensors", index = folder / "model.safetensors.index.json";
        if (std::filesystem::is_regular_file(single)) {
            files_.emplace("model.safetensors", Safetensors(single));
            for (const auto& [name, tensor] : files_.begin()->second.tensors())
                home_.emplace(name, &files_.begin()->second);
            return;
        }
        if (!std::filesystem::is_regular_file(index))
            throw Error(folder.string(), "no weights in this folder",
                        "model.safetensors or model.safetensors.index.json");
        const JsonObject map = JsonObject::open(index).object("weight_map");
        for (const auto& [name, entry] : map.value().items()) {
            const std::string file = map.string(name);
            if (file.empty() || file == "." || file == ".." || file.find('/') != std::string::npos)
                throw Error(map.where(name), "not a file of this folder", "a plain file name", file);
            const auto [at, fresh] = files_.contains(file) ? std::pair(files_.find(file), false)
                                                           : files_.emplace(file, Safetensors(folder / file));
            if (!at->second.has(name)) throw Error(map.where(name), "the file has no such tensor", {}, file);
            home_.emplace(name, &at->second);
        }
    }
    SafetensorsFolder(const SafetensorsFolder&) = delete;
    SafetensorsFolder& operator=(const SafetensorsFolder&) = delete;

    /// Paths of the files, sorted by name.
    std::vector<std::filesystem::path> paths() const {
        std::vector<std::filesystem::path> all;
        for (const auto& [name, file] : files_) all.emplace_back(file.path());
        return all;
    }
    bool has(std::string_view name) const { return home_.contains(name); }
    /// Names of all tensors, sorted.
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& [name, file] : home_) all.push_back(name);
        return all;
    }
    /// "file: tensor". \throws Error if there is no tensor of that name
    std::string where(std::string_view name) const { return text_of(home(name).path(), ": ", name); }
    /// \throws Error if there is no tensor of that name
    const Shape& shape(std::string_view name) const { return home(name).tensor(name).shape; }

    /// \throws Error if there is no tensor of that name
    Dtype dtype(std::string_view name) const { return home(name).tensor(name).dtype; }

    /// Reads consecutive rows of a matrix of rows x cols, row-major, from row `first`, as many as fit into
    /// `out`. A tensor of one dimension is a single row. \throws Error naming file and tensor: missing, of
    /// another shape or type, or not finite
    void read(std::string_view name, Index rows, Index cols, Index first, std::span<float> out) const {
        each_row(name, rows, cols, first, static_cast<Index>(out.size()) / cols,
                 [&](Index i, const Safetensors::Tensor& row, const std::string& where) {
                     to_floats(row, where, cols,
                               out.subspan(static_cast<std::size_t>((i - first) * cols),
                                           static_cast<std::size_t>(cols)),
                               i);
                 });
    }
    /// The same rows in their stored format. \throws Error as `read`
    void read_bytes(std::string_view name, Index rows, Index cols, Index first,
                    std::span<std::byte> out) const {
        const std::size_t row_bytes = layout_of(dtype(name)).bytes * static_cast<std::size_t>(cols);
        std::vector<float> values(static_cast<std::size_t>(cols));
        each_row(name, rows, cols, first, static_cast<Index>(out.size() / row_bytes),
                 [&](Index i, const Safetensors::Tensor& row, const std::string& where) {
                     to_floats(row, where, cols, values, i);
                     std::copy(row.bytes.begin(), row.bytes.end(),
                               out.begin() + (i - first) * static_cast<Index>(row_bytes));
                 });
    }

private:
    /// Calls take(i, row, where) for rows first .. first + count - 1 of a tensor.
    template <class Take>
    void each_row(std::string_view name, Index rows, Index cols, Index first, Index count,
                  const Take& take) const {
        const Safetensors& file = home(name);
        const Safetensors::Tensor& tensor = checked(file, name, rows, cols);
        const std::string where = text_of(file.path(), ": ", name);
        if (first < 0 || first > rows || count > rows - first)
            throw Error(where, "no such rows", text_of("rows within ", rows),
                        text_of(first, " and ", count, " on"));
        const std::size_t row = tensor.bytes.size() / static_cast<std::size_t>(std::max<Index>(rows, 1));
        const auto bytes_of = [&](Index i, Index some) {
            return tensor.bytes.subspan(static_cast<std::size_t>(i) * row,
                                        static_cast<std::size_t>(some) * row);
        };
        by_slices(count, cols, [&](Index at, Index some) {
            for (Index i = first + at; i < first + at + some; ++i)
                take(i, Safetensors::Tensor{tensor.dtype, {cols}, bytes_of(i, 1)}, where);
            file.forget(bytes_of(first + at, some));
        });
    }
    static const Safetensors::Tensor& checked(const Safetensors& file, std::string_view name, Index rows,
                                              Index cols) {
        const Safetensors::Tensor& tensor = file.tensor(name);
        const Shape expected = tensor.shape.size() == 1 && rows == 1 ? Shape{cols} : Shape{rows, cols};
        if (tensor.shape != expected)
            throw Error(text_of(file.path(), ": ", name), "wrong shape", text_of_shape(expected),
                        text_of_shape(tensor.shape));
        return tensor;
    }
    const Safetensors& home(std::string_view name) const {
        const auto found = home_.find(name);
        if (found == home_.end())
            throw Error(text_of(std::filesystem::path(files_.begin()->second.path()).parent_path().string(),
                                ": ", name),
                        "no such tensor in this folder");
        return *found->second;
    }

    std::map<std::string, Safetensors, std::less<>> files_;
    std::map<std::string, const Safetensors*, std::less<>> home_;
};

}  // namespace coco::io
