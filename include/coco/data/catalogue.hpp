// SPDX-License-Identifier: Apache-2.0
/// \file
/// The items that can be recommended: a dense identifier, the external key and the text of each item.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/data/in_quotes.hpp>
#include <coco/data/item_text.hpp>
#include <coco/data/keys.hpp>

namespace coco::data {

/// Items in the order of their identifiers.
class Catalogue {
public:
    /// Adds an item with a new key. Error messages name `where`.
    /// \throws Error where the key is empty or already present
    Id add(std::string_view key, ItemText item = {}, const std::string& where = "catalogue") {
        if (key.empty()) throw Error(where, "item without a key");
        if (keys_.find(key) != no_id) throw Error(where, "item given twice", {}, in_quotes(key));
        items_.push_back(std::move(item));
        return keys_.add(key);
    }

    /// The identifier of `key`; adds an item without text where the key is unknown.
    Id find_or_add(std::string_view key) {
        const Id known = keys_.find(key);
        return known != no_id ? known : add(key);
    }

    /// The identifier of `key`; `no_id` where it is unknown.
    Id find(std::string_view key) const { return keys_.find(key); }

    const std::string& key(Id item) const { return keys_[item]; }
    const ItemText& operator[](Id item) const { return items_[static_cast<std::size_t>(item)]; }
    const std::string& title(Id item) const { return (*this)[item].title; }
    std::string text(Id item) const { return text_of_item((*this)[item]); }
    Index size() const { return keys_.size(); }

    /// A digest of the ordered keys. A model fits every catalogue with an equal digest, whatever its texts.
    std::uint64_t digest() const { return keys_.digest(); }

    /// The same items with permuted texts: item i gets the text of item `source[i]`. A model that improves as
    /// much with these texts has learnt nothing from the text.
    /// \throws Error where `source` does not name one item for each item
    Catalogue with_texts_of(const std::vector<Id>& source) const {
        if (static_cast<Index>(source.size()) != size())
            throw Error("texts", "not one source for each item", text_of(size()), text_of(source.size()));
        Catalogue other = *this;
        for (std::size_t i = 0; i < source.size(); ++i) {
            if (source[i] < 0 || source[i] >= size())
                throw Error(text_of("texts[", i, "]"), "no such item", {}, text_of(source[i]));
            other.items_[i] = (*this)[source[i]];
        }
        return other;
    }

private:
    Keys keys_;
    std::vector<ItemText> items_;
};

}  // namespace coco::data
