// SPDX-License-Identifier: Apache-2.0
// Templates against the texts of transformers, by fixtures/jinja_templates.py.
#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include <coco/io/jinja.hpp>

#include "support.hpp"

using Catch::Matchers::Contains;
using coco::io::jinja::Template;
using coco::io::jinja::Value;
using support::error_of;

namespace {

std::string error(const std::string& source, const Value& variables = Value::object()) {
    return error_of([&] { Template(source, "t").render(variables); });
}

std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

}  // namespace

TEST_CASE("jinja: texts equal those of transformers; what jinja2 refuses is refused") {
    std::ifstream in(std::string(COCO_TEST_DIR) + "/fixtures/jinja_templates.json");
    const auto cases = Value::parse(in);
    REQUIRE(cases.size() == 149);
    for (const auto& example : cases) {
        const std::string source = example.at("template");
        INFO(source << "\n" << example.at("variables").dump());
        if (example.contains("text"))
            CHECK(Template(source, "t").render(example.at("variables")) == example.at("text"));
        else
            CHECK_FALSE(error(source, example.at("variables")).empty());
    }
}

TEST_CASE("jinja: a construct that is not supported is an error that names the line and it") {
    CHECK_THAT(error("a\nb\n{% macro f() %}{% endmacro %}"),
               Contains("t:3: statement not supported: found macro"));
    CHECK_THAT(error("{% include 'x' %}"), Contains("statement not supported: found include"));
    CHECK_THAT(error("{{ 'a'|tojson }}"), Contains("filter not supported: found tojson"));
    CHECK_THAT(error("{{ 'a'.swapcase() }}"), Contains("method not supported: found swapcase of string"));
    CHECK_THAT(error("{{ 'a' is callable }}"), Contains("test not supported: found callable"));
    CHECK_THAT(error("{{ lipsum() }}"), Contains("function not supported: found lipsum"));
    CHECK_THAT(error("{{ 1 / 2 }}"), Contains("operator / not supported"));
    CHECK_THAT(error("{{ 'é'|upper }}"), Contains("case of a letter beyond ASCII"));
    CHECK_THAT(error("{{ [1] }}"), Contains("cannot be written as text"));
    // What is not reached is not refused: a template's part for tools.
    CHECK(Template("{% if tools %}{{ tools|tojson }}{% endif %}x", "t").render({{"tools", nullptr}}) == "x");
}

TEST_CASE("jinja: hostile templates end with an error") {
    CHECK_THAT(error(repeated("(", 100000)), !Contains("found"));
    CHECK_THAT(error("{{" + repeated("(", 100000) + repeated(")", 100000) + "}}"),
               Contains("nested too deeply"));
    CHECK_THAT(error("{{" + repeated("not ", 100000) + "1}}"), Contains("nested too deeply"));
    CHECK_THAT(error("{{" + repeated("-", 100000) + "1}}"), Contains("nested too deeply"));
    CHECK_THAT(error(repeated("{% if 1 %}", 100000)), Contains("nested too deeply"));
    for (const char* chain : {" + 1", "|string", " if 1", ".a", " ~ 1", "[0]"})
        CHECK_THAT(error("{{ 1" + repeated(chain, 100000) + " }}"), Contains("tag too long"));
    CHECK_THAT(error("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"),
               Contains("runs for too long"));
    CHECK_THAT(error("{% set x = 'ab' %}{% for i in range(60) %}{% set ns = namespace(x=x) %}{% endfor %}"
                     "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% "
                     "endfor %}"),
               Contains("too long"));
    CHECK_THAT(error("{{ range(10000000000) }}"), Contains("range not supported"));
    CHECK_THAT(error("{{ 9223372036854775807 + 1 }}"), Contains("operator + not supported"));
    CHECK_THAT(error("{{ 99999999999999999999 }}"), Contains("number too large"));
    CHECK_THAT(error("{{ -(-9223372036854775807 - 1) }}"), Contains("operator - not supported"));
    CHECK_THAT(error("{{ 'a"), Contains("text without an end"));
    CHECK_THAT(error("{# a"), Contains("comment without an end"));
    CHECK_THAT(error("{{ 1 ? 2 }}"), Contains("unknown sign"));
    CHECK_THAT(error("{{ '\\ud800' }}"), Contains("half of a character"));
}

TEST_CASE("jinja: bytes of variables come through as they are") {
    const std::string bytes("a\0\xff\r\n b", 7);
    CHECK(Template("<{{ x }}>", "t").render({{"x", bytes}}) == "<" + bytes + ">");
}
