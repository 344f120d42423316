// SPDX-License-Identifier: Apache-2.0
/// \file
/// How a folder saved by sentence-transformers makes one vector of a text's rows.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <coco/core/error.hpp>
#include <coco/io/json.hpp>

namespace coco::llm {

namespace hf {

/// What a pooling module's `config.json` asks for: "mean" or "last". \throws Error for any other
inline std::string_view pooling_in(const io::JsonObject& json) {
    std::string_view found;
    const auto take = [&](const std::string& key, std::string_view mode) {
        const std::string_view ours = mode == "mean"                          ? "mean"
                                      : mode == "lasttoken" || mode == "last" ? "last"
                                                                              : "";
        require(!ours.empty() && (found.empty() || found == ours), json.where(key), "not supported",
                "one of mean and lasttoken", std::string(mode));
        found = ours;
    };
    constexpr std::string_view start = "pooling_mode_";
    if (json.has("pooling_mode")) take("pooling_mode", json.string("pooling_mode"));
    for (const auto& [key, value] : json.value().items()) {
        if (!key.starts_with(start) || !json.boolean(key)) continue;
        std::string_view mode = std::string_view(key).substr(start.size());
        if (mode.ends_with("_tokens")) mode.remove_suffix(7);
        take(key, mode);
    }
    require(!found.empty(), json.where("pooling_mode"), "missing", "one of mean and lasttoken");
    return found;
}

}  // namespace hf

/// The pooling that `modules.json` of a folder names; empty where there is no such file. A module that only
/// scales a vector to length 1 is not applied: callers who compare directions need it, others must not.
/// \throws Error naming the module that is not supported, a linear layer behind the pooling for instance
inline std::string_view hf_pooling(const std::filesystem::path& folder) {
    const std::filesystem::path file = folder / "modules.json";
    if (!std::filesystem::exists(file)) return {};
    const auto modules = io::json_of(file);
    std::string_view found;
    require(modules->is_array(), file.string(), "wrong type", "a list of modules");
    for (std::size_t n = 0; n < modules->size(); ++n) {
        const io::JsonObject module(std::shared_ptr<const nlohmann::json>(modules, &(*modules)[n]),
                                    text_of(file.string(), ": ", n));
        const std::string type = module.string("type");
        const auto is = [&](std::string_view name) { return type.ends_with(name); };
        if (is(".Pooling"))
            found = hf::pooling_in(io::JsonObject::open(folder / module.string("path") / "config.json"));
        else
            require(is(".Transformer") || is(".Normalize"), module.where("type"), "not supported",
                    "a Transformer, a Pooling and a Normalize", type);
    }
    return found;
}

}  // namespace coco::llm
