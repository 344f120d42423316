// SPDX-License-Identifier: Apache-2.0
// The whole trunk over the archetype, whose skills are declared and defined nowhere: compiled without Eigen
// in sight and never linked. What it needs of a policy is then what the archetype's page says, and nothing
// else.
#include <coco/adapter/frozen.hpp>
#include <coco/adapter/lora.hpp>
#include <coco/aligner/cross_attention.hpp>
#include <coco/aligner/identity.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/decoupler/cross_attention.hpp>
#include <coco/decoupler/mean_pool.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/fwd.hpp>
#include <coco/items/table.hpp>
#include <coco/items/text_aware.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/pipeline/pipeline.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/prompt/static.hpp>
#include <coco/prompt/vq_codebook.hpp>
#include <coco/sampling/batch_builder.hpp>

#if __has_include(<Eigen/Core>)
#error "this file is to be compiled without Eigen in sight"
#endif

using coco::Archetype;
using coco::Batch;
using coco::Context;
using coco::CRows;
using coco::Segments;
using coco::TrainingStage;

template <class Model>
void base(const Model& model, Context<Archetype>& ctx, const Batch<Archetype>& batch, float* metrics) {
    static_assert(coco::explain_model<Model>());
    model.step(ctx, batch, TrainingStage::joint, metrics);
    model.score(ctx, batch);
}

template <class Model>
void whole(const Model& model, Context<Archetype>& ctx, const Batch<Archetype>& batch, float* metrics) {
    base(model, ctx, batch, metrics);
    const auto knowledge = model.extract_knowledge(ctx, batch);
    model.score(ctx, batch, CRows<Archetype>(knowledge.decoupler.out), knowledge.decoupler.of_group);
    model.represent(ctx, batch);
}

using Backbone = coco::backbone::SASRec;
#define COCO_TRUNK(words, function) \
    template void function(const words&, Context<Archetype>&, const Batch<Archetype>&, float*)
using SequentialRecommender = coco::SequentialRecommender<Backbone>;
using TextBase = coco::SequentialRecommender<Backbone, coco::items::TextAware>;
using Full = coco::Pipeline<Backbone>;
using Soft = coco::Pipeline<Backbone, coco::prompt::Static>;
using Dec = coco::Pipeline<Backbone, coco::decoupler::MeanPool>;
using Con = coco::Pipeline<Backbone, coco::adapter::Frozen>;
using Unaligned = coco::Pipeline<Backbone, coco::aligner::Identity>;
COCO_TRUNK(SequentialRecommender, base);
COCO_TRUNK(TextBase, base);
COCO_TRUNK(Full, whole);
COCO_TRUNK(Soft, whole);
COCO_TRUNK(Dec, whole);
COCO_TRUNK(Con, whole);
COCO_TRUNK(Unaligned, whole);
