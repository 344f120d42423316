// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <coco/core/random.hpp>

using namespace coco;

TEST_CASE("Philox gives the published known answers", "[random]") {
    // Random123, tests/kat_vectors, philox4x32 with 10 rounds: counter, key, result.
    struct Reference {
        std::uint32_t counter[4], key[2], result[4];
    };
    const Reference all[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    const auto pair = [](const std::uint32_t* w) { return w[0] | std::uint64_t{w[1]} << 32; };
    for (const Reference& k : all) {
        const Quad quad = philox(pair(k.key), pair(k.counter), pair(k.counter + 2));
        for (int i = 0; i < 4; ++i) CHECK(quad.word[i] == k.result[i]);
    }
}

TEST_CASE("a random stream is a function of seed, stream and index", "[random]") {
    RandomStream random(5, 3);
    std::vector<std::uint32_t> words;
    for (int i = 0; i < 11; ++i) words.push_back(random.word());
    CHECK(random.at() == 11);
    RandomStream resumed(5, 3, 6);
    for (std::size_t i = 6; i < 11; ++i) CHECK(resumed.word() == words[i]);
    CHECK(RandomStream(5, 4).word() != words[0]);
    CHECK(RandomStream(6, 3).word() != words[0]);
    CHECK(words[0] == philox(5, 0, 3).word[0]);
    CHECK(words[6] == philox(5, 1, 3).word[2]);
}

TEST_CASE("numbers below n are below n and uniform", "[random]") {
    RandomStream random(1);
    for (int i = 0; i < 100; ++i) CHECK(random.below(1) == 0);
    const int n = 7, times = 70000;
    std::vector<int> count(n);
    for (int i = 0; i < times; ++i) ++count.at(random.below(n));
    double chi = 0;
    for (const int c : count) chi += std::pow(c - times / n, 2) / (static_cast<double>(times) / n);
    CHECK(chi < 22.46);  // chi-square with 6 degrees of freedom, p = .001
    for (int i = 0; i < 1000; ++i) CHECK(random.below(0x80000001u) < 0x80000001u);
}

TEST_CASE("uniform and normal numbers have the right moments", "[random]") {
    RandomStream random(2);
    const int times = 100000;
    double sum = 0, square = 0, unit = 0, fourth = 0;
    for (int i = 0; i < times; ++i) {
        const double u = random.uniform(), x = random.normal();
        REQUIRE((u >= 0 && u < 1));
        unit += u;
        sum += x;
        square += x * x;
        fourth += x * x * x * x;
    }
    // Tolerance: five standard errors.
    const double root = std::sqrt(static_cast<double>(times));
    CHECK(unit / times == Approx(0.5).margin(5 * std::sqrt(1.0 / 12) / root));
    CHECK(sum / times == Approx(0).margin(5 / root));
    CHECK(square / times == Approx(1).margin(5 * std::sqrt(2.0) / root));
    CHECK(fourth / times == Approx(3).margin(5 * std::sqrt(96.0) / root));
    CHECK(unit_interval(0) == 0);
    CHECK(unit_interval(0xffffffffu) < 1);
}

TEST_CASE("a shuffle gives all permutations with equal probability", "[random]") {
    int count[6] = {};
    for (std::uint64_t seed = 0; seed < 6000; ++seed) {
        std::vector<int> x{0, 1, 2};
        RandomStream(seed).shuffle(x);
        ++count[2 * x[0] + (x[1] > x[2])];
        std::sort(x.begin(), x.end());
        REQUIRE(x == std::vector<int>{0, 1, 2});
    }
    double chi = 0;
    for (const int c : count) chi += std::pow(c - 1000, 2) / 1000.0;
    CHECK(chi < 20.52);  // 5 degrees of freedom, p = .001
    std::vector<int> none;
    RandomStream(1).shuffle(none);
    CHECK(none.empty());
}
