// SPDX-License-Identifier: Apache-2.0
/// \file
/// A small training run, evaluation and serving, run on two policies and compared. The host's part is a
/// source file of its own (twin_host.cpp), so that a device source does not include the host's headers.
#pragma once

#include <array>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

#include <coco/eval/evaluate.hpp>
#include <coco/pipeline/make_knowledge.hpp>
#include <coco/serve/load.hpp>
#include <coco/serve/recommender.hpp>
#include <coco/train/checkpoint.hpp>

#include "train/small_shop.hpp"

namespace coco::twin {

using test::Shop;
using test::SmallShop;

/// The metrics and counts of one step.
struct Step {
    std::array<double, StepMetrics::entries> metrics{};
    Index targets = 0, groups = 0, open_groups = 0, prompts = 0;
    std::vector<Index> uses;  ///< how often each code was selected

    double loss() const {
        return metrics[StepMetrics::rec] + metrics[StepMetrics::aux] + metrics[StepMetrics::quantization] +
               metrics[StepMetrics::orthogonality];
    }
};

inline TrainConfig<Shop> shop_config() {
    TrainConfig<Shop> c = test::small_config<Shop>();
    c.schedule.batch.samples = 32;
    c.schedule.joint_batch = 8;
    // High enough for the losses to fall within the compared steps.
    c.schedule.rate = 1e-2;
    return c;
}

/// Continues for `steps` steps and records each.
template <class P>
std::vector<Step> record(Trainer<Shop, P>& trainer, const SmallShop& shop, Index steps) {
    std::vector<Step> all;
    Step before;
    trainer.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
        if (p.kind != Progress::Kind::step) return true;
        const TrainingDiagnostics& v = trainer.state().diagnostics;
        Step now{{}, v.targets, v.groups, v.open_groups, v.prompts, v.uses};
        const auto sums = trainer.metrics();
        for (std::size_t e = 0; e < sums.size(); ++e) now.metrics[e] = static_cast<double>(sums[e]);
        Step step = now;
        // Sums run over an epoch; a resumed run starts with those of the previous steps.
        if (p.done > 1 && !all.empty()) {
            for (std::size_t e = 0; e < sums.size(); ++e) step.metrics[e] -= before.metrics[e];
            step.targets -= before.targets;
            step.groups -= before.groups;
            step.open_groups -= before.open_groups;
            step.prompts -= before.prompts;
            for (std::size_t c = 0; c < step.uses.size(); ++c) step.uses[c] -= before.uses[c];
        }
        before = now;
        all.push_back(step);
        return static_cast<Index>(all.size()) < steps;
    });
    return all;
}

/// The first steps of a training run.
template <class P>
std::vector<Step> behaviour(const SmallShop& shop, Index steps) {
    Trainer<Shop, P> trainer(shop_config(), shop.data.catalogue, shop.language);
    return record(trainer, shop, steps);
}

/// Trains to the first joint step and saves.
template <class P>
void begin_joint(const SmallShop& shop, const std::filesystem::path& path) {
    Trainer<Shop, P> trainer(shop_config(), shop.data.catalogue, shop.language);
    trainer.fit(shop.split.train, shop.split.valid,
                [](const Progress& p) { return p.stage == TrainingStage::behaviour; });
    save(path, trainer);
}

/// Continues from there; saves the result if `to` is given.
template <class P>
std::vector<Step> joint(const SmallShop& shop, const std::filesystem::path& from, Index steps,
                        const std::filesystem::path& to = {}) {
    Trainer<Shop, P> trainer(shop_config(), shop.data.catalogue, shop.language);
    resume(from, trainer);
    std::vector<Step> all = record(trainer, shop, steps);
    if (!to.empty()) save(to, trainer);
    return all;
}

/// Ranks and recommendations of a saved model.
struct Scores {
    std::vector<double> ranks;                   ///< of the test cases' targets
    std::vector<Recommendation> with_knowledge;  ///< for the first users, with their knowledge
    std::vector<Recommendation> ignorant;
};

template <class P>
Scores ask(const SmallShop& shop, const std::filesystem::path& path) {
    const TrainedModel<Shop, P> trained = load<Shop, P>(path, shop.language, &shop.data.catalogue);
    Scores answers;
    answers.ranks = evaluate(trained, shop.split.test).ranks();
    data::Interactions histories;
    for (Index i = 0; i < shop.split.test.size(); ++i) histories.add(shop.split.test[i].history);
    const Recommender<Shop, P> recommender(trained, make_knowledge(trained, histories)), plain(trained);
    const auto both = [&](Index i) {
        const Request request{
            .history = shop.split.test[i].history, .user = static_cast<Id>(i), .k = 5, .exclude = {}};
        return std::pair(recommender.recommend(request), plain.recommend(request));
    };
    const Index users = std::min<Index>(20, shop.split.test.size());
    // The first pass lets a device record these shapes; the second pass is then answered by graphs.
    for (Index i = 0; i < users; ++i) both(i);
    for (Index i = 0; i < users; ++i) {
        auto [with_knowledge, ignorant] = both(i);
        answers.with_knowledge.push_back(std::move(with_knowledge));
        answers.ignorant.push_back(std::move(ignorant));
    }
    return answers;
}

}  // namespace coco::twin
