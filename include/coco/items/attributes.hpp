// SPDX-License-Identifier: Apache-2.0
/// \file
/// The attributes of a catalogue's items as S3-Rec takes them: brand, and categories below the top one.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/data/catalogue.hpp>
#include <coco/data/features.hpp>
#include <coco/io/file_digest.hpp>
#include <coco/nn/embedding_bag.hpp>

namespace coco::items {

/// One bag of attributes an item, each once, of ids below `values`.
struct Attributes {
    std::shared_ptr<const nn::Bags> bags;
    Index values = 0;
    std::string digest;  ///< of names and bags
};

/// Brand and categories of each item, without the first level of each path, which nearly all items of a shop
/// share. A name is one attribute, whether a brand or a category.
/// \param min_items  attributes that fewer items have are left out
[[gnu::cold]] inline Attributes attributes_of(const data::Catalogue& catalogue, Index min_items = 1) {
    require(min_items >= 1, "attributes", "limit of items too small", "at least 1", text_of(min_items));
    data::Feature all("attributes");
    std::vector<std::string_view> values;
    for (Id item = 0; item < static_cast<Id>(catalogue.size()); ++item) {
        const data::ItemText& text = catalogue[item];
        values.assign(1, text.brand);
        data::features::split(text.categories, " | ", [&](std::string_view path) {
            bool top = true;
            data::features::split(path, " > ", [&](std::string_view level) {
                if (!top) values.push_back(level);
                top = false;
            });
        });
        all.add(values);
    }
    const data::Feature feature = all.with_at_least(min_items);
    std::vector<std::vector<Id>> bags;
    for (Id item = 0; item < static_cast<Id>(catalogue.size()); ++item) {
        const std::span<const Id> of = feature.of(item);
        bags.emplace_back(of.begin(), of.end());
    }
    std::string names;
    for (Id id = 0; id < static_cast<Id>(feature.values()); ++id) names += feature.value(id) + '\n';
    const auto sum = [](auto numbers) { return io::XXH64::of(std::as_bytes(numbers)); };
    return {std::make_shared<const nn::Bags>(bags, feature.values()), feature.values(),
            text_of(sum(std::span<const char>(names)), ", ", sum(std::span<const Id>(feature.offsets())),
                    ", ", sum(std::span<const Id>(feature.ids())))};
}

}  // namespace coco::items
