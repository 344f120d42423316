// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <string>

#include <coco/data/in_quotes.hpp>

using coco::data::in_quotes;

TEST_CASE("messages show any bytes in one short line", "[data][in_quotes]") {
    CHECK(in_quotes("4,5") == "\"4,5\"");
    CHECK(in_quotes(std::string("a\0b\n\x7f", 5)) == "\"a\\x00b\\x0a\\x7f\"");
    CHECK(in_quotes("caf\xe9") == "\"caf\xef\xbf\xbd\"");
    CHECK(in_quotes(std::string(1000, 'x')) == "\"" + std::string(60, 'x') + "...\"");
    CHECK(in_quotes("abc", 2) == "\"ab...\"");
    CHECK(in_quotes("") == "\"\"");
}
