// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <vector>

#include <coco/data/literal.hpp>

using coco::data::Literal;

namespace {

const std::string where = "meta.json:3";

std::string string_of(const char* text) {
    Literal value(text, where);
    const std::string out = value.string();
    value.end();
    return out;
}

}  // namespace

TEST_CASE("strings of JSON and of Python", "[data][literal]") {
    CHECK(string_of(R"("a \"b\" \\ \/ \n\u00e9\ud83d\ude00")") == "a \"b\" \\ / \n\xc3\xa9\xf0\x9f\x98\x80");
    CHECK(string_of(R"('it\'s "x" \xe9')") == "it's \"x\" \xc3\xa9");
    CHECK(string_of(R"(u'caf\u00e9')") == "caf\xc3\xa9");
    CHECK(string_of("\"O'Brien\"") == "O'Brien");
    CHECK(string_of(R"("\ud83d")") == "\xef\xbf\xbd");  // half of a surrogate pair: the replacement character
    CHECK(string_of("null").empty());
    CHECK(string_of(" None ").empty());
    CHECK(string_of("''").empty());
}

TEST_CASE("values are read or skipped in any order", "[data][literal]") {
    for (const char* text : {R"({"a": [1, [true, null], {"x": -2.5e3}], "b": "B", "c": {}, "d": []})",
                             "{'a': [1, (True, None), {'x': -2.5e3,}], 'b': 'B', 'c': {}, 'd': [],}"}) {
        Literal value(text, where);
        std::string b;
        int members = 0;
        value.members([&](const std::string& key) {
            ++members;
            if (key == "b")
                b = value.string();
            else
                value.skip();
        });
        value.end();
        CHECK(members == 4);
        CHECK(b == "B");
    }
    Literal list("[1, 2.5,-3]", where);
    std::vector<double> numbers;
    list.elements([&] { numbers.push_back(list.number()); });
    CHECK(numbers == std::vector<double>{1, 2.5, -3});
}

TEST_CASE("invalid values are errors that name line and column", "[data][literal]") {
    const auto message = [](const char* text) -> std::string {
        try {
            Literal value(text, where);
            value.skip();
            value.end();
        } catch (const coco::Error& error) {
            return error.what();
        }
        return "no error";
    };
    using Catch::Contains;
    CHECK_THAT(message("{\"a\": 1"),
               Contains("meta.json:3: not JSON at column 8") && Contains("end of the line"));
    CHECK_THAT(message("{\"a\" 1}"), Contains("column 6") && Contains("':'"));
    CHECK_THAT(message("\"open"), Contains("the end of a string"));
    CHECK_THAT(message("\"open\\"), Contains("the end of a string"));
    CHECK_THAT(message("\"\\u12\""), Contains("hexadecimal"));
    CHECK_THAT(message("\"\\ud83d\\u0041\""), Contains("surrogate"));
    CHECK_THAT(message("{} x"), Contains("nothing more"));
    CHECK_THAT(message("{a: 1}"), Contains("a string"));
    CHECK_THAT(message("-"), Contains("a number"));
    CHECK_THAT(message(""), Contains("a string"));
}
