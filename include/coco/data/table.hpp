// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reader of tables with named columns: a file of interactions and one of items, CSV or tab-separated.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/data/columns.hpp>
#include <coco/data/dataset.hpp>
#include <coco/data/named_table.hpp>

namespace coco::data {

/// Where a table has what is read of an interaction; -1: nowhere. Without a time, rows are in time order.
struct EventFields {
    Index user, item, time, rating;
};

/// Where a table has what is read of an item; -1: nowhere.
struct ItemFields {
    Index key, title, brand, categories, year, genres;
};

/// Finds them: under the names that `columns` gives, else under the usual ones of the format.
/// \throws Error where one that must be there is not
template <class Source>
EventFields find_event_fields(NamedTable<Source>& table, const Columns& columns, std::string_view user,
                              std::string_view item) {
    const bool timed = !columns.time || !columns.time->empty();
    return {table.require(columns.user, {user}), table.require(columns.item, {item}),
            timed ? table.require(columns.time, {"timestamp"}) : -1, table.find(columns.rating, {"rating"})};
}

/// Adds the items of a table to `data` in file order; `finish` may change what was read of each.
/// \throws Error where a key is empty or there twice
template <class Source, class Finish>
void add_items(NamedTable<Source>& table, const ItemFields& at, Dataset& data, Finish&& finish) {
    while (table.next()) {
        ItemText item{table.text(at.title), table.text(at.brand), table.text(at.categories),
                      table.text(at.year), table.text(at.genres)};
        finish(item);
        data.catalogue.add(table.key(at.key), std::move(item), table.where());
    }
}

/// Checks that the titles of an item file are not missed because their column has another name: without a
/// title column the file may have no columns that are not read. \throws Error naming the columns that there
/// are
template <class Source>
void require_title(const NamedTable<Source>& table, const Columns& columns, Index title,
                   std::string_view usual) {
    if (title >= 0 || (columns.title && columns.title->empty()) || !table.has_others()) return;
    throw Error(table.header(), "no column of titles",
                text_of(usual, ", or another name by data::Columns (experiment --column-names title=NAME; ",
                        "title= where there are none)"),
                table.columns());
}

/// Reads a table's interactions into `data`, whose catalogue has the items of the item file `items`, if any.
/// Items that are not in the catalogue are added to it in the order of their appearance, without text; user
/// identifiers follow the order of appearance.
/// \throws Error where there are no interactions, or none of their items is in the item file
template <class Source>
void add_interactions(NamedTable<Source>& table, const EventFields& at, Dataset& data,
                      const std::string& items) {
    const Index described = data.catalogue.size();
    std::vector<Event> events;
    while (table.next()) {
        Event event{data.users.add(table.key(at.user)), data.catalogue.find_or_add(table.key(at.item)),
                    at.time < 0 ? 0.0 : table.time(at.time)};
        if (at.rating >= 0) event.rating = table.rating(at.rating);
        events.push_back(event);
    }
    if (events.empty()) throw Error(table.file(), "no interactions");
    data.interactions = by_time(std::move(events), data.users.size(), {at.rating >= 0, at.time >= 0});
    compare_items(data, described, items);
    note_repeats(data, table.file());
}

/// Reads a table of interactions (columns user, item, timestamp and, where it exists, rating) and, unless its
/// path is empty, one of items (item; title, brand, categories, year and genres, where they exist); `columns`
/// gives other names. Item identifiers follow the order of the item table, then of first appearance. \throws
/// Error naming file and line
template <LineSource Source = PlainFile>
Dataset read_table(const std::filesystem::path& interactions, const std::filesystem::path& items,
                   const Columns& columns = {}) {
    Dataset data;
    if (!items.empty()) {
        NamedTable<Source> table(items, data.notes);
        const ItemFields at{
            table.require(columns.item, {"item"}),     table.find_text(columns.title, {"title"}),
            table.find_text(columns.brand, {"brand"}), table.find_text(columns.categories, {"categories"}),
            table.find_text(columns.year, {"year"}),   table.find_text(columns.genres, {"genres"})};
        require_title(table, columns, at.title, "title");
        add_items(table, at, data, [](const ItemText&) {});
    }
    NamedTable<Source> table(interactions, data.notes);
    add_interactions(table, find_event_fields(table, columns, "user", "item"), data, items.string());
    return data;
}

}  // namespace coco::data
