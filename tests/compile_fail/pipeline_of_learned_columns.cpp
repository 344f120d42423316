// SPDX-License-Identifier: Apache-2.0
// expect: a SequentialRecommender learns these items' columns; give them to a pipeline's items::Semantic
#include <coco/adapter/lora.hpp>
#include <coco/aligner/semantic_attention.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/decoupler/cross_attention.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/items/learned_semantic.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/pipeline/pipeline.hpp>
#include <coco/prompt/vq_codebook.hpp>

using Shop = coco::Pipeline<coco::backbone::SASRec, coco::items::LearnedSemantic>;

void vectors(const Shop& shop, coco::Context<coco::Archetype>& ctx) { shop.item_vectors(ctx); }
