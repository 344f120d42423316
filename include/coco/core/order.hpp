// SPDX-License-Identifier: Apache-2.0
/// \file
/// The order of a list by its keys. One sort for all that is sorted once in a while: each `std::stable_sort`
/// with a comparison of its own is five kilobytes of code in every program.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <coco/core/types.hpp>

namespace coco {

/// Places of `keys` by ascending key, equals in the order in which they stand.
inline std::vector<std::size_t> ascending(const std::vector<Index>& keys) {
    std::vector<std::pair<Index, std::size_t>> pairs;
    pairs.reserve(keys.size());
    for (const Index key : keys) pairs.emplace_back(key, pairs.size());
    std::sort(pairs.begin(), pairs.end());
    std::vector<std::size_t> places;
    places.reserve(keys.size());
    for (const auto& [key, place] : pairs) places.push_back(place);
    return places;
}

/// The list in another order: first what stands at places[0].
template <class T>
std::vector<T> in_order(const std::vector<T>& list, const std::vector<std::size_t>& places) {
    std::vector<T> out;
    out.reserve(places.size());
    for (const std::size_t place : places) out.push_back(list[place]);
    return out;
}

}  // namespace coco
