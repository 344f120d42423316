// SPDX-License-Identifier: Apache-2.0
/// \file
/// Principal axes of a cloud of vectors, by Eigen's solver of symmetric eigenproblems.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <coco/core/types.hpp>
#include <coco/statistics/eigen.hpp>

// As there.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <Eigen/Eigenvalues>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

namespace coco::statistics {

/// The mean of some rows, and the axes of largest variance about it.
struct PrincipalAxes {
    std::vector<double> mean;      ///< width
    std::vector<double> axes;      ///< axes x width, each of length 1; its largest element is positive
    std::vector<double> variance;  ///< of each axis, descending
};

/// The `count` principal axes of rows x width numbers (all of them where there are fewer); the covariance is
/// divided by the number of rows. A template, so that only who calls it compiles Eigen's solver (8 s).
/// \tparam T  scalar of the arithmetic
template <class T = double>
[[gnu::cold]] PrincipalAxes principal_axes(std::span<const float> rows, Index width, Index count) {
    using Eigen::Dynamic;
    using Dense = Eigen::Matrix<T, Dynamic, Dynamic>;
    const Index n = static_cast<Index>(rows.size()) / width;
    const Eigen::Map<const Eigen::Matrix<float, Dynamic, Dynamic, Eigen::RowMajor>> all(rows.data(), n,
                                                                                        width);
    PrincipalAxes out;
    out.mean.assign(static_cast<std::size_t>(width), 0.0);
    if (n == 0) return out;
    const Eigen::Matrix<T, 1, Dynamic> mean = all.template cast<T>().colwise().mean();
    std::copy_n(mean.data(), width, out.mean.begin());
    Dense covariance = Dense::Zero(width, width);
    constexpr Index chunk = 512;
    for (Index first = 0; first < n; first += chunk) {
        const Dense part =
            all.middleRows(first, std::min(chunk, n - first)).template cast<T>().rowwise() - mean;
        covariance.noalias() += part.transpose() * part;
    }
    const Eigen::SelfAdjointEigenSolver<Dense> solver(covariance / static_cast<T>(n));
    for (Index k = 0; k < std::min(count, width); ++k) {
        Eigen::Matrix<T, Dynamic, 1> axis = solver.eigenvectors().col(width - 1 - k);
        Index largest = 0;
        axis.cwiseAbs().maxCoeff(&largest);
        if (axis[largest] < 0) axis = -axis;  // a solver may return either sign
        out.axes.insert(out.axes.end(), axis.data(), axis.data() + width);
        out.variance.push_back(std::max(0.0, static_cast<double>(solver.eigenvalues()[width - 1 - k])));
    }
    return out;
}

}  // namespace coco::statistics
