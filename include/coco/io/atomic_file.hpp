// SPDX-License-Identifier: Apache-2.0
/// \file
/// A file that appears whole or not at all: written beside its place, synced, then renamed over it.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>

#include <coco/core/error.hpp>

namespace coco::io {

/// Bytes go to `path` + ".partial" until `commit`. Destroyed before that, it removes what it wrote; killed
/// before that, it leaves a ".partial" that the next writer of the same path overwrites. One writer a path
/// at a time.
class AtomicFile {
public:
    /// \throws Error if the file beside `path` cannot be made
    explicit AtomicFile(const std::filesystem::path& path)
        : path_(path.string()),
          partial_(path_ + ".partial"),
          descriptor_(::open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
        if (descriptor_ < 0) throw Error(partial_, "cannot open for writing", {}, std::strerror(errno));
    }

    ~AtomicFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
        if (!committed_) ::unlink(partial_.c_str());
    }
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    /// Appends. \throws Error with the system's reason, a full disk for one
    void write(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const ::ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) throw Error(partial_, "cannot write", {}, std::strerror(errno));
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        }
    }

    /// Puts the file in its place; after this a power cut shows the old file or the new one.
    /// \throws Error if it cannot be synced or renamed; the old file then stays
    void commit() {
        if (::fsync(descriptor_) != 0) throw Error(partial_, "cannot sync", {}, std::strerror(errno));
        if (std::rename(partial_.c_str(), path_.c_str()) != 0)
            throw Error(path_, "cannot be replaced", {}, std::strerror(errno));
        committed_ = true;
        sync_folder();
    }

private:
    /// The rename itself is durable only once its folder is. Some file systems cannot sync folders: no error.
    void sync_folder() const {
        std::string folder = std::filesystem::path(path_).parent_path().string();
        if (folder.empty()) folder = ".";
        const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (descriptor < 0) return;
        ::fsync(descriptor);
        ::close(descriptor);
    }

    std::string path_, partial_;
    int descriptor_;
    bool committed_ = false;
};

}  // namespace coco::io
