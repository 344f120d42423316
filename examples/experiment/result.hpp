// SPDX-License-Identifier: Apache-2.0
/// \file
/// The inputs and the results of a run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <coco/data/catalogue.hpp>
#include <coco/data/split.hpp>
#include <coco/eval/knowledge_diagnostics.hpp>
#include <coco/eval/metrics.hpp>
#include <coco/llm/text_model.hpp>

#include "experiment/options.hpp"
#include "experiment/semantic_columns.hpp"
#include "experiment/watch.hpp"

namespace experiment {

/// The run of one seed. Objects it refers to must outlive it.
struct Job {
    const Options& options;
    const coco::data::Catalogue& catalogue;  ///< texts already shuffled if requested
    const coco::data::Interactions& everything;
    const coco::data::Split& split;
    const coco::llm::TextModel* language;         ///< null if none is used
    const std::vector<SemanticColumns>& choices;  ///< of semantic columns; of several validation chooses
    const SemanticColumns* semantic;              ///< those in use, one of `choices`
    std::uint64_t seed;
    std::string save, resume, pretrained, stage1;  ///< this seed's files; empty: none
};

/// Diagnostics of one joint epoch.
struct JointEpoch {
    Index epoch;
    double loss, valid, mean_m, codes_per_user, share_at_cap, perplexity, moved, open_groups;
};

/// One correction of the language model through the items' texts; the first of a run stands for none.
struct Correction {
    double loss, mean_m;  ///< before it, means over the items held back
    double valid;         ///< N@10 after it
};

/// Test metrics, one per entry of `coco::every_seen_items`.
using SeenMetrics = std::vector<coco::Metrics>;

/// The outcome of one seed.
struct Result {
    std::uint64_t seed = 0;
    bool stopped = false;  ///< by Ctrl-C; then there are no metrics
    coco::Metrics valid, test;
    std::optional<coco::Metrics> base_valid, base_test;  ///< end of stage 1
    SeenMetrics test_by_seen, base_test_by_seen;         ///< the same for every treatment of seen items
    double lambda = 0, gate = 0;                         ///< of the channel
    Index text_layer = 0;                                ///< of its columns
    double shrink = 0;
    std::string stage1;  ///< "trained", "trained and kept", "read", "resumed"
    Index epochs[2] = {0, 0}, best_epoch[2] = {0, 0};
    double seconds = 0;  ///< total
    Effort effort;
    std::vector<JointEpoch> joint;
    std::vector<Correction> corrections;
    std::optional<coco::KnowledgeDiagnostics> knowledge;  ///< of a model that reads text
};

/// Trains, evaluates, saves: the variants of a backbone with one kind of items. Each is in a translation unit
/// of its own, because several models are compiled in each.
Result run_table(const Job& job);
Result run_semantic(const Job& job);
/// UniSRec.
Result run_tiger(const Job& job);
Result run_unisrec(const Job& job);

/// The same on a GPU. \throws Error if there is none, or if nvcc was not available when this was built
Result run_table_on_cuda(const Job& job);
Result run_semantic_on_cuda(const Job& job);
Result run_tiger_on_cuda(const Job& job);
Result run_unisrec_on_cuda(const Job& job);

}  // namespace experiment
