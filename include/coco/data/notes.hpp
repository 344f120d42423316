// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a reader replaced, left out or found odd, without it being an error: one note a kind and file, with a
/// count, so that a program can print them all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>

namespace coco::data {

/// One kind of remark about one file.
struct Note {
    std::string where;  ///< "file:line" of the first case, or the file
    std::string what;
    Index count = 1;

    /// "where: what", and "; N in all" if there are several.
    std::string text() const {
        return where + ": " + what + (count > 1 ? text_of("; ", count, " in all") : std::string());
    }
};

/// The notes of a data set, in the order of their first cases.
class Notes {
public:
    /// Counts `count` cases of `what` at `where` ("file:line", or a file). Cases in one file are one note.
    void add(const std::string& where, std::string_view what, Index count = 1) {
        for (Note& note : notes_)
            if (note.what == what && file_of(note.where) == file_of(where)) {
                note.count += count;
                return;
            }
        notes_.push_back({where, std::string(what), count});
    }

    bool empty() const { return notes_.empty(); }
    auto begin() const { return notes_.begin(); }
    auto end() const { return notes_.end(); }

private:
    static std::string_view file_of(std::string_view where) {
        const std::size_t colon = where.rfind(':');
        const bool line = colon != std::string_view::npos && colon + 1 < where.size() &&
                          where.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
        return where.substr(0, line ? colon : where.size());
    }

    std::vector<Note> notes_;
};

}  // namespace coco::data
