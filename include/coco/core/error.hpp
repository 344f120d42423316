// SPDX-License-Identifier: Apache-2.0
/// \file
/// The exception type of this library for invalid data, files and settings.
#pragma once

#include <charconv>
#include <cstddef>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace coco {

/// Invalid data, file or setting. `what()` reads "where: problem: expected E, found F"; accessors return the
/// parts.
class Error : public std::runtime_error {
public:
    /// Not inlined: it is called at hundreds of places, each of them rarely executed.
    /// \param where     file and line ("items.tsv:12"), tensor name or setting
    /// \param problem   what is wrong, in a few words
    /// \param expected  the correct value; may be empty
    /// \param found     the value found; may be empty
    [[gnu::cold, gnu::noinline]] Error(std::string_view where, std::string_view problem,
                                       std::string_view expected = {}, std::string_view found = {})
        : std::runtime_error(compose(where, problem, expected, found)),
          where_(where),
          problem_(problem),
          expected_(expected),
          found_(found) {}

    const std::string& where() const noexcept { return where_; }
    const std::string& problem() const noexcept { return problem_; }
    const std::string& expected() const noexcept { return expected_; }
    const std::string& found() const noexcept { return found_; }

private:
    static std::string compose(std::string_view where, std::string_view problem, std::string_view expected,
                               std::string_view found) {
        std::string text;
        const auto add = [&](std::string_view before, std::string_view part) {
            text.append(before).append(part);
        };
        add("", where);
        add(": ", problem);
        if (!expected.empty()) add(": expected ", expected);
        if (!found.empty()) add(expected.empty() ? ": found " : ", found ", found);
        return text;
    }

    std::string where_, problem_, expected_, found_;
};

/// One argument of `text_of`: a text, not owned, or a number. Only for these types is it known how a stream
/// would write them without one.
class TextPart {
public:
    /// Whether a stream writes this type as a number.
    template <class T>
    static constexpr bool whole =
        std::is_same_v<T, bool> || std::is_same_v<T, short> || std::is_same_v<T, int> ||
        std::is_same_v<T, long> || std::is_same_v<T, long long>;
    template <class T>
    static constexpr bool count = std::is_same_v<T, unsigned short> || std::is_same_v<T, unsigned> ||
                                  std::is_same_v<T, unsigned long> || std::is_same_v<T, unsigned long long>;
    template <class T>
    static constexpr bool real = std::is_same_v<T, float> || std::is_same_v<T, double>;
    template <class T>
    static constexpr bool text = std::is_convertible_v<const T&, std::string_view>;
    template <class T>
    static constexpr bool printable = whole<T> || count<T> || real<T> || text<T> || std::is_same_v<T, char>;

    template <class T>
    requires printable<T>
    explicit TextPart(const T& part) {
        if constexpr (text<T>)
            kind_ = Kind::text, text_ = part;
        else if constexpr (std::is_same_v<T, char>)
            kind_ = Kind::text, text_ = {&part, 1};
        else if constexpr (real<T>)
            kind_ = Kind::real, real_ = static_cast<double>(part);
        else
            kind_ = whole<T> ? Kind::whole : Kind::count, whole_ = static_cast<long long>(part);
    }

    void append_to(std::string& out) const {
        char digits[40];
        char *const begin = digits, *const end = digits + sizeof digits;
        switch (kind_) {
            case Kind::text:
                out.append(text_);
                break;
            case Kind::whole:
                out.append(begin, std::to_chars(begin, end, whole_).ptr);
                break;
            case Kind::count:
                out.append(begin, std::to_chars(begin, end, static_cast<unsigned long long>(whole_)).ptr);
                break;
            case Kind::real:
                out.append(begin, std::to_chars(begin, end, real_, std::chars_format::general, 6).ptr);
        }
    }

private:
    enum class Kind : unsigned char { text, whole, count, real };
    Kind kind_;
    union {
        std::string_view text_{};
        long long whole_;
        double real_;
    };
};

/// The parts one after the other.
[[gnu::noinline]] inline std::string joined(const TextPart* parts, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) parts[i].append_to(text);
    return text;
}

/// Joins its arguments into one string, each as `operator<<` writes it.
template <class... Parts>
std::string text_of(const Parts&... parts) {
    if constexpr ((TextPart::printable<Parts> && ...)) {
        const TextPart list[] = {TextPart(parts)...};
        return joined(list, sizeof...(parts));
    } else {
        std::ostringstream out;
        out.imbue(std::locale::classic());
        (out << ... << parts);
        return out.str();
    }
}

/// Throws an `Error`.
[[noreturn, gnu::cold, gnu::noinline]] inline void fail(std::string_view where, std::string_view problem,
                                                        std::string_view expected, std::string_view found) {
    throw Error(where, problem, expected, found);
}

/// Throws `Error` unless `ok`. Arguments are evaluated in either case, so keep them cheap; in frequently
/// executed code write `if (!ok) throw Error(...)`.
inline void require(bool ok, std::string_view where, std::string_view problem, std::string_view expected = {},
                    std::string_view found = {}) {
    if (!ok) fail(where, problem, expected, found);
}

}  // namespace coco
