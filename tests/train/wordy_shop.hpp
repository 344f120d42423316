// SPDX-License-Identifier: Apache-2.0
/// \file
/// A small shop whose semantic columns are made of its words.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include <coco/items/learned_semantic.hpp>
#include <coco/items/semantic.hpp>
#include <coco/items/words.hpp>
#include <coco/train/learn_columns.hpp>

#include "train/small_shop.hpp"

namespace coco::test {

using Learner = SequentialRecommender<backbone::SASRec, items::LearnedSemantic>;
using Ranker = SequentialRecommender<backbone::SASRec, items::Semantic>;

constexpr Index columns = 12;

/// A shop with a random direction for each word; an item's is that of its words together.
struct WordyShop : test::SmallShop {
    std::vector<std::vector<Id>> tokens;
    std::vector<float> kappa;

    WordyShop() : SmallShop(150) {
        for (Id item = 0; item < static_cast<Id>(data.catalogue.size()); ++item)
            tokens.push_back(language.encode(data.catalogue.text(item)));
        tokens[3].clear();
        for (const std::vector<Id>& words : tokens) {
            std::vector<double> sum(columns, 0);
            double length = 0;
            for (const Id word : words) {
                RandomStream random(7, static_cast<std::uint64_t>(word));
                for (double& x : sum) x += random.normal();
            }
            for (const double x : sum) length += x * x;
            for (const double x : sum)
                kappa.push_back(length > 0 ? static_cast<float>(x / std::sqrt(length)) : 0.0f);
        }
    }

    template <class Model>
    TrainConfig<Model> config() const {
        auto config = test::small_config<Model>();
        config.schedule.joint_epochs = 0;
        config.sampling.samples = Samples::positions;
        config.model.channel.on = true;
        config.model.behaviour.items.columns = columns;
        config.model.behaviour.items.kappa = [this](std::span<float> to) {
            std::copy(kappa.begin(), kappa.end(), to.begin());
        };
        return config;
    }
    TrainConfig<Learner> learner() const {
        auto config = this->config<Learner>();
        const items::Words words = items::words_of(tokens, kappa);
        config.model.behaviour.items.words = words.bags;
        config.model.behaviour.items.vocabulary = words.vocabulary;
        config.model.behaviour.items.texts = words.digest;
        config.schedule.stages = columns_stages(config.schedule, config.sampling.samples, 5e-3, 4);
        return config;
    }
};

}  // namespace coco::test
