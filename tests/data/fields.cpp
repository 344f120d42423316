// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>

#include <coco/data/fields.hpp>

#include "data_references.hpp"
#include "scratch_folder.hpp"

using namespace coco::data;
using List = std::vector<std::string>;

namespace {

List quoted(const ScratchFolder& folder, const std::string& text) {
    Lines<> lines(folder.write("a.csv", text));
    std::string line;
    List fields;
    lines.next(line);
    split_quoted(line, ',', lines, fields);
    return fields;
}

}  // namespace

TEST_CASE("plain fields are cut at every separator", "[data][fields]") {
    List fields;
    split_plain("a\t\tb \"c\"\t", '\t', fields);
    CHECK(fields == List{"a", "", "b \"c\"", ""});
    split_plain("", '\t', fields);
    CHECK(fields == List{""});
}

TEST_CASE("quoted fields follow RFC 4180", "[data][fields]") {
    const ScratchFolder folder;
    CHECK(quoted(folder, "a,,b") == List{"a", "", "b"});
    CHECK(quoted(folder, "\"a,b\",\"say \"\"hi\"\"\",\"\"") == List{"a,b", "say \"hi\"", ""});
    CHECK(quoted(folder, "\"two\nlines\",x") == List{"two\nlines", "x"});
    CHECK(quoted(folder, "5\" nail,x") == List{"5\" nail", "x"});
    CHECK(quoted(folder, "a,") == List{"a", ""});
    CHECK_THROWS_WITH(quoted(folder, "\"a,b\nc"), Catch::Contains("a.csv:1: a quote is not closed"));
    CHECK_THROWS_WITH(quoted(folder, "\"a\"b,c"), Catch::Contains("after a closing quote"));
}

TEST_CASE("numbers are whole, finite fields", "[data][fields]") {
    CHECK(number_in("881250949", "f:1", "t") == 881250949.0);
    CHECK(number_in("-2.5e3", "f:1", "t") == -2500.0);
    for (const char* bad : {"", " 1", "1 ", "1x", "nan", "inf", "1e999"})
        CHECK_THROWS_WITH(number_in(bad, "f.inter:7", "rating"),
                          Catch::Contains("f.inter:7: bad number in column rating"));
}

TEST_CASE("a missing column is an error that lists the existing ones", "[data][fields]") {
    CHECK(column_of({"a", "b"}, "b") == 1);
    CHECK(column_of({"a", "b"}, "c") == -1);
    CHECK(required_column({"a", "b"}, "a", "f:1") == 0);
    CHECK_THROWS_WITH(required_column({"a", "b"}, "user", "f:1"),
                      "f:1: missing column: expected user, found a, b");
    CHECK_THROWS_WITH(require_fields({"a"}, 2, "f:3"), Catch::Contains("f:3: ragged line"));
}

TEST_CASE("records are those of Python's csv", "[data][fields]") {
    const ScratchFolder folder;
    const auto full = [](std::string text) {
        const std::string mark = "<200000 x>";
        for (std::size_t at; (at = text.find(mark)) != std::string::npos;)
            text.replace(at, mark.size(), 200000, 'x');
        return text;
    };
    for (const auto& each : data_references("csv")) {
        CAPTURE(each["text"].get<std::string>());
        Lines<> lines(folder.write("a.csv", full(each["text"].get<std::string>())));
        std::vector<List> records, expected;
        for (std::string line; lines.next(line);) {
            if (line.empty()) continue;
            records.emplace_back();
            split_quoted(line, ',', lines, records.back());
        }
        for (const auto& record : each["records"]) {
            expected.emplace_back();
            for (const auto& field : record) expected.back().push_back(full(field.get<std::string>()));
        }
        CHECK(records == expected);
    }
}

TEST_CASE("missing ratings are NaN, missing texts empty, and both are noted", "[data][fields]") {
    Notes notes;
    for (const char* mark :
         {"", "-", "\xe2\x80\x94", "nan", "NaN", "null", "None", "N/A", "NA", "<NA>", "?", "\\N"}) {
        CHECK(is_missing(mark));
        CHECK(std::isnan(rating_in(mark, "r.csv:3", "rating", notes)));
        CHECK(text_in(mark, "r.csv:3", "title", notes).empty());
    }
    CHECK(rating_in("4.5", "r.csv:3", "rating", notes) == 4.5f);
    CHECK(text_in("--x", "r.csv:3", "title", notes) == "--x");
    CHECK(text_in("unknown", "r.csv:3", "title", notes) == "unknown");
    CHECK(text_in("caf\xe9 \xf0\x9f", "r.csv:4", "title", notes) == "caf\xef\xbf\xbd \xef\xbf\xbd");
    CHECK_THROWS_WITH(rating_in("good", "r.csv:3", "rating", notes),
                      Catch::Contains("r.csv:3: bad number in column rating"));
    List texts;
    for (const Note& note : notes) texts.push_back(note.text());
    CHECK(texts == List{"r.csv:3: no number in column rating, read as unknown (NaN); 12 in all",
                        "r.csv:3: mark of a missing value in column title, read as empty; 11 in all",
                        "r.csv:4: text that is not UTF-8 in title, invalid bytes read as U+FFFD"});
}

TEST_CASE("messages hold any bytes", "[data][fields]") {
    const std::string bytes(
        "4\0"
        "5\n",
        4);
    CHECK_THROWS_WITH(number_in(bytes, "f:1", "t"), Catch::EndsWith("found \"4\\x005\\x0a\""));
    CHECK_THROWS_WITH(required_column({std::string("a\0", 2), "b"}, "user", "f:1"),
                      Catch::EndsWith("found a\\x00, b"));
}
