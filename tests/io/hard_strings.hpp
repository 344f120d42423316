// SPDX-License-Identifier: Apache-2.0
/// \file
/// The hard strings of fixtures/tokenizer_strings.json, and the comparison of a tokenizer with their ids.
#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <coco/text/encoder.hpp>

namespace support {

inline std::string bytes_of_hex(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return bytes;
}

inline nlohmann::json hard_strings() {
    std::ifstream in(std::string(COCO_TEST_DIR) + "/fixtures/tokenizer_strings.json");
    return nlohmann::json::parse(in);
}

/// \param reference  the fixture's name for this tokenizer's ids
inline void check_hard_strings(const coco::text::Tokenizer& tokenizer, const std::string& reference) {
    coco::text::Encoder encoder(tokenizer);
    const nlohmann::json cases = hard_strings();
    REQUIRE(cases.size() > 300);
    for (const auto& example : cases) {
        const std::string hex = example.at("bytes");
        INFO(hex);
        const std::vector<coco::Id> expected = example.at(reference);
        CHECK(tokenizer.encode(bytes_of_hex(hex)) == expected);
        CHECK(encoder(bytes_of_hex(hex)) == expected);
    }
}

}  // namespace support
