// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <coco/core/random.hpp>
#include <coco/io/tiktoken.hpp>

#include "hard_strings.hpp"
#include "qwen.hpp"
#include "support.hpp"

using Catch::Matchers::Contains;
using coco::Id;
using namespace coco::io;

namespace {

std::string base64(const std::string& bytes) {
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k)
            text += i + k > bytes.size() ? '=' : digits[bits >> (18 - 6 * k) & 63];
    }
    return text;
}

std::string all_bytes() {
    std::string file;
    for (int byte = 0; byte < 256; ++byte)
        file += base64(std::string(1, static_cast<char>(byte))) + " " + std::to_string(byte) + "\n";
    return file;
}

std::string fault(const std::string& text, std::vector<std::pair<std::string, Id>> special = {}) {
    const support::Folder folder;
    const auto path = support::write(folder / "t.tiktoken", text);
    return support::error_of([&] { open_tiktoken(path, *coco::text::convention_of("qwen2"), special); });
}

/// The definition, after openai/tiktoken: while two adjacent tokens together are a token, merge the leftmost
/// of those with the lowest rank; a whole word that is a token is not split.
std::vector<Id> by_ranks(const std::map<std::string, Id>& rank_of, const std::string& word) {
    if (rank_of.contains(word)) return {rank_of.at(word)};
    std::vector<std::string> parts;
    for (const char byte : word) parts.emplace_back(1, byte);
    for (;;) {
        std::size_t best = parts.size();
        Id lowest = 0;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
            const auto found = rank_of.find(parts[i] + parts[i + 1]);
            if (found == rank_of.end() || (best < parts.size() && found->second >= lowest)) continue;
            best = i;
            lowest = found->second;
        }
        if (best == parts.size()) break;
        parts[best] += parts[best + 1];
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
    std::vector<Id> ids;
    for (const std::string& part : parts) ids.push_back(rank_of.at(part));
    return ids;
}

}  // namespace

TEST_CASE("base64: the test vectors of RFC 4648") {
    const std::string whole = "foobar";
    const char* expected[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    for (std::size_t length = 0; length <= whole.size(); ++length)
        CHECK(from_base64(expected[length], "here") == whole.substr(0, length));
    for (const char* wrong : {"Zg", "Zg=", "Z===", "Zg==Zg==", "Zm9v\xff\xff\xff\xff", "====", "Zm 9"})
        CHECK_THAT(support::error_of([&] { from_base64(wrong, "here"); }), Contains("here: is not base64"));
}

TEST_CASE("tiktoken: equal to merging by rank, including tokens that no merge produces") {
    coco::RandomStream random(7);
    for (int round = 0; round < 40; ++round) {
        std::map<std::string, Id> rank_of;
        for (int byte = 0; byte < 256; ++byte) rank_of[std::string(1, static_cast<char>(byte))] = byte;
        std::string file = all_bytes();
        const auto letters = [&](std::uint32_t maximum) {
            std::string word;
            for (std::uint32_t i = 1 + random.below(maximum); i > 0; --i)
                word += static_cast<char>('a' + random.below(3));
            return word;
        };
        for (Id rank = 256; rank < 300; ++rank) {
            const std::string token = letters(5);
            if (!rank_of.emplace(token, rank).second) continue;
            file += base64(token) + " " + std::to_string(rank) + "\n";
        }
        const support::Folder folder;
        const auto path = support::write(folder / "t", file);
        const auto tokenizer = open_tiktoken(path, *coco::text::convention_of("qwen2"), {});
        for (int word = 0; word < 100; ++word) {
            const std::string text = letters(12);
            INFO(text);
            REQUIRE(tokenizer.encode(text) == by_ranks(rank_of, text));
        }
    }
}

TEST_CASE("tiktoken: special tokens behind the ranks, and gaps") {
    const support::Folder folder;
    const auto path = support::write(folder / "t", all_bytes() + base64("ab") + " 300\r\n\n");
    const auto tokenizer =
        open_tiktoken(path, *coco::text::convention_of("qwen2"), {{"<end>", 400}, {"<start>", 302}});
    CHECK(tokenizer.size() == 401);
    CHECK(tokenizer.encode("ab<end>a<start>") == std::vector<Id>{300, 400, 'a', 302});
    CHECK(tokenizer.decode(std::vector<Id>{300, 301, 400}) == "ab<end>");
}

TEST_CASE("tiktoken: wrong files") {
    CHECK(fault(all_bytes()).empty());
    CHECK_THAT(fault(""), Contains("t.tiktoken: no token for a byte"));
    CHECK_THAT(fault(all_bytes() + "YWI= x\n"), Contains("t.tiktoken:257: broken line"));
    CHECK_THAT(fault(all_bytes() + "YWI=\n"), Contains(":257: broken line"));
    CHECK_THAT(fault(all_bytes() + "YWI= 300 1\n"), Contains(":257: broken line"));
    CHECK_THAT(fault(all_bytes() + "YWI= -1\n"), Contains(":257: broken line"));
    CHECK_THAT(fault(all_bytes() + "YWI= 4000000000\n"), Contains(":257: broken line"));
    CHECK_THAT(fault(all_bytes() + "YWI= 99999999999999999999\n"), Contains(":257: broken line"));
    CHECK_THAT(fault(all_bytes() + " 300\n"), Contains(":257: impossible token: expected 1 to 1024 bytes"));
    CHECK_THAT(fault(all_bytes() + base64(std::string(1025, 'a')) + " 300\n"),
               Contains(":257: impossible token"));
    CHECK_THAT(fault(all_bytes() + "Y!I= 300\n"), Contains(":257: is not base64"));
    CHECK_THAT(fault(all_bytes() + "YWI= 7\n"), Contains(":257: rank occurs twice: found 7"));
    CHECK_THAT(fault(all_bytes() + "YWI= 300\nYWI= 301\n"), Contains("token 301: token occurs twice"));
    CHECK_THAT(fault(all_bytes(), {{"<end>", 7}}), Contains("<end>: its id is another token's"));
    CHECK_THAT(fault(all_bytes(), {{"<end>", -1}}), Contains("<end>: impossible id"));
    CHECK_THAT(fault(all_bytes(), {{"a", 300}}), Contains("token occurs twice"));
}

TEST_CASE("tiktoken: hard strings, Qwen: the ids of Hugging Face's tokenizers") {
    const auto path = support::cached("qwen", "qwen.tiktoken");
    if (path.empty()) {
        std::cout << "SKIPPED: no qwen.tiktoken in the cache\n";
        return;
    }
    support::check_hard_strings(support::qwen(path), "qwen");
}
