// SPDX-License-Identifier: Apache-2.0
/// \file
/// The operators of Jinja on values, with Python's meaning. Arithmetic is of whole numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <coco/core/error.hpp>
#include <coco/io/jinja_value.hpp>

namespace coco::io::jinja {

/// a < b, a > b, a <= b or a >= b.
inline bool compared(std::string_view sign, const Value& a, const Value& b) {
    return sign == "<" ? a < b : sign == ">" ? b < a : sign == "<=" ? !(b < a) : !(a < b);
}

/// \throws Error for a result beyond 64 bits, and for operators other than +, -, *, // and % (by 1 or more)
inline std::int64_t calculated(std::string_view sign, std::int64_t a, std::int64_t b,
                               const std::string& where) {
    std::int64_t result = 0;
    bool fits = false;
    if (sign == "+") fits = !__builtin_add_overflow(a, b, &result);
    if (sign == "-") fits = !__builtin_sub_overflow(a, b, &result);
    if (sign == "*") fits = !__builtin_mul_overflow(a, b, &result);
    if ((sign == "//" || sign == "%") && b > 0) {
        // Rounded down, as in Python.
        const std::int64_t rest = a % b < 0 ? a % b + b : a % b;
        fits = sign == "%" || !__builtin_sub_overflow(a, rest, &result);
        result = sign == "%" ? rest : result / b;
    }
    if (!fits)
        throw Error(where, text_of("operator ", sign, " not supported for"), {}, text_of(a, " and ", b));
    return result;
}

/// `not`, - or + of a value.
inline Value unary(std::string_view sign, const Value& of, const std::string& where) {
    if (sign == "not") return !is_true(of);
    if (!of.is_number_integer()) throw Error(where, "sign of what is no whole number", {}, kind_of_value(of));
    return calculated(sign, 0, of.get<std::int64_t>(), where);
}

/// Any operator with two sides but `and` and `or`. \throws Error, which names the operator, for sides that it
/// does not take
inline Value binary(std::string_view sign, const Value& a, const Value& b, const std::string& where) {
    if (sign == "==") return a == b;
    if (sign == "!=") return a != b;
    if (sign == "in") return contains(b, a, where);
    if (sign == "not in") return !contains(b, a, where);
    if (sign == "~") return written(a, where) + written(b, where);
    if (sign == "+" && a.is_string() && b.is_string()) return a.get<std::string>() + b.get<std::string>();
    if (sign == "+" && a.is_array() && b.is_array()) {
        Value all = a;
        for (const Value& part : b) all.push_back(part);
        return all;
    }
    const bool order = sign == "<" || sign == ">" || sign == "<=" || sign == ">=";
    const bool numbers = a.is_number_integer() && b.is_number_integer();
    if (order && (numbers || (a.is_string() && b.is_string()))) return compared(sign, a, b);
    if (!numbers)
        throw Error(where, text_of("operator ", sign, " not supported"), "two texts or two whole numbers",
                    text_of(kind_of_value(a), " and ", kind_of_value(b)));
    return calculated(sign, a.get<std::int64_t>(), b.get<std::int64_t>(), where);
}

}  // namespace coco::io::jinja
