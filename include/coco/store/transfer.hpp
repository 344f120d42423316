// SPDX-License-Identifier: Apache-2.0
/// \file
/// Copies lists from one execution policy to another, through host memory.
#pragma once

#include <algorithm>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/store/view.hpp>

namespace coco {

/// to_i = from_i, converted to the scalar type of `to`; in pieces, so that the host buffer stays small.
/// \throws Error where the lists are of different sizes
template <class P, class Q, class T, class U>
void transfer(P& here, List<const T, typename P::Space> from, Q& there, List<U, typename Q::Space> to) {
    constexpr Index piece = Index{1} << 20;
    require(from.size == to.size, "transfer", "lists of different sizes", text_of(to.size),
            text_of(from.size));
    std::vector<T> numbers(static_cast<std::size_t>(std::min(piece, from.size)));
    std::vector<U> converted;
    for (Index at = 0; at < from.size; at += piece) {
        const Index count = std::min(piece, from.size - at);
        here.download(from.from(at, count), numbers.data());
        converted.resize(static_cast<std::size_t>(count));
        std::transform(numbers.begin(), numbers.begin() + count, converted.begin(),
                       [](T x) { return static_cast<U>(x); });
        there.upload(converted.data(), to.from(at, count));
    }
}

}  // namespace coco
