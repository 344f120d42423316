// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reader of RecBole's atomic files: `NAME.inter` and, where it exists, `NAME.item`; tab-separated, with a
/// header of typed columns ("user_id:token", "timestamp:float", "class:token_seq").
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/data/dataset.hpp>
#include <coco/data/fields.hpp>
#include <coco/data/film.hpp>
#include <coco/data/lines.hpp>

namespace coco::data {

/// Rows of one atomic file. Every `float` column is validated, even if it is not used.
template <LineSource Source = PlainFile>
class RecBoleFile {
public:
    /// \throws Error where the file is empty or a column has no known type
    explicit RecBoleFile(const std::filesystem::path& path) : lines_(path) {
        if (!lines_.next(line_)) throw Error(lines_.name(), "empty file", "a header of typed columns");
        split_plain(line_, '\t', fields_);
        for (const std::string& field : fields_) {
            const std::size_t colon = field.rfind(':');
            const std::string type = colon == std::string::npos ? "" : field.substr(colon + 1);
            if (type != "token" && type != "token_seq" && type != "float" && type != "float_seq")
                throw Error(lines_.where(), "column without a type",
                            "name:token, name:token_seq, name:float or name:float_seq", field);
            if (type == "float") floats_.push_back(names_.size());
            names_.push_back(field.substr(0, colon));
        }
    }

    Index required(std::string_view name) const {
        return required_column(names_, name, lines_.name() + ":1");
    }

    /// The first of `names` that is a column; -1 where none is present.
    Index any_of(std::initializer_list<std::string_view> names) const {
        for (const std::string_view name : names)
            if (const Index at = column_of(names_, name); at >= 0) return at;
        return -1;
    }

    /// Reads the next row; false at the end.
    bool next() {
        if (!lines_.next(line_)) return false;
        split_plain(line_, '\t', fields_);
        require_fields(fields_, names_.size(), where());
        for (const std::size_t at : floats_) number_in(fields_[at], where(), names_[at]);
        return true;
    }

    /// A field of the row; empty for column -1.
    std::string field(Index column) const {
        return column < 0 ? std::string() : fields_[static_cast<std::size_t>(column)];
    }

    double number(Index column) const {
        return number_in(field(column), where(), names_[static_cast<std::size_t>(column)]);
    }

    std::string where() const { return lines_.where(); }

private:
    Lines<Source> lines_;
    std::string line_;
    std::vector<std::string> names_, fields_;
    std::vector<std::size_t> floats_;
};

/// Items of a `.item` file in file order. Accepts the usual column names: title, movie_title (articles are
/// moved to the front) or name; brand; categories or category; release_year or year; class, genre or genres.
template <LineSource Source = PlainFile>
Catalogue read_recbole_items(const std::filesystem::path& path) {
    RecBoleFile<Source> file(path);
    const Index key = file.required("item_id");
    const Index title = file.any_of({"title", "movie_title", "name"});
    const Index brand = file.any_of({"brand"}), categories = file.any_of({"categories", "category"});
    const Index year = file.any_of({"release_year", "year"});
    const Index genres = file.any_of({"class", "genre", "genres"});
    const bool film = title >= 0 && title == file.any_of({"movie_title"});
    Catalogue catalogue;
    while (file.next()) {
        ItemText item{file.field(title), file.field(brand), file.field(categories), file.field(year), ""};
        if (film) {
            FilmTitle named = film_title(item.title);
            item.title = std::move(named.title);
            if (item.year.empty()) item.year = std::move(named.year);
        }
        for (const char c : file.field(genres))
            if (c == ' ')
                item.genres += ", ";
            else
                item.genres += c;
        catalogue.add(file.field(key), std::move(item), file.where());
    }
    return catalogue;
}

/// Reads `inter` and the `.item` file of the same name, if any. Needs the columns user_id, item_id and
/// timestamp. Each row counts as an interaction, whatever its rating. Item identifiers follow the order of
/// `.item`, then of first appearance in `.inter` (those items have no text); user identifiers follow the
/// order of first appearance.
/// \throws Error naming file and line
template <LineSource Source = PlainFile>
Dataset read_recbole(const std::filesystem::path& inter) {
    Dataset data;
    std::filesystem::path items = inter;
    items.replace_extension(".item");
    if (std::filesystem::exists(items)) data.catalogue = read_recbole_items<Source>(items);

    RecBoleFile<Source> file(inter);
    const Index user = file.required("user_id"), item = file.required("item_id");
    const Index time = file.required("timestamp");
    std::vector<Event> events;
    while (file.next()) {
        if (file.field(user).empty() || file.field(item).empty()) throw Error(file.where(), "empty key");
        events.push_back({data.users.add(file.field(user)), data.catalogue.find_or_add(file.field(item)),
                          file.number(time)});
    }
    if (events.empty()) throw Error(inter.string(), "no interactions");
    data.interactions = by_time(std::move(events), data.users.size());
    return data;
}

}  // namespace coco::data
