// SPDX-License-Identifier: Apache-2.0
/// \file
/// The filters, tests and methods of Jinja and Python that chat templates use. Any other is an error that
/// names it, when it is reached.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/io/jinja_value.hpp>

namespace coco::io::jinja {

/// Evaluated arguments of a call.
struct Arguments {
    std::vector<Value> list;
    std::vector<std::pair<std::string, Value>> named;

    /// Argument number i, or the one of that name, or `otherwise`.
    Value get(std::size_t i, std::string_view name, const Value& otherwise) const {
        for (const auto& [known, value] : named)
            if (known == name) return value;
        return i < list.size() ? list[i] : otherwise;
    }
    std::string text(std::size_t i, const std::string& where) const {
        if (i >= list.size() || !list[i].is_string()) throw Error(where, "wrong argument", "a text");
        return list[i].get<std::string>();
    }
};

/// Upper or lower case. \throws Error for letters beyond ASCII, whose case is a table of its own
inline std::string in_case(std::string text, bool upper, const std::string& where) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) >= 0x80) throw Error(where, "case of a letter beyond ASCII");
        if (upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z') c = static_cast<char>(c ^ 0x20);
    }
    return text;
}

/// The first letter in upper case, of the text or with `each` of every word; the others in lower case.
inline std::string capitalised(std::string text, bool each, const std::string& where) {
    text = in_case(std::move(text), false, where);
    bool first = true;
    for (char& c : text) {
        const bool letter = c >= 'a' && c <= 'z';
        if (first && letter) c = static_cast<char>(c ^ 0x20);
        first = each && !letter;
    }
    return text;
}

inline std::string replaced(std::string_view text, std::string_view what, std::string_view by,
                            const std::string& where) {
    if (what.empty()) throw Error(where, "replacement of an empty text");
    std::string out;
    for (std::size_t at; (at = text.find(what)) != std::string_view::npos;
         text.remove_prefix(at + what.size()))
        out.append(text.substr(0, at)).append(by);
    return out.append(text);
}

inline std::string joined_texts(const Value& list, const std::string& between, const std::string& where) {
    std::string out;
    for (const Value& part : elements(list, where)) {
        if (&part != &list && !out.empty()) out += between;
        out += written(part, where);
    }
    return out;
}

inline Value method(const std::string& name, const Value& of, const Arguments& args,
                    const std::string& where) {
    if (of.is_string()) {
        const std::string& text = of.get_ref<const std::string&>();
        if (name == "strip" || name == "lstrip" || name == "rstrip") {
            const std::string some = args.list.empty() ? std::string() : args.text(0, where);
            return stripped(text, args.list.empty() ? nullptr : &some, name != "rstrip", name != "lstrip");
        }
        if (name == "startswith") return text.starts_with(args.text(0, where));
        if (name == "endswith") return text.ends_with(args.text(0, where));
        if (name == "upper" || name == "lower") return in_case(text, name == "upper", where);
        if (name == "title" || name == "capitalize") return capitalised(text, name == "title", where);
        if (name == "replace" && args.list.size() == 2)
            return replaced(text, args.text(0, where), args.text(1, where), where);
        if (name == "join" && args.list.size() == 1) return joined_texts(args.list[0], text, where);
        if (name == "split" && !args.list.empty()) {
            const std::string sign = args.text(0, where);
            std::int64_t most = args.get(1, "maxsplit", -1).get<std::int64_t>();
            if (sign.empty()) throw Error(where, "split at an empty text");
            Value all = Value::array();
            std::string_view rest = text;
            for (std::size_t at; most-- != 0 && (at = rest.find(sign)) != std::string_view::npos;
                 rest.remove_prefix(at + sign.size()))
                all.push_back(std::string(rest.substr(0, at)));
            all.push_back(std::string(rest));
            return all;
        }
    }
    if (of.is_object()) {
        if (name == "get" && !args.list.empty()) {
            const Value found = part_of(of, args.list[0], where);
            return is_undefined(found) ? args.get(1, "default", nullptr) : found;
        }
        Value all = Value::array();
        if (name == "items" || name == "keys" || name == "values") {
            for (const auto& [key, value] : of.items())
                all.push_back(name == "items"  ? Value::array({key, value})
                              : name == "keys" ? Value(key)
                                               : value);
            return all;
        }
    }
    throw Error(where, "method not supported", {}, text_of(name, " of ", kind_of_value(of)));
}

