// SPDX-License-Identifier: Apache-2.0
/// \file
/// How a folder saved by sentence-transformers makes one vector of a text's rows: its modules.
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

/// The pooling that a kind of model may have beside the mean: of the last token (decoders) or of the first
/// one (encoders, `[CLS]`).
enum class OtherPooling : bool { last, first };

/// What a pooling module's `config.json` asks for: "mean", "last" or "first". \throws Error for any other
inline std::string_view pooling_in(const io::JsonObject& json, OtherPooling other) {
    const bool first = other == OtherPooling::first;
    const char* const expected = first ? "one of mean and cls" : "one of mean and lasttoken";
    std::string_view found;
    const auto take = [&](const std::string& key, std::string_view mode) {
        const std::string_view ours = mode == "mean"                                      ? "mean"
                                      : !first && (mode == "lasttoken" || mode == "last") ? "last"
                                      : first && (mode == "cls" || mode == "cls_token")   ? "first"
                                                                                          : "";
        require(!ours.empty() && (found.empty() || found == ours), json.where(key), "not supported", expected,
                std::string(mode));
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
    require(!found.empty(), json.where("pooling_mode"), "missing", expected);
    return found;
}

/// What `modules.json` asks for.
struct Modules {
    std::string_view pooling;  ///< empty where there is no such file
    bool unit_length = false;  ///< vectors of texts are scaled to length 1
};

/// \throws Error naming the module that is not supported, a linear layer behind the pooling for instance
inline Modules modules_of(const std::filesystem::path& folder, OtherPooling other) {
    const std::filesystem::path file = folder / "modules.json";
    Modules found;
    if (!std::filesystem::exists(file)) return found;
    const auto modules = io::json_of(file);
    require(modules->is_array(), file.string(), "wrong type", "a list of modules");
    for (std::size_t n = 0; n < modules->size(); ++n) {
        const io::JsonObject module(std::shared_ptr<const nlohmann::json>(modules, &(*modules)[n]),
                                    text_of(file.string(), ": ", n));
        const std::string type = module.string("type");
        const auto is = [&](std::string_view name) { return type.ends_with(name); };
        if (is(".Pooling"))
            found.pooling =
                pooling_in(io::JsonObject::open(folder / module.string("path") / "config.json"), other);
        else if (is(".Normalize"))
            found.unit_length = true;
        else
            require(is(".Transformer"), module.where("type"), "not supported",
                    "a Transformer, a Pooling and a Normalize", type);
    }
    return found;
}

}  // namespace hf

/// The pooling of a decoder's folder, "mean" or "last"; empty where no `modules.json` names it. A module that
/// only scales a vector to length 1 is not applied: callers who compare directions need it, others must not.
/// \throws Error as `hf::modules_of`
inline std::string_view hf_pooling(const std::filesystem::path& folder) {
    return hf::modules_of(folder, hf::OtherPooling::last).pooling;
}

}  // namespace coco::llm
