// SPDX-License-Identifier: Apache-2.0
/// \file
/// Counter-based random numbers: Philox4x32-10 (Salmon et al., SC 2011, "Parallel random numbers: as easy as
/// 1, 2, 3"). A number is a pure function of (seed, counter): its bits are the same on host and device, for
/// any number of threads, and in a resumed run.
#pragma once

#include <cmath>
#include <cstdint>

#include <coco/core/types.hpp>

namespace coco {

/// Four independent 32-bit words.
struct Quad {
    std::uint32_t word[4];
};

/// Philox4x32-10 of a 64-bit key and a 128-bit counter (`low`, `high`).
COCO_HD inline Quad philox(std::uint64_t key, std::uint64_t low, std::uint64_t high) {
    std::uint32_t c0 = static_cast<std::uint32_t>(low), c1 = static_cast<std::uint32_t>(low >> 32);
    std::uint32_t c2 = static_cast<std::uint32_t>(high), c3 = static_cast<std::uint32_t>(high >> 32);
    std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c0;
        const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * c2;
        const std::uint32_t n0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1 ^ k0;
        const std::uint32_t n2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3 ^ k1;
        c1 = static_cast<std::uint32_t>(p1);
        c3 = static_cast<std::uint32_t>(p0);
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return {{c0, c1, c2, c3}};
}

/// Uniform in 0 .. n-1 from the first two words, n >= 1. Bias below n * 2^-64.
COCO_HD inline std::uint64_t below(const Quad& bits, std::uint64_t n) {
    return (bits.word[0] * n + ((bits.word[1] * n) >> 32)) >> 32;
}

/// A real number in [0, 1) from the upper 24 bits of a word.
COCO_HD inline float unit_interval(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1.0p-24f; }

/// A stream of random numbers for host code (shuffles, cuts, initial values). Its whole state is three
/// integers, so that a checkpoint can hold it. Streams of one seed with different ids are independent.
class RandomStream {
public:
    /// \param seed    the run's seed
    /// \param stream  identifies the purpose of the numbers: any number, the same one for the same purpose
    /// \param at      number of words drawn before
    explicit RandomStream(std::uint64_t seed, std::uint64_t stream = 0, std::uint64_t at = 0)
        : seed_(seed), stream_(stream), at_(at) {}

    /// 32 random bits.
    std::uint32_t word() {
        if (at_ / 4 != block_) {
            quad_ = philox(seed_, at_ / 4, stream_);
            block_ = at_ / 4;
        }
        return quad_.word[at_++ % 4];
    }

    /// Uniform in 0 .. n-1, n >= 1; without bias (rejects the incomplete last part of the 32-bit range).
    std::uint32_t below(std::uint32_t n) {
        const std::uint32_t limit = static_cast<std::uint32_t>(-n) % n;
        for (;;) {
            const std::uint64_t product = std::uint64_t{word()} * n;
            if (static_cast<std::uint32_t>(product) >= limit)
                return static_cast<std::uint32_t>(product >> 32);
        }
    }

    /// Uniform in [0, 1) with 53 bits.
    double uniform() {
        const std::uint64_t high = word() >> 5, low = word() >> 6;
        return static_cast<double>((high << 26) | low) * 0x1.0p-53;
    }

    /// Standard normal (Box-Muller, one number of the pair).
    double normal() {
        const double u = 1.0 - uniform(), v = uniform();
        return std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * v);
    }

    /// Shuffles a random-access range (Fisher-Yates).
    template <class Range>
    void shuffle(Range& range) {
        for (std::size_t i = range.size(); i > 1; --i) {
            const std::size_t j = below(static_cast<std::uint32_t>(i));
            auto kept = range[i - 1];
            range[i - 1] = range[j];
            range[j] = kept;
        }
    }

    std::uint64_t seed() const { return seed_; }
    std::uint64_t stream() const { return stream_; }
    std::uint64_t at() const { return at_; }

private:
    std::uint64_t seed_, stream_, at_;
    std::uint64_t block_ = ~std::uint64_t{0};
    Quad quad_{};
};

}  // namespace coco
