// SPDX-License-Identifier: Apache-2.0
/// \file
/// The conformance tests of an execution policy: each primitive equals a naive loop in double, and a second
/// run is bit-identical. This header has the simple primitives and `all_trials`, which includes those of the
/// other headers.
#pragma once

#include <array>
#include <string>

#include <coco/core/error.hpp>
#include <coco/core/math.hpp>
#include <coco/exec/primitives.hpp>

#include "attention.hpp"
#include "long_form.hpp"
#include "ranking.hpp"
#include "softmax_cross_entropy.hpp"
#include "trial.hpp"

namespace coco::conformance {

/// out = alpha op(a) op(b) + beta out.
template <class T>
struct MultiplyTrial {
    Index rows = 1, cols = 1, inner = 1;
    Op op_a = Op::plain, op_b = Op::plain;
    double alpha = 1, beta = 0;

    std::array<Matrix, 3> inputs() const {
        RandomStream random(5);
        const bool plain_a = op_a == Op::plain, plain_b = op_b == Op::plain;
        return {random_matrix<T>(random, plain_a ? rows : inner, plain_a ? inner : rows),
                random_matrix<T>(random, plain_b ? inner : cols, plain_b ? cols : inner),
                random_matrix<T>(random, rows, cols)};
    }
    template <class P>
    std::vector<T> run(P& on) const {
        const auto [a, b, c] = inputs();
        const Held<P> left(on, a, 3), right(on, b, 1);
        // beta = 0 must not read the output: fill it with NaN.
        Held<P> out = beta == 0 ? Held<P>(on, rows, cols, unchecked, 2) : Held<P>(on, c, 2);
        on.multiply(left.in(), op_a, right.in(), op_b, out.out(), static_cast<T>(alpha),
                    static_cast<T>(beta));
        std::vector<T> all;
        out.append(all);
        return all;
    }
    std::vector<double> naive() const {
        const auto [a, b, c] = inputs();
        std::vector<double> all;
        for (Index i = 0; i < rows; ++i)
            for (Index j = 0; j < cols; ++j) {
                double sum = 0;
                for (Index k = 0; k < inner; ++k)
                    sum += (op_a == Op::plain ? a(i, k) : a(k, i)) * (op_b == Op::plain ? b(k, j) : b(j, k));
                all.push_back(alpha * sum + (beta == 0 ? 0 : beta * c(i, j)));
            }
        return all;
    }
};

template <class T, class Check>
void multiply_trials(const Check& check) {
    const Index shapes[][3] = {{1, 1, 1},     {1, 300, 40},  {300, 1, 40},   {7, 5, 3},       {65, 70, 64},
                               {530, 40, 33}, {40, 530, 33}, {10, 12, 2100}, {300, 270, 1100}};
    for (const auto& shape : shapes) {
#if defined(COCO_EMULATED)  // ten seconds of emulated threads
        if (!long_form() && shape[0] * shape[1] * shape[2] > 10'000'000) continue;
#endif
        for (const Op op_a : {Op::plain, Op::transposed})
            for (const Op op_b : {Op::plain, Op::transposed})
                for (const double beta : {0.0, 1.0, -0.5})
                    check(text_of(shape[0], "x", shape[1], "x", shape[2], op_a == Op::plain ? " N" : " T",
                                  op_b == Op::plain ? "N" : "T", ", beta ", beta),
                          MultiplyTrial<T>{shape[0], shape[1], shape[2], op_a, op_b, beta == 1 ? 1 : 0.5,
                                           beta});
    }
}

/// y(i, j) = softmax of row i, written with all members of `row`; beside it the row's maximum and sum.
template <class P>
struct SoftmaxKernel {
    using T = typename P::Scalar;
    CRows<P> x;
    Rows<P> y, max_and_sum;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = x.row(i);
        T* const to = y.row(i);
        const T maximum = row.max(x.cols, [from](Index j) { return from[j]; });
        const T sum =
            row.sum(x.cols, [from, to, maximum](Index j) { return to[j] = math::exp(from[j] - maximum); });
        row.each(x.cols, [to, sum](Index j) { to[j] /= sum; });
        T* const both = max_and_sum.row(i);
        row.each(1, [both, maximum, sum](Index) {
            both[0] = maximum;
            both[1] = sum;
        });
    }
};
template <class P>
struct ProductKernel {
    CRows<P> a, b;

    COCO_HD typename P::Scalar operator()(Index i, Index j) const { return a.row(i)[j] * b.row(i)[j]; }
};

/// Tests `for_each_row` by a softmax, `reduce` by the column sums of an element-wise product.
template <class T>
struct ForEachRowTrial {
    Index rows = 1, cols = 1;

    std::array<Matrix, 2> inputs() const {
        RandomStream random(6);
        return {random_matrix<T>(random, rows, cols, 3), random_matrix<T>(random, rows, cols)};
    }
    template <class P>
    std::vector<T> run(P& on) const {
        const auto [a, b] = inputs();
        const Held<P> x(on, a, 1), other(on, b);
        Held<P> y(on, rows, cols, 7, 2), max_and_sum(on, rows, 2), column_sums(on, 1, cols, 1);
        on.for_each_row(rows, cols, SoftmaxKernel<P>{x.in(), y.out(), max_and_sum.out()});
        on.reduce(rows, column_sums.out(), ProductKernel<P>{x.in(), other.in()});
        std::vector<T> all;
        for (const Held<P>* m : {&y, &max_and_sum, &column_sums}) m->append(all);
        return all;
    }
    std::vector<double> naive() const {
        const auto [a, b] = inputs();
        Matrix y(rows, cols), max_and_sum(rows, 2), column_sums(1, cols);
        for (Index j = 0; j < cols; ++j) column_sums(0, j) = 1;
        for (Index i = 0; i < rows; ++i) {
            double maximum = a(i, 0), sum = 0;
            for (Index j = 0; j < cols; ++j) maximum = std::max(maximum, a(i, j));
            for (Index j = 0; j < cols; ++j) sum += std::exp(a(i, j) - maximum);
            for (Index j = 0; j < cols; ++j) y(i, j) = std::exp(a(i, j) - maximum) / sum;
            for (Index j = 0; j < cols; ++j) column_sums(0, j) += a(i, j) * b(i, j);
            max_and_sum(i, 0) = maximum;
            max_and_sum(i, 1) = sum;
        }
        std::vector<double> all;
        for (const Matrix* m : {&y, &max_and_sum, &column_sums}) append(all, *m);
        return all;
    }
};

