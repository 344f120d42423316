// SPDX-License-Identifier: Apache-2.0
/// \file
/// TIGER (Rajput et al., "Recommender Systems with Generative Retrieval", NeurIPS 2023): an encoder-decoder
/// reads the semantic ids of a history, item after item, and generates that of the next item. Rankings are
/// beam searches among the ids of the catalogue.
#pragma once

#include <memory>

#include <coco/baseline/tiger/given_ids.hpp>
#include <coco/baseline/tiger/token_pairs.hpp>
#include <coco/core/error.hpp>
#include <coco/core/role.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/pipeline/concept.hpp>
#include <coco/quantize/id_trie.hpp>
#include <coco/quantize/semantic_ids.hpp>
#include <coco/seq2seq/beam_scorer.hpp>

namespace coco::baseline {

/// A model of its own: trained by `Trainer`, evaluated and served like every other.
class TIGER {
public:
    using Role = role::Model;
    static constexpr const char* name = "coco::baseline::TIGER";
    static constexpr bool uses_knowledge = false;
    /// The encoder reads a whole history, so that each prefix is a sample of its own, as in the paper.
    static constexpr bool sees_later_items = true;

    struct Config {
        seq2seq::Config network;
        Index window = 20;  ///< longest history, in items
        Index beam = 20;    ///< prefixes of ids that stay per user; 0: all, every item is ranked
        GivenIds ids;       ///< of all items

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("network", c.network), setting("window", c.window, at_least(1)),
                         setting("beam", c.beam, at_least(0)), setting("ids", c.ids));
        }
    };

    /// Items that the beam found, by log p.
    template <class P>
    using Scoring = seq2seq::BeamScorer<P>;

    /// \throws Error where a setting is out of range, or where the ids are not those of `items` items
    TIGER(const Config& config, Index items)
        : config_(checked(config, items)),
          ids_(config.ids.ids),
          trie_(*ids_),
          network_(layout_, config.network, ids_->vocabulary()),
          search_(network_, *ids_, trie_, config.beam) {}
    TIGER(const TIGER&) = delete;
    TIGER& operator=(const TIGER&) = delete;

    const ParameterLayout& layout() const { return layout_; }
    const Config& config() const { return config_; }
    Index items() const { return ids_->items(); }
    Index window() const { return config_.window; }
    const seq2seq::EncoderDecoder& network() const { return network_; }

    /// One training step, in every stage the same: cross-entropy, the mean over all tokens of all targets.
    template <class P>
    StepReport step(Context<P>& ctx, const Batch<P>& batch, TrainingStage,
                    typename P::Scalar* metrics) const {
        network_.step(ctx, token_pairs(ctx, batch, *ids_), 1, metrics + StepMetrics::rec);
        StepReport report;
        report.targets = batch.targets.row.size;
        return report;
    }

    /// One search for each target, among all items.
    template <class P>
    Scoring<P> score(Context<P>& ctx, const Batch<P>& batch) const {
        const seq2seq::Pairs<P> pairs = source_tokens(ctx, batch, *ids_);
        const auto encoded = network_.encode(ctx, pairs.source_of, pairs.source, pairs.source_key);
        return {search_(ctx, encoded.out, pairs.source_of)};
    }

private:
    static const Config& checked(const Config& config, Index items) {
        check_settings(config, "tiger");
        if (!config.ids.ids) throw Error("tiger.ids", "missing", "the semantic ids of all items", "none");
        require(config.ids.ids->items() == items, "tiger.ids", "not those of the catalogue",
                text_of(items, " items"), text_of(config.ids.ids->items()));
        return config;
    }

    Config config_;
    ParameterLayout layout_;
    std::shared_ptr<const quantize::SemanticIds> ids_;
    quantize::IdTrie trie_;
    seq2seq::EncoderDecoder network_;
    seq2seq::BeamSearch search_;
};

}  // namespace coco::baseline

static_assert(coco::Model<coco::baseline::TIGER>);
