// SPDX-License-Identifier: Apache-2.0
/// \file
/// Features of items as bags of value ids, one bag an item, with a digest by which a checkpoint knows them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/data/features.hpp>
#include <coco/io/file_digest.hpp>
#include <coco/nn/embedding_bag.hpp>

namespace coco::backbone {

/// Fields of items: for each field the bags of values of all items.
using Fields = std::vector<std::shared_ptr<const nn::Bags>>;

/// Of vocabularies and bags, in the order of the fields. Names of values do not count: a backbone reads ids.
/// \throws Error naming a field that is null
[[gnu::cold]] inline std::string digest_of(const Fields& fields) {
    std::string digest;
    for (std::size_t k = 0; k < fields.size(); ++k) {
        require(fields[k] != nullptr, text_of("field ", k), "null");
        io::XXH64 sum;
        sum.add(std::as_bytes(std::span(fields[k]->offsets().at)));
        sum.add(std::as_bytes(fields[k]->ids()));
        digest += text_of(k == 0 ? "" : ", ", fields[k]->count(), ":", fields[k]->rows(), ":", sum.value());
    }
    return digest;
}

/// What `FDSA::Config` takes.
struct FeatureBags {
    Fields features;
    std::string digest;
};

/// \param features  all of the same items
/// \throws Error naming a feature that no item has, or that is of another number of items than the first
[[gnu::cold]] inline FeatureBags feature_bags(std::span<const data::Feature> features) {
    FeatureBags made;
    for (const data::Feature& feature : features) {
        require(feature.values() > 0, feature.name(), "no item has a value of this feature",
                "other features, or an item file with a column of this one");
        require(feature.items() == features.front().items(), feature.name(), "of another number of items",
                text_of(features.front().items()), text_of(feature.items()));
        std::vector<std::vector<Id>> bags;
        for (Id item = 0; item < static_cast<Id>(feature.items()); ++item) {
            const std::span<const Id> values = feature.of(item);
            bags.emplace_back(values.begin(), values.end());
        }
        made.features.push_back(std::make_shared<const nn::Bags>(bags, feature.values()));
    }
    made.digest = digest_of(made.features);
    return made;
}

}  // namespace coco::backbone
