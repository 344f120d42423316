// SPDX-License-Identifier: Apache-2.0
/// \file
/// The result of every reader: items, users and their interactions, built from a list of timed events.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <coco/core/types.hpp>
#include <coco/data/catalogue.hpp>
#include <coco/data/in_quotes.hpp>
#include <coco/data/interactions.hpp>
#include <coco/data/keys.hpp>
#include <coco/data/notes.hpp>

namespace coco::data {

/// A catalogue, the keys of its users, and their sequences (user n of `interactions` is `users[n]`).
struct Dataset {
    Catalogue catalogue;
    Keys users;
    Interactions interactions;
    Notes notes;  ///< what the reader replaced, left out or found odd; programs should print them
};

/// One row of an event list; `time` in any unit.
struct Event {
    Id user;
    Id item;
    double time;
    float rating = std::numeric_limits<float>::quiet_NaN();
};

/// Which columns of an event list have a meaning beyond its order.
struct EventColumns {
    bool ratings = false;
    bool times = false;
};

/// Each user's items sorted by time, with the columns `kept`. Events of equal time keep the order in which
/// they were given: timestamps often have a resolution of one day, and published sequence files were made by
/// a stable sort.
inline Interactions by_time(std::vector<Event> events, Index users, EventColumns kept = {}) {
    std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
        return std::pair(a.user, a.time) < std::pair(b.user, b.time);
    });
    Interactions out;
    std::vector<Id> items;
    std::vector<float> ratings;
    std::vector<double> times;
    auto next = events.begin();
    for (Index user = 0; user < users; ++user) {
        items.clear();
        ratings.clear();
        times.clear();
        for (; next != events.end() && next->user == user; ++next) {
            items.push_back(next->item);
            if (kept.ratings) ratings.push_back(next->rating);
            if (kept.times) times.push_back(next->time);
        }
        out.add(items, ratings, times);
    }
    return out;
}

/// Notes how many interactions are there a second time: the same user, item and time. They count each time.
inline void note_repeats(Dataset& data, const std::string& file) {
    const Interactions& all = data.interactions;
    Index repeats = 0;
    std::vector<Id> items;
    for (Id user = 0; !all.times().empty() && user < static_cast<Id>(all.users()); ++user) {
        const auto times = all.times_of(user);
        for (std::size_t begin = 0, end = 0; begin < times.size(); begin = end) {
            while (end < times.size() && times[end] == times[begin]) ++end;
            items.assign(all.of(user).begin() + static_cast<std::ptrdiff_t>(begin),
                         all.of(user).begin() + static_cast<std::ptrdiff_t>(end));
            std::sort(items.begin(), items.end());
            repeats += items.end() - std::unique(items.begin(), items.end());
        }
    }
    if (repeats > 0)
        data.notes.add(file, "interaction that repeats another: same user, item and time; each counts",
                       repeats);
}

/// Checks that the items of a file and those of the interactions are the same ones, and notes how many are in
/// one of them only. To be called when the interactions of `data`, of which the first `described` items are
/// in the file, have been read. \throws Error where no item of the interactions is in the file
inline void compare_items(Dataset& data, Index described, const std::string& file) {
    if (described == 0) return;
    const std::vector<Index> counts = data.interactions.counts(data.catalogue.size());
    const auto end = counts.begin() + described;
    const Index unused = static_cast<Index>(std::count(counts.begin(), end, 0));
    if (unused == described && data.interactions.size() > 0)
        throw Error(file, "has no item of the interactions",
                    in_quotes(data.catalogue.key(static_cast<Id>(described))),
                    in_quotes(data.catalogue.key(0)) + " and others");
    if (data.catalogue.size() > described)
        data.notes.add(file, "item of the interactions that is not in this file, without text",
                       data.catalogue.size() - described);
    if (unused > 0) data.notes.add(file, "item without interactions, kept in the catalogue", unused);
}

}  // namespace coco::data
