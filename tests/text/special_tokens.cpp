// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include <coco/text/special_tokens.hpp>

namespace {

std::string found(const coco::text::SpecialTokens& tokens, std::string_view text) {
    std::string out;
    tokens.find(
        text, [&](coco::Id id) { out += "(" + std::to_string(id) + ")"; },
        [&](std::string_view rest) { out += "[" + std::string(rest) + "]"; });
    return out;
}

}  // namespace

TEST_CASE("special tokens: leftmost first, then the longest; parts between them are never empty") {
    coco::text::SpecialTokens tokens;
    CHECK(tokens.empty());
    CHECK(found(tokens, "<a>") == "[<a>]");
    tokens.add("<a>", 1);
    tokens.add("<a><b>", 2);
    tokens.add("b>", 3);
    CHECK_FALSE(tokens.empty());
    CHECK(found(tokens, "").empty());
    CHECK(found(tokens, "x<a>y") == "[x](1)[y]");
    CHECK(found(tokens, "<a><a><b>") == "(1)(2)");
    CHECK(found(tokens, "<b><a") == "[<](3)[<a]");
}
