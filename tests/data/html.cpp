// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/data/html.hpp>

#include "data_references.hpp"

using namespace coco::data;

TEST_CASE("character references are decoded as html.unescape of Python decodes them", "[data][html]") {
    for (const auto& each : data_references("html")) {
        const auto text = each["text"].get<std::string>();
        CAPTURE(text);
        CHECK(unescape_html(text) == each["value"].get<std::string>());
        CHECK(plain_text(text) == each["plain"].get<std::string>());  // " ".join(html.unescape(text).split())
    }
}

TEST_CASE("what is left of a page is known by its tags", "[data][html]") {
    CHECK(is_only_tags("</span></span> </span>"));
    CHECK(is_only_tags("<img src=\"a.png\" alt=\"Music\"/>"));
    CHECK(!is_only_tags("<b>Lamp</b>"));
    CHECK(!is_only_tags("a < b"));
    CHECK(!is_only_tags("<3"));
    CHECK(!is_only_tags(""));
    CHECK(!is_only_tags(" "));
}
