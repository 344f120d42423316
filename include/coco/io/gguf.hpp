// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads GGUF files, versions 2 and 3: metadata and the positions of tensors. Every value in a file is
/// checked against the file's length before it is used. Format: ggml `docs/gguf.md`.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/io/byte_reader.hpp>
#include <coco/io/gguf_value.hpp>
#include <coco/io/mapped_file.hpp>
#include <coco/store/ggml_type.hpp>

namespace coco::io {

/// A matrix in the file: `rows` x `columns`, row-major, so a linear layer's weight is out x in. Further
/// dimensions are folded into the rows.
struct TensorInfo {
    std::string where;  ///< "file: tensor", for errors
    std::string_view name;
    Index rows = 1;
    Index columns = 1;
    GgmlType type = GgmlType::F32;
    std::span<const std::byte> bytes;  ///< in the mapped file, `rows` times the bytes per row
};

/// An open GGUF file. Strings, lists of strings and tensor bytes point into the mapped file: they are valid
/// as long as this object or the object it was moved to.
class Gguf {
public:
    using Value = GgufValue;

    /// \throws Error naming the file and the byte, key or tensor where the format is violated
    explicit Gguf(const std::filesystem::path& path) : file_(path) {
        ByteReader in(file_.bytes(), file_.path());
        const auto magic = in.number<std::array<char, 4>>("the magic number");
        if (magic != std::array{'G', 'G', 'U', 'F'}) throw Error(file_.path(), "not a GGUF file");
        const auto version = in.number<std::uint32_t>("the version");
        if (version != 2 && version != 3)
            throw Error(file_.path(), "unknown GGUF version", "2 or 3, little-endian", text_of(version));
        const std::size_t tensors = in.count(least_tensor, "tensors");
        const std::size_t entries = in.count(least_entry, "metadata entries");
        for (std::size_t i = 0; i < entries; ++i) read_entry(in);
        read_tensors(in, tensors);
    }

    const std::string& path() const noexcept { return file_.path(); }
    const std::map<std::string_view, Value>& metadata() const noexcept { return values_; }
    bool has(std::string_view key) const { return values_.contains(key); }

    /// The value of a key. \throws Error naming file and key if it is absent or of another type
    std::string_view string(std::string_view key) const { return get<std::string_view>(key, "a string"); }
    bool boolean(std::string_view key) const { return get<bool>(key, "a boolean"); }
    std::int64_t integer(std::string_view key) const { return get<std::int64_t>(key, "an integer"); }
    double real(std::string_view key) const { return get<double>(key, "a real number"); }
    const std::vector<std::string_view>& strings(std::string_view key) const {
        return get<std::vector<std::string_view>>(key, "a list of strings");
    }
    const std::vector<std::int64_t>& integers(std::string_view key) const {
        return get<std::vector<std::int64_t>>(key, "a list of integers");
    }
    const std::vector<double>& reals(std::string_view key) const {
        return get<std::vector<double>>(key, "a list of real numbers");
    }

    /// In the order of the file.
    const std::vector<TensorInfo>& tensors() const noexcept { return tensors_; }
    bool has_tensor(std::string_view name) const { return by_name_.contains(name); }

    /// \throws Error if there is no tensor of that name
    const TensorInfo& tensor(std::string_view name) const {
        const auto found = by_name_.find(name);
        if (found == by_name_.end()) throw Error(text_of(path(), ": ", name), "no such tensor in the file");
        return tensors_[found->second];
    }

    /// The same, and \throws Error unless it is `rows` x `columns`
    const TensorInfo& tensor(std::string_view name, Index rows, Index columns) const {
        const TensorInfo& info = tensor(name);
        if (info.rows != rows || info.columns != columns)
            throw Error(info.where, "wrong shape", text_of(rows, " x ", columns),
                        text_of(info.rows, " x ", info.columns));
        return info;
    }

    /// Releases the memory of part of a tensor's bytes; a later access reads them from the file again.
    void forget(std::span<const std::byte> part) const { file_.forget(part); }

private:
    static constexpr std::size_t least_entry = 8 + 4 + 1;  // empty key, type, one byte
    static constexpr std::size_t least_tensor =
        8 + 4 + 8 + 4 + 8;  // empty name, count, one size, type, offset

    template <class T>
    const T& get(std::string_view key, const char* kind) const {
        const auto found = values_.find(key);
        if (found == values_.end()) throw Error(text_of(path(), ": ", key), "no such key in the metadata");
        const T* value = std::get_if<T>(&found->second);
        if (value == nullptr) throw Error(text_of(path(), ": ", key), "wrong type", kind);
        return *value;
    }

