// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rotary positions (Su et al., 2021, "RoFormer"): each pair of a head's columns is rotated by an angle
/// proportional to its row's position, so that q.k depends on the distance alone. Backward rotates by the
/// negative angle.
#pragma once

#include <cmath>

#include <coco/core/math.hpp>
#include <coco/nn/layer.hpp>

namespace coco::nn {

/// Which columns of a head of width n form pair j: (j, j + n/2), or (2j, 2j + 1).
enum class RopeKind : std::uint8_t { half_split, adjacent };

/// Angle of pair j at position i: i theta^(-2j/head). Row i holds the cosines, then the sines.
template <class T>
struct RopeTableRows {
    T* table;
    Index head;
    double theta;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        T* const to = table + i * head;
        const Index half = head / 2;
        row.each(half, [&](Index j) {
            // In double: a float angle is off by 1e-5 at position 100, and errors grow with the position.
            const double angle =
                static_cast<double>(i) *
                std::exp(-2.0 * static_cast<double>(j) / static_cast<double>(head) * std::log(theta));
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
    Rope(Index head, double theta, RopeKind kind) : head_(head), theta_(theta), kind_(kind) {}

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
        on.for_each_row(table.rows, 32 * head_, RopeTableRows<typename P::Scalar>{table.data, head_, theta_});
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
};

}  // namespace coco::nn
