// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reader of RecBole's atomic files: `NAME.inter` and, where it exists, `NAME.item`; tab-separated, with a
/// header of typed columns ("user_id:token", "timestamp:float", "class:token_seq").
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/data/columns.hpp>
#include <coco/data/dataset.hpp>
#include <coco/data/film.hpp>
#include <coco/data/named_table.hpp>
#include <coco/data/table.hpp>

namespace coco::data {

/// Adds the items of a `.item` file to `data` in file order. The usual column names: title, movie_title
/// (articles are moved to the front) or name; brand; categories or category; release_year or year; class,
/// genre or genres.
template <LineSource Source = PlainFile>
void read_recbole_items(const std::filesystem::path& path, Dataset& data, const Columns& columns = {}) {
    NamedTable<Source> table(path, data.notes);
    const Index key = table.require(columns.item, {"item_id"});
    const Index title = table.find_text(columns.title, {"title", "movie_title", "name"});
    const bool film = title >= 0 && title == table.position("movie_title");
    const ItemFields at{key,
                        title,
                        table.find_text(columns.brand, {"brand"}),
                        table.find_text(columns.categories, {"categories", "category"}),
                        table.find_text(columns.year, {"release_year", "year"}),
                        table.find_text(columns.genres, {"class", "genre", "genres"})};
    require_title(table, columns, title, "title, movie_title or name");
    add_items(table, at, data, [film](ItemText& item) {
        if (film) {
            FilmTitle named = film_title(item.title);
            item.title = std::move(named.title);
            if (item.year.empty()) item.year = std::move(named.year);
        }
        for (std::size_t i = item.genres.size(); i-- > 0;)
            if (item.genres[i] == ' ') item.genres.insert(i, 1, ',');
    });
}

/// Reads `inter` and the `.item` file of the same name, if any; either may end in ".gz". The usual column
/// names: user_id, item_id, timestamp and, where it exists, rating. Each row counts as an interaction,
/// whatever its rating. Item identifiers follow the order of `.item`, then of first appearance in `.inter`
/// (those items have no text); user identifiers follow the order of first appearance. \throws Error naming
/// file and line
template <LineSource Source = PlainFile>
Dataset read_recbole(const std::filesystem::path& inter, const Columns& columns = {}) {
    Dataset data;
    std::filesystem::path items = inter.extension() == ".gz" ? inter.parent_path() / inter.stem() : inter;
    items.replace_extension(".item");
    if (!std::filesystem::exists(items) && std::filesystem::exists(items.string() + ".gz")) items += ".gz";
    if (std::filesystem::exists(items)) read_recbole_items<Source>(items, data, columns);

    NamedTable<Source> table(inter, data.notes);
    add_interactions(table, find_event_fields(table, columns, "user_id", "item_id"), data, items.string());
    return data;
}

}  // namespace coco::data
