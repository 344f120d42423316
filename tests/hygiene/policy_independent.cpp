// SPDX-License-Identifier: Apache-2.0
// All policy-independent code over the archetype policy, whose primitives are declared and never defined:
// compiled without Eigen in the include path, never linked. The code then needs nothing of a policy but what
// <coco/exec/archetype.hpp> declares.
#include <coco/adapter/frozen.hpp>
#include <coco/adapter/lora.hpp>
#include <coco/aligner/cross_attention.hpp>
#include <coco/aligner/identity.hpp>
#include <coco/aligner/semantic_attention.hpp>
#include <coco/backbone/bert4rec.hpp>
#include <coco/backbone/bsarec.hpp>
#include <coco/backbone/fdsa.hpp>
#include <coco/backbone/one_of.hpp>
#include <coco/backbone/pinnerformer.hpp>
#include <coco/backbone/s3rec.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/baseline/tiger/tiger.hpp>
#include <coco/decoupler/cross_attention.hpp>
#include <coco/decoupler/mean_pool.hpp>
#include <coco/decoupler/standardized.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/fwd.hpp>
#include <coco/items/semantic.hpp>
#include <coco/items/table.hpp>
#include <coco/items/text_aware.hpp>
#include <coco/items/tower.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/llm/sentence_encoder.hpp>
#include <coco/pipeline/pipeline.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/prompt/normalized_codebook.hpp>
#include <coco/prompt/static.hpp>
#include <coco/prompt/vq_codebook.hpp>
#include <coco/quantize/id_trie.hpp>
#include <coco/quantize/rq_vae.hpp>
#include <coco/sampling/batch_builder.hpp>

#if __has_include(<Eigen/Core>)
#error "compile this file without Eigen in the include path"
#endif

using coco::Archetype;
using coco::Batch;
using coco::Context;
using coco::CRows;
using coco::Segments;
using coco::TrainingStage;

template <class Model>
void behaviour(const Model& model, Context<Archetype>& ctx, const Batch<Archetype>& batch, float* metrics) {
    static_assert(coco::explain_model<Model>());
    model.step(ctx, batch, TrainingStage::joint, metrics);
    model.score(ctx, batch);
}

template <class Model>
void whole(const Model& model, Context<Archetype>& ctx, const Batch<Archetype>& batch, float* metrics) {
    behaviour(model, ctx, batch, metrics);
    const auto knowledge = model.extract_knowledge(ctx, batch);
    model.score(ctx, batch, CRows<Archetype>(knowledge.decoupler.out), knowledge.decoupler.of_group);
}

void quantized(const coco::quantize::RqVae& model, Context<Archetype>& ctx, CRows<Archetype> x,
               float* losses) {
    model.step(ctx, x, losses);
}

void encode(const coco::llm::SentenceEncoder& encoder, Context<Archetype>& ctx,
            coco::llm::TokenBatch& batch) {
    const auto texts = batch.upload(ctx, encoder.config());
    const auto saved = encoder.forward(ctx, texts);
    encoder.backward(ctx, texts, saved, saved.out);
}

using Backbone = coco::backbone::SASRec;
#define COCO_INSTANTIATE(model, function) \
    template void function(const model&, Context<Archetype>&, const Batch<Archetype>&, float*)
using Plain = coco::SequentialRecommender<Backbone>;
using AnyBase = coco::SequentialRecommender<
    coco::backbone::OneOf<coco::backbone::BSARec, coco::backbone::BERT4Rec, coco::backbone::S3Rec>>;
using FeatureBase = coco::SequentialRecommender<coco::backbone::FDSA>;
using TextBase = coco::SequentialRecommender<Backbone, coco::items::TextAware>;
using SemanticBase = coco::SequentialRecommender<Backbone, coco::items::Semantic>;
using TowerBase = coco::SequentialRecommender<coco::backbone::PinnerFormer, coco::items::Tower>;
using Semantic = coco::Pipeline<Backbone, coco::items::Semantic>;
using Full = coco::Pipeline<Backbone>;
using Soft = coco::Pipeline<Backbone, coco::prompt::Static>;
using Dec = coco::Pipeline<Backbone, coco::decoupler::MeanPool>;
using Reading = coco::Pipeline<Backbone, coco::items::Semantic, coco::prompt::NormalizedCodebook,
                               coco::decoupler::Standardized<>>;
using Con = coco::Pipeline<Backbone, coco::adapter::Frozen>;
using Unaligned = coco::Pipeline<Backbone, coco::aligner::Identity>;
COCO_INSTANTIATE(Plain, behaviour);
COCO_INSTANTIATE(AnyBase, behaviour);
COCO_INSTANTIATE(FeatureBase, behaviour);
COCO_INSTANTIATE(TextBase, behaviour);
COCO_INSTANTIATE(SemanticBase, behaviour);
COCO_INSTANTIATE(TowerBase, behaviour);
COCO_INSTANTIATE(coco::baseline::TIGER, behaviour);
COCO_INSTANTIATE(Semantic, whole);
COCO_INSTANTIATE(Full, whole);
COCO_INSTANTIATE(Soft, whole);
COCO_INSTANTIATE(Dec, whole);
COCO_INSTANTIATE(Con, whole);
COCO_INSTANTIATE(Reading, whole);
COCO_INSTANTIATE(Unaligned, whole);
