// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reader of Amazon's review files as published in 2014, 2018 and 2023: one review per line, as JSON.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/data/amazon_items.hpp>
#include <coco/data/dataset.hpp>
#include <coco/data/html.hpp>
#include <coco/data/k_core.hpp>
#include <coco/data/lines.hpp>
#include <coco/data/literal.hpp>

namespace coco::data {

/// What is read of one review. `seconds` and `rating` are NaN where they are missing.
///
///  * user: `reviewerID` (2014, 2018) or `user_id` (2023)
///  * item: `parent_asin` (2023), else `asin`
///  * time: `unixReviewTime` in seconds, or `timestamp` (2023) in milliseconds
///  * rating: `overall` or `rating`
struct AmazonReview {
    std::string user, item;
    double seconds = std::numeric_limits<double>::quiet_NaN();
    double rating = std::numeric_limits<double>::quiet_NaN();

    /// \throws Error where the line is not one object, or a member that is read has another type
    AmazonReview(std::string_view line, const std::string& where) {
        Literal value(line, where);
        std::string asin;
        const auto number = [&value](double& into) {
            if (!value.missing()) into = value.number();
        };
        value.members([&](const std::string& name) {
            if (name == "reviewerID" || name == "user_id") {
                user = value.string();
            } else if (name == "asin") {
                asin = value.string();
            } else if (name == "parent_asin") {
                item = value.string();
            } else if (name == "unixReviewTime") {
                number(seconds);
            } else if (name == "timestamp") {
                number(seconds);
                seconds /= 1000;
            } else if (name == "overall" || name == "rating") {
                number(rating);
            } else {
                value.pass_over();
            }
        });
        value.end();
        if (item.empty()) item = std::move(asin);
        if (user.empty() || item.empty() || seconds != seconds)
            throw Error(where, "missing member",
                        "reviewerID, asin and unixReviewTime, or user_id, parent_asin or asin, and timestamp",
                        user.empty()   ? "no user"
                        : item.empty() ? "no item"
                                       : "no time");
    }
};

/// Reads `reviews` and, unless its path is empty, `metadata`. Exact copies of a line count once, with a note.
/// Users and items with fewer than `core` reviews are removed until none remains. Each user's reviews are
/// sorted by time; reviews with equal time keep the file order. Times are in seconds since 1970; a missing
/// rating is NaN, with a note. \throws Error naming file and line
template <LineSource Source = PlainFile>
Dataset read_amazon(const std::filesystem::path& reviews, const std::filesystem::path& metadata,
                    Index core = 5) {
    Dataset data;
    Keys items;
    std::vector<Event> events;
    std::vector<std::uint64_t> digests;
    std::vector<Index> numbers;
    Lines<Source> lines(reviews);
    for (std::string line; lines.next(line);) {
        if (line.empty()) continue;
        const std::string where = lines.where();
        const AmazonReview review(line, where);
        if (review.rating != review.rating)
            data.notes.add(where, "review without a rating, read as unknown (NaN)");
        events.push_back({data.users.add(review.user), items.add(review.item), review.seconds,
                          static_cast<float>(review.rating)});
        digests.push_back(std::hash<std::string_view>{}(line));
        numbers.push_back(lines.at());
    }
    if (events.empty()) throw Error(reviews.string(), "no interactions: empty file");
    const std::vector<bool> copies = find_copies(events, digests);
    std::size_t kept = 0;
    for (std::size_t n = 0; n < events.size(); ++n) {
        if (copies[n])
            data.notes.add(text_of(reviews.string(), ":", numbers[n]),
                           "line equal to an earlier review, left out");
        else
            events[kept++] = events[n];
    }
    events.resize(kept);
    filter_k_core(events, data.users, items, core);
    if (events.empty()) throw Error(reviews.string(), text_of("nothing left of the ", core, "-core"));
    std::vector<ItemText> texts(static_cast<std::size_t>(items.size()));
    if (!metadata.empty()) texts = read_amazon_items<Source>(metadata, items, data.notes);
    for (Id item = 0; item < static_cast<Id>(items.size()); ++item)
        data.catalogue.add(items[item], std::move(texts[static_cast<std::size_t>(item)]));
    data.interactions = by_time(std::move(events), data.users.size(), {.ratings = true, .times = true});
    note_repeats(data, reviews.string());
    return data;
}

}  // namespace coco::data
