// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include <coco/core/random.hpp>
#include <coco/quantize/id_report.hpp>
#include <coco/quantize/residual_kmeans.hpp>

using namespace coco;
using quantize::ItemVectors;
using quantize::Quantized;

namespace {

constexpr Index width = 6;

std::vector<float> vectors(std::size_t items, std::uint64_t seed) {
    RandomStream random(seed, 1);
    std::vector<float> x(items * width);
    for (float& v : x) v = static_cast<float>(random.normal());
    return x;
}

std::vector<Id> codes_of(const Quantized& made, Id item) {
    const auto tokens = made.ids.tokens(item).first(static_cast<std::size_t>(made.ids.coded_levels()));
    return {tokens.begin(), tokens.end()};
}

template <class F>
std::string message(const F& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("residual k-means: each level leaves less, and codes restore what the report says", "[quantize]") {
    const std::vector<float> x = vectors(400, 1);
    const ItemVectors items(x, width);
    const quantize::ResidualKMeans config{{16, 16, 16}, 30, 5};
    const Quantized made = quantize::quantize_by_kmeans(items, config);
    REQUIRE(made.left.size() == 4);
    for (std::size_t l = 0; l < 3; ++l) CHECK(made.left[l + 1] < made.left[l]);

    // Restored by hand: sums of codes against the vectors.
    const quantize::Codebooks books = quantize::residual_kmeans(items.rows(), width, config);
    std::vector<Id> codes;
    for (Id item = 0; item < 400; ++item)
        for (Index l = 0; l < 3; ++l) codes.push_back(made.ids.code(item, l));
    const std::vector<float> restored = books.sums(codes);
    double error = 0, mean[width] = {}, variance = 0;
    for (std::size_t i = 0; i < x.size(); ++i) mean[i % width] += static_cast<double>(x[i]) / 400;
    for (std::size_t i = 0; i < x.size(); ++i) {
        error += std::pow(static_cast<double>(x[i]) - static_cast<double>(restored[i]), 2);
        variance += std::pow(static_cast<double>(x[i]) - mean[i % width], 2);
    }
    CHECK(made.error == Approx(error / variance).epsilon(1e-5));
    CHECK(made.error < 0.3);

    // Greedy: no other code of the first level is nearer.
    for (Id item = 0; item < 400; ++item) {
        const auto distance = [&](Id code) {
            double sum = 0;
            for (std::size_t j = 0; j < width; ++j)
                sum += std::pow(
                    static_cast<double>(x[static_cast<std::size_t>(item) * width + j]) -
                        static_cast<double>(books.codes(0)[static_cast<std::size_t>(code) * width + j]),
                    2);
            return sum;
        };
        for (Id code = 0; code < 16; ++code)
            CHECK(distance(made.ids.code(item, 0)) <= distance(code) * (1 + 1e-5));
    }

    CHECK(quantize::quantize_by_kmeans(items, config).ids == made.ids);
    CHECK_FALSE(quantize::quantize_by_kmeans(items, {{16, 16, 16}, 30, 6}).ids == made.ids);
}

TEST_CASE("equal vectors have equal codes, and items without text those of the vector zero", "[quantize]") {
    std::vector<float> x = vectors(60, 2);
    std::copy_n(x.begin(), width, x.begin() + 17 * width);
    std::copy_n(x.begin(), width, x.end() - width);
    for (const std::ptrdiff_t none : {4, 31}) std::fill_n(x.begin() + none * width, width, 0.0f);
    const ItemVectors items(x, width);
    CHECK(items.items() == 60);
    CHECK(items.without_text() == 2);
    CHECK(items.size() == 56);
    const quantize::ResidualKMeans config{{8, 8}, 20, 1};
    const Quantized made = quantize::quantize_by_kmeans(items, config);
    CHECK(codes_of(made, 17) == codes_of(made, 0));
    CHECK(codes_of(made, 59) == codes_of(made, 0));
    CHECK(made.ids.code(17, 2) == made.ids.code(0, 2) + 1);
    CHECK(codes_of(made, 4) == codes_of(made, 31));
    CHECK(made.ids.tokens(4).back() != made.ids.tokens(31).back());
    const quantize::Codebooks books = quantize::residual_kmeans(items.rows(), width, config);
    const auto zero = books(std::vector<float>(width, 0.0f)).codes;
    CHECK(made.ids.code(4, 0) == zero[0]);
    CHECK(made.ids.code(4, 1) == zero[1]);
}

TEST_CASE("as many codes as different vectors: the first level is exact, the others have nothing to do",
          "[quantize]") {
    const ItemVectors items(vectors(8, 3), width);
    const Quantized made = quantize::quantize_by_kmeans(items, {{8, 8}, 20, 1});
    CHECK(made.left[1] == 0);
    CHECK(made.error == 0);
    const quantize::IdReport report = quantize::report_of(made.ids);
    CHECK(report.levels[0].used == 8);
    CHECK(report.levels[0].perplexity == Approx(8));
    CHECK(report.levels[1].used == 1);
    CHECK(report.sharing == 0);
    CHECK(report.largest == 1);
}

TEST_CASE("quantisation: bad vectors and settings are errors that say where", "[quantize]") {
    std::vector<float> x = vectors(20, 4);
    CHECK(message([&] {
              quantize::quantize_by_kmeans(ItemVectors(x, width), {{8, 21}, 20, 1});
          }) ==
          "quantisation: codes: more codes in a level than different item vectors: expected at most 20, "
          "found 21");
    CHECK(message([&] {
              quantize::quantize_by_kmeans(ItemVectors(x, width), {{}, 20, 1});
          }) == "semantic ids: no levels: expected at least 1");
    CHECK(message([&] {
              quantize::quantize_by_kmeans(ItemVectors(x, width), {{8}, 0, 1});
          }).find("residual_kmeans.iterations: out of range") == 0);
    const std::vector<float> zeros(5 * width, 0.0f);
    CHECK(message([&] {
              quantize::quantize_by_kmeans(ItemVectors(zeros, width), {{1}, 1, 1});
          }).find("expected at most 0, found 1") != std::string::npos);
    CHECK(message([&] { ItemVectors(x, 7); }) ==
          "item vectors: not rows of the width: expected a multiple of 7, found 120");
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        x[2 * width + 3] = bad;
        CHECK(message([&] { ItemVectors(x, width); }) ==
              "item vectors: value is not finite: found row 2, column 3");
    }
}

TEST_CASE("the report counts uses and collisions, and likeness by prefix is that of all pairs",
          "[quantize]") {
    const quantize::SemanticIds ids(std::vector<Id>{0, 0, 0, 0, 0, 1, 2, 1, 0, 0, 2, 2},
                                    std::vector<Index>{3, 4});
    const quantize::IdReport report = quantize::report_of(ids);
    CHECK(report.levels[0].size == 3);
    CHECK(report.levels[0].used == 2);
    const double p = 4.0 / 6, q = 2.0 / 6;
    CHECK(report.levels[0].perplexity == Approx(std::exp(-p * std::log(p) - q * std::log(q))));
    CHECK(report.levels[1].used == 3);
    CHECK(report.tuples == 4);
    CHECK(report.sharing == 3);
    CHECK(report.largest == 3);

    std::vector<float> x = vectors(6, 5);
    std::fill_n(x.begin() + 3 * width, width, 0.0f);  // in no pair
    const auto likeness = quantize::likeness_by_prefix(ids, x, width);
    const std::vector<Id> label{7, 7, 7, no_id, 2, 2};
    const auto agreement = quantize::agreement_by_prefix(ids, label);
    REQUIRE(likeness.size() == 3);
    for (std::size_t length = 0; length < 3; ++length) {
        double pairs = 0, cosine = 0, labelled = 0, equal = 0;
        for (Id a = 0; a < 6; ++a)
            for (Id b = 0; b < a; ++b) {
                const auto first = [&](Id item) { return ids.tokens(item).first(length); };
                if (!std::equal(first(a).begin(), first(a).end(), first(b).begin())) continue;
                const Id one = label[static_cast<std::size_t>(a)], other = label[static_cast<std::size_t>(b)];
                if (one != no_id && other != no_id) ++labelled, equal += one == other;
                if (a == 3 || b == 3) continue;
                double dot = 0, aa = 0, bb = 0;
                for (std::size_t j = 0; j < width; ++j) {
                    const double u = static_cast<double>(x[static_cast<std::size_t>(a) * width + j]),
                                 v = static_cast<double>(x[static_cast<std::size_t>(b) * width + j]);
                    dot += u * v, aa += u * u, bb += v * v;
                }
                ++pairs;
                cosine += dot / std::sqrt(aa * bb);
            }
        CHECK(likeness[length].pairs == pairs);
        CHECK(likeness[length].cosine == Approx(cosine / pairs));
        CHECK(agreement[length] == Approx(labelled > 0 ? equal / labelled : 0));
    }
    CHECK(message([&] { quantize::likeness_by_prefix(ids, x, 5); }) ==
          "likeness by prefix: not one vector for each item: expected 30, found 36");
    CHECK(message([&] { quantize::agreement_by_prefix(ids, std::vector<Id>{1}); }) ==
          "agreement by prefix: not one label for each item: expected 6, found 1");
}
