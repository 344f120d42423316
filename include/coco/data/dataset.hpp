// SPDX-License-Identifier: Apache-2.0
/// \file
/// The result of every reader: items, users and their interactions, built from a list of timed events.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include <coco/core/types.hpp>
#include <coco/data/catalogue.hpp>
#include <coco/data/interactions.hpp>
#include <coco/data/keys.hpp>

namespace coco::data {

/// A catalogue, the keys of its users, and their sequences (user n of `interactions` is `users[n]`).
struct Dataset {
    Catalogue catalogue;
    Keys users;
    Interactions interactions;
};

/// One row of an event list; `time` in any unit.
struct Event {
    Id user;
    Id item;
    double time;
};

/// Each user's items sorted by time. Events of equal time keep the order in which they were given: timestamps
/// often have a resolution of one day, and published sequence files were made by a stable sort.
inline Interactions by_time(std::vector<Event> events, Index users) {
    std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
        return std::pair(a.user, a.time) < std::pair(b.user, b.time);
    });
    Interactions out;
    std::vector<Id> items;
    auto next = events.begin();
    for (Index user = 0; user < users; ++user) {
        items.clear();
        for (; next != events.end() && next->user == user; ++next) items.push_back(next->item);
        out.add(items);
    }
    return out;
}

}  // namespace coco::data
