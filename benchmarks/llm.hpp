// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <cstring>
#include <span>
#include <vector>

#include <coco/llm/decoder.hpp>
#include <coco/llm/presets.hpp>
#include <coco/llm/random_source.hpp>
#include <coco/nn/parameters.hpp>

#include "meter.hpp"
#include "numbers.hpp"

namespace coco {

/// Floating-point operations of the linear maps and of causal attention, forward, over texts of one length.
inline double forward_flop(const llm::Config& c, Index texts, Index length) {
    const double linear = static_cast<double>(c.width * (c.fused_width() + c.query_width() + 3 * c.hidden));
    const double attention =
        static_cast<double>(c.query_width() * length);  // half of the pairs, two products
    return 2 * static_cast<double>(c.used() * texts * length) * (linear + attention);
}

/// A source whose matrices are stored as Q4_1, for storages that keep a file's blocks. The values do not
/// affect the time.
inline llm::Source as_q4_1(llm::Source source) {
    const auto is_matrix = [](std::string_view name) {
        return !name.ends_with("norm.weight") && !name.ends_with("bias");
    };
    source.type = [=](std::string_view name) { return is_matrix(name) ? GgmlType::Q4_1 : GgmlType::F32; };
    source.bytes = [](std::string_view, Index, Index, Index, std::span<std::byte> out) {
        RandomStream random(1);
        for (std::byte& b : out) b = static_cast<std::byte>(random.below(256));
        for (std::size_t block = 0; block + 20 <= out.size(); block += 20) {
            // A scale of 2^-9 and a minimum of -2^-6: values of about the size that weights have.
            const std::uint16_t scale = 0x1800, least = 0xA400;
            std::memcpy(out.data() + block, &scale, 2);
            std::memcpy(out.data() + block + 2, &least, 2);
        }
    };
    return source;
}

/// Random texts of given lengths, drawn by seed.
struct Texts {
    std::vector<Id> token;
    Offsets offsets;

    Texts(std::span<const Index> lengths, Index vocabulary) {
        for (const Index n : lengths) offsets.push(n);
        token.resize(static_cast<std::size_t>(offsets.rows()));
        RandomStream random(1);
        for (Id& t : token) t = static_cast<Id>(random.below(static_cast<std::uint32_t>(vocabulary)));
    }
    Texts(Index texts, Index length, Index vocabulary)
        : Texts(std::vector<Index>(static_cast<std::size_t>(texts), length), vocabulary) {}

    Segments<PolicyUnderTest> segments(PolicyUnderTest& on, Workspace<PolicyUnderTest>& work) const {
        return coco::segments(on, offsets, work);
    }
    Ids<PolicyUnderTest> tokens(PolicyUnderTest& on, Workspace<PolicyUnderTest>& work) const {
        return on.upload(std::span<const Id>(token), work);
    }
};

}  // namespace coco
