// SPDX-License-Identifier: Apache-2.0
/// \file
/// The exception type of this library for invalid data, files and settings.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

namespace coco {

/// Invalid data, file or setting. `what()` reads "where: problem: expected E, found F"; accessors return the
/// parts.
class Error : public std::runtime_error {
public:
    /// \param where     file and line ("items.tsv:12"), tensor name or setting
    /// \param problem   what is wrong, in a few words
    /// \param expected  the correct value; may be empty
    /// \param found     the value found; may be empty
    Error(std::string where, std::string problem, std::string expected = {}, std::string found = {})
        : std::runtime_error(compose(where, problem, expected, found)),
          where_(std::move(where)),
          problem_(std::move(problem)),
          expected_(std::move(expected)),
          found_(std::move(found)) {}

    const std::string& where() const noexcept { return where_; }
    const std::string& problem() const noexcept { return problem_; }
    const std::string& expected() const noexcept { return expected_; }
    const std::string& found() const noexcept { return found_; }

private:
    static std::string compose(const std::string& where, const std::string& problem,
                               const std::string& expected, const std::string& found) {
        std::string text = where + ": " + problem;
        if (!expected.empty()) text += ": expected " + expected;
        if (!found.empty()) text += (expected.empty() ? ": found " : ", found ") + found;
        return text;
    }

    std::string where_, problem_, expected_, found_;
};

/// Joins its arguments into one string with `operator<<`.
template <class... Parts>
std::string text_of(const Parts&... parts) {
    std::ostringstream out;
    (out << ... << parts);
    return out.str();
}

/// Throws `Error` unless `ok`. Arguments are evaluated in either case, so keep them cheap; in frequently
/// executed code write `if (!ok) throw Error(...)`.
inline void require(bool ok, const std::string& where, const std::string& problem,
                    const std::string& expected = {}, const std::string& found = {}) {
    if (!ok) throw Error(where, problem, expected, found);
}

}  // namespace coco
