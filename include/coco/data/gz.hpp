// SPDX-License-Identifier: Apache-2.0
/// \file
/// Lines of a file that may be gzip-compressed. Needs zlib (component `gz`).
#pragma once

#include <zlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include <coco/core/error.hpp>
#include <coco/data/lines.hpp>

namespace coco::data {

/// A plain or gzip-compressed file; every reader accepts it as its template argument.
class GzFile {
public:
    /// \throws Error where the file cannot be opened
    explicit GzFile(const std::filesystem::path& path) : name_(path.string()) {
        if (!std::filesystem::is_directory(path)) file_.reset(gzopen(name_.c_str(), "rb"));
        if (!file_) throw Error(name_, "cannot be opened");
        gzbuffer(file_.get(), 1u << 17);
    }

    /// \throws Error where the compressed data is truncated or damaged
    bool read(std::string& line) {
        line.clear();
        char chunk[4096];
        while (gzgets(file_.get(), chunk, sizeof chunk) != nullptr) {
            line += chunk;
            if (line.ends_with('\n')) {
                line.pop_back();
                return true;
            }
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
};

}  // namespace coco::data
