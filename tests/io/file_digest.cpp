// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/io/file_digest.hpp>
#include <string_view>

#include "support.hpp"

using coco::io::XXH64;

TEST_CASE("XXH64 equals the reference implementation", "[io]") {
    const auto sum = [](std::string_view text) { return XXH64::of(std::as_bytes(std::span(text))); };
    // Published values of the reference implementation, seed 0.
    CHECK(sum("") == 0xEF46DB3751D8E999u);
    CHECK(sum("a") == 0xD24EC4F1A98C6E5Bu);
    CHECK(sum("abc") == 0x44BC2CF5AD770999u);
    CHECK(sum("Nobody inspects the spammish repetition") == 0xFBCEA83C8A378BF1u);
}
