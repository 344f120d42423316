// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads rotary positions and their scaling from a Hugging Face `config.json`.
#pragma once

#include <cmath>
#include <string>
#include <string_view>

#include <coco/core/error.hpp>
#include <coco/io/json.hpp>
#include <coco/llm/config.hpp>

namespace coco::llm {

/// Factors of Llama 3.1: angles whose period is short compared with the texts of the first training stay,
/// those of a long period are divided by `factor`, in between the frequency is interpolated. Equal to
/// transformers' `rope_type: llama3`.
inline void push_llama3_factors(const io::JsonObject& rope, Config& c) {
    const double factor = rope.real("factor"), low = rope.real("low_freq_factor"),
                 high = rope.real("high_freq_factor"), length = rope.real("original_max_position_embeddings");
    require(high > low && low > 0 && length > 0, rope.where("high_freq_factor"), "out of range",
            "above low_freq_factor, which is above 0");
    const std::string where = rope.where("factor");
    const double two_pi = 2 * std::acos(-1.0);
    for (Index j = 0; j < c.head / 2; ++j) {
        const double period =
            two_pi * std::pow(c.theta, 2.0 * static_cast<double>(j) / static_cast<double>(c.head));
        const double smooth = std::fmin(1, std::fmax(0, (length / period - low) / (high - low)));
        c.factors.push(1 / ((1 - smooth) / factor + smooth), where);
    }
}

/// Sets base and factors of the rotary angles: from `rope_parameters` (transformers 5) or `rope_scaling`, the
/// base else from the top level. \throws Error, which names the key, for scaling other than linear and llama3
inline void read_rotation(const io::JsonObject& json, Config& c) {
    const auto whole_heads = [](const io::JsonObject& of) {
        require(!of.has("partial_rotary_factor") || of.real("partial_rotary_factor") == 1,
                of.where("partial_rotary_factor"), "not supported", "whole heads are rotated");
    };
    whole_heads(json);
    if (json.has("rope_theta")) c.theta = json.real("rope_theta");
    require(!json.has("rope_parameters") || !json.has("rope_scaling"), json.where("rope_scaling"),
            "given beside rope_parameters", "one of the two");
    for (const char* key : {"rope_parameters", "rope_scaling"}) {
        if (!json.has(key)) continue;
        const io::JsonObject rope = json.object(key);
        whole_heads(rope);
        if (rope.has("rope_theta")) c.theta = rope.real("rope_theta");
        std::string kind = "default";
        for (const char* name : {"rope_type", "type"}) {
            if (!rope.has(name)) continue;
            const std::string found = rope.string(name);
            require((found == "default" || found == "linear" || found == "llama3") &&
                        (kind == "default" || kind == found),
                    rope.where(name), "not supported", "default, linear or llama3", found);
            kind = found;
        }
        for (const auto& [name, value] : rope.value().items()) {
            const bool general = name == "rope_theta" || name == "rope_type" || name == "type" ||
                                 name == "partial_rotary_factor";
            const bool scaled = name == "factor" && kind != "default";
            const bool llama3 =
                kind == "llama3" && (name == "low_freq_factor" || name == "high_freq_factor" ||
                                     name == "original_max_position_embeddings");
            require(general || scaled || llama3 || value.is_null(), rope.where(name), "not supported",
                    text_of("settings of rope_type ", kind), value.dump());
        }
        if (kind == "linear")
            for (Index j = 0; j < c.head / 2; ++j) c.factors.push(rope.real("factor"), rope.where("factor"));
        if (kind == "llama3") push_llama3_factors(rope, c);
    }
}

}  // namespace coco::llm