    void read_entry(ByteReader& in) {
        const std::string_view key = in.string("a metadata key");
        Value value = read_gguf_value(in, key);
        if (!values_.emplace(key, std::move(value)).second)
            throw Error(text_of(path(), ": ", key), "key occurs twice in the metadata");
    }

    void read_tensors(ByteReader& in, std::size_t count) {
        std::vector<std::uint64_t> offsets(count);
        tensors_.resize(count);
        for (std::size_t i = 0; i < count; ++i) offsets[i] = read_info(in, tensors_[i]);
        const std::uint64_t alignment = read_alignment();
        const std::uint64_t padded = (in.position() + alignment - 1) / alignment * alignment;
        const std::uint64_t start = std::min<std::uint64_t>(padded, file_.bytes().size());
        const std::uint64_t available = file_.bytes().size() - start;
        for (std::size_t i = 0; i < count; ++i) place(tensors_[i], offsets[i], alignment, start, available);
        check_overlaps();
    }

    std::uint64_t read_alignment() const {
        if (!has("general.alignment")) return 32;
        const std::int64_t alignment = integer("general.alignment");
        if (alignment < 1 || alignment > (1 << 30) ||
            !std::has_single_bit(static_cast<std::uint64_t>(alignment)))
            throw Error(text_of(path(), ": general.alignment"), "impossible alignment",
                        "a power of two up to 2^30", text_of(alignment));
        return static_cast<std::uint64_t>(alignment);
    }

    /// Reads name, sizes and type; returns the offset.
    std::uint64_t read_info(ByteReader& in, TensorInfo& info) {
        info.name = in.string("a tensor name");
        info.where = text_of(path(), ": ", info.name.substr(0, 64));
        if (info.name.size() > 64)
            throw Error(info.where, "tensor name too long", "at most 64 bytes", text_of(info.name.size()));
        if (!by_name_.emplace(info.name, static_cast<std::size_t>(&info - tensors_.data())).second)
            throw Error(info.where, "tensor occurs twice in the file");
        const auto dimensions = in.number<std::uint32_t>("the number of a tensor's dimensions");
        if (dimensions < 1 || dimensions > 4)
            throw Error(info.where, "impossible number of dimensions", "1 to 4", text_of(dimensions));
        Index total = 1;
        for (std::uint32_t d = 0; d < dimensions; ++d) {
            const Index size = in.number<std::int64_t>("a tensor's dimension");
            if (size < 1 || __builtin_mul_overflow(total, size, &total))
                throw Error(info.where, "impossible dimension", "sizes whose product fits 63 bits",
                            text_of(size));
            (d == 0 ? info.columns : info.rows) *= size;
        }
        info.type = GgmlType{in.number<std::uint32_t>("a tensor's type")};
        return in.number<std::uint64_t>("a tensor's offset");
    }

    void place(TensorInfo& info, std::uint64_t offset, std::uint64_t alignment, std::uint64_t start,
               std::uint64_t available) const {
        const GgmlLayout* layout = layout_of(info.type);
        if (layout == nullptr)
            throw Error(info.where, "unknown tensor type", "one of ggml's",
                        text_of(std::uint32_t(info.type)));
        if (info.columns % layout->values != 0)
            throw Error(info.where, "row does not divide into blocks",
                        text_of("a multiple of ", layout->values), text_of(info.columns));
        if (offset % alignment != 0)
            throw Error(info.where, "misaligned offset", text_of("a multiple of ", alignment),
                        text_of(offset));
        Index bytes = 0;
        const bool huge =
            __builtin_mul_overflow(info.columns / layout->values * info.rows, layout->bytes, &bytes);
        const bool fits =
            !huge && offset <= available && static_cast<std::uint64_t>(bytes) <= available - offset;
        if (!fits)
            throw Error(info.where, "tensor ends beyond the file",
                        text_of(info.rows, " x ", info.columns, " of ", layout->name, " from byte ", offset),
                        text_of(available, " bytes of data"));
        info.bytes =
            file_.bytes().subspan(static_cast<std::size_t>(start + offset), static_cast<std::size_t>(bytes));
    }

    void check_overlaps() const {
        std::vector<const TensorInfo*> order;
        for (const TensorInfo& info : tensors_) order.push_back(&info);
        std::sort(order.begin(), order.end(),
                  [](const TensorInfo* a, const TensorInfo* b) { return a->bytes.data() < b->bytes.data(); });
        for (std::size_t i = 1; i < order.size(); ++i)
            if (order[i - 1]->bytes.data() + order[i - 1]->bytes.size() > order[i]->bytes.data())
                throw Error(order[i]->where, text_of("tensor overlaps ", order[i - 1]->name));
    }

    MappedFile file_;
    std::map<std::string_view, Value> values_;
    std::vector<TensorInfo> tensors_;
    std::map<std::string_view, std::size_t> by_name_;
};

}  // namespace coco::io
