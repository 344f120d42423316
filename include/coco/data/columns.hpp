// SPDX-License-Identifier: Apache-2.0
/// \file
/// Names of the columns that a table is read from.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <coco/core/error.hpp>
#include <coco/data/in_quotes.hpp>

namespace coco::data {

/// Names of the columns to read, where they are not the usual ones of the format; other columns are ignored.
/// An empty name says that there is no such column.
struct Columns {
    std::optional<std::string> user, item;
    std::optional<std::string> time;    ///< empty: rows are already in time order
    std::optional<std::string> rating;  ///< if the usual one is absent, ratings are unknown
    std::optional<std::string> title;   ///< from here on: columns of the item file
    std::optional<std::string> brand, categories, year, genres;
};

/// Sets names from a list, "user=who,item=what,time=": the words are the members of `Columns`.
/// \throws Error where a word is none of them, or has no "="
inline Columns parse_columns(std::string_view list) {
    using Name = std::optional<std::string> Columns::*;
    static constexpr std::array<std::pair<std::string_view, Name>, 9> names{
        {{"user", &Columns::user},
         {"item", &Columns::item},
         {"time", &Columns::time},
         {"rating", &Columns::rating},
         {"title", &Columns::title},
         {"brand", &Columns::brand},
         {"categories", &Columns::categories},
         {"year", &Columns::year},
         {"genres", &Columns::genres}}};
    Columns columns;
    while (!list.empty()) {
        const std::string_view part = list.substr(0, list.find(','));
        list.remove_prefix(part.size() + (part.size() < list.size() ? 1 : 0));
        const std::size_t sign = part.find('=');
        bool known = false;
        for (const auto& [word, name] : names)
            if (sign != std::string_view::npos && part.substr(0, sign) == word) {
                columns.*name = std::string(part.substr(sign + 1));
                known = true;
            }
        if (!known)
            throw Error("columns", "not a column of ours",
                        "user=NAME, item, time, rating, title, brand, categories, year or genres, by commas",
                        in_quotes(part));
    }
    return columns;
}

}  // namespace coco::data
