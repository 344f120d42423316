// SPDX-License-Identifier: Apache-2.0
/// \file
/// A digest of a safetensors file inside the file: XXH64 of all its bytes, with zeros in place of the
/// digest's own digits. It tells damage, not forgery.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <coco/core/error.hpp>
#include <coco/io/file_digest.hpp>
#include <coco/io/safetensors.hpp>

namespace coco::io {

/// Key of the digest in the metadata, and its value while the digest is computed.
inline constexpr const char* seal_key = "digest";
inline constexpr const char* unsealed = "xxh64:0000000000000000";

/// Where the digest `value` stands in a header; npos where it stands in none or several places. A quotation
/// mark within a text has a backslash in front of it, so no other text looks like this.
inline std::size_t place_of_seal(std::string_view header, std::string_view value) {
    const std::string before = std::string("\"") + seal_key + "\":\"";
    const std::size_t at = header.find(before + std::string(value) + '"');
    return at == header.npos || header.find(before, at + 1) != header.npos ? header.npos : at + before.size();
}

/// \throws Error if the file has no digest or another one than its bytes give
[[gnu::cold]] inline void require_sealed(const Safetensors& file) {
    const std::string where = file.path() + ": " + seal_key;
    const std::string& expected = file.metadata(seal_key);
    const std::size_t at = place_of_seal(file.header(), expected);
    if (at == std::string_view::npos || expected.size() != std::string_view(unsealed).size())
        throw Error(where, "not as this library writes it");
    const std::size_t begin = sizeof(std::uint64_t) + at;
    XXH64 sum;
    sum.add(file.bytes().first(begin));
    sum.add(std::as_bytes(std::span(std::string_view(unsealed))));
    sum.add(file.bytes().subspan(begin + expected.size()));
    const std::string found = digest_text(sum.value());
    require(found == expected, where, "the file is damaged", expected, found);
}

}  // namespace coco::io
