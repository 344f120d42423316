// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads `.tiktoken` files: one token in base64 and its rank per line. Two neighbours merge if their
/// concatenation is a token, the lowest rank first (openai/tiktoken, `_byte_pair_merge`); a token's rank is
/// its id.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/io/mapped_file.hpp>
#include <coco/text/byte_level.hpp>
#include <coco/text/pre_tokenize.hpp>
#include <coco/text/tokenizer.hpp>

namespace coco::io {

/// Decodes base64 (RFC 4648, padded). \throws Error naming `where`
inline std::string from_base64(std::string_view text, const std::string& where) {
    static constexpr auto value_of = [] {
        std::array<signed char, 256> values{};
        for (auto& value : values) value = -1;
        constexpr std::string_view digits =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for (std::size_t i = 0; i < digits.size(); ++i)
            values[static_cast<unsigned char>(digits[i])] = static_cast<signed char>(i);
        return values;
    }();
    const auto refuse = [&] { throw Error(where, "is not base64", {}, std::string(text.substr(0, 60))); };
    if (text.size() % 4 != 0) refuse();
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
    std::string bytes;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < text.size() - padding; ++i) {
        const int value = value_of[static_cast<unsigned char>(text[i])];  // NOLINT: -1 is meant
        if (value < 0) refuse();
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        if (i % 4 != 0) bytes += static_cast<char>(static_cast<unsigned char>(bits >> (6 - 2 * (i % 4))));
    }
    return bytes;
}

/// The ranks of a file, as byte-level tokens by id.
/// \param where  names the file in errors
/// \throws Error naming file and line: invalid base64, no rank, a rank that occurs twice or far exceeds the
///         number of lines, a token of no bytes or more than 1024
inline std::vector<std::string> read_tiktoken(std::string_view text, const std::string& where) {
    constexpr std::size_t longest = 1024;
    std::vector<std::string> tokens;
    // Ranks may leave small gaps only: the memory reserved must be in proportion to the size of the file.
    std::size_t lines = 1;
    for (const char c : text) lines += c == '\n';
    const std::size_t maximum = 2 * lines + 1024;
    for (std::size_t number = 1; !text.empty(); ++number) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (line.empty()) continue;
        const std::string at = text_of(where, ":", number);
        const std::size_t space = std::min(line.find(' '), line.size() - 1);
        std::size_t rank = 0;
        const auto [end, fault] = std::from_chars(line.data() + space + 1, line.data() + line.size(), rank);
        if (fault != std::errc() || end != line.data() + line.size() || rank >= maximum)
            throw Error(at, "broken line", text_of("a token in base64 and a rank below ", maximum),
                        std::string(line.substr(0, 60)));
        const std::string token = from_base64(line.substr(0, space), at);
        if (token.empty() || token.size() > longest)
            throw Error(at, "impossible token", text_of("1 to ", longest, " bytes"), text_of(token.size()));
        if (rank >= tokens.size()) tokens.resize(rank + 1);
        if (!tokens[rank].empty()) throw Error(at, "rank occurs twice", {}, text_of(rank));
        tokens[rank] = text::to_stand_ins(token);
    }
    return tokens;
}

/// \throws Error naming `where` if a byte has no token
inline void require_all_bytes(const std::vector<std::string>& tokens, const std::string& where) {
    std::array<bool, 256> known{};
    for (const std::string& token : tokens)
        if (const std::string bytes = text::from_stand_ins(token); bytes.size() == 1)
            known[static_cast<unsigned char>(bytes.front())] = true;
    for (std::size_t byte = 0; byte < known.size(); ++byte)
        if (!known[byte]) throw Error(where, "no token for a byte", "all 256", text_of("none for ", byte));
}

/// The tokenizer in a file.
/// \param convention  what the file does not contain: the splitting rule and whether texts are normalised
/// \param special     tokens in addition to those of the file, with their ids, e.g. {"<|endoftext|>", 151643}
/// \throws Error naming the file and the line or the token
inline text::Tokenizer open_tiktoken(const std::filesystem::path& path, const text::Convention& convention,
                                     const std::vector<std::pair<std::string, Id>>& special) {
    const MappedFile file(path);
    const auto bytes = file.bytes();
    text::Vocabulary vocabulary;
    vocabulary.source = file.path();
    vocabulary.tokens =
        read_tiktoken({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file.path());
    require_all_bytes(vocabulary.tokens, file.path());
    vocabulary.split = convention.split;
    vocabulary.nfc = convention.nfc;
    vocabulary.by_rank = vocabulary.whole_words = true;
    for (const auto& [token, id] : special) {
        if (id < 0) throw Error(text_of(file.path(), ": ", token), "impossible id", {}, text_of(id));
        const auto at = static_cast<std::size_t>(id);
        if (at >= vocabulary.tokens.size()) vocabulary.tokens.resize(at + 1);
        if (!vocabulary.tokens[at].empty())
            throw Error(text_of(file.path(), ": ", token), "its id is another token's",
                        vocabulary.tokens[at]);
        vocabulary.tokens[at] = token;
        vocabulary.special.push_back(id);
    }
    return text::Tokenizer(std::move(vocabulary));
}

}  // namespace coco::io
