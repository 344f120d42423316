// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <vector>

#include <coco/data/amazon_items.hpp>

#include "scratch_folder.hpp"

using namespace coco::data;
using List = std::vector<std::string>;

namespace {

const std::string where = "meta.json:3";

/// Key, title, brand and categories of a line.
List read(const std::string& line, Notes& notes) {
    AmazonItem item(line, where, notes);
    return {item.key(), item.text().title, item.text().brand, item.text().categories};
}
List read(const std::string& line) {
    Notes notes;
    List item = read(line, notes);
    CHECK(notes.empty());
    return item;
}

}  // namespace

TEST_CASE("metadata of 2014", "[data][amazon]") {
    CHECK(
        read(
            "{'asin': 'p', 'related': {'also': ['q']}, 'title': \"Men's &amp; co\", 'price': 3.5, "
            "'salesRank': {'Home': 7},"
            " 'categories': [['Home', 'Light &amp; Co'], ['Gifts']], 'brand': u'Caf\\xe9', 'imUrl': None}") ==
        List{"p", "Men's & co", "Café", "Home > Light & Co | Gifts"});
    CHECK(read(R"({"asin": "p", "title": null, "categories": [], "brand": ""})") == List{"p", "", "", ""});
    CHECK(read("{'asin': 'p', 'title': '''3 \"inch\"''', 'brand': r'\\d', 'categories': (('A', 'B'),), }") ==
          List{"p", "3 \"inch\"", "\\d", "A > B"});
}

TEST_CASE("metadata of 2018", "[data][amazon]") {
    CHECK(
        read(
            R"({"category": ["Garden", "Tools &amp; more"], "tech1": "", "title": "Spade", "brand": "Grun", "main_cat": "x", "asin": "p"})") ==
        List{"p", "Spade", "Grun", "Garden > Tools & more"});
    CHECK(read(R"({"asin": "p", "title": [], "brand": NaN, "category": null, "main_cat": "Garden"})") ==
          List{"p", "", "", "Garden"});
    Notes notes;
    CHECK(
        read(
            R"({"asin": "p", "title": "var aPageStart = (new Date()).getTime();\nvar x", "category": ["A", "</span></span>", "B"],)"
            R"( "brand": "", "main_cat": "<img src=\"https://x/y.png\" alt=\"Music\"/>"})",
            notes) == List{"p", "", "", "A > B"});
    List said;
    for (const Note& note : notes) said.push_back(note.text());
    CHECK(said == List{"meta.json:3: rest of a web page in title, left out",
                       "meta.json:3: rest of a web page in category, left out",
                       "meta.json:3: rest of a web page in main_cat, left out"});
}

TEST_CASE("metadata of 2023", "[data][amazon]") {
    CHECK(
        read(
            R"({"main_category": "All Beauty", "title": "Spray", "average_rating": 4.8, "price": null, "store": "Herbivore", )"
            R"("categories": [], "details": {"Brand": "B", "Package Dimensions": "7 x 1"}, "parent_asin": "P", "asin": "v"})") ==
        List{"P", "Spray", "Herbivore", "All Beauty"});
    CHECK(
        read(
            R"({"title": "T", "store": null, "categories": ["Books", "Art"], "details": {"Brand": "B"}, "parent_asin": "P"})") ==
        List{"P", "T", "B", "Books > Art"});
    CHECK(
        read(
            R"({"title": "T", "store": null, "details": "{\"Brand\": \"B\"}", "parent_asin": "P", "price": "—"})") ==
        List{"P", "T", "", ""});
    CHECK(read(R"({"title": "T", "details": null, "parent_asin": "P", "categories": "Books"})") ==
          List{"P", "T", "", "Books"});
}

TEST_CASE("what is wrong in a line of metadata", "[data][amazon]") {
    Notes notes;
    CHECK_THROWS_WITH(read(R"({"asin": "p", "title": 5})", notes),
                      "meta.json:3: not JSON at column 24: expected a string, found \"5}\"");
    CHECK_THROWS_WITH(read(R"(["asin"])", notes), Catch::Contains("meta.json:3: not JSON at column 1"));
    CHECK(read("{\"asin\": \"p\", \"title\": \"Caf\xe9 \\ud83d\"}", notes)[1] ==
          "Caf\xef\xbf\xbd \xef\xbf\xbd");
    List said;
    for (const Note& note : notes) said.push_back(note.what);
    CHECK(said == List{"text that is not UTF-8 in title, invalid bytes read as U+FFFD",
                       "half of a surrogate pair in a string, read as U+FFFD"});
}

TEST_CASE("of several lines of an item the last counts; missing items are noted", "[data][amazon]") {
    const ScratchFolder folder;
    Keys keys;
    keys.add("p");
    keys.add("q");
    Notes notes;
    const auto items = read_amazon_items(
        folder.write(
            "m.json",
            "{'asin': 'p', 'title': 'one'}\r\n{'asin': 'z', 'title': 'z'}\n{'asin': 'p', 'title': 'two'}"),
        keys, notes);
    CHECK(items[0].title == "two");
    CHECK(items[1].title.empty());
    List said;
    for (const Note& note : notes) said.push_back(note.text().substr(folder.path().string().size() + 1));
    CHECK(said == List{"m.json:3: another line of the same item, the last one counts",
                       "m.json: reviewed item that is not in this file, without text"});
    CHECK_THROWS_WITH(
        read_amazon_items(folder.write("m.json", "{'asin': 'P'}\n"), keys, notes),
        Catch::Contains(
            "m.json: has no item of the reviews: expected \"p\" and others, found 1 other items"));
}