template <class T, class Check>
void for_each_row_trials(const Check& check) {
    for (const auto& [rows, cols] : {std::array<Index, 2>{1, 1}, {5, 7}, {40, 64}, {1, 70000}, {3000, 31}})
        check(text_of("rows and reduce, ", rows, "x", cols), ForEachRowTrial<T>{rows, cols});
}

/// The sum of squares for gradient clipping, and two steps of AdamW.
template <class T>
struct AdamWTrial {
    Index size = 1;
    bool clipped = false;
    Index pieces = 1;  ///< number of ranges in one call
    static constexpr double scale = 0.25;

    std::array<Matrix, 2> inputs() const {
        RandomStream random(7);
        return {random_matrix<T>(random, 1, size), random_matrix<T>(random, 1, size)};
    }
    static AdamWStep step(int number) { return {0.01, 0.9, 0.99, 1e-6, 0.1, number}; }

    template <class P>
    std::vector<T> run(P& on) const {
        const auto [x, g] = inputs();
        const Held<P> gradient(on, g), factor(on, 1, 1, scale);
        Held<P> value(on, x), first(on, 1, size), second(on, 1, size), sum(on, 1, 1, 1), filled(on, 1, size);
        on.fill(filled.list(), T(3));
        std::vector<List<const T, typename P::Space>> slopes;
        for (Index p = 0; p < pieces; ++p) {
            const Index begin = size * p / pieces, end = size * (p + 1) / pieces;
            slopes.push_back({gradient.in().data + begin, end - begin});
        }
        on.squared_norm(slopes, sum.list().data);
        for (const int number : {1, 2}) {
            std::vector<AdamWRange<P>> ranges;
            for (const auto& slope : slopes) {
                const Index begin = slope.data - gradient.in().data;
                const auto part = [&](Held<P>& held) { return held.list().from(begin, slope.size); };
                ranges.push_back({step(number), part(value), slope, part(first), part(second)});
                // The ranges have different settings.
                if (ranges.size() % 2 == 0) ranges.back().step.decay = 0;
            }
            on.adamw(ranges, clipped ? factor.in().data : nullptr);
        }
        std::vector<T> all;
        for (const Held<P>* m : {&filled, &sum, &value, &first, &second}) m->append(all);
        return all;
    }
    /// Algorithm 2 of Loshchilov and Hutter (2019), line by line, with decay multiplied by the rate.
    std::vector<double> naive() const {
        auto [x, g] = inputs();
        Matrix m(1, size), v(1, size), sum(1, 1);
        sum(0, 0) = 1;
        for (const double each : g.at) sum(0, 0) += each * each;
        for (const int number : {1, 2}) {
            const AdamWStep s = step(number);
            for (Index j = 0, piece = 0; j < size; ++j) {
                while (j >= size * (piece + 1) / pieces) ++piece;
                const double decay = piece % 2 == 0 ? s.decay : 0;
                const double slope = g(0, j) * (clipped ? scale : 1);
                m(0, j) = s.beta1 * m(0, j) + (1 - s.beta1) * slope;
                v(0, j) = s.beta2 * v(0, j) + (1 - s.beta2) * slope * slope;
                const double m_hat = m(0, j) / (1 - std::pow(s.beta1, number));
                const double v_hat = v(0, j) / (1 - std::pow(s.beta2, number));
                x(0, j) -= s.rate * (m_hat / (std::sqrt(v_hat) + s.epsilon) + decay * x(0, j));
            }
        }
        std::vector<double> all(static_cast<std::size_t>(size), 3);
        for (const Matrix* part : {&sum, &x, &m, &v}) append(all, *part);
        return all;
    }
};

template <class T, class Check>
void adamw_trials(const Check& check) {
    for (const auto& [size, pieces] :
         {std::array<Index, 2>{1, 1}, {17, 1}, {100003, 1}, {100003, 3}, {40, 7}, {5000, 100}})
        for (const bool clipped : {false, true})
            check(text_of("norm and update of ", size, " in ", pieces, clipped ? ", clipped" : ""),
                  AdamWTrial<T>{size, clipped, pieces});
}

/// All trials of all primitives: calls `check(name, trial, tolerance)`.
template <class T, class Check>
void all_trials(const Check& check) {
    const auto within = [&check](double tolerance) {
        return [&check, tolerance](const std::string& name, const auto& trial) {
            check(name, trial, tolerance);
        };
    };
    multiply_trials<T>(within(20 * tolerance<T>));
    for_each_row_trials<T>(within(5 * tolerance<T>));
    adamw_trials<T>(within(tolerance<T>));
    attention_trials<T>(within(gradient_tolerance<T>));
    long_attention_trials<T>(within(gradient_tolerance<T>));
    softmax_cross_entropy_trials<T>(within(gradient_tolerance<T>));
    ranking_trials<T>(within(0));
}

}  // namespace coco::conformance
