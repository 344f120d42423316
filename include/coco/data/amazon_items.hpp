// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reader of Amazon's item metadata as published in 2014, 2018 and 2023: one item per line, as JSON or as the
/// Python literals of 2014.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/data/fields.hpp>
#include <coco/data/html.hpp>
#include <coco/data/item_text.hpp>
#include <coco/data/keys.hpp>
#include <coco/data/lines.hpp>
#include <coco/data/literal.hpp>
#include <coco/data/notes.hpp>

namespace coco::data {

/// One line of metadata: the item's key and text.
///
///  * key: `parent_asin` (2023), else `asin`
///  * title: `title`
///  * brand: `brand` (2014, 2018), else `store`, else `Brand` among the `details` (2023)
///  * categories: `categories`, a list of paths (2014) or one path (2023), or `category` (2018), one path;
///  else
///    `main_category` (2023) or `main_cat` (2018)
///
/// null, None and an empty list give no text. Text is HTML: character references are decoded, white space is
/// collapsed. Two kinds of rubbish of 2018's files are left out, with a note: texts that are only tags, and
/// texts with a script of the page ("getTime").
class AmazonItem {
public:
    /// \throws Error where the line is not one object, or a member that is read has another type
    AmazonItem(std::string_view line, const std::string& where, Notes& notes)
        : value_(line, where), where_(where), notes_(notes) {
        std::string asin, parent, brand, store, maker, categories, shelf;
        value_.members([&](const std::string& name) {
            if (name == "asin")
                asin = value_.string();
            else if (name == "parent_asin")
                parent = value_.string();
            else if (name == "title")
                text_.title = text(name);
            else if (name == "brand")
                brand = text(name);
            else if (name == "store")
                store = text(name);
            else if (name == "details")
                maker = maker_of();
            else if (name == "categories" || name == "category")
                categories = paths(name);
            else if (name == "main_category" || name == "main_cat")
                shelf = text(name);
            else
                value_.pass_over();
        });
        value_.end();
        key_ = parent.empty() ? asin : parent;
        text_.brand = !brand.empty() ? brand : !store.empty() ? store : maker;
        text_.categories = categories.empty() ? shelf : categories;
        if (value_.replaced()) notes_.add(where_, "half of a surrogate pair in a string, read as U+FFFD");
    }

    const std::string& key() const { return key_; }
    ItemText& text() { return text_; }

private:
    /// A string, or a list of strings, joined by ", ".
    std::string text(std::string_view name) {
        std::string joined;
        if (value_.peek() == '[')
            value_.elements([&] { joined += (joined.empty() ? "" : ", ") + value_.string(); });
        else
            joined = value_.string();
        std::string plain = plain_text(utf8_text(std::move(joined), where_, name, notes_));
        if (!is_only_tags(plain) && plain.find("getTime") == std::string::npos) return plain;
        notes_.add(where_, text_of("rest of a web page in ", name, ", left out"));
        return {};
    }

    /// "Brand" among the details; they may also be null or a string.
    std::string maker_of() {
        std::string maker;
        if (value_.peek() != '{') {
            value_.pass_over();
            return maker;
        }
        value_.members([&](const std::string& name) {
            if (name == "Brand" && (value_.peek() == '"' || value_.peek() == '\''))
                maker = text("details");
            else
                value_.pass_over();
        });
        return maker;
    }

    /// Levels joined by " > ", several paths by " | ".
    std::string paths(std::string_view name) {
        if (value_.missing()) return {};
        if (const char next = value_.peek(); next != '[' && next != '(') return text(name);
        std::vector<std::string> all(1);  // the first is that of levels which are not in a list of their own
        const auto level = [&](std::string& path) {
            const std::string part = text(name);
            if (!part.empty()) path += (path.empty() ? "" : " > ") + part;
        };
        value_.elements([&] {
            if (const char next = value_.peek(); next != '[' && next != '(') return level(all.front());
            std::string path;
            value_.elements([&] { level(path); });
            all.push_back(std::move(path));
        });
        std::string joined;
        for (const std::string& path : all)
            if (!path.empty()) joined += (joined.empty() ? "" : " | ") + path;
        return joined;
    }

    Literal value_;
    const std::string& where_;
    Notes& notes_;
    std::string key_;
    ItemText text_;
};

/// Reads the texts of the items in `keys` from a metadata file; other items are skipped. Of several lines of
/// an item the last counts, with a note. \throws Error where a line has no key, or no line is of an item in
/// `keys`
template <LineSource Source = PlainFile>
std::vector<ItemText> read_amazon_items(const std::filesystem::path& path, const Keys& keys, Notes& notes) {
    std::vector<ItemText> items(static_cast<std::size_t>(keys.size()));
    std::vector<bool> described(items.size(), false);
    Lines<Source> lines(path);
    Index other = 0;
    for (std::string line; lines.next(line);) {
        if (line.empty()) continue;
        const std::string where = lines.where();
        AmazonItem item(line, where, notes);
        if (item.key().empty()) throw Error(where, "missing member", "asin or parent_asin");
        const Id id = keys.find(item.key());
        if (id == no_id) {
            ++other;
            continue;
        }
        const auto at = static_cast<std::size_t>(id);
        if (described[at]) notes.add(where, "another line of the same item, the last one counts");
        described[at] = true;
        items[at] = std::move(item.text());
    }
    const Index missing = static_cast<Index>(std::count(described.begin(), described.end(), false));
    if (missing == keys.size() && other > 0)
        throw Error(path.string(), "has no item of the reviews", in_quotes(keys[0]) + " and others",
                    text_of(other, " other items"));
    if (missing > 0)
        notes.add(path.string(), "reviewed item that is not in this file, without text", missing);
    return items;
}

}  // namespace coco::data
