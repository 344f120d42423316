// SPDX-License-Identifier: Apache-2.0
/// \file
/// Student's paired t-test, for runs with several seeds.
#pragma once

#include <cmath>
#include <limits>
#include <span>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>

namespace coco {

/// The regularised incomplete beta function I_x(a, b) for a, b > 0 and 0 <= x <= 1, by its continued fraction
/// (Abramowitz and Stegun 26.5.8, evaluated by Lentz's method) to about 1e-14.
inline double incomplete_beta(double a, double b, double x) {
    if (x <= 0) return 0.0;
    if (x >= 1) return 1.0;
    // The fraction converges fast only left of the mean; the other side follows by symmetry.
    if (x > (a + 1) / (a + b + 2)) return 1.0 - incomplete_beta(b, a, 1 - x);
    const auto nonzero = [](double value) { return std::abs(value) < 1e-300 ? 1e-300 : value; };
    double c = 1, d = 1 / nonzero(1 - (a + b) * x / (a + 1)), fraction = d;
    for (int m = 1; m < 1000; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / nonzero(1 + even * d);
        c = nonzero(1 + even / c);
        fraction *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / nonzero(1 + odd * d);
        c = nonzero(1 + odd / c);
        fraction *= d * c;
        if (std::abs(d * c - 1) < 1e-15) break;
    }
    const double log_front =
        std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x);
    return std::exp(log_front) * fraction / a;
}

/// P(T > t) for Student's t with `freedom` degrees of freedom.
inline double student_upper_tail(double t, double freedom) {
    const double half = 0.5 * incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t));
    return t > 0 ? half : 1 - half;
}

/// The one-sided p-value against "a is no better than b", from pairs (runs with equal seeds); small where
/// a > b. 0 or 1 where all differences are equal and not zero, 0.5 where all are zero.
/// \throws Error with fewer than two pairs or lists of unequal length
inline double paired_t_test(std::span<const double> a, std::span<const double> b) {
    require(a.size() == b.size(), "t-test", "unpaired lists", text_of(a.size()), text_of(b.size()));
    require(a.size() >= 2, "t-test", "too few pairs", "at least 2", text_of(a.size()));
    const double n = static_cast<double>(a.size());
    double mean = 0, squares = 0;
    for (std::size_t i = 0; i < a.size(); ++i) mean += (a[i] - b[i]) / n;
    for (std::size_t i = 0; i < a.size(); ++i) squares += (a[i] - b[i] - mean) * (a[i] - b[i] - mean);
    if (squares == 0) return mean > 0 ? 0.0 : (mean < 0 ? 1.0 : 0.5);
    return student_upper_tail(mean / std::sqrt(squares / (n - 1) / n), n - 1);
}

}  // namespace coco
