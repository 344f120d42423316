// SPDX-License-Identifier: Apache-2.0
/// \file
/// A cursor over little-endian bytes that never reads past their end.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <coco/core/error.hpp>

namespace coco::io {

static_assert(std::endian::native == std::endian::little, "file formats here are little-endian");

/// Reads numbers and length-prefixed strings in sequence. Each read is checked against the remaining bytes,
/// so a count in the file is accepted only if the file is long enough for it.
class ByteReader {
public:
    /// \param file  names the file in errors
    ByteReader(std::span<const std::byte> bytes, std::string file) : bytes_(bytes), file_(std::move(file)) {}

    /// The next number. \param what  names it in errors
    template <class T>
    T number(std::string_view what) {
        static_assert(std::is_trivially_copyable_v<T>);
        need(sizeof(T), what);
        T value;
        std::memcpy(&value, bytes_.data() + at_, sizeof(T));
        at_ += sizeof(T);
        return value;
    }

    /// The next string: its length as 64 bits, then its bytes. The view points into the file's own memory.
    std::string_view string(std::string_view what) {
        const std::uint64_t length = number<std::uint64_t>(what);
        need(length, what);
        const std::string_view text(reinterpret_cast<const char*>(bytes_.data() + at_),
                                    static_cast<std::size_t>(length));
        at_ += static_cast<std::size_t>(length);
        return text;
    }

    /// A 64-bit count of elements of at least `least` bytes each.
    /// \throws Error if the rest of the file is too short for that many
    std::size_t count(std::size_t least, std::string_view what) {
        const std::uint64_t n = number<std::uint64_t>(what);
        if (n > left() / least)
            throw Error(where(), text_of("impossible count of ", what), text_of("at most ", left() / least),
                        text_of(n));
        return static_cast<std::size_t>(n);
    }

    std::size_t position() const noexcept { return at_; }
    std::size_t left() const noexcept { return bytes_.size() - at_; }
    /// "file: byte 123"
    std::string where() const { return text_of(file_, ": byte ", at_); }

private:
    void need(std::uint64_t length, std::string_view what) const {
        if (length > left())
            throw Error(where(), text_of("file ends inside ", what), text_of(length, " bytes"),
                        text_of(left()));
    }

    std::span<const std::byte> bytes_;
    std::string file_;
    std::size_t at_ = 0;
};

}  // namespace coco::io
