// SPDX-License-Identifier: Apache-2.0
/// \file
/// Shared by tests of file formats: temporary files, and GGUF files built byte by byte.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <coco/core/error.hpp>

namespace support {

/// A new folder, removed with its contents by the destructor.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "coco-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw coco::Error(name, "cannot make a folder");
        path_ = name;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline std::filesystem::path write(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path;
}

inline std::string slurp(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The bytes of a number as they are in a file.
template <class T>
std::string bytes_of(T value) {
    static_assert(std::is_arithmetic_v<T>);
    return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

/// Builds a GGUF file, valid or invalid.
struct GgufBytes {
    std::uint32_t version = 3;
    std::vector<std::string> entries, infos;
    std::uint64_t more_entries = 0, more_tensors = 0;  ///< added to the counts in the header
    std::string data;

    static std::string string(std::string_view text) {
        return bytes_of(std::uint64_t{text.size()}) + std::string(text);
    }
    GgufBytes& entry(std::string_view key, std::uint32_t type, const std::string& value) {
        entries.push_back(string(key) + bytes_of(type) + value);
        return *this;
    }
    GgufBytes& entry(std::string_view key, std::string_view text) { return entry(key, 8, string(text)); }
    GgufBytes& entry(std::string_view key, std::uint32_t value) { return entry(key, 4, bytes_of(value)); }
    GgufBytes& entry(std::string_view key, const std::vector<std::string>& list) {
        std::string value = bytes_of(std::uint32_t{8}) + bytes_of(std::uint64_t{list.size()});
        for (const std::string& text : list) value += string(text);
        return entry(key, 9, value);
    }
    GgufBytes& entry(std::string_view key, const std::vector<std::int32_t>& list) {
        std::string value = bytes_of(std::uint32_t{5}) + bytes_of(std::uint64_t{list.size()});
        for (std::int32_t number : list) value += bytes_of(number);
        return entry(key, 9, value);
    }
    GgufBytes& tensor(std::string_view name, const std::vector<std::uint64_t>& sizes, std::uint32_t type,
                      std::uint64_t offset) {
        std::string info = string(name) + bytes_of(static_cast<std::uint32_t>(sizes.size()));
        for (std::uint64_t size : sizes) info += bytes_of(size);
        infos.push_back(info + bytes_of(type) + bytes_of(offset));
        return *this;
    }
    std::string bytes(std::size_t alignment = 32) const {
        std::string all = "GGUF" + bytes_of(version) + bytes_of(infos.size() + more_tensors) +
                          bytes_of(entries.size() + more_entries);
        for (const std::string& part : entries) all += part;
        for (const std::string& part : infos) all += part;
        all.resize((all.size() + alignment - 1) / alignment * alignment);
        return all + data;
    }
};

/// The folder into which tests/run and examples/run download.
inline std::filesystem::path cache() {
    if (const char* own = std::getenv("COCO_CACHE")) return own;
    if (const char* base = std::getenv("XDG_CACHE_HOME")) return std::filesystem::path(base) / "coco";
    const char* home = std::getenv("HOME");
    return std::filesystem::path(home ? home : ".") / ".cache" / "coco";
}

/// A file of the cache, or an empty path if it does not exist.
inline std::filesystem::path cached(const std::string& folder, const std::string& name) {
    const auto path = cache() / folder / name;
    return std::filesystem::exists(path) ? path : std::filesystem::path();
}

/// The SmolLM2 file in the cache, or an empty path if it does not exist.
inline std::filesystem::path smollm2() {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(cache() / "smollm2", none))
        if (entry.path().extension() == ".gguf") return entry.path();
    return {};
}

/// `what()` of the `coco::Error` that `action` throws; empty if it throws none.
template <class Action>
std::string error_of(const Action& action) {
    try {
        action();
    } catch (const coco::Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace support
