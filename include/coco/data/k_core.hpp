// SPDX-License-Identifier: Apache-2.0
/// \file
/// Filters of event lists: exact copies of events, and events of rare users and items (the k-core).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include <coco/core/types.hpp>
#include <coco/data/dataset.hpp>
#include <coco/data/keys.hpp>

namespace coco::data {

/// Which events are exact copies of earlier ones: of the same user, item and time, and with the same digest
/// of everything else.
inline std::vector<bool> find_copies(const std::vector<Event>& events,
                                     const std::vector<std::uint64_t>& digests) {
    std::vector<std::size_t> order(events.size());
    for (std::size_t n = 0; n < order.size(); ++n) order[n] = n;
    const auto content = [&](std::size_t n) {
        return std::tuple(events[n].user, events[n].item, events[n].time, digests[n]);
    };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(content(a), a) < std::pair(content(b), b);
    });
    std::vector<bool> copies(events.size(), false);
    for (std::size_t n = 1; n < order.size(); ++n)
        copies[order[n]] = content(order[n]) == content(order[n - 1]);
    return copies;
}

/// Removes events until every user and every item has at least `core` remaining events. Renumbers both by
/// first appearance among the remaining events.
inline void filter_k_core(std::vector<Event>& events, Keys& users, Keys& items, Index core) {
    for (std::size_t before = events.size() + 1; events.size() != before;) {
        before = events.size();
        std::vector<Index> of_user(static_cast<std::size_t>(users.size()), 0);
        std::vector<Index> of_item(static_cast<std::size_t>(items.size()), 0);
        for (const Event& event : events) {
            ++of_user[static_cast<std::size_t>(event.user)];
            ++of_item[static_cast<std::size_t>(event.item)];
        }
        std::erase_if(events, [&](const Event& event) {
            return of_user[static_cast<std::size_t>(event.user)] < core ||
                   of_item[static_cast<std::size_t>(event.item)] < core;
        });
    }
    Keys kept_users, kept_items;
    for (Event& event : events) {
        event.user = kept_users.add(users[event.user]);
        event.item = kept_items.add(items[event.item]);
    }
    users = std::move(kept_users);
    items = std::move(kept_items);
}

}  // namespace coco::data
