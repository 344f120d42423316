// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reader of tables with named columns: CSV with quotes as in RFC 4180, or tab-separated.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/data/dataset.hpp>
#include <coco/data/fields.hpp>
#include <coco/data/lines.hpp>

namespace coco::data {

/// Names of the columns to read; other columns are ignored.
struct Columns {
    std::string user = "user";
    std::string item = "item";
    std::string time = "timestamp";  ///< empty: rows are already in time order
    std::string title = "title";     ///< from here on: columns of the item table; absent columns are empty
    std::string brand = "brand";
    std::string categories = "categories";
    std::string year = "year";
    std::string genres = "genres";
};

/// A table whose first record gives the column names. Separated by tabs where the file name (without ".gz")
/// ends in ".tsv", otherwise by commas; only comma-separated files have quotes.
template <LineSource Source = PlainFile>
class NamedTable {
public:
    /// \throws Error where the file is empty
    explicit NamedTable(const std::filesystem::path& path) : lines_(path) {
        const std::filesystem::path plain = path.extension() == ".gz" ? path.stem() : path;
        tabs_ = plain.extension() == ".tsv";
        if (!next_record()) throw Error(lines_.name(), "empty file", "a line of column names");
        names_ = fields_;
    }

    Index required(std::string_view name) const {
        return required_column(names_, name, lines_.name() + ":1");
    }
    Index optional(std::string_view name) const { return column_of(names_, name); }

    /// Reads the next row, skipping empty lines; false at the end.
    bool next() {
        do {
            if (!next_record()) return false;
        } while (fields_.size() == 1 && fields_[0].empty() && names_.size() > 1);
        require_fields(fields_, names_.size(), where_);
        return true;
    }

    /// A field of the row; empty for column -1.
    std::string field(Index column) const {
        return column < 0 ? std::string() : fields_[static_cast<std::size_t>(column)];
    }

    double number(Index column) const {
        return number_in(field(column), where_, names_[static_cast<std::size_t>(column)]);
    }

    /// "file:line" of the row's first line.
    const std::string& where() const { return where_; }

private:
    bool next_record() {
        std::string line;
        if (!lines_.next(line)) return false;
        where_ = lines_.where();
        if (tabs_)
            split_plain(line, '\t', fields_);
        else
            split_quoted(std::move(line), ',', lines_, fields_);
        return true;
    }

    Lines<Source> lines_;
    bool tabs_ = false;
    std::string where_;
    std::vector<std::string> names_, fields_;
};

/// Reads a table of interactions and, unless its path is empty, one of items. Item identifiers follow the
/// order of the item table, then of first appearance (those items have no text); user identifiers follow the
/// order of first appearance.
/// \throws Error naming file and line
template <LineSource Source = PlainFile>
Dataset read_table(const std::filesystem::path& interactions, const std::filesystem::path& items,
                   const Columns& columns = {}) {
    Dataset data;
    if (!items.empty()) {
        NamedTable<Source> table(items);
        const Index key = table.required(columns.item);
        const Index title = table.optional(columns.title), brand = table.optional(columns.brand);
        const Index categories = table.optional(columns.categories), year = table.optional(columns.year);
        const Index genres = table.optional(columns.genres);
        while (table.next())
            data.catalogue.add(table.field(key),
                               {table.field(title), table.field(brand), table.field(categories),
                                table.field(year), table.field(genres)},
                               table.where());
    }
    NamedTable<Source> table(interactions);
    const Index user = table.required(columns.user), item = table.required(columns.item);
    const Index time = columns.time.empty() ? -1 : table.required(columns.time);
    std::vector<Event> events;
    while (table.next()) {
        if (table.field(user).empty() || table.field(item).empty()) throw Error(table.where(), "empty key");
        events.push_back({data.users.add(table.field(user)), data.catalogue.find_or_add(table.field(item)),
                          time < 0 ? 0.0 : table.number(time)});
    }
    if (events.empty()) throw Error(interactions.string(), "no interactions");
    data.interactions = by_time(std::move(events), data.users.size());
    return data;
}

}  // namespace coco::data
