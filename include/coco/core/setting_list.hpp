// SPDX-License-Identifier: Apache-2.0
/// \file
/// The fields of a structure that describes itself as a list of one type, so that checking, writing and
/// reading settings are compiled once, whatever structures a program has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/settings.hpp>

namespace coco {

/// A described field whose type is known at run time only, so that checking, writing and reading are compiled
/// once. It refers to the field.
struct SettingRef {
    enum class Kind : std::uint8_t { integer, natural, real, truth, text, name, list, group };

    std::string name;
    Kind kind = Kind::group;
    void* value = nullptr;
    std::size_t bytes = 0;  ///< of a number
    Range range = any_number;
    std::vector<SettingRef> children;                      ///< of a group
    std::vector<std::pair<long long, const char*>> names;  ///< of an enumeration
    long long (*get_name)(const void*) = nullptr;
    void (*set_name)(void*, long long) = nullptr;
    std::size_t (*size)(const void*) = nullptr;  ///< of a list
    bool (*resize)(void*, std::size_t) = nullptr;
    SettingRef (*element)(void*, std::size_t, const Range&) = nullptr;

    std::int64_t integer() const {
        return bytes == 4 ? *static_cast<const std::int32_t*>(value)
                          : *static_cast<const std::int64_t*>(value);
    }
    std::uint64_t natural() const { return *static_cast<const std::uint64_t*>(value); }
    double real() const {
        return bytes == 4 ? static_cast<double>(*static_cast<const float*>(value))
                          : *static_cast<const double*>(value);
    }
    void set_integer(std::int64_t v) const {
        if (bytes == 4)
            *static_cast<std::int32_t*>(value) = static_cast<std::int32_t>(v);
        else
            *static_cast<std::int64_t*>(value) = v;
    }
    void set_natural(std::uint64_t v) const { *static_cast<std::uint64_t*>(value) = v; }
    void set_real(double v) const {
        if (bytes == 4)
            *static_cast<float*>(value) = static_cast<float>(v);
        else
            *static_cast<double*>(value) = v;
    }
    bool& truth() const { return *static_cast<bool*>(value); }
    std::string& text() const { return *static_cast<std::string*>(value); }
    SettingRef at(std::size_t i) const { return element(value, i, range); }
};

template <class C>
[[gnu::cold]] std::vector<SettingRef> list_settings(C& config);

namespace settings {

template <class T>
[[gnu::cold, gnu::noinline]] SettingRef ref(std::string name, T& field, const Range& range);

template <class L>
struct ListAccess {
    static std::size_t size(const void* list) { return std::size(*static_cast<const L*>(list)); }
    static bool resize(void* list, std::size_t count) {
        if constexpr (requires(L & l) { l.resize(count); }) static_cast<L*>(list)->resize(count);
        return size(list) == count;
    }
    static SettingRef element(void* list, std::size_t i, const Range& range) {
        return ref({}, (*static_cast<L*>(list))[i], range);
    }
};

template <class E>
struct NameAccess {
    static long long get(const void* value) { return static_cast<long long>(*static_cast<const E*>(value)); }
    static void set(void* value, long long to) { *static_cast<E*>(value) = static_cast<E>(to); }
};

template <class Qualified>
SettingRef ref(std::string name, Qualified& field, const Range& range) {
    using T = std::remove_const_t<Qualified>;
    using Kind = SettingRef::Kind;
    T& value = const_cast<T&>(field);
    SettingRef r;
    r.name = std::move(name);
    r.value = &value;
    r.range = range;
    r.bytes = sizeof(T);
    if constexpr (std::is_same_v<T, bool>) {
        r.kind = Kind::truth;
    } else if constexpr (std::is_floating_point_v<T>) {
        r.kind = Kind::real;
    } else if constexpr (std::is_unsigned_v<T>) {
        r.kind = Kind::natural;
    } else if constexpr (std::is_integral_v<T>) {
        r.kind = Kind::integer;
    } else if constexpr (std::is_same_v<T, std::string>) {
        r.kind = Kind::text;
    } else if constexpr (std::is_enum_v<T>) {
        r.kind = Kind::name;
        for (const NameOf<T>& each : names_of(value))
            r.names.emplace_back(static_cast<long long>(each.value), each.name);
        r.get_name = &NameAccess<T>::get;
        r.set_name = &NameAccess<T>::set;
    } else if constexpr (requires { std::size(value); }) {
        r.kind = Kind::list;
        r.size = &ListAccess<T>::size;
        r.resize = &ListAccess<T>::resize;
        r.element = &ListAccess<T>::element;
    } else {
        r.children = list_settings(value);
    }
    return r;
}

struct Collect {
    std::vector<SettingRef>& to;

    template <class T>
    int one(const Setting<T>& s) const {
        to.push_back(ref(s.name, s.value, s.range));
        return 0;
    }
    int one(const NotStored&) const { return 0; }
    template <class... Fields>
    int operator()(const Fields&... fields) const {
        return (one(fields) + ... + 0);
    }
};

}  // namespace settings

/// The fields of a structure that describes itself, or of an empty one.
template <class C>
std::vector<SettingRef> list_settings(C& config) {
    static_assert(explain_settings<std::remove_const_t<C>>());
    std::vector<SettingRef> all;
    if constexpr (DescribesItself<C>) C::settings(config, settings::Collect{all});
    return all;
}

/// \throws Error naming the first number that is out of its range, with path, range and value
[[gnu::cold]] inline void check_settings(std::span<const SettingRef> all, const std::string& path) {
    using Kind = SettingRef::Kind;
    for (const SettingRef& s : all) {
        const std::string where = s.name.empty() ? path : path.empty() ? s.name : path + "." + s.name;
        if (s.kind == Kind::integer)
            s.range.check(static_cast<double>(s.integer()), where, text_of(s.integer()));
        else if (s.kind == Kind::natural)
            s.range.check(static_cast<double>(s.natural()), where, text_of(s.natural()));
        else if (s.kind == Kind::real)
            s.range.check(s.real(), where, text_of(s.real()));
        else if (s.kind == Kind::group)
            check_settings(s.children, where);
        else if (s.kind == Kind::list)
            for (std::size_t i = 0; i < s.size(s.value); ++i) {
                const SettingRef each = s.at(i);
                check_settings(std::span(&each, 1), text_of(where, "[", i, "]"));
            }
    }
}
/// The same of one structure; does nothing where it does not describe itself.
template <class C>
requires(!std::is_convertible_v<const C&, std::span<const SettingRef>>)
    [[gnu::cold, gnu::noinline]] void check_settings(const C& config, const char* path) {
    if constexpr (DescribesItself<const C>) check_settings(list_settings(config), path);
}

}  // namespace coco
