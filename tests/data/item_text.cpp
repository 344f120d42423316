// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/data/item_text.hpp>

using namespace coco::data;

TEST_CASE("an item's text consists of its known fields", "[data][item]") {
    CHECK(text_of_item({"OPI Nail Lacquer", "OPI", "Beauty > Makeup > Nails > Nail Polish | Gifts", "",
                        ""}) == "OPI Nail Lacquer, OPI, Nail Polish");
    CHECK(text_of_item({"The Usual Suspects", "", "", "1995", "Crime, Thriller"}) ==
          "The Usual Suspects (1995), Crime, Thriller");
    CHECK(text_of_item({"", "", "Beauty > Hair Sprays", "", ""}) == "Hair Sprays");
    CHECK(text_of_item({}).empty());
    CHECK(last_category("Beauty") == "Beauty");
}

TEST_CASE("a custom line prints the fields it names", "[data][item]") {
    const ItemText nail{"Lacquer", "OPI", "Beauty > Nails", "", ""}, film{"Heat", "", "", "1995", "Crime"};
    CHECK(ItemLine("{title}").of(nail) == "Lacquer");
    CHECK(ItemLine("{brand}: {title} [in {categories}]").of(nail) == "OPI: Lacquer in Beauty > Nails");
    CHECK(ItemLine("{title}[ from {year}, {brand}]").of(film) == "Heat");  // a bracket is all or nothing
    CHECK(ItemLine("[{year}][, {genres}] - {title}").of(film) == "1995, Crime - Heat");
    CHECK(ItemLine("[{brand}], {title}").of(film) == "Heat");
    CHECK(ItemLine(R"(\[{title}\] \{{year}\} \\)").of(film) == R"([Heat] {1995} \)");
}

TEST_CASE("a line is empty for an item without its fields", "[data][item]") {
    CHECK(ItemLine("Title: {title}").of({}).empty());
    CHECK(ItemLine("no field").of({"Heat", "", "", "", ""}).empty());
    CHECK(ItemLine("").of({"Heat", "", "", "", ""}).empty());
    CHECK(ItemLine("Made by {brand}").of({"Heat", "", "", "", ""}).empty());
}

TEST_CASE("an invalid line is an error that names the position", "[data][item]") {
    CHECK_THROWS_WITH(ItemLine("{title} {author}"), Catch::Contains("no such field") &&
                                                        Catch::Contains("character 9") &&
                                                        Catch::Contains("{category}"));
    for (const char* broken : {"[{title}", "{title}]", "[[{title}]]", "{title}}", "{title"})
        CHECK_THROWS_AS(ItemLine(broken), coco::Error);
}
