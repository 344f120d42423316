// SPDX-License-Identifier: Apache-2.0
/// \file
/// Lines of a file that may be gzip-compressed. Needs zlib (component `gz`).
#pragma once

#include <zlib.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/data/lines.hpp>

namespace coco::data {

/// A plain or gzip-compressed file; every reader accepts it as its template argument.
class GzFile {
public:
    /// \throws Error where the file cannot be opened
    explicit GzFile(const std::filesystem::path& path) : name_(path.string()), bytes_(1u << 16) {
        if (!std::filesystem::is_directory(path)) file_.reset(gzopen(name_.c_str(), "rb"));
        if (!file_) throw Error(name_, "cannot be opened");
        gzbuffer(file_.get(), 1u << 17);
    }

    /// Lines end with '\n'; every other byte, NUL too, is a byte of the line.
    /// \throws Error where the compressed data is truncated or damaged
    bool read(std::string& line) {
        line.clear();
        for (;;) {
            const char* const begin = bytes_.data() + at_;
            if (const void* const found = std::memchr(begin, '\n', size_ - at_)) {
                const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - begin);
                line.append(begin, length);
                at_ += length + 1;
                return true;
            }
            line.append(begin, size_ - at_);
            at_ = size_ = 0;
            const int got = gzread(file_.get(), bytes_.data(), static_cast<unsigned>(bytes_.size()));
            if (got <= 0) break;
            size_ = static_cast<std::size_t>(got);
        }
        int code = Z_OK;
        const char* why = gzerror(file_.get(), &code);
        if (code != Z_OK) throw Error(name_, "damaged or cut short", {}, why);
        return !line.empty();
    }

private:
    struct Close {
        void operator()(gzFile_s* file) const { gzclose(file); }
    };

    std::string name_;
    std::unique_ptr<gzFile_s, Close> file_;
    std::vector<char> bytes_;
    std::size_t at_ = 0, size_ = 0;  // the part of bytes_ that is not yet read
};

}  // namespace coco::data
