// SPDX-License-Identifier: Apache-2.0
/// \file
/// Features of items as numbers: for each item any number of values out of a vocabulary, for backbones that
/// read brands and categories, for samplers and for tables. Made from the catalogue's texts.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/data/catalogue.hpp>
#include <coco/data/keys.hpp>

namespace coco::data {

/// One feature. Values are numbered by the first item that has them.
class Feature {
public:
    explicit Feature(std::string name) : name_(std::move(name)) {}

    /// Appends the next item. Empty values are left out, repeated ones count once, order is kept.
    void add(std::span<const std::string_view> values) {
        const auto begin = static_cast<std::ptrdiff_t>(ids_.size());
        for (const std::string_view value : values) {
            if (value.empty()) continue;
            const Id id = vocabulary_.add(value);
            if (std::find(ids_.begin() + begin, ids_.end(), id) == ids_.end()) ids_.push_back(id);
        }
        offsets_.push_back(static_cast<Id>(ids_.size()));
    }

    const std::string& name() const { return name_; }
    Index items() const { return static_cast<Index>(offsets_.size()) - 1; }
    /// Size of the vocabulary.
    Index values() const { return vocabulary_.size(); }
    const std::string& value(Id id) const { return vocabulary_[id]; }
    /// The values of an item; may be empty.
    std::span<const Id> of(Id item) const {
        const auto at = offsets_.begin() + item;
        return {ids_.data() + *at, static_cast<std::size_t>(at[1] - *at)};
    }
    /// items() + 1 offsets into `ids`: all of it as one ragged list.
    const std::vector<Id>& offsets() const { return offsets_; }
    const std::vector<Id>& ids() const { return ids_; }

    /// The same without values that fewer than `items` items have, numbered anew.
    Feature with_at_least(Index items) const {
        std::vector<Index> count(static_cast<std::size_t>(values()), 0);
        for (const Id id : ids_) ++count[static_cast<std::size_t>(id)];
        Feature kept(name_);
        std::vector<std::string_view> values;
        for (Id item = 0; item < static_cast<Id>(this->items()); ++item) {
            values.clear();
            for (const Id id : of(item))
                if (count[static_cast<std::size_t>(id)] >= items) values.push_back(value(id));
            kept.add(values);
        }
        return kept;
    }

private:
    std::string name_;
    Keys vocabulary_;
    std::vector<Id> offsets_{0}, ids_;
};

namespace features {

/// Calls add(part) for the parts of `text` between separators.
template <class Add>
void split(std::string_view text, std::string_view separator, const Add& add) {
    for (;;) {
        const std::size_t at = text.find(separator);
        add(text.substr(0, at));
        if (at == std::string_view::npos) return;
        text.remove_prefix(at + separator.size());
    }
}

/// The words of a title: runs of letters, digits and bytes beyond ASCII, in lower case. `storage` holds them.
inline void words_of(std::string_view title, std::vector<std::string>& storage) {
    storage.emplace_back();
    for (const char c : title) {
        const unsigned char byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 || std::isalnum(byte) != 0)
            storage.back() += byte < 0x80 ? static_cast<char>(std::tolower(byte)) : c;
        else if (!storage.back().empty())
            storage.emplace_back();
    }
}

inline constexpr std::array<std::string_view, 5> names{"brand", "categories", "genres", "year",
                                                       "title_words"};

}  // namespace features

/// The features of these names, of all items: `brand`, `categories` (every level of every path, each once),
/// `genres`, `year`, `title_words`.
/// \param min_items  values that fewer items have are left out
/// \throws Error naming a feature that there is not
inline std::vector<Feature> features_of(const Catalogue& catalogue, std::span<const std::string_view> names,
                                        Index min_items = 1) {
    std::vector<Feature> all;
    for (const std::string_view name : names) {
        if (std::find(features::names.begin(), features::names.end(), name) == features::names.end())
            throw Error("features", "no such feature", "brand, categories, genres, year or title_words",
                        std::string(name));
        Feature feature{std::string(name)};
        std::vector<std::string> words;
        std::vector<std::string_view> values;
        const auto add = [&](std::string_view value) { values.push_back(value); };
        for (Id item = 0; item < static_cast<Id>(catalogue.size()); ++item) {
            const ItemText& text = catalogue[item];
            words.clear();
            values.clear();
            if (name == "brand") add(text.brand);
            if (name == "year") add(text.year);
            if (name == "genres") features::split(text.genres, ", ", add);
            if (name == "categories")
                features::split(text.categories, " | ",
                                [&](std::string_view path) { features::split(path, " > ", add); });
            if (name == "title_words") {
                features::words_of(text.title, words);
                values.assign(words.begin(), words.end());
            }
            feature.add(values);
        }
        all.push_back(min_items > 1 ? feature.with_at_least(min_items) : std::move(feature));
    }
    return all;
}

}  // namespace coco::data
