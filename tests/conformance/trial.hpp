// SPDX-License-Identifier: Apache-2.0
/// \file
/// Shared by the conformance tests of a policy: matrices of random numbers, their upload and download, and
/// the comparison of a result with that of a naive loop in double.
#pragma once

#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include <coco/core/random.hpp>
#include <coco/store/block.hpp>
#include <coco/store/ragged.hpp>
#include <coco/store/view.hpp>
#include <coco/store/workspace.hpp>

#include "catch.hpp"

namespace coco::conformance {

/// Marks an element whose naive result was not computed.
inline constexpr double unchecked = std::numeric_limits<double>::quiet_NaN();

/// A matrix in double whose elements are exactly representable in T, so that all policies get equal inputs.
struct Matrix {
    Index rows = 0, cols = 0;
    std::vector<double> at;

    Matrix() = default;
    Matrix(Index row_count, Index column_count)
        : rows(row_count), cols(column_count), at(static_cast<std::size_t>(row_count * column_count)) {}
    double& operator()(Index i, Index j) { return at[static_cast<std::size_t>(i * cols + j)]; }
    double operator()(Index i, Index j) const { return at[static_cast<std::size_t>(i * cols + j)]; }
    bool empty() const { return at.empty(); }
};

template <class T>
Matrix random_matrix(RandomStream& random, Index rows, Index cols, double deviation = 1) {
    Matrix m(rows, cols);
    for (double& x : m.at) x = static_cast<double>(static_cast<T>(deviation * random.normal()));
    return m;
}

/// A matrix in memory of the policy, with a gap of `gap` columns between its rows.
template <class P>
class Held {
public:
    using T = typename P::Scalar;

    Held(P& on, Index rows, Index cols, double value = 0, Index gap = 0)
        : on_(&on), rows_(rows), cols_(cols), stride_(cols + gap), block_(on, rows * (cols + gap)) {
        const std::vector<T> all(static_cast<std::size_t>(rows * stride_), static_cast<T>(value));
        if (block_.size() > 0) on.upload(all.data(), block_.list());
    }
    Held(P& on, const Matrix& from, Index gap = 0) : Held(on, from.rows, from.cols, 0, gap) {
        std::vector<T> all(static_cast<std::size_t>(rows_ * stride_));
        for (Index i = 0; i < rows_; ++i)
            for (Index j = 0; j < cols_; ++j)
                all[static_cast<std::size_t>(i * stride_ + j)] = static_cast<T>(from(i, j));
        if (block_.size() > 0) on.upload(all.data(), block_.list());
    }

    Rows<P> out() { return {block_.data(), rows_, cols_, stride_}; }
    CRows<P> in() const { return {block_.data(), rows_, cols_, stride_}; }
    List<T, typename P::Space> list() { return block_.list(); }

    /// Appends the elements, without gaps, to `to`.
    void append(std::vector<T>& to) const {
        std::vector<T> all(static_cast<std::size_t>(rows_ * stride_));
        if (!all.empty()) on_->download(block_.list(), all.data());
        for (Index i = 0; i < rows_; ++i)
            to.insert(to.end(), all.begin() + i * stride_, all.begin() + i * stride_ + cols_);
    }

private:
    P* on_;
    Index rows_, cols_, stride_;
    Block<T, P> block_;
};

/// Uploads offsets as segments; `at` must outlive the step.
template <class P>
Segments<P> segments(P& on, const Offsets& at, Workspace<P>& work) {
    return {at.at, on.upload(std::span<const Id>(at.at), work), at.longest()};
}

/// Appends the elements of `matrix` to the expected numbers.
inline void append(std::vector<double>& to, const Matrix& matrix) {
    to.insert(to.end(), matrix.at.begin(), matrix.at.end());
}

/// Same length and |got - want| <= tolerance (1 + |want|), except where `want` is NaN.
template <class T>
void require_close(const std::vector<T>& got, const std::vector<double>& want, double tolerance) {
    REQUIRE(got.size() == want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
        if (std::isnan(want[i])) continue;
        const double found = static_cast<double>(got[i]);
        // Only failures are reported to Catch: an assertion that succeeds takes a microsecond.
        if (found == want[i] || std::abs(found - want[i]) <= tolerance * (1 + std::abs(want[i]))) continue;
        CAPTURE(i, found, want[i], tolerance);
        FAIL("not what the naive loop gives");
    }
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

/// Tolerance for the rounding of a sum of a few hundred products.
template <class T>
inline constexpr double tolerance = sizeof(T) == 4 ? 2e-5 : 1e-12;
/// The same for a gradient against a difference quotient in double.
template <class T>
inline constexpr double gradient_tolerance = sizeof(T) == 4 ? 5e-5 : 1e-7;

/// The results of the policy equal those of the naive loop, and a second run is bit-identical.
/// A trial has `run(on)`, which returns all results in one list, and `naive()`, the expected numbers.
template <class P, class Trial>
void equals_naive(P& on, const Trial& trial, double within) {
    const auto once = trial.run(on);
    require_close(once, trial.naive(), within);
    REQUIRE(same_bits(once, trial.run(on)));
}

/// Central differences of `f` in at most `maximum` randomly drawn elements of x; the others are `unchecked`.
template <class F>
Matrix difference_quotients(Matrix& x, RandomStream& random, const F& f, Index maximum = 60) {
    Matrix slope(x.rows, x.cols);
    const auto size = static_cast<std::uint32_t>(x.at.size());
    const bool all = static_cast<Index>(size) <= maximum;
    if (!all) slope.at.assign(x.at.size(), unchecked);
    for (Index n = 0; n < (all ? static_cast<Index>(size) : maximum); ++n) {
        const std::size_t i = all ? static_cast<std::size_t>(n) : random.below(size);
        const double kept = x.at[i], step = 1e-5;
        x.at[i] = kept + step;
        const double more = f();
        x.at[i] = kept - step;
        const double less = f();
        x.at[i] = kept;
        slope.at[i] = (more - less) / (2 * step);
    }
    return slope;
}

}  // namespace coco::conformance
