// SPDX-License-Identifier: Apache-2.0
/// \file
/// Lists of names among which a setting chooses.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace coco {

/// Whether no two of the names are equal. \param names  of type `std::string_view`
template <class Names>
constexpr bool distinct(const Names& names) {
    for (std::size_t i = 0; i < names.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (names[i] == names[j]) return false;
    return true;
}

/// What an error expects of a name: "one of a, b, c".
template <class Names>
[[gnu::cold]] std::string one_of(const Names& names) {
    std::string all = "one of ";
    for (std::size_t i = 0; i < names.size(); ++i) all.append(i == 0 ? "" : ", ").append(names[i]);
    return all;
}

}  // namespace coco
