// SPDX-License-Identifier: Apache-2.0
/// \file
/// Values of a Jinja template with the meaning they have in Python: truth, text, length, parts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/utf8.hpp>
#include <coco/text/chat.hpp>

namespace coco::io::jinja {

/// Keys of an object keep their order. A binary value stands for what is not defined.
using Value = nlohmann::ordered_json;

inline Value undefined() { return Value::binary({}); }
inline bool is_undefined(const Value& value) { return value.is_binary(); }

inline bool is_true(const Value& value) {
    switch (value.type()) {
        case Value::value_t::boolean:
            return value.get<bool>();
        case Value::value_t::number_integer:
        case Value::value_t::number_unsigned:
            return value.get<std::int64_t>() != 0;
        case Value::value_t::number_float:
            return value.get<double>() != 0;
        case Value::value_t::string:
            return !value.get_ref<const std::string&>().empty();
        case Value::value_t::array:
        case Value::value_t::object:
            return !value.empty();
        default:
            return false;
    }
}

inline std::string kind_of_value(const Value& value) {
    return is_undefined(value) ? "an undefined value"
           : value.is_null()   ? "none"
                               : std::string(value.type_name());
}

/// What `{{ value }}` writes. \throws Error naming `where` for a list, an object or a real number, whose
/// writing is Python's own
inline std::string written(const Value& value, const std::string& where) {
    if (value.is_string()) return value.get<std::string>();
    if (is_undefined(value)) return {};
    if (value.is_null()) return "None";
    if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
    if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
    throw Error(where, "cannot be written as text", "a text, a whole number, true, false or none",
                kind_of_value(value));
}

/// The characters of a text, each with its bytes.
inline std::vector<std::string_view> characters(std::string_view text) {
    std::vector<std::string_view> all;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t bytes = text::code_point(text, at).bytes;
        all.push_back(text.substr(at, bytes));
        at += bytes;
    }
    return all;
}

inline std::int64_t length(const Value& value, const std::string& where) {
    if (value.is_string())
        return static_cast<std::int64_t>(characters(value.get_ref<const std::string&>()).size());
    if (value.is_array() || value.is_object()) return static_cast<std::int64_t>(value.size());
    if (is_undefined(value)) return 0;
    throw Error(where, "has no length", "a text, a list or an object", kind_of_value(value));
}

/// The parts that a loop goes over: elements, keys or characters.
inline std::vector<Value> elements(const Value& value, const std::string& where) {
    std::vector<Value> all;
    if (value.is_array()) {
        all.assign(value.begin(), value.end());
    } else if (value.is_object()) {
        for (const auto& [key, part] : value.items()) all.emplace_back(key);
    } else if (value.is_string()) {
        for (const std::string_view part : characters(value.get_ref<const std::string&>()))
            all.emplace_back(std::string(part));
    } else if (!is_undefined(value)) {
        throw Error(where, "has no parts to go over", "a list, an object or a text", kind_of_value(value));
    }
    return all;
}

/// of[at]: an element, counted from the end if negative, or the value of a key; else undefined.
inline Value part_of(const Value& of, const Value& at, const std::string& where) {
    if (is_undefined(of))
        throw Error(where, "part of an undefined value", {}, at.is_string() ? at.get<std::string>() : "");
    if (of.is_object() && at.is_string()) {
        const auto found = of.find(at.get_ref<const std::string&>());
        return found == of.end() ? undefined() : *found;
    }
    if ((of.is_array() || of.is_string()) && at.is_number_integer()) {
        const std::vector<Value> all = elements(of, where);
        std::int64_t i = at.get<std::int64_t>();
        if (i < 0) i += static_cast<std::int64_t>(all.size());
        if (i < 0 || i >= static_cast<std::int64_t>(all.size())) return undefined();
        return all[static_cast<std::size_t>(i)];
    }
    return undefined();
}

/// of[begin:end:step] of a list or a text; null bounds are those of Python.
inline Value slice_of(const Value& of, const Value& begin, const Value& end, const Value& step,
                      const std::string& where) {
    if (!of.is_array() && !of.is_string())
        throw Error(where, "cannot be cut", "a list or a text", kind_of_value(of));
    const std::vector<Value> all = elements(of, where);
    const auto n = static_cast<std::int64_t>(all.size());
    const auto whole = [&](const Value& value, std::int64_t otherwise) {
        if (value.is_null()) return otherwise;
        if (!value.is_number_integer())
            throw Error(where, "cannot be an index", "a whole number", kind_of_value(value));
        return value.get<std::int64_t>();
    };
    const std::int64_t by = whole(step, 1);
    if (by == 0) throw Error(where, "slice of step 0");
    const std::int64_t low = by > 0 ? 0 : -1, high = by > 0 ? n : n - 1;
    const auto bound = [&](const Value& value, std::int64_t otherwise) {
        if (value.is_null()) return otherwise;
        const std::int64_t at = whole(value, 0);
        return std::clamp(at < 0 ? at + n : at, low, high);
    };
    const std::int64_t last = bound(end, by > 0 ? n : -1);
    Value list = Value::array();
    std::string text;
    for (std::int64_t i = bound(begin, by > 0 ? 0 : n - 1); by > 0 ? i < last : i > last; i += by) {
        const Value& part = all[static_cast<std::size_t>(i)];
        if (of.is_string())
            text += part.get_ref<const std::string&>();
        else
            list.push_back(part);
    }
    return of.is_string() ? Value(text) : list;
}

/// Whether `of` contains `part`: a text a text, a list an element, an object a key.
inline bool contains(const Value& of, const Value& part, const std::string& where) {
    if (of.is_string()) {
        if (!part.is_string()) throw Error(where, "cannot be in a text", "a text", kind_of_value(part));
        return of.get_ref<const std::string&>().find(part.get_ref<const std::string&>()) != std::string::npos;
    }
    const std::vector<Value> all = elements(of, where);
    return std::find(all.begin(), all.end(), part) != all.end();
}

/// Python's `strip`, of white space or of given ASCII characters; at the left end, the right end or both.
inline std::string stripped(std::string_view text, const std::string* of, bool left, bool right) {
    if (of == nullptr) {
        const std::string_view inner = text::without_white_space(text);
        const std::size_t begin =
            left ? (inner.empty() ? text.size() : static_cast<std::size_t>(inner.data() - text.data())) : 0;
        const std::size_t end =
            right ? (inner.empty() ? begin
                                   : static_cast<std::size_t>(inner.data() - text.data()) + inner.size())
                  : text.size();
        if (inner.empty()) return {};
        return std::string(text.substr(begin, end - begin));
    }
    const std::vector<std::string_view> all = characters(text), known = characters(*of);
    const auto is_known = [&](std::string_view c) {
        return std::find(known.begin(), known.end(), c) != known.end();
    };
    std::size_t begin = 0, end = all.size();
    while (left && begin < end && is_known(all[begin])) ++begin;
    while (right && begin < end && is_known(all[end - 1])) --end;
    std::string out;
    for (std::size_t i = begin; i < end; ++i) out += all[i];
    return out;
}

}  // namespace coco::io::jinja
