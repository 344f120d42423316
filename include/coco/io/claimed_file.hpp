// SPDX-License-Identifier: Apache-2.0
/// \file
/// A file that one writer at a time has: for temporary files, and to keep two processes from the same long
/// work.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

#include <coco/core/error.hpp>

namespace coco::io {

/// Opens a file for writing, creates it where needed; -1 where another process, or another call in this one,
/// has it. A lock says so and not the name, since a lock ends with its process: what a killed writer leaves
/// behind is taken over, not kept forever. Closing the descriptor, which is the last thing a writer does,
/// gives the lock up. \throws Error with the system's reason where it cannot be opened
inline int claim_file(const std::string& path) {
    const int found = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (found < 0) throw Error(path, "cannot open for writing", {}, std::strerror(errno));
    // Between the two calls the writer before may have renamed or removed it.
    struct ::stat opened = {}, named = {};
    const bool ours = ::flock(found, LOCK_EX | LOCK_NB) == 0 && ::fstat(found, &opened) == 0 &&
                      ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
                      opened.st_dev == named.st_dev;
    if (ours) return found;
    ::close(found);
    return -1;
}

/// Holds `path` + ".lock" while it lives, and removes it in the end.
class PathLock {
public:
    /// \throws Error where another process holds it, naming `work`, which it does
    PathLock(const std::filesystem::path& path, const char* work)
        : name_(path.string() + ".lock"), descriptor_(claim_file(name_)) {
        if (descriptor_ < 0)
            throw Error(path.string(), text_of("another process is ", work),
                        "one at a time: wait for it, or give another path");
    }
    ~PathLock() {
        ::unlink(name_.c_str());
        ::close(descriptor_);
    }
    PathLock(const PathLock&) = delete;
    PathLock& operator=(const PathLock&) = delete;

private:
    std::string name_;
    int descriptor_;
};

}  // namespace coco::io
