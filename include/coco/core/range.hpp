// SPDX-License-Identifier: Apache-2.0
/// \file
/// The values that a number may take: an interval, whose ends may be excluded. NaN is in none.
#pragma once

#include <string>
#include <string_view>

#include <coco/core/error.hpp>

namespace coco {

/// least <= x <= most, or < where `above` or `below` excludes the end.
struct Range {
    double least, most;
    bool above = false, below = false;
    bool open = false;  ///< the upper end is the type's, not a meaning of the number

    constexpr bool holds(double x) const {
        return (above ? x > least : x >= least) && (below ? x < most : x <= most);
    }

    /// What `found` should have been.
    std::string expected(double found) const {
        if (open && !(found > most)) return text_of(above ? "more than " : "at least ", least);
        if (open) return text_of("at most ", static_cast<long long>(most));
        if (above && below) return text_of("more than ", least, " and less than ", most);
        if (above) return text_of("more than ", least, " and at most ", most);
        if (below) return text_of("at least ", least, " and less than ", most);
        return text_of(least, " to ", most);
    }

    /// \throws Error naming `where`, range and value  \param text  the value as a text
    void check(double x, std::string_view where, std::string_view text) const {
        if (!holds(x)) throw Error(where, "out of range", expected(x), text);
    }
};

/// Counts end where identifiers do, at 2^31 - 1.
constexpr Range at_least(double least) { return {least, 2147483647, false, false, true}; }
/// Both ends included.
constexpr Range between(double least, double most) { return {least, most}; }
/// Without the upper end: a share or rate below 1.
constexpr Range below(double least, double most) { return {least, most, false, true}; }
/// Without the lower end: a positive number up to `most`.
constexpr Range above(double least, double most) { return {least, most, true, false}; }
/// Any finite number.
inline constexpr Range any_number{-1.7976931348623157e308, 1.7976931348623157e308};
/// Any number of 64 bits: a seed.
inline constexpr Range any_natural{0, 18446744073709551615.0, false, false, true};

}  // namespace coco
