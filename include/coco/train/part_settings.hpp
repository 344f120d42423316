// SPDX-License-Identifier: Apache-2.0
/// \file
/// Settings of pipeline parts as JSON. A user-defined Config takes part if it defines the JSON library's
/// macro (NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE) beside it; otherwise a checkpoint leaves it out. The macros it
/// is written with are undefined at the end of settings.hpp, which includes it.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include <coco/adapter/frozen.hpp>
#include <coco/adapter/lora.hpp>
#include <coco/aligner/cross_attention.hpp>
#include <coco/aligner/identity.hpp>
#include <coco/aligner/semantic_attention.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/decoupler/cross_attention.hpp>
#include <coco/decoupler/mean_pool.hpp>
#include <coco/items/semantic.hpp>
#include <coco/items/table.hpp>
#include <coco/items/text_aware.hpp>
#include <coco/prompt/static.hpp>
#include <coco/prompt/vq_codebook.hpp>
#include <coco/train/json_fields.hpp>

namespace coco {

/// Keys are sorted, so equal settings give equal text.
using Json = nlohmann::json;

namespace nn {
COCO_JSON_NAMES(Activation, {{Activation::gelu, "gelu"},
                             {Activation::gelu_tanh, "gelu_tanh"},
                             {Activation::relu, "relu"}})
COCO_JSON_FIELDS(EncoderConfig, width, layers, heads, hidden, dropout, attention_dropout, epsilon, init,
                 activation)
}  // namespace nn

namespace loss {
COCO_JSON_NAMES(Orthogonality, {{Orthogonality::cosine, "cosine"}, {Orthogonality::squared, "squared"}})
}

/// The settings of one part; an empty object where its Config has no JSON conversion.
template <class C>
Json settings_of(const C& config) {
    Json json;
    if constexpr (requires { to_json(json, config); })
        to_json(json, config);
    else
        json = Json(Json::value_t::object);
    return json;
}
/// Reads them back; a Config without a JSON conversion stays unchanged.
template <class C>
void read_settings(const Json& json, C& config) {
    if constexpr (requires { from_json(json, config); }) from_json(json, config);
}

namespace backbone {
COCO_JSON_NAMES(SASRecForm, {{SASRecForm::s3rec, "s3rec"}, {SASRecForm::original, "original"}})
template <class J>
void to_json(J& j, const SASRec::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "encoder", c.encoder);
    settings::put(j, "window", c.window);
    // Checkpoints made before there were two forms lack it, and stay equal.
    if (c.form != SASRecForm::s3rec) settings::put(j, "form", c.form);
}
template <class J>
void from_json(const J& j, SASRec::Config& c) {
    settings::take(j, "encoder", c.encoder);
    settings::take(j, "window", c.window);
    if (j.contains(std::string("form"))) settings::take(j, "form", c.form);
}
}  // namespace backbone

namespace items {
template <class J>
void to_json(J& j, const Table::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "init", c.init);
}
template <class J>
void from_json(const J& j, Table::Config& c) {
    settings::take(j, "init", c.init);
}
/// kappa itself is not stored; it is passed again when a model is constructed. Without a map the vectors are
/// a Table's, and so are the settings.
template <class J>
void to_json(J& j, const Semantic::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "init", c.init);
    if (!c.map) return;
    settings::put(j, "columns", c.columns);
    settings::put(j, "map", c.map);
    settings::put(j, "space", c.space);
}
template <class J>
void from_json(const J& j, Semantic::Config& c) {
    settings::take(j, "init", c.init);
    c.map = j.contains(std::string("map"));
    if (!c.map) return;
    settings::take(j, "columns", c.columns);
    settings::take(j, "space", c.space);
}
/// The text vectors themselves are not stored; they are passed again when a model is constructed.
template <class J>
void to_json(J& j, const TextAware::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "init", c.init);
    settings::put(j, "text_width", c.text_width);
}
template <class J>
void from_json(const J& j, TextAware::Config& c) {
    settings::take(j, "init", c.init);
    settings::take(j, "text_width", c.text_width);
}
}  // namespace items

namespace prompt {
template <class J>
void to_json(J& j, const VqCodebook::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "codes", c.codes);
    settings::put(j, "theta", c.theta);
    settings::put(j, "most", c.max_codes);
    settings::put(j, "orthogonality", c.orthogonality);
    settings::put(j, "centred", c.centred);
}
template <class J>
void from_json(const J& j, VqCodebook::Config& c) {
    settings::take(j, "codes", c.codes);
    settings::take(j, "theta", c.theta);
    settings::take(j, "most", c.max_codes);
    settings::take(j, "orthogonality", c.orthogonality);
    settings::take(j, "centred", c.centred);
}
template <class J>
void to_json(J& j, const Static::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "rows", c.rows);
}
template <class J>
void from_json(const J& j, Static::Config& c) {
    settings::take(j, "rows", c.rows);
}
}  // namespace prompt

namespace aligner {
/// Of SemanticAttention as well: it has the same.
template <class J>
void to_json(J& j, const CrossAttention::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "heads", c.heads);
    settings::put(j, "epsilon", c.epsilon);
}
template <class J>
void from_json(const J& j, CrossAttention::Config& c) {
    settings::take(j, "heads", c.heads);
    settings::take(j, "epsilon", c.epsilon);
}
}  // namespace aligner

namespace adapter {
COCO_JSON_NAMES(Projection, {{Projection::query, "query"},
                             {Projection::key, "key"},
                             {Projection::value, "value"},
                             {Projection::output, "output"},
                             {Projection::gate, "gate"},
                             {Projection::up, "up"},
                             {Projection::down, "down"}})
template <class J>
void to_json(J& j, const LoRA::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "rank", c.rank);
    settings::put(j, "alpha", c.alpha);
    settings::put(j, "dropout", c.dropout);
    settings::put(j, "targets", c.targets);
}
template <class J>
void from_json(const J& j, LoRA::Config& c) {
    settings::take(j, "rank", c.rank);
    settings::take(j, "alpha", c.alpha);
    settings::take(j, "dropout", c.dropout);
    settings::take(j, "targets", c.targets);
}
}  // namespace adapter

}  // namespace coco
