// SPDX-License-Identifier: Apache-2.0
/// \file
/// Settings that describe themselves: a structure lists its fields once, with names and ranges, and with that
/// list they are checked, written to a checkpoint and read back.
///
///     struct Config {
///         Index heads = 2;
///         double dropout = 0.5;
///
///         static auto settings(auto& c, auto&& visit) {
///             return visit(setting("heads", c.heads, at_least(1)), setting("dropout", c.dropout, below(0,
///             1)));
///         }
///     };
///
/// Numbers need a range. Truth values, texts, enumerations with `names_of`, lists, and structures that
/// describe themselves need none. A field that is left out is an error at compile time.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <coco/core/error.hpp>
#include <coco/core/range.hpp>
#include <coco/core/types.hpp>

namespace coco {

/// A value of an enumeration and its name. An enumeration is a setting if a function `names_of(E)` beside it
/// returns a `std::array` of these.
template <class E>
struct NameOf {
    E value;
    const char* name;
};
template <class E>
NameOf(E, const char*) -> NameOf<E>;

template <class T>
concept Number = std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t> ||
    std::same_as<T, std::uint64_t> || std::same_as<T, float> || std::same_as<T, double>;

/// One described field.
template <class T>
struct Setting {
    const char* name;
    T& value;
    Range range;
};
template <class T>
requires Number<std::remove_const_t<T>> Setting<T> setting(const char* name, T& value, const Range& range) {
    return {name, value, range};
}
/// \param range  of the numbers of a list
template <class T>
requires(!Number<std::remove_const_t<T>>) Setting<T> setting(const char* name, T& value,
                                                             const Range& range = any_number) {
    return {name, value, range};
}
/// A field that is no setting: a checkpoint does not hold it, and it is given again where a model is loaded.
struct NotStored {};
inline NotStored not_stored() { return {}; }

namespace settings {

struct Count {
    template <class... Fields>
    std::integral_constant<std::size_t, sizeof...(Fields)> operator()(const Fields&...) const {
        return {};
    }
};

/// Converts to any field's type.
struct AnyField {
    template <class T>
    operator T() const;  // NOLINT: implicit, and never defined
};

/// The number of fields that an aggregate can be initialised with; too low where a field cannot be
/// initialised from `AnyField`.
template <class C, class... Fields>
constexpr std::size_t fields() {
    if constexpr (sizeof...(Fields) < 40 && requires { C{Fields{}..., AnyField{}}; })
        return fields<C, Fields..., AnyField>();
    else
        return sizeof...(Fields);
}

}  // namespace settings

/// A structure with `settings`.
template <class C>
concept DescribesItself = requires(C& c) {
    C::settings(c, settings::Count{});
};

/// The number of fields in the description of C. Does not compile where one is missing.
template <class C>
constexpr bool explain_settings() {
    if constexpr (DescribesItself<C>) {
        if constexpr (std::is_aggregate_v<C>)
            static_assert(
                settings::fields<C>() <= decltype(C::settings(std::declval<C&>(), settings::Count{}))::value,
                "coco: `settings` of this Config leaves a field out: list each as `setting(name, field, "
                "range)`, "
                "or as `not_stored()` (CONTRIBUTING.md, Add a backbone, 2)");
    } else {
        static_assert(DescribesItself<C> || std::is_empty_v<C>,
                      "coco: a checkpoint cannot hold this Config: list its fields in "
                      "`static auto settings(auto& c, auto&& visit)` (CONTRIBUTING.md, Add a backbone, 2)");
    }
    return true;
}

/// The value of an enumeration's name. \throws Error naming `where` if there is none of that name
template <class E>
[[gnu::cold]] E value_named(std::string_view name, const std::string& where) {
    std::string known;
    for (const NameOf<E>& each : names_of(E{})) {
        if (name == each.name) return each.value;
        known += (known.empty() ? "" : ", ") + std::string(each.name);
    }
    throw Error(where, "unknown name", "one of " + known, name);
}

}  // namespace coco
