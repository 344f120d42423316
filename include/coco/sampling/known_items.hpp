// SPDX-License-Identifier: Apache-2.0
/// \file
/// Checks that items belong to a catalogue: an identifier outside it would be an address outside a table.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/data/interactions.hpp>
#include <coco/data/split.hpp>

namespace coco::sampling {

/// The error of an item that is not one of 0 .. items-1.
[[noreturn, gnu::cold, gnu::noinline]] inline void unknown_item(const std::string& where, Index items,
                                                                Id found) {
    throw Error(where, "no such item", text_of("0 to ", items - 1), text_of(found));
}

/// \throws Error naming list, user and position of the first item that is not one of 0 .. items-1
inline void require_known_items(std::span<const Id> list, Index items, const char* name, Id user) {
    for (std::size_t i = 0; i < list.size(); ++i)
        if (list[i] < 0 || list[i] >= items)
            unknown_item(text_of(name, ", user ", user, ", item ", i), items, list[i]);
}
inline void require_known_items(const data::Interactions& all, Index items, const char* name) {
    for (Id user = 0; user < static_cast<Id>(all.users()); ++user)
        require_known_items(all.of(user), items, name, user);
}
inline void require_known_items(const data::Cases& cases, Index items, const char* name) {
    for (Index i = 0; i < cases.size(); ++i) {
        const data::Case c = cases[i];
        require_known_items(c.history, items, name, c.user);
        if (c.target < 0 || c.target >= items)
            unknown_item(text_of(name, ", user ", c.user, ", target"), items, c.target);
    }
}

}  // namespace coco::sampling
