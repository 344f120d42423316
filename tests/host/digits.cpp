// SPDX-License-Identifier: Apache-2.0
// Products in 8-bit integers against sums in double: rows of ordinary and of extreme sizes, and non-finite
// values.
#include <coco/host/digits.hpp>

#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>
#include <limits>

#include "conformance/stored.hpp"

using namespace coco;

namespace {

struct Product {
    GgmlType type;
    Index rows = 7, cols = 512;
    std::vector<std::byte> bytes = conformance::random_blocks(type, rows* cols / layout_of(type)->values, 3);

    /// x w' row by row; empty if the type is not supported.
    std::vector<float> operator()(const std::vector<float>& x) const {
        host::Pool pool(1);
        const Index count = static_cast<Index>(x.size()) / cols;
        std::vector<float> out(static_cast<std::size_t>(count * rows), 0.5f);
        if (!host::digits::multiply(pool, {x.data(), count, cols}, {type, bytes.data(), rows, cols},
                                    {out.data(), count, rows}, true))
            return {};
        for (float& v : out) v -= 0.5f;
        return out;
    }
    /// The largest difference to sums in double, relative to the sum of absolute values.
    double off(const std::vector<float>& x) const {
        const std::vector<float> ours = (*this)(x);
        std::vector<float> w(static_cast<std::size_t>(rows * cols));
        ggml::decode_of(type)(reinterpret_cast<const std::uint8_t*>(bytes.data()), rows * cols, w.data());
        double maximum = 0;
        for (std::size_t i = 0; i < ours.size(); ++i) {
            const std::size_t depth = static_cast<std::size_t>(cols), c = i % static_cast<std::size_t>(rows),
                              r = i / static_cast<std::size_t>(rows);
            double sum = 0, all = 0.5;
            for (std::size_t k = 0; k < depth; ++k) {
                const double term =
                    static_cast<double>(x[r * depth + k]) * static_cast<double>(w[c * depth + k]);
                sum += term;
                all += std::abs(term);
            }
            maximum = std::max(maximum, std::abs(static_cast<double>(ours[i]) - sum) / all);
        }
        return maximum;
    }
};

const std::vector<GgmlType> types{GgmlType::Q4_0, GgmlType::Q4_1, GgmlType::Q5_0, GgmlType::Q5_1,
                                  GgmlType::Q8_0, GgmlType::Q4_K, GgmlType::Q5_K, GgmlType::Q6_K};

std::vector<float> drawn(Index rows, std::uint64_t seed) {
    RandomStream random(seed);
    std::vector<float> x(static_cast<std::size_t>(rows * 512));
    for (float& v : x) v = static_cast<float>(random.normal());
    return x;
}

}  // namespace

TEST_CASE("digits: products of rows with stored blocks equal those in float", "[stored]") {
    if (!host::digits::available()) {
        std::cout << "SKIPPED: this processor does not multiply bytes (AVX-512 VNNI)\n";
        return;
    }
    for (const GgmlType type : types) {
        INFO(layout_of(type)->name);
        const Product product{.type = type};
        for (const Index rows : {Index{1}, Index{2}}) {
            const std::vector<float> x = drawn(rows, 11);
            CHECK(product(x).size() == static_cast<std::size_t>(rows * product.rows));
            CHECK(product.off(x) < 1e-6);
            // A few elements much larger than others of their group, zeros, and groups of very different
            // sizes.
            std::vector<float> wild = x;
            for (std::size_t i = 5; i < wild.size(); i += 97) wild[i] *= 1e4f;
            for (std::size_t i = 128; i < 192; ++i) wild[i] = 0;
            for (std::size_t i = 192; i < 256; ++i) wild[i] *= 1e-30f;
            CHECK(product.off(wild) < 1e-6);
            std::vector<float> tiny = x;
            for (float& v : tiny) v *= 1e-38f;
            for (const float v : product(tiny)) CHECK(std::abs(v) < 1e-30f);
        }
        // The second row's results do not depend on the first.
        const std::vector<float> two = drawn(2, 13), last(two.begin() + 512, two.end());
        const std::vector<float> both = product(two), alone = product(last);
        CHECK(
            std::equal(alone.begin(), alone.end(), both.begin() + static_cast<std::ptrdiff_t>(product.rows)));
        for (const float strange :
             {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
            std::vector<float> x = drawn(1, 17);
            x[77] = strange;
            for (const float v : product(x)) CHECK_FALSE(std::isfinite(v));
        }
        CHECK(product(drawn(3, 19)).empty());
    }
    CHECK(Product{.type = GgmlType::Q2_K}(drawn(1, 23)).empty());
}
