// SPDX-License-Identifier: Apache-2.0
/// \file
/// <coco/coco.hpp> without the host implementation, plus the CUDA implementation, for sources compiled by
/// nvcc. A source that needs both may also include <coco/coco.hpp>; it compiles faster in a separate source.
#pragma once

// First: it says what is missing.
#include <coco/core/requirements.hpp>
#include <coco/cuda/compiler.cuh>

#include <coco/adapter/frozen.hpp>
#include <coco/adapter/lora.hpp>
#include <coco/aligner/cross_attention.hpp>
#include <coco/aligner/identity.hpp>
#include <coco/aligner/semantic_attention.hpp>
#include <coco/backbone/pinnerformer.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/baseline/popularity.hpp>
#include <coco/cuda/cuda.cuh>
#include <coco/data/dataset.hpp>
#include <coco/data/open.hpp>
#include <coco/data/synthetic.hpp>
#include <coco/decoupler/cross_attention.hpp>
#include <coco/decoupler/mean_pool.hpp>
#include <coco/eval/bootstrap.hpp>
#include <coco/eval/evaluate.hpp>
#include <coco/eval/groups.hpp>
#include <coco/eval/report.hpp>
#include <coco/eval/t_test.hpp>
#include <coco/exec/cost_model.hpp>
#include <coco/fwd.hpp>
#include <coco/io/file_digest.hpp>
#include <coco/items/semantic.hpp>
#include <coco/items/semantic_space.hpp>
#include <coco/items/table.hpp>
#include <coco/items/text_aware.hpp>
#include <coco/items/tower.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/llm/generate.hpp>
#include <coco/llm/generation_config.hpp>
#include <coco/llm/merged.hpp>
#include <coco/llm/open.hpp>
#include <coco/llm/presets.hpp>
#include <coco/llm/random_source.hpp>
#include <coco/llm/text_vector_file.hpp>
#include <coco/llm/text_vectors.hpp>
#include <coco/llm/tiny.hpp>
#include <coco/llm/token_embeddings.hpp>
#include <coco/pipeline/make_knowledge.hpp>
#include <coco/pipeline/pipeline.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/prompt/static.hpp>
#include <coco/prompt/vq_codebook.hpp>
#include <coco/serve/knowledge_file.hpp>
#include <coco/serve/load.hpp>
#include <coco/serve/recommender.hpp>
#include <coco/train/sasrec_presets.hpp>
#include <coco/train/trainer.hpp>
