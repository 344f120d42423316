// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include <coco/text/byte_level.hpp>

using namespace coco::text;

TEST_CASE("byte level: known characters of GPT-2, and every byte to a character and back") {
    CHECK(to_stand_ins(" a\n") == "ĠaĊ");
    CHECK(to_stand_ins("é") == "Ã©");
    CHECK(to_stand_ins("\t\x7f\xa0\xad") == "ĉġłŃ");
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    CHECK(from_stand_ins(to_stand_ins(all)) == all);
}

TEST_CASE("byte level: a text of other characters is not changed") {
    CHECK(from_stand_ins("語") == "語");
    CHECK(from_stand_ins("a b") == "a b");
    CHECK(from_stand_ins("\xff") == "\xff");
    CHECK(from_stand_ins("").empty());
}
