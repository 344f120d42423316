// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <vector>

#include <coco/data/literal.hpp>

#include "data_references.hpp"

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

TEST_CASE("strings of Python are those of ast.literal_eval", "[data][literal]") {
    for (const auto& each : data_references("literals")) {
        const auto text = each["text"].get<std::string>();
        CAPTURE(text);
        if (each.contains("bytes")) {
            std::string bytes;
            for (const int byte : each["bytes"]) bytes += static_cast<char>(static_cast<unsigned char>(byte));
            CHECK(string_of(text.c_str()) == bytes);
        } else if (each["value"].is_null()) {
            CHECK_THROWS_AS(string_of(text.c_str()), coco::Error);
        } else {
            CHECK(string_of(text.c_str()) == each["value"].get<std::string>());
        }
    }
}

TEST_CASE("strings of JSON are those of Python's json", "[data][literal]") {
    for (const auto& each : data_references("json")) {
        const auto text = each["text"].get<std::string>();
        CAPTURE(text);
        CHECK(string_of(text.c_str()) == each["value"].get<std::string>());
    }
    CHECK_THROWS_WITH(string_of(R"("a\d")"),
                      Catch::Contains("column 4: expected an escape sequence of JSON"));
    CHECK_THROWS_WITH(string_of(R"('\N{EM DASH}')"), Catch::Contains("names, \\N{...}, are not read"));
}

TEST_CASE("halves of surrogate pairs are said", "[data][literal]") {
    Literal half(R"(["\ud83d", "\ude00"])", where), whole(R"(["\ud83d\ude00"])", where);
    half.elements([&] { half.string(); });
    whole.elements([&] { whole.string(); });
    CHECK(half.replaced());
    CHECK(!whole.replaced());
}

TEST_CASE("values that are not read need only be closed", "[data][literal]") {
    for (const char* text :
         {R"({"a": {"b": ["]", NaN, \u12 -, 1 2, "\ud83d\u0041"], 'c': """q"}""", x: (1,)}, "k": "v"})",
          R"({'a': {1: {2, 3}, 'b': r'\'', }, 'k': 'v'})", R"({"a": Infinity, "k": "v"})",
          R"({"a": "x\d\x4", "k": "v"})"}) {
        CAPTURE(text);
        Literal value(text, where);
        std::string k;
        value.members([&](const std::string& name) {
            if (name == "k")
                k = value.string();
            else
                value.pass_over();
        });
        value.end();
        CHECK(k == "v");
    }
    const auto passed = [](const std::string& text) {
        Literal value(text, where);
        value.members([&](const std::string&) { value.pass_over(); });
        value.end();
    };
    for (const char* bad : {"{\"a\": ", "{\"a\": [1}", "{\"a\": \"x", "{\"a\": \"x\\", "{\"a\": }",
                            "{\"a\": , \"b\": 1}", "{\"a\": ]}", "{\"a\": (]}"})
        CHECK_THROWS_AS(passed(bad), coco::Error);
    passed("{\"a\": " + std::string(100000, '[') + std::string(100000, ']') + "}");
}

TEST_CASE("a NUL byte is no end, and nesting has one", "[data][literal]") {
    const std::string nul("{}\0 x", 5);
    Literal value(nul, where);
    value.skip();
    CHECK_THROWS_WITH(value.end(), Catch::Contains("nothing more") && Catch::Contains("\\x00"));
    const std::string in_text("\"a\0b\"", 5);
    CHECK(Literal(in_text, where).string() == std::string("a\0b", 3));
    const std::string deep = std::string(5000, '[') + std::string(5000, ']');
    Literal nested(deep, where);
    CHECK_THROWS_WITH(nested.skip(), Catch::Contains("at most 200 levels"));
    Literal flat("[[], [[]], {'a': [1.5, {2: (None,)}]}]", where);
    flat.skip();
    flat.end();
}
