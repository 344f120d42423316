// SPDX-License-Identifier: Apache-2.0
/// \file
/// Writes a file atomically: to a temporary file in the same folder, which is synced and then renamed. Any
/// number of processes and threads may write the same path at once; the last to commit wins.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>

#include <coco/core/error.hpp>
#include <coco/io/claimed_file.hpp>

namespace coco::io {

/// Bytes go to a file of its own, `path` + ".partial", or ".partial-1" and so on where another writer has
/// that one, until `commit`. If the object is destroyed before `commit`, it removes that file; if the process
/// is killed, the file remains and the next writer of the same path takes it over.
class AtomicFile {
public:
    /// \throws Error if no partial file can be created
    [[gnu::cold]] explicit AtomicFile(const std::filesystem::path& path) : path_(path.string()) {
        for (int n = 0; descriptor_ < 0; ++n) {
            partial_ = path_ + ".partial";
            if (n > 0) partial_ += text_of("-", n);
            if (n == max_writers) throw Error(path_, "too many processes write it at once");
            take();
        }
    }

    ~AtomicFile() {
        if (!committed_) ::unlink(partial_.c_str());
        ::close(descriptor_);
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
    static constexpr int max_writers = 1000;

    /// Opens `partial_` and empties it, unless another writer has it.
    void take() {
        const int claimed = claim_file(partial_);
        if (claimed < 0) return;
        struct ::stat found = {};
        if (::fstat(claimed, &found) == 0 && (found.st_size == 0 || ::ftruncate(claimed, 0) == 0))
            descriptor_ = claimed;
        else
            ::close(claimed);
    }

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
    int descriptor_ = -1;
    bool committed_ = false;
};

}  // namespace coco::io
