// SPDX-License-Identifier: Apache-2.0
/// \file
/// Selects and builds the batches of an epoch: a function of data, schedule, seed and epoch only, so that a
/// resumed run continues with the same batches.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <coco/core/order.hpp>
#include <coco/sampling/batch_builder.hpp>
#include <coco/sampling/batches.hpp>

namespace coco {

/// How epochs are split into batches.
struct EpochSettings {
    std::uint64_t seed = 1;
    sampling::BatchLimits batch;     ///< of the behaviour stage
    Index joint_batch = 16;          ///< users per joint step
    bool samples_negatives = false;  ///< whether the objective needs sampled negatives
    NegativesFrom negatives = NegativesFrom::train;
};

/// The batches of both training stages.
class EpochSampler {
public:
    /// \param text  of the items; null where the model does not read text
    EpochSampler(const EpochSettings& settings, const BatchBuilder& builder, const text::History* text)
        : settings_(settings), builder_(builder), text_(text) {}

    /// Before a training stage is prepared.
    void set_builder(const BatchBuilder& builder) { builder_ = builder; }
    /// Sets all items of every user, including the held-out ones, for `NegativesFrom::all_leaking`.
    void set_all_interactions(data::Interactions everything) { everything_ = std::move(everything); }

    /// Lists the samples of a training stage, and fills `b` with its largest batch (empty without samples).
    /// \throws Error where a user has taken every item and negatives are to be drawn
    void prepare(HostBatch& b, const data::Interactions& train, TrainingStage stage) {
        stage_ = stage;
        b.clear();
        if (settings_.samples_negatives && !negatives_)
            negatives_ = settings_.negatives == NegativesFrom::train
                             ? sampling::Negatives::excluding_train(train, builder_.items())
                             : sampling::Negatives::excluding_all_leaking(everything_, builder_.items());
        const Sampling& sampling = builder_.sampling();
        if (stage == TrainingStage::behaviour) {
            samples_ = sampling.samples != Samples::positions
                           ? sampling::every_prefix(train, sampling.window)
                           : sampling::every_position(train, sampling.window);
            if (!samples_.empty())
                builder_.behaviour(b, train, sampling::largest_batch(samples_, settings_.batch), negatives(),
                                   0, 0);
            return;
        }
        users_.clear();
        for (Id user = 0; user < static_cast<Id>(train.users()); ++user)
            if (train.length(user) >= 2) users_.push_back(user);
        std::vector<Index> shorter;
        for (const Id user : users_) shorter.push_back(-train.length(user));
        std::vector<Id> longest = in_order(users_, ascending(shorter));
        longest.resize(std::min(longest.size(), static_cast<std::size_t>(settings_.joint_batch)));
        if (!longest.empty()) builder_.joint(b, train, longest, text_, negatives(), 0, 0, 0);
    }

    /// Shuffles epoch `epoch`, counted from 0; returns its number of batches.
    Index begin_epoch(Index epoch) {
        epoch_ = static_cast<std::uint64_t>(epoch);
        if (stage_ == TrainingStage::behaviour) {
            batches_ = sampling::Batches::of_epoch(samples_, settings_.batch, settings_.seed, epoch_);
            return batches_.size();
        }
        order_ = users_;
        RandomStream(settings_.seed, (std::uint64_t{0x6a6f696e74} << 16) + epoch_).shuffle(order_);
        return (static_cast<Index>(order_.size()) + settings_.joint_batch - 1) / settings_.joint_batch;
    }

    /// Fills a batch of the epoch. \param step  step of the whole training run: keys the negatives
    void fill(HostBatch& b, const data::Interactions& train, Index batch, std::uint64_t step) {
        if (stage_ == TrainingStage::behaviour) {
            chosen_.clear();
            for (const Index i : batches_[batch]) chosen_.push_back(samples_[static_cast<std::size_t>(i)]);
            builder_.behaviour(b, train, chosen_, negatives(), settings_.seed, step);
        } else {
            const std::size_t size = static_cast<std::size_t>(settings_.joint_batch);
            const std::size_t first = static_cast<std::size_t>(batch) * size;
            const std::size_t count = std::min(size, order_.size() - first);
            builder_.joint(b, train, std::span<const Id>(order_).subspan(first, count), text_, negatives(),
                           settings_.seed, epoch_, step);
        }
    }

private:
    const sampling::Negatives* negatives() const { return negatives_ ? &*negatives_ : nullptr; }

    EpochSettings settings_;
    BatchBuilder builder_;
    const text::History* text_;
    TrainingStage stage_ = TrainingStage::behaviour;
    std::uint64_t epoch_ = 0;
    std::vector<sampling::Sample> samples_, chosen_;
    sampling::Batches batches_;
    std::vector<Id> users_, order_;
    std::optional<sampling::Negatives> negatives_;
    data::Interactions everything_;
};

}  // namespace coco
