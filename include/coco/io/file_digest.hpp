// SPDX-License-Identifier: Apache-2.0
/// \file
/// A digest of all bytes of a file, to check that it is the file with which a checkpoint was made: XXH64
/// (Collet, github.com/Cyan4973/xxHash, doc/xxhash_spec.md), several GB per second. It protects against
/// mistakes, not against forgery.
#pragma once

#include <algorithm>
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

/// XXH64 of bytes, given at once or piece by piece.
class XXH64 {
public:
    explicit XXH64(std::uint64_t seed = 0)
        : lane_{seed + p1 + p2, seed + p2, seed, seed - p1}, short_sum_(seed + p5) {}

    static std::uint64_t of(std::span<const std::byte> bytes, std::uint64_t seed = 0) {
        XXH64 sum(seed);
        sum.add(bytes);
        return sum.value();
    }

    void add(std::span<const std::byte> bytes) {
        total_ += bytes.size();
        if (held_ > 0) {
            const std::size_t more = std::min(bytes.size(), block - held_);
            std::copy_n(bytes.data(), more, rest_ + held_);
            held_ += more;
            bytes = bytes.subspan(more);
            if (held_ < block) return;
            eat(rest_);
            held_ = 0;
        }
        for (; bytes.size() >= block; bytes = bytes.subspan(block)) eat(bytes.data());
        std::copy_n(bytes.data(), bytes.size(), rest_);
        held_ = bytes.size();
    }

    /// Of all bytes so far.
    std::uint64_t value() const {
        const std::byte* at = rest_;
        std::size_t left = held_;
        std::uint64_t sum = short_sum_;
        if (total_ >= block) {
            sum = std::rotl(lane_[0], 1) + std::rotl(lane_[1], 7) + std::rotl(lane_[2], 12) +
                  std::rotl(lane_[3], 18);
            for (const std::uint64_t l : lane_) sum = (sum ^ round(0, l)) * p1 + p4;
        }
        sum += total_;
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
    void eat(const std::byte* at) {
        for (std::size_t k = 0; k < 4; ++k) lane_[k] = round(lane_[k], word<std::uint64_t>(at + 8 * k));
    }
    template <class Word>
    static std::uint64_t word(const std::byte* at) {
        Word value;
        std::memcpy(&value, at, sizeof value);
        return value;
    }

    static constexpr std::size_t block = 32;
    std::uint64_t lane_[4], short_sum_, total_ = 0;
    std::byte rest_[block] = {};
    std::size_t held_ = 0;
};

/// "xxh64:" and 16 hexadecimal digits.
inline std::string digest_text(std::uint64_t sum) {
    std::string text = "xxh64:";
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(sum >> shift) & 15];
    return text;
}

/// As `digest_text`, over all bytes of a file. \throws Error where it cannot be read
inline std::string file_digest(const std::filesystem::path& path) {
    return digest_text(XXH64::of(MappedFile(path).bytes()));
}

}  // namespace coco::io
