// SPDX-License-Identifier: Apache-2.0
/// \file
/// The text fields of an item, and the one-line description made from them by a pattern that is parsed once.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <coco/core/error.hpp>

namespace coco::data {

/// The text fields of one item (UTF-8); each may be empty.
struct ItemText {
    std::string title;
    std::string brand;
    std::string categories;  ///< levels joined by " > ", several paths by " | "
    std::string year;
    std::string genres;  ///< joined by ", "
};

/// The last level of the first path of `categories` ("Beauty > Makeup > Nails | Gifts" -> "Nails").
inline std::string last_category(std::string_view categories) {
    const std::string_view path = categories.substr(0, categories.find(" | "));
    const std::size_t at = path.rfind(" > ");
    return std::string(at == std::string_view::npos ? path : path.substr(at + 3));
}

/// The pattern of an item's description. `{title}`, `{brand}`, `{category}` (the last level of the first
/// path), `{categories}`, `{year}` and `{genres}` stand for the item's fields. Text in `[ ]` is left out
/// unless every field in it is non-empty. `\` takes the next character literally. Leading commas and spaces
/// of the result are removed.
class ItemLine {
public:
    /// "title (year), brand, last category, genres" without the empty fields.
    static constexpr const char* usual = "{title}[ ({year})][, {brand}][, {category}][, {genres}]";

    /// \throws Error where a field is not one of those above, or a bracket is unmatched
    explicit ItemLine(std::string_view pattern) : parts_(1) {
        const auto fail = [&](const char* what, std::size_t at) {
            throw Error("item line", what, "{title} {brand} {category} {categories} {year} {genres} and [ ]",
                        text_of('"', pattern, "\", character ", at + 1));
        };
        bool optional = false;
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            const char c = pattern[i];
            if (c == '\\' && i + 1 < pattern.size()) {
                append(pattern.substr(++i, 1));
            } else if (c == '{') {
                const std::size_t end = pattern.find('}', i);
                const std::size_t field = end == std::string_view::npos
                                              ? names.size()
                                              : index_of(pattern.substr(i + 1, end - i - 1));
                if (field == names.size()) fail("no such field", i);
                parts_.back().pieces.push_back({field, {}});
                i = end;
            } else if (c == '[' || c == ']') {
                if (optional == (c == '[')) fail("bracket without a partner", i);
                optional = !optional;
                parts_.push_back({optional, {}});
            } else if (c == '}') {
                fail("bracket without a partner", i);
            } else {
                append(pattern.substr(i, 1));
            }
        }
        if (optional) fail("bracket without a partner", pattern.size() - 1);
    }

    /// The line for `item`; empty where all fields of the pattern are empty for this item.
    std::string of(const ItemText& item) const {
        const std::array<std::string, names.size()> words{
            item.title, item.brand, last_category(item.categories), item.categories, item.year, item.genres};
        std::string line;
        bool known = false;
        for (const Part& part : parts_) {
            bool whole = true;
            for (const Piece& piece : part.pieces)
                whole = whole && (piece.field == names.size() || !words[piece.field].empty());
            if (part.optional && !whole) continue;
            for (const Piece& piece : part.pieces) {
                const bool is_field = piece.field < names.size();
                line += is_field ? words[piece.field] : piece.literal;
                known = known || (is_field && !words[piece.field].empty());
            }
        }
        const std::size_t first = line.find_first_not_of(", ");
        return known && first != std::string::npos ? line.substr(first) : std::string();
    }

private:
    static constexpr std::array<std::string_view, 6> names{"title",      "brand", "category",
                                                           "categories", "year",  "genres"};
    /// A field, or literal text where `field` is past the last field.
    struct Piece {
        std::size_t field;
        std::string literal;
    };
    struct Part {
        bool optional = false;
        std::vector<Piece> pieces;
    };

    static std::size_t index_of(std::string_view name) {
        std::size_t k = 0;
        while (k < names.size() && names[k] != name) ++k;
        return k;
    }
    void append(std::string_view character) {
        std::vector<Piece>& pieces = parts_.back().pieces;
        if (pieces.empty() || pieces.back().field < names.size()) pieces.push_back({names.size(), {}});
        pieces.back().literal += character;
    }

    std::vector<Part> parts_;
};

/// The line for an item by the pattern `ItemLine::usual`; empty where no field is known.
inline std::string text_of_item(const ItemText& item) {
    static const ItemLine line(ItemLine::usual);
    return line.of(item);
}

}  // namespace coco::data
