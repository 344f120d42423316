// SPDX-License-Identifier: Apache-2.0
/// \file
/// Fields of a line: splitting at a separator, with or without quotes, and checked reading of numbers and
/// texts.
#pragma once

#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/core/utf8.hpp>
#include <coco/data/in_quotes.hpp>
#include <coco/data/lines.hpp>
#include <coco/data/notes.hpp>

namespace coco::data {

/// Splits `line` at every `separator`; quotes have no special meaning.
inline void split_plain(std::string_view line, char separator, std::vector<std::string>& fields) {
    fields.clear();
    for (std::size_t begin = 0;;) {
        const std::size_t end = line.find(separator, begin);
        fields.emplace_back(line.substr(begin, end - begin));
        if (end == std::string_view::npos) return;
        begin = end + 1;
    }
}

/// Splits a record of a CSV file (RFC 4180). A field in double quotes may contain separators, doubled quotes
/// and line ends; for line ends further lines are read.
/// \throws Error where a quote is not closed, or text follows a closing quote
template <class Source>
void split_quoted(std::string line, char separator, Lines<Source>& lines, std::vector<std::string>& fields) {
    fields.assign(1, {});
    const std::string where = lines.where();
    bool quoted = false, closed = false;
    for (std::size_t at = 0;; ++at) {
        if (at == line.size()) {
            if (!quoted) return;
            if (!lines.next(line)) throw Error(where, "a quote is not closed");
            fields.back() += '\n';
            at = static_cast<std::size_t>(-1);
        } else if (quoted) {
            if (line[at] != '"') {
                fields.back() += line[at];
            } else if (at + 1 < line.size() && line[at + 1] == '"') {
                fields.back() += line[at++];
            } else {
                quoted = false;
                closed = true;
            }
        } else if (line[at] == separator) {
            fields.emplace_back();
            closed = false;
        } else if (closed) {
            throw Error(where, "text after a closing quote");
        } else if (line[at] == '"' && fields.back().empty()) {
            quoted = true;
        } else {
            fields.back() += line[at];
        }
    }
}

/// Parses a finite number that takes up all of `text`.
/// \throws Error naming `where` and the column
inline double number_in(std::string_view text, const std::string& where, std::string_view column) {
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        throw Error(where, text_of("bad number in column ", column), "a finite number", in_quotes(text));
    return value;
}

/// Whether a field stands for a value that is not known: empty, a dash, "nan", "null", "none", "na", "n/a" in
/// any case, "<NA>", "?" or "\N".
inline bool is_missing(std::string_view text) {
    if (text.size() > 4) return false;
    std::string lower;
    for (const char c : text) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    for (const std::string_view mark : {"", "-", "--", "\xe2\x80\x93", "\xe2\x80\x94", "nan", "null", "none",
                                        "na", "n/a", "<na>", "?", "\\n"})
        if (lower == mark) return true;
    return false;
}

/// A rating: a finite number; NaN for a missing one, with a note.
/// \throws Error naming `where` and the column
inline float rating_in(std::string_view text, const std::string& where, std::string_view column,
                       Notes& notes) {
    if (!is_missing(text)) return static_cast<float>(number_in(text, where, column));
    notes.add(where, text_of("no number in column ", column, ", read as unknown (NaN)"));
    return std::numeric_limits<float>::quiet_NaN();
}

/// A text of an item, as UTF-8: invalid sequences become U+FFFD, with a note.
inline std::string utf8_text(std::string text, const std::string& where, std::string_view column,
                             Notes& notes) {
    if (text::is_valid(text)) return text;
    notes.add(where, text_of("text that is not UTF-8 in ", column, ", invalid bytes read as U+FFFD"));
    return text::replaced_invalid(text);
}

/// The same for a field of a table, where a mark of a missing value is read as empty, with a note.
inline std::string text_in(std::string text, const std::string& where, std::string_view column,
                           Notes& notes) {
    if (text.empty() || !is_missing(text)) return utf8_text(std::move(text), where, column, notes);
    notes.add(where, text_of("mark of a missing value in column ", column, ", read as empty"));
    return {};
}

/// Names of columns for a message.
inline std::string list_of(const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) {
        const std::string shown = in_quotes(name);
        (list += list.empty() ? "" : ", ").append(shown, 1, shown.size() - 2);
    }
    return list.size() > 2000 ? list.substr(0, 2000) + "..." : list;
}

/// The index of `name` among the names of a header line; -1 where it is missing.
inline Index column_of(const std::vector<std::string>& header, std::string_view name) {
    for (std::size_t i = 0; i < header.size(); ++i)
        if (header[i] == name) return static_cast<Index>(i);
    return -1;
}

/// The same, for a required column.
/// \throws Error naming the header line and the columns found
inline Index required_column(const std::vector<std::string>& header, std::string_view name,
                             const std::string& where) {
    const Index at = column_of(header, name);
    if (at >= 0) return at;
    throw Error(where, "missing column", std::string(name), list_of(header));
}

/// Checks that a line has as many fields as the header.
inline void require_fields(const std::vector<std::string>& fields, std::size_t expected,
                           const std::string& where) {
    if (fields.size() != expected)
        throw Error(where, "ragged line", text_of(expected, " fields"), text_of(fields.size()));
}

}  // namespace coco::data
