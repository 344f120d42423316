// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rotary positions (Su et al., 2021, "RoFormer"): each pair of a head's columns is rotated by an angle
/// proportional to its row's position, so that q.k depends on the distance alone. Backward rotates by the
/// negative angle.
#pragma once

#include <cmath>

#include <coco/core/error.hpp>
#include <coco/core/math.hpp>
#include <coco/nn/layer.hpp>

namespace coco::nn {

/// Which columns of a head of width n form pair j: (j, j + n/2), or (2j, 2j + 1).
enum class RopeKind : std::uint8_t { half_split, adjacent };

/// Divisors of the angles, one per pair: rotation that was slowed down for longer texts (Llama 3.1 and later,
/// linear scaling). None: the angles as they are. Kernels receive it by value, hence the fixed size.
struct RopeFactors {
    static constexpr Index capacity = 128;  ///< pairs: heads of up to 256 columns

    Index count = 0;
    float value[capacity] = {};

    /// \throws Error, which names `where`, for too many pairs or a factor below 1
    void push(double factor, std::string_view where) {
        require(count < capacity, where, "head too wide for scaled rotation",
                text_of("at most ", 2 * capacity, " columns"));
        require(factor >= 1 && factor <= 1e30, where, "impossible factor of the rotation",
                "1 to 1e30, by which an angle is divided", text_of(factor));
        value[count++] = static_cast<float>(factor);
    }
};

/// Angle of pair j at position i: i theta^(-2j/head) / factor_j. Row i holds the cosines, then the sines.
template <class T>
struct RopeTableRows {
    T* table;
    Index head;
    double theta;
    RopeFactors factors;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        T* const to = table + i * head;
        const Index half = head / 2;
        row.each(half, [&](Index j) {
            // In double: a float angle is off by 1e-5 at position 100, and errors grow with the position.
            const double angle =
                static_cast<double>(i) *
                std::exp(-2.0 * static_cast<double>(j) / static_cast<double>(head) * std::log(theta)) /
                (factors.count > 0 ? static_cast<double>(factors.value[j]) : 1.0);
            to[j] = static_cast<T>(std::cos(angle));
            to[half + j] = static_cast<T>(std::sin(angle));
        });
    }
};

/// Rotates every head of a row in place; `sign` is 1 in forward, -1 in backward.
template <class T, RopeKind kind>
struct RopeRows {
    const T* table;
    const Id* position;
    T* x;
    Index stride, heads, head;
    T sign;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const Index half = head / 2;
        const T* const cosine = table + position[i] * head;
        const T* const sine = cosine + half;
        for (Index h = 0; h < heads; ++h) {
            T* const at = x + i * stride + h * head;
            row.each(half, [&](Index j) {
                T& first = at[kind == RopeKind::half_split ? j : 2 * j];
                T& second = at[kind == RopeKind::half_split ? j + half : 2 * j + 1];
                const T a = first, b = second, c = cosine[j], s = sign * sine[j];
                first = a * c - b * s;
                second = b * c + a * s;
            });
        }
    }
};

/// Rotary positions for heads of one width. It has no parameters.
class Rope {
public:
    Rope() = default;
    /// \param head   columns of a head, even
    /// \param theta  base of the angles
    /// \param factors  one per pair of columns, or none
    Rope(Index head, double theta, RopeKind kind, const RopeFactors& factors = {})
        : head_(head), theta_(theta), kind_(kind), factors_(factors) {
        require(factors.count == 0 || factors.count == head / 2, "rotation", "wrong number of factors",
                text_of(head / 2), text_of(factors.count));
    }

    /// Cosines and sines of positions 0 .. positions-1, positions x head; computed once per pass.
    template <class P>
    CRows<P> table(Context<P>& ctx, Index positions) const {
        const Rows<P> table = ctx.work.keep(positions, head_);
        this->table(ctx.on, table);
        return table;
    }
    /// The same, written to memory of the caller.
    template <class P>
    void table(P& on, Rows<P> table) const {
        on.for_each_row(table.rows, 32 * head_,
                        RopeTableRows<typename P::Scalar>{table.data, head_, theta_, factors_});
    }

    /// Rotates x, rows x (any number of heads), in place; adjacent queries and keys take one call.
    /// \param position  one position per row, each below the number of rows of the table
    template <class P>
    void forward(Context<P>& ctx, CRows<P> table, Ids<P> position, Rows<P> x) const {
        turn(ctx, table, position, x, 1);
    }
    /// Turns the gradient of `forward`'s output into that of its input, in place.
    template <class P>
    void backward(Context<P>& ctx, CRows<P> table, Ids<P> position, Rows<P> dx) const {
        turn(ctx, table, position, dx, -1);
    }

private:
    template <class P>
    void turn(Context<P>& ctx, CRows<P> table, Ids<P> position, Rows<P> x, typename P::Scalar sign) const {
        using T = typename P::Scalar;
        const Index heads = x.cols / head_;
        if (kind_ == RopeKind::half_split)
            ctx.on.for_each_row(x.rows, 2 * x.cols,
                                RopeRows<T, RopeKind::half_split>{table.data, position.data, x.data, x.stride,
                                                                  heads, head_, sign});
        else
            ctx.on.for_each_row(x.rows, 2 * x.cols,
                                RopeRows<T, RopeKind::adjacent>{table.data, position.data, x.data, x.stride,
                                                                heads, head_, sign});
    }

    Index head_ = 2;
    double theta_ = 10000;
    RopeKind kind_ = RopeKind::half_split;
    RopeFactors factors_;
};

}  // namespace coco::nn
