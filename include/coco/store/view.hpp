// SPDX-License-Identifier: Apache-2.0
/// \file
/// Non-owning matrices and lists. A view is a pointer and three numbers, trivially copyable; kernels and
/// Eigen maps receive nothing else. Row-major throughout.
#pragma once

#include <cassert>
#include <concepts>
#include <span>
#include <type_traits>
#include <vector>

#include <coco/core/types.hpp>

namespace coco {

/// Memory spaces. A view of one space cannot be passed to a primitive of another: the types differ.
namespace space {
struct Host {};
struct Device {};
/// The space of the archetype policy: it holds no memory.
struct Nowhere {};
}  // namespace space

/// A row-major matrix, rows x cols, whose rows start `stride` elements apart. An empty view (no data) means
/// "not computed" as an output and "absent" as an input.
template <class T, class Space>
struct View {
    T* data = nullptr;
    Index rows = 0, cols = 0, stride = 0;

    constexpr View() = default;
    COCO_HD constexpr View(T* first, Index row_count, Index column_count)
        : data(first), rows(row_count), cols(column_count), stride(column_count) {}
    COCO_HD constexpr View(T* first, Index row_count, Index column_count, Index row_stride)
        : data(first), rows(row_count), cols(column_count), stride(row_stride) {}

    /// True where there is nothing to read or write.
    COCO_HD constexpr bool empty() const { return data == nullptr || rows == 0 || cols == 0; }
    COCO_HD constexpr Index size() const { return rows * cols; }
    /// True where the elements have no gaps.
    COCO_HD constexpr bool dense() const { return stride == cols || rows <= 1; }

    /// Element (i, j); only in host memory.
    T& operator()(Index i, Index j) const requires std::is_same_v<Space, space::Host> {
        assert(i >= 0 && i < rows && j >= 0 && j < cols);
        return data[i * stride + j];
    }

    /// Address of row i's first element. Arithmetic only: nothing is read.
    COCO_HD constexpr T* row(Index i) const { return data + i * stride; }
    /// Rows first .. first + count - 1.
    COCO_HD constexpr View rows_from(Index first, Index count) const {
        return {data ? data + first * stride : nullptr, count, cols, stride};
    }
    /// Columns first .. first + count - 1 of every row.
    COCO_HD constexpr View cols_from(Index first, Index count) const {
        return {data ? data + first : nullptr, rows, count, stride};
    }

    /// A writable matrix converts to a read-only one. (A template, because nvcc warns that an ordinary
    /// conversion operator of a read-only view is never used.)
    template <std::same_as<const T> U>
    COCO_HD constexpr operator View<U, Space>() const {  // NOLINT(google-explicit-constructor)
        return {data, rows, cols, stride};
    }
};

/// A list of `size` elements.
template <class T, class Space>
struct List {
    T* data = nullptr;
    Index size = 0;

    COCO_HD constexpr bool empty() const { return size == 0; }
    /// Element i; only in host memory.
    T& operator[](Index i) const requires std::is_same_v<Space, space::Host> {
        assert(i >= 0 && i < size);
        return data[i];
    }
    /// Elements first .. first + count - 1.
    COCO_HD constexpr List from(Index first, Index count) const { return {data + first, count}; }

    template <std::same_as<const T> U>
    COCO_HD constexpr operator List<U, Space>() const {  // NOLINT(google-explicit-constructor)
        return {data, size};
    }
};

static_assert(std::is_trivially_copyable_v<View<float, space::Device>>);
static_assert(std::is_trivially_copyable_v<List<Id, space::Device>>);

/// Views of the memory of a policy.
template <class P>
using Rows = View<typename P::Scalar, typename P::Space>;
template <class P>
using CRows = View<const typename P::Scalar, typename P::Space>;
template <class P>
using Ids = List<const Id, typename P::Space>;
template <class P>
using MutableIds = List<Id, typename P::Space>;

}  // namespace coco
