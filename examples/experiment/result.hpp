// SPDX-License-Identifier: Apache-2.0
/// \file
/// What is put to a run, and what comes out of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <coco/data/catalogue.hpp>
#include <coco/data/split.hpp>
#include <coco/eval/metrics.hpp>
#include <coco/llm/text_model.hpp>

#include "experiment/options.hpp"
#include "experiment/watch.hpp"

namespace experiment {

/// One seed's run. What it refers to must outlive it.
struct Job {
    const Options& options;
    const coco::data::Catalogue& catalogue;  ///< texts already shuffled where that was asked for
    const coco::data::Interactions& everything;
    const coco::data::Split& split;
    const coco::llm::TextModel* language;    ///< null where none is asked
    const std::vector<float>& item_vectors;  ///< items x item_width; empty for a plain table
    Index item_width;
    std::uint64_t seed;
    std::string save, resume, stage1;  ///< this seed's files; empty for none
};

/// Vital signs of one joint epoch.
struct JointEpoch {
    Index epoch;
    double loss, valid, mean_m, codes_per_user, share_at_cap, perplexity, moved, open_groups;
};

/// The outcome of one seed.
struct Result {
    std::uint64_t seed = 0;
    bool stopped = false;  ///< by Ctrl-C; there are no metrics then
    coco::Metrics valid, test;
    std::optional<coco::Metrics> base_valid, base_test;  ///< end of stage 1
    std::string stage1;                                  ///< "trained", "trained and kept", "read", "resumed"
    Index epochs[2] = {0, 0}, best_epoch[2] = {0, 0};
    double seconds = 0;  ///< all of it
    Effort effort;
    std::vector<JointEpoch> joint;
};

/// Train, evaluate, save: all variants of a backbone with one kind of items, each in a translation unit of
/// its own, for five models are compiled in each.
Result run_sasrec_table(const Job& job);
Result run_sasrec_text(const Job& job);

/// The same on a GPU. \throws Error where there is none, or where nvcc was not there when this was built
Result run_sasrec_table_on_cuda(const Job& job);
Result run_sasrec_text_on_cuda(const Job& job);

}  // namespace experiment
