// SPDX-License-Identifier: Apache-2.0
/// \file
/// JSON from external files: parsed strictly, and read key by key with errors that name file and key.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/io/mapped_file.hpp>

namespace coco::io {

/// Parses a text. Unlike JSON itself, duplicate keys and nesting deeper than `deepest` are errors.
/// \throws Error naming `where`, and the key that occurs twice
[[gnu::cold]] inline nlohmann::json parse_json(std::string_view text, const std::string& where,
                                               int deepest = 32) {
    using Json = nlohmann::json;
    std::vector<std::set<std::string>> keys;
    const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
        if (depth > deepest) throw Error(where, "JSON nested too deeply", text_of("at most ", deepest));
        if (event == Json::parse_event_t::object_start) keys.emplace_back();
        if (event == Json::parse_event_t::object_end) keys.pop_back();
        if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
            throw Error(text_of(where, ": ", parsed.get<std::string>()), "occurs twice");
        return true;
    };
    try {
        return Json::parse(text, check);
    } catch (const Json::exception& error) {
        throw Error(where, "is not JSON", {}, error.what());
    }
}

/// The JSON in a file. \throws Error as `parse_json`, or where the file cannot be read
[[gnu::cold]] inline std::shared_ptr<const nlohmann::json> json_of(const std::filesystem::path& path) {
    const MappedFile file(path);
    const auto bytes = file.bytes();
    return std::make_shared<const nlohmann::json>(
        parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file.path()));
}

/// An object, read key by key. A key whose value is null counts as absent. Copies and parts share one tree.
class JsonObject {
public:
    /// \param where  file, and the path within it
    JsonObject(std::shared_ptr<const nlohmann::json> value, std::string where)
        : value_(std::move(value)), where_(std::move(where)) {
        require(value_->is_object(), where_, "wrong type", "an object");
    }

    /// The object in a file.
    static JsonObject open(const std::filesystem::path& path) { return {json_of(path), path.string()}; }

    const nlohmann::json& value() const { return *value_; }
    std::string where(std::string_view key) const { return text_of(where_, ": ", key); }
    bool has(std::string_view key) const {
        return value_->contains(key) && !value_->at(std::string(key)).is_null();
    }

    /// The value of a key. \throws Error naming file and key if it is absent or of another type
    std::int64_t integer(std::string_view key) const {
        const auto& found = at(key, "a whole number");
        require(found.is_number_integer(), where(key), "wrong type", "a whole number", found.dump());
        return found.get<std::int64_t>();
    }
    double real(std::string_view key) const {
        const auto& found = at(key, "a number");
        require(found.is_number(), where(key), "wrong type", "a number", found.dump());
        return found.get<double>();
    }
    bool boolean(std::string_view key) const {
        const auto& found = at(key, "true or false");
        require(found.is_boolean(), where(key), "wrong type", "true or false", found.dump());
        return found.get<bool>();
    }
    std::string string(std::string_view key) const {
        const auto& found = at(key, "a string");
        require(found.is_string(), where(key), "wrong type", "a string", found.dump());
        return found.get<std::string>();
    }
    JsonObject object(std::string_view key) const {
        return {std::shared_ptr<const nlohmann::json>(value_, &at(key, "an object")), where(key)};
    }

private:
    const nlohmann::json& at(std::string_view key, const char* kind) const {
        if (!has(key)) throw Error(where(key), "no such key", kind);
        return value_->at(std::string(key));
    }

    std::shared_ptr<const nlohmann::json> value_;
    std::string where_;
};

}  // namespace coco::io
