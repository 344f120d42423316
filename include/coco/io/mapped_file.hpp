// SPDX-License-Identifier: Apache-2.0
/// \file
/// A file mapped as read-only memory for the lifetime of the object.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include <coco/core/error.hpp>

namespace coco::io {

/// Owns a read-only memory map of a whole file. Moving the object does not move the bytes.
/// If another process truncates the file, access raises SIGBUS; this cannot be prevented here.
class MappedFile {
public:
    /// \throws Error if `path` cannot be opened or is not a regular file
    [[gnu::cold]] explicit MappedFile(const std::filesystem::path& path) : path_(path.string()) {
        const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) throw Error(path_, "cannot open for reading", "a readable file", reason(errno));
        struct stat status {};
        const bool known = ::fstat(descriptor, &status) == 0;
        if (!known || !S_ISREG(status.st_mode)) {
            ::close(descriptor);
            throw Error(path_, "cannot be mapped", "a regular file");
        }
        size_ = static_cast<std::size_t>(status.st_size);
        if (size_ > 0) {
            void* at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
            const int failure = errno;
            if (at == MAP_FAILED) {
                ::close(descriptor);
                throw Error(path_, "cannot be mapped into memory", {}, reason(failure));
            }
            data_ = static_cast<const std::byte*>(at);
        }
        ::close(descriptor);
    }

    ~MappedFile() { unmap(); }
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    MappedFile(MappedFile&& other) noexcept
        : path_(std::move(other.path_)),
          data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)) {}
    MappedFile& operator=(MappedFile&& other) noexcept {
        if (this == &other) return *this;
        unmap();
        path_ = std::move(other.path_);
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
        return *this;
    }

    /// The whole file; empty for an empty file.
    std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
    const std::string& path() const noexcept { return path_; }

    /// Releases the memory of the whole pages within `part`; a later access reads them from the file again.
    void forget(std::span<const std::byte> part) const noexcept {
        const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        const std::size_t before =
            (page - reinterpret_cast<std::uintptr_t>(part.data()) % page) % page;  // to the next page's start
        if (part.size() < before + page) return;
        ::madvise(const_cast<std::byte*>(part.data()) + before, (part.size() - before) / page * page,
                  MADV_DONTNEED);
    }

private:
    static std::string reason(int code) { return std::strerror(code); }
    void unmap() noexcept {
        if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
    }

    std::string path_;
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace coco::io
