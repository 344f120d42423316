// SPDX-License-Identifier: Apache-2.0
/// \file
/// Numbers of the conformance tests: random numbers on the host, their upload and download, and the
/// difference quotient against which every gradient is checked.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include <coco/core/random.hpp>
#include <coco/nn/layer.hpp>

#include "catch.hpp"

namespace coco::conformance {

/// The elements of a matrix, row by row.
using Numbers = std::vector<double>;

struct Shape {
    Index rows = 0, cols = 0;

    Index size() const { return rows * cols; }
};

/// `count` standard normal numbers times `scale`, never zero.
inline Numbers normals(Index count, std::uint64_t seed, double scale = 1) {
    RandomStream random(seed, 0xA11);
    Numbers x(static_cast<std::size_t>(count));
    for (double& v : x) do
            v = scale * random.normal();
        while (v == 0);
    return x;
}

inline double dot(const Numbers& a, const Numbers& b) {
    REQUIRE(a.size() == b.size());
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}
inline double length(const Numbers& a) { return std::sqrt(dot(a, a)); }

/// Largest difference between two lists of equal size.
inline double distance(const Numbers& a, const Numbers& b) {
    REQUIRE(a.size() == b.size());
    double maximum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double d = std::abs(a[i] - b[i]);
        if (!(d <= maximum)) maximum = d;  // keeps a NaN
    }
    return maximum;
}

/// A policy with `threads` threads, if it takes such a number.
template <class P>
P policy(int threads) {
    if constexpr (std::is_constructible_v<P, int>)
        return P(threads);
    else
        return P();
}

/// Uploads numbers as a matrix that lives until the workspace is reset.
template <class P>
Rows<P> uploaded(P& on, Workspace<P>& work, const Numbers& x, Shape shape) {
    REQUIRE(static_cast<Index>(x.size()) == shape.size());
    const Rows<P> to = work.keep(shape.rows, shape.cols);
    const std::vector<typename P::Scalar> values(x.begin(), x.end());
    if (!values.empty())
        on.upload(values.data(), List<typename P::Scalar, typename P::Space>{to.data, to.size()});
    return to;
}

/// Downloads a matrix; gaps between its rows are left out.
template <class P>
Numbers downloaded(P& on, CRows<P> x) {
    Numbers all;
    std::vector<typename P::Scalar> row(static_cast<std::size_t>(x.cols));
    for (Index i = 0; i < x.rows && x.cols > 0; ++i) {
        on.download(List<const typename P::Scalar, typename P::Space>{x.row(i), x.cols}, row.data());
        all.insert(all.end(), row.begin(), row.end());
    }
    return all;
}

/// Difference of two slopes in units of the tolerance of `gradient_agrees`: 1 is just allowed.
/// \param norm  of the whole gradient
inline double disagreement(double one, double other, double norm) {
    const double size = std::max({std::abs(one), std::abs(other), 1e-3 * norm});
    return size == 0 ? std::abs(one - other) : std::abs(one - other) / (1e-6 * size);
}

/// Number of directions along which a gradient is checked: one on the emulated device, which runs the same
/// formulas a hundred times slower.
#if defined(COCO_EMULATED)
inline constexpr std::uint64_t directions = 1;
#else
inline constexpr std::uint64_t directions = 20;
#endif

/// Checks that along `directions` random unit directions `gradient` is the slope of `loss` at `at`.
/// Tolerance: 1e-6 times the largest of both slopes and 1e-3 of the gradient's norm. Slopes are central
/// differences of fourth order.
/// \param loss  takes numbers like `at`
template <class Loss>
void gradient_agrees(const std::string& name, const Numbers& at, const Numbers& gradient, const Loss& loss,
                     double step = 1e-4) {
    const double norm = length(gradient);
    double worst = 0, one = 0, other = 0;
    for (std::uint64_t k = 0; k < directions; ++k) {
        Numbers u = normals(static_cast<Index>(at.size()), 7000 + k);
        const double size = length(u);
        for (double& v : u) v /= size;
        const auto along = [&](double t) {
            Numbers x = at;
            for (std::size_t i = 0; i < x.size(); ++i) x[i] += t * u[i];
            return loss(x);
        };
        const double slope =
            (8 * (along(step) - along(-step)) - (along(2 * step) - along(-2 * step))) / (12 * step);
        const double ours = dot(gradient, u), d = disagreement(slope, ours, norm);
        if (!(d <= worst)) worst = d, one = slope, other = ours;
    }
    INFO(name << ": difference quotient " << one << ", gradient " << other << ", norm " << norm);
    CHECK(worst <= 1);
}

/// Largest difference of two lists divided by the largest absolute element of b.
inline double relative(const Numbers& a, const Numbers& b) {
    double maximum = 0;
    for (const double x : b) maximum = std::max(maximum, std::abs(x));
    return distance(a, b) / maximum;
}

}  // namespace coco::conformance
