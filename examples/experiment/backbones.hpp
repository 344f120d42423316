// SPDX-License-Identifier: Apache-2.0
/// \file
/// The backbones that `experiment` trains, and their settings.
#pragma once

#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include <coco/backbone/bert4rec.hpp>
#include <coco/backbone/bsarec.hpp>
#include <coco/backbone/fdsa.hpp>
#include <coco/backbone/one_of.hpp>
#include <coco/backbone/pinnerformer.hpp>
#include <coco/backbone/s3rec.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/data/features.hpp>
#include <coco/items/attributes.hpp>
#include <coco/train/pretraining_stages.hpp>
#include <coco/train/sasrec_presets.hpp>

#include "experiment/options.hpp"

namespace experiment {

using Backbones =
    coco::backbone::OneOf<coco::backbone::SASRec, coco::backbone::BSARec, coco::backbone::BERT4Rec,
                          coco::backbone::FDSA, coco::backbone::S3Rec, coco::backbone::PinnerFormer>;

/// Settings that all have, and each one's own.
/// \throws Error where the one that is chosen needs features that no item has
template <class Config>
void set_backbone(const Options& o, Config& config, const coco::data::Catalogue& catalogue) {
    using namespace coco::backbone;
    config.window = o.window;
    config.encoder.width = o.width;
    config.encoder.hidden = o.feed_forward();
    config.encoder.layers = o.layers;
    config.encoder.heads = o.heads;
    config.encoder.dropout = o.dropout;
    config.encoder.attention_dropout = o.attention_dropout < 0 ? o.dropout : o.attention_dropout;
    if constexpr (std::is_same_v<Config, SASRec::Config>)
        coco::set_form(o.block == "original" ? SASRecForm::original : SASRecForm::s3rec, config);
    if constexpr (std::is_same_v<Config, BSARec::Config>) {
        config.alpha = o.filter_share;
        config.cutoff = o.cutoff;
        config.over = coco::value_named<coco::nn::TransformOver>(o.transform_over, "--transform-over");
    }
    if constexpr (std::is_same_v<Config, FDSA::Config>)
        if (o.backbone == FDSA::setting_name) {
            const std::vector<std::string_view> names(o.features.begin(), o.features.end());
            const FeatureBags bags = feature_bags(coco::data::features_of(catalogue, names, o.feature_items));
            config.features = bags.features;
            config.texts = bags.digest;
        }
    if constexpr (std::is_same_v<Config, S3Rec::Config>)
        if (o.backbone == S3Rec::setting_name) {
            const coco::items::Attributes attributes = coco::items::attributes_of(catalogue, o.feature_items);
            config.values = attributes.values;
            config.texts = attributes.digest;
            config.attributes = attributes.bags;
        }
}

/// \param config  of a training run; its items' initial values follow from the backbone
template <class Run>
void set_backbones(const Options& o, Run& config, const coco::data::Catalogue& catalogue) {
    auto& backbone = config.model.behaviour.backbone;
    if constexpr (std::is_same_v<std::decay_t<decltype(backbone)>, Backbones::Config>) {
        backbone.name = o.backbone;
        backbone.window = o.window;
        std::apply([&](auto&... each) { (set_backbone(o, each, catalogue), ...); }, backbone.of);
    } else {
        set_backbone(o, backbone, catalogue);
    }
    if (o.backbone == coco::backbone::SASRec::setting_name && o.block == "original")
        config.model.behaviour.items.init = coco::Init::xavier_normal(catalogue.size(), o.width).scale;
}

/// Puts S3-Rec's stage of pre-training in front of behaviour, which is the last stage then.
template <class Run>
void set_pretraining(const Options& o, Run& config) {
    if (!o.pretrains()) return;
    config.schedule.stages =
        coco::pretraining_stages(config.schedule, o.pretrain_epochs, o.rate,
                                 o.pretrain_samples == "prefixes" ? coco::sampling::Pretraining::name
                                                                  : coco::sampling::PretrainingByUser::name);
}

}  // namespace experiment
