// SPDX-License-Identifier: Apache-2.0
/// \file
/// The settings of TIGER. Its semantic ids are read from a file, or made of the items' text vectors.
#pragma once

#include <memory>

#include <coco/baseline/tiger/tiger.hpp>
#include <coco/quantize/residual_kmeans.hpp>
#include <coco/quantize/semantic_id_file.hpp>

#include "experiment/baseline.hpp"

namespace experiment {

inline std::shared_ptr<const coco::quantize::SemanticIds> semantic_ids(const Job& job) {
    namespace quantize = coco::quantize;
    const Options& o = job.options;
    if (!o.ids.empty())
        return std::make_shared<const quantize::SemanticIds>(quantize::load_ids(o.ids, job.catalogue));
    quantize::ResidualKMeans kmeans;
    kmeans.codes = o.id_codes;
    kmeans.seed = job.seed;
    const quantize::ItemVectors vectors(job.semantic->kappa, job.semantic->columns);
    return std::make_shared<const quantize::SemanticIds>(quantize::quantize_by_kmeans(vectors, kmeans).ids);
}

inline coco::TrainConfig<coco::baseline::TIGER> tiger_config(const Job& job) {
    const Options& o = job.options;
    coco::TrainConfig<coco::baseline::TIGER> c;
    c.model.network.width = o.width;
    c.model.network.heads = o.heads;
    c.model.network.head = o.head;
    c.model.network.hidden = o.hidden;
    c.model.network.encoder_layers = c.model.network.decoder_layers = o.layers;
    c.model.network.dropout = o.dropout;
    c.model.window = o.window;
    c.model.beam = o.beam;
    c.model.ids = semantic_ids(job);
    set_training(job, c);
    // A search for each user costs more than their training: an epoch is judged by some of them.
    coco::StageSettings stage;
    stage.rate = o.rate;
    stage.epochs = o.epochs;
    stage.patience = o.patience;
    stage.valid = o.valid_users;
    c.schedule.joint_epochs = 0;
    c.schedule.stages = {stage};
    return c;
}

}  // namespace experiment
