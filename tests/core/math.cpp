// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include <coco/core/math.hpp>

using namespace coco;

namespace {

/// Largest error of f over `count` points from a to b, absolute or relative, against g in long double.
template <class F, class G>
double worst(double a, double b, bool relative, const F& f, const G& g, int count = 200001) {
    double maximum = 0;
    for (int i = 0; i < count; ++i) {
        const float x = static_cast<float>(a + (b - a) * i / (count - 1));
        const long double truth = g(static_cast<long double>(x));
        const double error = static_cast<double>(std::abs(static_cast<long double>(f(x)) - truth) /
                                                 (relative ? std::abs(truth) : 1.0L));
        if (!(error <= maximum)) maximum = error;
    }
    return maximum;
}

}  // namespace

TEST_CASE("exp in float is accurate to its documented bound, and underflows gradually", "[math]") {
    const auto ours = [](float x) { return math::exp(x); };
    const auto truth = [](long double x) { return std::exp(x); };
    CHECK(worst(-87.3, 88.3, true, ours, truth) < 1e-7);
    CHECK(worst(-1, 1, true, ours, truth) < 1e-7);
    CHECK(math::exp(0.0f) == 1.0f);
    CHECK(std::isfinite(math::exp(1000.0f)));
    CHECK(math::exp(1000.0f) == Approx(2.3e38).epsilon(0.01));
    CHECK(std::isnan(math::exp(std::numeric_limits<float>::quiet_NaN())));
    CHECK(math::exp(-1000.0f) == 0.0f);
    CHECK(math::exp(-std::numeric_limits<float>::infinity()) == 0.0f);
    CHECK(math::exp(-87.8f) == 0.0f);
    CHECK(math::exp(1.5) == std::exp(1.5));
}

TEST_CASE("log1p in float is accurate from 0 to 1", "[math]") {
    const auto ours = [](float x) { return math::log1p(x); };
    const auto truth = [](long double x) { return std::log1p(x); };
    CHECK(worst(0.001, 1, true, ours, truth) < 2.5e-7);
    CHECK(worst(1e-20, 0.001, true, ours, truth) < 2.5e-7);
    CHECK(math::log1p(0.0f) == 0.0f);
    CHECK(math::log1p(0.3) == std::log1p(0.3));
}

TEST_CASE("tanh in float stays within its absolute error and within [-1, 1]", "[math]") {
    CHECK(worst(
              -20, 20, false, [](float x) { return math::tanh(x); },
              [](long double x) { return std::tanh(x); }) < 2e-7);
    CHECK(math::tanh(1e4f) == 1.0f);
    CHECK(math::tanh(-1e4f) == -1.0f);
    CHECK(math::tanh(0.7) == std::tanh(0.7));
}

TEST_CASE("the normal distribution function and its density have the documented accuracy", "[math]") {
    const long double root = std::sqrt(2.0L);
    const auto truth = [&](long double x) { return std::erfc(-x / root) / 2; };
    // 2.4e-7 where the compiler fuses multiply-adds, 2.93e-7 where it does not.
    CHECK(worst(
              -10, 10, false, [](float x) { return math::normal(x).cdf; }, truth) < 3e-7);
    CHECK(worst(
              -4, 0, true, [](float x) { return math::normal(x).cdf; }, truth) < 5e-4);
    CHECK(worst(
              -8, 8, false, [](float x) { return math::normal(x).bell; },
              [](long double x) { return std::exp(-x * x / 2); }) < 2e-7);
    CHECK(math::normal(1.0).cdf == Approx(0.8413447460685429).epsilon(1e-14));
    CHECK(math::normal(-9.0).cdf == Approx(1.1285884059538408e-19).epsilon(1e-10));
}

TEST_CASE("sigmoid and softplus do not overflow", "[math]") {
    CHECK(worst(
              -80, 80, false, [](float x) { return math::sigmoid(x); },
              [](long double x) { return 1 / (1 + std::exp(-x)); }) < 2e-7);
    CHECK(worst(
              -80, 80, false, [](float x) { return math::softplus(x); },
              [](long double x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x))); }) < 8e-6);
    for (const double x : {-1e5, 1e5}) {
        CHECK(math::sigmoid(x) == (x > 0 ? 1.0 : 0.0));
        CHECK(math::softplus(x) == (x > 0 ? x : 0.0));
        CHECK(math::softplus(static_cast<float>(x)) == Approx(x > 0 ? x : 0.0));
    }
    CHECK(math::softplus(0.0) == Approx(std::log(2.0)));
}
