// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads a text file line by line and tracks the position, so that every error can name file and line.
#pragma once

#include <concepts>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>

namespace coco::data {

/// A source of `Lines`: opened by path, returns one line at a time without its '\n'.
template <class S>
concept LineSource = std::constructible_from<S, const std::filesystem::path&> &&
    requires(S source, std::string& line) {
    { source.read(line) } -> std::same_as<bool>;
};

/// An uncompressed file. (`GzFile` in `coco/data/gz.hpp` reads plain and compressed files, and needs zlib.)
class PlainFile {
public:
    /// \throws Error where the file cannot be opened
    explicit PlainFile(const std::filesystem::path& path)
        : stream_(path, std::ios::binary), name_(path.string()) {
        if (!stream_ || std::filesystem::is_directory(path)) throw Error(name_, "cannot be opened");
        char start[2] = {0, 0};
        stream_.read(start, 2);
        if (std::memcmp(start, "\x1f\x8b", 2) == 0)
            throw Error(name_, "compressed by gzip",
                        "plain text, or a reader over GzFile (coco/data/gz.hpp)");
        stream_.clear();
        stream_.seekg(0);
    }

    bool read(std::string& line) {
        if (std::getline(stream_, line)) return true;
        if (stream_.bad()) throw Error(name_, "read error");
        return false;
    }

private:
    std::ifstream stream_;
    std::string name_;
};

/// Lines of a file, without line ends ("\n" or "\r\n", also mixed) and without a byte order mark. A last line
/// needs no line end. Every other byte is kept: NUL, other control characters, and bytes that are not UTF-8.
template <LineSource Source = PlainFile>
class Lines {
public:
    explicit Lines(const std::filesystem::path& path) : source_(path), name_(path.string()) {}

    /// Reads the next line; false at the end of the file.
    /// \throws Error where the file begins with a byte order mark of UTF-16 or UTF-32
    bool next(std::string& line) {
        if (!source_.read(line)) return false;
        ++at_;
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (at_ == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
        if (at_ == 1 && (line.starts_with("\xff\xfe") || line.starts_with("\xfe\xff") ||
                         line.starts_with(std::string_view("\0\0\xfe\xff", 4))))
            throw Error(name_, "wrong encoding", "UTF-8", "a byte order mark of UTF-16 or UTF-32");
        return true;
    }

    /// Skips empty lines, which may only be the last ones of the file.
    /// \returns whether `line`, the line just read, is one of them
    /// \throws Error naming the empty line where another follows
    bool skip_empty_end(const std::string& line, std::string_view problem, std::string_view expected) {
        if (!line.empty()) return false;
        const std::string empty_line = where();
        for (std::string more; next(more);)
            if (!more.empty()) throw Error(empty_line, problem, expected, "an empty line");
        return true;
    }

    /// "file:line" of the last line read.
    std::string where() const { return name_ + ":" + std::to_string(at_); }

    const std::string& name() const { return name_; }

    /// The number of the last line read, starting at 1.
    Index at() const { return at_; }

private:
    Source source_;
    std::string name_;
    Index at_ = 0;
};

}  // namespace coco::data
