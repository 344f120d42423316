// SPDX-License-Identifier: Apache-2.0
/// \file
/// Writes a file atomically: to a temporary file in the same folder, which is synced and then renamed.
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

/// Bytes go to `path` + ".partial" until `commit`. If the object is destroyed before `commit`, it removes the
/// partial file; if the process is killed, the ".partial" file remains and the next writer of the same path
/// overwrites it. Only one writer per path at a time.
class AtomicFile {
public:
    /// \throws Error if the partial file cannot be created
    [[gnu::cold]] explicit AtomicFile(const std::filesystem::path& path)
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

    /// Appends. \throws Error with the system's reason, for example a full disk
    void write(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const ::ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) throw Error(partial_, "cannot write", {}, std::strerror(errno));
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        }
    }

    /// Renames the file to `path`. After this, a power failure leaves either the old file or the new one.
    /// \throws Error if it cannot be synced or renamed; the old file then remains
    void commit() {
        if (::fsync(descriptor_) != 0) throw Error(partial_, "cannot sync", {}, std::strerror(errno));
        if (std::rename(partial_.c_str(), path_.c_str()) != 0)
            throw Error(path_, "cannot be replaced", {}, std::strerror(errno));
        committed_ = true;
        sync_folder();
    }

private:
    /// The rename is durable only after its folder is synced. Where folders cannot be synced: no error.
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