inline bool test(const std::string& name, const Value& of, const Arguments& args, const std::string& where) {
    if (name == "defined") return !is_undefined(of);
    if (name == "undefined") return is_undefined(of);
    if (name == "none") return of.is_null();
    if (name == "string") return of.is_string();
    if (name == "mapping") return of.is_object();
    if (name == "iterable" || name == "sequence")
        return of.is_array() || of.is_string() || of.is_object() || (is_undefined(of) && name == "iterable");
    if (name == "number") return of.is_number() || of.is_boolean();
    if (name == "integer") return of.is_number_integer();
    if (name == "float") return of.is_number_float();
    if (name == "boolean") return of.is_boolean();
    if (name == "true" || name == "false") return of.is_boolean() && of.get<bool>() == (name == "true");
    if ((name == "even" || name == "odd") && of.is_number_integer())
        return (of.get<std::int64_t>() % 2 != 0) == (name == "odd");
    if (args.list.size() == 1) {
        if (name == "equalto" || name == "eq") return of == args.list[0];
        if (name == "ne") return of != args.list[0];
        if (name == "in") return contains(args.list[0], of, where);
        if (name == "divisibleby" && of.is_number_integer() && args.list[0].is_number_integer() &&
            args.list[0] != 0)
            return of.get<std::int64_t>() % args.list[0].get<std::int64_t>() == 0;
    }
    throw Error(where, "test not supported", {}, name);
}

/// Elements whose attribute (or which themselves, without one) pass a test.
inline Value selected(const std::string& name, const Value& of, const Arguments& args,
                      const std::string& where) {
    const bool by_attribute = name.ends_with("attr"), wanted = name.starts_with("select");
    const std::size_t skip = by_attribute ? 1 : 0;
    Value all = Value::array();
    for (const Value& part : elements(of, where)) {
        const Value value = by_attribute ? part_of(part, args.text(0, where), where) : part;
        Arguments more;
        if (args.list.size() > skip + 1)
            more.list.assign(args.list.begin() + static_cast<std::ptrdiff_t>(skip) + 1, args.list.end());
        const bool passes =
            args.list.size() > skip ? test(args.text(skip, where), value, more, where) : is_true(value);
        if (passes == wanted) all.push_back(part);
    }
    return all;
}

inline Value filter(const std::string& name, const Value& of, const Arguments& args,
                    const std::string& where) {
    if (name == "trim" || name == "upper" || name == "lower" || name == "string") {
        const std::string text = written(of, where);
        if (name == "trim") return stripped(text, nullptr, true, true);
        return name == "string" ? text : in_case(text, name == "upper", where);
    }
    if (name == "capitalize") return capitalised(written(of, where), false, where);
    if (name == "length" || name == "count") return length(of, where);
    if (name == "default" || name == "d") {
        const bool absent = is_undefined(of) || (is_true(args.get(1, "boolean", false)) && !is_true(of));
        return absent ? args.get(0, "default_value", "") : of;
    }
    if (name == "join") return joined_texts(of, written(args.get(0, "d", ""), where), where);
    if (name == "safe") return of;
    if (name == "items") return is_undefined(of) ? Value::array() : method("items", of, args, where);
    if (name == "replace" && args.list.size() == 2)
        return replaced(written(of, where), args.text(0, where), args.text(1, where), where);
    if (name == "list") return elements(of, where);
    if (name == "first" || name == "last") {
        const std::vector<Value> all = elements(of, where);
        return all.empty() ? undefined() : name == "first" ? all.front() : all.back();
    }
    if (name == "reverse") return slice_of(of, nullptr, nullptr, -1, where);
    if (name == "int" && of.is_number_integer()) return of;
    if (name == "int" && of.is_string()) {
        const std::string& text = of.get_ref<const std::string&>();
        std::int64_t value = 0;
        const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
        return fault == std::errc() && end == text.data() + text.size() ? Value(value)
                                                                        : args.get(0, "default", 0);
    }
    if (name == "map" && !args.named.empty() && args.named.front().first == "attribute") {
        Value all = Value::array();
        for (const Value& part : elements(of, where))
            all.push_back(part_of(part, args.named.front().second, where));
        return all;
    }
    if (name == "select" || name == "reject" || name == "selectattr" || name == "rejectattr")
        return selected(name, of, args, where);
    throw Error(where, "filter not supported", {}, name);
}

}  // namespace coco::io::jinja
