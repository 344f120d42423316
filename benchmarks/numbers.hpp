// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <coco/core/random.hpp>
#include <coco/store/block.hpp>
#include <coco/store/ragged.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

/// A matrix of normally distributed numbers in memory of a policy.
template <class P>
struct Normals {
    Index rows, cols;
    Block<typename P::Scalar, P> block;

    Normals(P& on, Index row_count, Index column_count, double deviation, std::uint64_t seed = 1)
        : rows(row_count), cols(column_count), block(on, rows * cols) {
        RandomStream random(seed);
        std::vector<typename P::Scalar> x(static_cast<std::size_t>(rows * cols));
        for (auto& each : x) each = static_cast<typename P::Scalar>(deviation * random.normal());
        on.upload(x.data(), block.list());
    }
    Rows<P> out() { return block.view(rows, cols); }
    CRows<P> in() const { return block.view(rows, cols); }
};

template <class P>
Segments<P> segments(P& on, const Offsets& at, Workspace<P>& work) {
    return {at.at, on.upload(std::span<const Id>(at.at), work), at.longest()};
}

}  // namespace coco
