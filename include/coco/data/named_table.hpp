// SPDX-License-Identifier: Apache-2.0
/// \file
/// A table whose first record names its columns: CSV with quotes as in RFC 4180, tab-separated, or RecBole's
/// atomic files (tab-separated, with a type behind each name: "user_id:token", "timestamp:float").
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/data/fields.hpp>
#include <coco/data/lines.hpp>
#include <coco/data/notes.hpp>

namespace coco::data {

/// The rows of a table. Columns that are asked for by name are read; what is in the others does not matter.
/// Empty lines are skipped.
template <LineSource Source = PlainFile>
class NamedTable {
public:
    enum class Form { csv, tabs, recbole };
    using Names = std::initializer_list<std::string_view>;

    /// The form of a file by its name: tabs for ".tsv", RecBole's for ".inter" and ".item", else commas.
    static Form form_of(const std::filesystem::path& path) {
        const std::filesystem::path plain = path.extension() == ".gz" ? path.stem() : path;
        if (plain.extension() == ".inter" || plain.extension() == ".item") return Form::recbole;
        return plain.extension() == ".tsv" ? Form::tabs : Form::csv;
    }

    /// \param notes  receives what is replaced or left out
    /// \throws Error where the file is empty
    NamedTable(const std::filesystem::path& path, Notes& notes)
        : lines_(path), notes_(notes), form_(form_of(path)) {
        if (!next_record())
            throw Error(lines_.name(), "empty file",
                        form_ == Form::recbole ? "a header of typed columns" : "a line of column names");
        for (const std::string& field : fields_) {
            const std::size_t colon = form_ == Form::recbole ? field.rfind(':') : std::string::npos;
            names_.push_back(field.substr(0, colon));
            types_.push_back(colon == std::string::npos ? "" : field.substr(colon + 1));
        }
        read_.assign(names_.size(), false);
    }

    /// The column that is called `given`, or the first of `usual` that there is; -1 where there is none.
    /// \throws Error where a given name is no column, or the column's name is there twice, or its type is
    /// none
    Index find(const std::optional<std::string>& given, Names usual) {
        if (given && given->empty()) return -1;
        Index at = -1;
        if (given) at = required_column(names_, *given, header());
        for (const std::string_view name : usual)
            if (at < 0) at = column_of(names_, name);
        if (at < 0) return at;
        const std::string& name = names_[static_cast<std::size_t>(at)];
        if (std::count(names_.begin(), names_.end(), name) > 1)
            throw Error(header(), "two columns of one name", {}, name);
        const std::string& type = types_[static_cast<std::size_t>(at)];
        if (form_ == Form::recbole && type != "token" && type != "token_seq" && type != "float" &&
            type != "float_seq")
            throw Error(header(), "column without a type",
                        "name:token, name:token_seq, name:float or name:float_seq",
                        type.empty() ? name : name + ":" + type);
        read_[static_cast<std::size_t>(at)] = true;
        return at;
    }

    /// The same for a column that must be there.
    Index require(const std::optional<std::string>& given, Names usual) {
        const Index at = find(given, usual);
        return at >= 0 ? at
                       : required_column(
                             names_, given ? std::string_view("a name that is not empty") : *usual.begin(),
                             header());
    }

    /// The same for a column of texts. From the first of them on, lines with too many fields are errors: a
    /// separator in a text would move the others.
    Index find_text(const std::optional<std::string>& given, Names usual) {
        const Index at = find(given, usual);
        texts_ = texts_ || at >= 0;
        return at;
    }

    /// Where a column is, without it being read; -1: nowhere.
    Index position(std::string_view name) const { return column_of(names_, name); }

    /// Whether the table has columns that were not asked for.
    bool has_others() const { return std::find(read_.begin(), read_.end(), false) != read_.end(); }
    std::string columns() const { return list_of(names_); }

    /// Reads the next row; false at the end. A row may end before columns that are not read, with a note.
    bool next() {
        if (!next_record()) return false;
        if (fields_.size() != names_.size()) fit();
        return true;
    }

    /// A field of the row as it is; empty for column -1.
    std::string field(Index column) const {
        return column < 0 ? std::string() : fields_[static_cast<std::size_t>(column)];
    }

    /// A field that is a key: any bytes, as they are; it may not be empty.
    const std::string& key(Index column) {
        const std::string& key = fields_[static_cast<std::size_t>(column)];
        if (key.empty()) throw Error(where_, "empty key", {}, text_of("nothing in column ", name(column)));
        if (key.size() > 1 && is_missing(key))
            notes_.add(where_,
                       text_of("key ", in_quotes(key), " in column ", name(column), ", taken as any other"));
        return key;
    }

    /// A text of one line, as UTF-8; empty for column -1 and for a mark of a missing value. Line ends and
    /// tabs become spaces.
    std::string text(Index column) {
        if (column < 0) return {};
        std::string text = text_in(field(column), where_, name(column), notes_);
        for (char& c : text)
            if (c == '\n' || c == '\r' || c == '\t') c = ' ';
        return text;
    }

    float rating(Index column) { return rating_in(field(column), where_, name(column), notes_); }

    double time(Index column) {
        const double time = number_in(field(column), where_, name(column));
        if (std::abs(time) >= 9007199254740992.0)
            notes_.add(where_, text_of("number of more than 53 bits in column ", name(column), ", rounded"));
        return time;
    }

    /// "file:line" of the row's first line.
    const std::string& where() const { return where_; }
    std::string header() const { return lines_.name() + ":1"; }
    const std::string& file() const { return lines_.name(); }

private:
    const std::string& name(Index column) const { return names_[static_cast<std::size_t>(column)]; }

    bool next_record() {
        std::string line;
        do {
            if (!lines_.next(line)) return false;
        } while (line.empty() && !names_.empty());
        where_ = lines_.where();
        if (form_ == Form::csv)
            split_quoted(std::move(line), ',', lines_, fields_);
        else
            split_plain(line, '\t', fields_);
        return true;
    }

    /// Makes a row of another number of fields fit where that cannot change a field that is read.
    /// \throws Error where it could
    void fit() {
        const std::size_t last =
            static_cast<std::size_t>(std::find(read_.rbegin(), read_.rend(), true) - read_.rbegin());
        const bool shorter = fields_.size() < names_.size() && fields_.size() >= names_.size() - last;
        const auto end =
            fields_.begin() + static_cast<std::ptrdiff_t>(std::min(fields_.size(), names_.size()));
        const bool blank =
            std::all_of(end, fields_.end(), [](const std::string& field) { return field.empty(); });
        if (shorter)
            notes_.add(where_, "line that ends before columns that are not read");
        else if (fields_.size() > names_.size() && blank)
            notes_.add(where_, "line with separators behind its last column, left out");
        else if (fields_.size() > names_.size() && !texts_ && !read_.back())
            notes_.add(where_, "line with separators in its last column, which is not read");
        else
            require_fields(fields_, names_.size(), where_);
        fields_.resize(names_.size());
    }

    Lines<Source> lines_;
    Notes& notes_;
    Form form_;
    std::string where_;
    std::vector<std::string> names_, types_, fields_;
    std::vector<bool> read_;
    bool texts_ = false;
};

}  // namespace coco::data
