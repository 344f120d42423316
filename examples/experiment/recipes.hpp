// SPDX-License-Identifier: Apache-2.0
/// \file
/// Recipes of backbones other than SASRec, whose own are presets of the library (`sasrec_presets.hpp`):
/// settings of the command line by name, each with its source. docs/recipes.md has what each is worth.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace experiment {

struct Recipe {
    std::string_view name;
    std::vector<std::pair<const char*, const char*>> settings;  ///< options and their values
};

inline const std::vector<Recipe>& recipes() {
    static const std::vector<Recipe> all{
        // MTandHJ/RecBoard, BSARec on Beauty and Toys, but for its weight decay of 1e-4.
        {"bsarec",
         {{"--backbone", "bsarec"},
          {"--heads", "1"},
          {"--dropout", ".5"},
          {"--attention-dropout", "0"},
          {"--transform-over", "window"},
          {"--rate", "5e-4"}}},
        // The same source, BERT4Rec on Beauty: 4 heads, dropout .2, 512 a batch, a fifth of the items masked.
        {"bert4rec",
         {{"--backbone", "bert4rec"},
          {"--heads", "4"},
          {"--dropout", ".2"},
          {"--masked", ".2"},
          {"--batch", "512"},
          {"--rate", "2e-3"},
          {"--patience", "15"}}},
    };
    return all;
}

inline const Recipe* find_recipe(std::string_view name) {
    for (const Recipe& r : recipes())
        if (r.name == name) return &r;
    return nullptr;
}

}  // namespace experiment
