// SPDX-License-Identifier: Apache-2.0
/// \file
/// Described settings to JSON and back. Reading is strict: a setting that is missing, unknown, of another
/// type or out of its range is an error that names its path, for example `settings.backbone.heads`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <coco/core/error.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/io/json.hpp>

namespace coco {

/// Keys are sorted, so equal settings give equal text.
using Json = nlohmann::json;

/// The settings as an object.
[[gnu::cold]] inline Json json_of(std::span<const SettingRef> all);

namespace settings {

[[gnu::cold]] inline Json json_of_one(const SettingRef& s) {
    using Kind = SettingRef::Kind;
    switch (s.kind) {
        case Kind::integer:
            return s.integer();
        case Kind::natural:
            return s.natural();
        case Kind::real:
            return s.real();
        case Kind::truth:
            return s.truth();
        case Kind::text:
            return s.text();
        case Kind::name:
            for (const auto& [value, name] : s.names)
                if (value == s.get_name(s.value)) return std::string(name);
            throw Error(s.name, "a value without a name");
        case Kind::list: {
            Json list(Json::value_t::array);
            for (std::size_t i = 0; i < s.size(s.value); ++i) list.push_back(json_of_one(s.at(i)));
            return list;
        }
        case Kind::group:
            break;
    }
    return json_of(s.children);
}

[[noreturn, gnu::cold]] inline void wrong_type(const std::string& where, const char* expected,
                                               const Json& found) {
    throw Error(where, "wrong type", expected, found.dump());
}

}  // namespace settings

[[gnu::cold]] inline Json json_of(std::span<const SettingRef> all) {
    Json json(Json::value_t::object);
    for (const SettingRef& s : all) json[s.name] = settings::json_of_one(s);
    return json;
}

/// Reads settings back into the structures that `all` refers to. \param path  for errors
/// \throws Error as described above
[[gnu::cold]] inline void read_settings(const Json& json, std::span<const SettingRef> all,
                                        const std::string& path);

namespace settings {

[[gnu::cold]] inline void read_one(const Json& json, const SettingRef& s, const std::string& where) {
    using Kind = SettingRef::Kind;
    switch (s.kind) {
        case Kind::integer:
            if (!json.is_number_integer()) wrong_type(where, "a whole number", json);
            s.range.check(json.get<double>(), where, json.dump());
            return s.set_integer(json.get<std::int64_t>());
        case Kind::natural:
            if (!json.is_number_integer()) wrong_type(where, "a whole number", json);
            s.range.check(json.get<double>(), where, json.dump());
            return s.set_natural(json.get<std::uint64_t>());
        case Kind::real:
            if (!json.is_number()) wrong_type(where, "a number", json);
            s.range.check(json.get<double>(), where, json.dump());
            return s.set_real(json.get<double>());
        case Kind::truth:
            if (!json.is_boolean()) wrong_type(where, "true or false", json);
            s.truth() = json.get<bool>();
            return;
        case Kind::text:
            if (!json.is_string()) wrong_type(where, "a text", json);
            s.text() = json.get<std::string>();
            return;
        case Kind::name: {
            std::string known;
            for (const auto& [value, name] : s.names) {
                if (json.is_string() && json.get_ref<const std::string&>() == name)
                    return s.set_name(s.value, value);
                known += (known.empty() ? "" : ", ") + std::string(name);
            }
            throw Error(where, "unknown name", "one of " + known, json.dump());
        }
        case Kind::list:
            if (!json.is_array()) wrong_type(where, "a list", json);
            if (!s.resize(s.value, json.size()))
                throw Error(where, "wrong length", text_of(s.size(s.value)), text_of(json.size()));
            for (std::size_t i = 0; i < json.size(); ++i)
                read_one(json[i], s.at(i), text_of(where, "[", i, "]"));
            return;
        case Kind::group:
            read_settings(json, s.children, where);
    }
}

}  // namespace settings

[[gnu::cold]] inline void read_settings(const Json& json, std::span<const SettingRef> all,
                                        const std::string& path) {
    if (!json.is_object()) settings::wrong_type(path, "an object", json);
    for (const SettingRef& s : all) {
        const std::string where = path + "." + s.name;
        const auto found = json.find(s.name);
        if (found == json.end()) throw Error(where, "missing");
        settings::read_one(*found, s, where);
    }
    for (const auto& [key, value] : json.items()) {
        const auto named = [&name = key](const SettingRef& s) { return s.name == name; };
        if (std::none_of(all.begin(), all.end(), named))
            throw Error(path + "." + key, "unknown", {}, value.dump());
    }
}

/// \throws Error naming the first setting in which they differ, and both its values
[[gnu::cold]] inline void require_equal(const Json& expected, const Json& found, const std::string& path) {
    if (expected.is_object() && found.is_object()) {
        for (const auto& [key, value] : expected.items()) {
            const auto other = found.find(key);
            if (other == found.end())
                throw Error(path + "." + key, "made with another setting", value.dump(), "none");
            require_equal(value, *other, path + "." + key);
        }
        for (const auto& [key, value] : found.items())
            if (!expected.contains(key))
                throw Error(path + "." + key, "made with another setting", "none", value.dump());
    } else if (expected != found) {
        throw Error(path, "made with another setting", expected.dump(), found.dump());
    }
}

/// The text of settings. \throws Error where one is not UTF-8
[[gnu::cold]] inline std::string dumped(const Json& json, const std::string& where) {
    try {
        return json.dump();
    } catch (const Json::exception& problem) {
        throw Error(where, "cannot be written", "texts in UTF-8", problem.what());
    }
}

}  // namespace coco
