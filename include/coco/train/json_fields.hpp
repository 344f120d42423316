// SPDX-License-Identifier: Apache-2.0
/// \file
/// Converts structures' fields and enumerations' names to JSON and back, in the format of the JSON library's
/// own macros, but compiled once per type of field. A header that includes this one undefines the macros at
/// its end.
#pragma once

#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <nlohmann/json.hpp>

namespace coco {

namespace settings {

/// A field to JSON and back: one function per type of field, which calls the type's own functions where they
/// exist. The JSON library's general functions are compiled for every length of a key, a second per user's
/// unit.
template <class J, class T>
void set(J& place, const T& field) {
    if constexpr (requires { to_json(place, field); }) {
        to_json(place, field);
    } else if constexpr (!std::is_same_v<T, J> && !std::is_convertible_v<const T&, std::string_view> &&
                         requires { std::begin(field); }) {
        place = J(J::value_t::array);
        for (const auto& each : field) {
            place.push_back(nullptr);
            set(place.back(), each);
        }
    } else {
        place = field;
    }
}
template <class J, class T>
[[gnu::cold, gnu::noinline]] void put(J& j, const char* key, const T& field) {
    set(j[key], field);
}
template <class J, class T>
[[gnu::cold, gnu::noinline]] void take(const J& j, const char* key, T& field) {
    const J& found = j.at(std::string(key));
    if constexpr (requires { from_json(found, field); })
        from_json(found, field);
    else
        found.get_to(field);
}

/// A value of an enumeration and its name.
template <class E>
struct NameOf {
    E value;
    const char* name;
};
template <class E>
const char* name_in(std::span<const NameOf<E>> names, E value) {
    for (const NameOf<E>& each : names)
        if (each.value == value) return each.name;
    return names[0].name;
}
/// The first where it is none of the names.
template <class E, class J>
E value_in(std::span<const NameOf<E>> names, const J& j) {
    for (const NameOf<E>& each : names)
        if (j.is_string() && j.template get_ref<const std::string&>() == each.name) return each.value;
    return names[0].value;
}

}  // namespace settings

}  // namespace coco

#define COCO_JSON_PUT(field) ::coco::settings::put(j, #field, c.field);
#define COCO_JSON_TAKE(field) ::coco::settings::take(j, #field, c.field);
/// As the library's NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE.
#define COCO_JSON_FIELDS(Type, ...)                                            \
    [[gnu::cold]] inline void to_json(nlohmann::json& j, const Type& c) {      \
        NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(COCO_JSON_PUT, __VA_ARGS__))  \
    }                                                                          \
    [[gnu::cold]] inline void from_json(const nlohmann::json& j, Type& c) {    \
        NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(COCO_JSON_TAKE, __VA_ARGS__)) \
    }
/// As the library's NLOHMANN_JSON_SERIALIZE_ENUM.
#define COCO_JSON_NAMES(Type, ...)                                                   \
    inline constexpr ::coco::settings::NameOf<Type> names_of_##Type[] = __VA_ARGS__; \
    template <class J>                                                               \
    void to_json(J& j, const Type& value) {                                          \
        j = std::string(::coco::settings::name_in<Type>(names_of_##Type, value));    \
    }                                                                                \
    template <class J>                                                               \
    void from_json(const J& j, Type& value) {                                        \
        value = ::coco::settings::value_in<Type>(names_of_##Type, j);                \
    }
