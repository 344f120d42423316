// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reader of Amazon's 2014 review files as published: one review or one item per line, as JSON or as the
/// Python literals of the original metadata.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/data/dataset.hpp>
#include <coco/data/lines.hpp>
#include <coco/data/literal.hpp>

namespace coco::data {

/// Converts HTML text to plain text: decodes character references and collapses white space.
inline std::string plain_text(std::string_view html) {
    static constexpr std::array<std::pair<std::string_view, std::uint32_t>, 10> names{{{"amp", '&'},
                                                                                       {"quot", '"'},
                                                                                       {"apos", '\''},
                                                                                       {"lt", '<'},
                                                                                       {"gt", '>'},
                                                                                       {"nbsp", ' '},
                                                                                       {"reg", 0xAE},
                                                                                       {"copy", 0xA9},
                                                                                       {"trade", 0x2122},
                                                                                       {"eacute", 0xE9}}};
    const auto code_of = [](std::string_view name) -> std::uint32_t {
        if (name.starts_with("#")) {
            const bool hexadecimal = name.starts_with("#x") || name.starts_with("#X");
            name.remove_prefix(hexadecimal ? 2 : 1);
            std::uint32_t code = 0;
            const auto [end, error] =
                std::from_chars(name.data(), name.data() + name.size(), code, hexadecimal ? 16 : 10);
            const bool whole = error == std::errc{} && end == name.data() + name.size();
            return whole && code < 0x110000 ? code : 0;
        }
        for (const auto& [known, code] : names)
            if (known == name) return code;
        return 0;
    };
    std::string decoded, out;
    for (std::size_t at = 0; at < html.size(); ++at) {
        const std::size_t end = html[at] == '&' ? html.find(';', at) : std::string_view::npos;
        const std::uint32_t code =
            end == std::string_view::npos || end - at > 10 ? 0 : code_of(html.substr(at + 1, end - at - 1));
        if (code == 0) {
            decoded += html[at];
        } else {
            append_utf8(decoded, code);
            at = end;
        }
    }
    for (const char c : decoded) {
        const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (!space)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    if (out.ends_with(' ')) out.pop_back();
    return out;
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

/// Reads the texts of the items in `keys` from a metadata file; lines of other items are skipped.
template <LineSource Source = PlainFile>
std::vector<ItemText> read_amazon_items(const std::filesystem::path& path, const Keys& keys) {
    std::vector<ItemText> items(static_cast<std::size_t>(keys.size()));
    Lines<Source> lines(path);
    for (std::string line; lines.next(line);) {
        if (line.empty()) continue;
        const std::string where = lines.where();
        Literal value(line, where);
        std::string key;
        ItemText item;
        value.members([&](const std::string& name) {
            if (name == "asin") {
                key = value.string();
            } else if (name == "title") {
                item.title = plain_text(value.string());
            } else if (name == "brand") {
                item.brand = plain_text(value.string());
            } else if (name == "categories") {
                value.elements([&] {
                    std::string path_text;
                    value.elements(
                        [&] { path_text += (path_text.empty() ? "" : " > ") + plain_text(value.string()); });
                    item.categories += (item.categories.empty() ? "" : " | ") + path_text;
                });
            } else {
                value.skip();
            }
        });
        value.end();
        if (key.empty()) throw Error(where, "missing member", "asin");
        if (const Id id = keys.find(key); id != no_id) items[static_cast<std::size_t>(id)] = std::move(item);
    }
    return items;
}

/// Reads `reviews` (members reviewerID, asin, unixReviewTime) and, unless its path is empty, `metadata`
/// (asin, title, brand, categories). Users and items with fewer than `core` reviews are removed until none
/// remains. Each user's reviews are sorted by time; reviews with equal time keep the file order.
/// \throws Error naming file and line
template <LineSource Source = PlainFile>
Dataset read_amazon(const std::filesystem::path& reviews, const std::filesystem::path& metadata,
                    Index core = 5) {
    Dataset data;
    Keys items;
    std::vector<Event> events;
    Lines<Source> lines(reviews);
    for (std::string line; lines.next(line);) {
        if (line.empty()) continue;
        const std::string where = lines.where();
        Literal value(line, where);
        std::string user, item;
        double time = 0;
        bool timed = false;
        value.members([&](const std::string& name) {
            if (name == "reviewerID") {
                user = value.string();
            } else if (name == "asin") {
                item = value.string();
            } else if (name == "unixReviewTime") {
                time = value.number();
                timed = true;
            } else {
                value.skip();
            }
        });
        value.end();
        if (user.empty() || item.empty() || !timed)
            throw Error(where, "missing member", "reviewerID, asin and unixReviewTime");
        events.push_back({data.users.add(user), items.add(item), time});
    }
    if (events.empty()) throw Error(reviews.string(), "no interactions: empty file");
    filter_k_core(events, data.users, items, core);
    if (events.empty()) throw Error(reviews.string(), text_of("nothing left of the ", core, "-core"));
    std::vector<ItemText> words(static_cast<std::size_t>(items.size()));
    if (!metadata.empty()) words = read_amazon_items<Source>(metadata, items);
    for (Id item = 0; item < static_cast<Id>(items.size()); ++item)
        data.catalogue.add(items[item], std::move(words[static_cast<std::size_t>(item)]));
    data.interactions = by_time(std::move(events), data.users.size());
    return data;
}

}  // namespace coco::data
