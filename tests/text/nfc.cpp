// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include <coco/text/nfc.hpp>

using coco::text::nfc;

// Expected values: Python's unicodedata.normalize("NFC", ...).
TEST_CASE("NFC: marks are composed, ordered, or left unchanged where there is no composition") {
    CHECK(nfc("").empty());
    CHECK(nfc("plain, Amélie") == "plain, Amélie");
    CHECK(nfc("Ame\u0301lie") == "Am\u00e9lie");
    CHECK(nfc("e\u0301\u0323!") == "\u1eb9\u0301!");
    CHECK(nfc("xe\u0301y>\u0338z") == "x\u00e9y\u226fz");
    CHECK(nfc("\u0301a") == "\u0301a");
    CHECK(nfc("\u2126\u212a\u212b") == "\u03a9K\u00c5");
    CHECK(nfc("\u0958 \u0344 \ufb1d") == "\u0915\u093c \u0308\u0301 \u05d9\u05b4");
    CHECK(nfc("\u1112\u1161\u11ab \uac00\u11a8\u1100\u1161") == "\ud55c \uac01\uac00");
    CHECK(nfc("a\u0323\u0302\u0301") == "\u1ead\u0301");
    CHECK(nfc("\u00a8\u0301") == "\u0385");
    CHECK(nfc("👨\u200d👩\u200d👧") == "👨\u200d👩\u200d👧");
}

TEST_CASE("NFC: a million unordered marks do not take quadratic time") {
    std::string text = "a", expected = "\u1ea1";
    for (int i = 0; i < 500'000; ++i) text += "\u0301\u0323";
    for (int i = 1; i < 500'000; ++i) expected += "\u0323";
    for (int i = 0; i < 500'000; ++i) expected += "\u0301";
    const auto start = std::chrono::steady_clock::now();
    CHECK((nfc(text) == expected));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
}
