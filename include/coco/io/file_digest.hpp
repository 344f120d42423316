// SPDX-License-Identifier: Apache-2.0
/// \file
/// A digest of all bytes of a file, to check that it is the file with which a checkpoint was made: XXH64
/// (Collet, github.com/Cyan4973/xxHash, doc/xxhash_spec.md), several GB per second. It protects against
/// mistakes, not against forgery.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>

#include <coco/io/mapped_file.hpp>

namespace coco::io {

static_assert(std::endian::native == std::endian::little, "XXH64 reads words as little-endian bytes");

/// XXH64 of bytes.
class XXH64 {
public:
    static std::uint64_t of(std::span<const std::byte> bytes, std::uint64_t seed = 0) {
        const std::byte* at = bytes.data();
        std::size_t left = bytes.size();
        std::uint64_t sum = seed + p5;
        if (left >= 32) {
            std::uint64_t lane[4] = {seed + p1 + p2, seed + p2, seed, seed - p1};
            for (; left >= 32; at += 32, left -= 32)
                for (std::size_t k = 0; k < 4; ++k) lane[k] = round(lane[k], word<std::uint64_t>(at + 8 * k));
            sum = std::rotl(lane[0], 1) + std::rotl(lane[1], 7) + std::rotl(lane[2], 12) +
                  std::rotl(lane[3], 18);
            for (const std::uint64_t l : lane) sum = (sum ^ round(0, l)) * p1 + p4;
        }
        sum += static_cast<std::uint64_t>(bytes.size());
        for (; left >= 8; at += 8, left -= 8)
            sum = std::rotl(sum ^ round(0, word<std::uint64_t>(at)), 27) * p1 + p4;
        for (; left >= 4; at += 4, left -= 4)
            sum = std::rotl(sum ^ word<std::uint32_t>(at) * p1, 23) * p2 + p3;
        for (; left > 0; ++at, --left)
            sum = std::rotl(sum ^ std::to_integer<std::uint64_t>(*at) * p5, 11) * p1;
        sum = (sum ^ (sum >> 33)) * p2;
        sum = (sum ^ (sum >> 29)) * p3;
        return sum ^ (sum >> 32);
    }

private:
    static constexpr std::uint64_t p1 = 0x9E3779B185EBCA87u, p2 = 0xC2B2AE3D27D4EB4Fu,
                                   p3 = 0x165667B19E3779F9u, p4 = 0x85EBCA77C2B2AE63u,
                                   p5 = 0x27D4EB2F165667C5u;

    static std::uint64_t round(std::uint64_t lane, std::uint64_t word) {
        return std::rotl(lane + word * p2, 31) * p1;
    }
    template <class Word>
    static std::uint64_t word(const std::byte* at) {
        Word value;
        std::memcpy(&value, at, sizeof value);
        return value;
    }
};

/// "xxh64:" and 16 hexadecimal digits, over all bytes of a file. \throws Error where it cannot be read
inline std::string file_digest(const std::filesystem::path& path) {
    const std::uint64_t sum = XXH64::of(MappedFile(path).bytes());
    std::string text = "xxh64:";
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(sum >> shift) & 15];
    return text;
}

}  // namespace coco::io
