// SPDX-License-Identifier: Apache-2.0
/// \file
/// Shared by the fuzz targets. A target defines `fuzz(input)`, the function that libFuzzer calls. It may
/// throw only `coco::Error`, and checks its invariants by `promise`.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include <coco/core/error.hpp>

void fuzz(std::string_view input);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        fuzz({reinterpret_cast<const char*>(data), size});
    } catch (const coco::Error&) {
    }
    return 0;
}

inline void promise(bool kept, const char* what) {
    if (kept) return;
    std::cerr << "broken promise: " << what << '\n';
    std::abort();
}

/// An in-memory file with the given bytes.
class MemoryFile {
public:
    explicit MemoryFile(std::string_view bytes) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
        promise(descriptor_ >= 0 &&
                    ::write(descriptor_, bytes.data(), bytes.size()) == static_cast<::ssize_t>(bytes.size()),
                "a file in memory");
    }
    ~MemoryFile() { ::close(descriptor_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

private:
    int descriptor_;
};
