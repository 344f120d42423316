// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <coco/io/file_digest.hpp>
#include <span>
#include <string>
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

TEST_CASE("digest: bytes given in pieces, as at once") {
    std::string text;
    for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 37);
    const auto bytes = std::as_bytes(std::span<const char>(text));
    for (const std::size_t size : {0u, 1u, 31u, 32u, 33u, 64u, 100u, 300u})
        for (const std::size_t first : {0u, 1u, 5u, 31u, 32u, 40u, 99u})
            for (const std::size_t second : {0u, 1u, 27u, 32u, 70u}) {
                const auto all = bytes.first(size);
                const std::size_t a = std::min(first, size), b = std::min(second, size - a);
                coco::io::XXH64 sum;
                sum.add(all.first(a));
                sum.add(all.subspan(a, b));
                sum.add(all.subspan(a + b));
                CHECK(sum.value() == coco::io::XXH64::of(all));
            }
}
