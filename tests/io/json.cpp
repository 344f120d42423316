// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include <coco/io/json.hpp>

#include "support.hpp"

using Catch::Matchers::Contains;
using coco::io::JsonObject;

TEST_CASE("JSON: values by key; parts share the tree") {
    const support::Folder folder;
    const auto path = support::write(
        folder / "a.json", R"({"n": 3, "x": 0.5, "yes": true, "s": "t", "none": null, "in": {"n": -1}})");
    const JsonObject part = JsonObject::open(path).object("in"), whole = JsonObject::open(path);
    CHECK(whole.integer("n") == 3);
    CHECK(whole.real("x") == 0.5);
    CHECK(whole.real("n") == 3);
    CHECK(whole.boolean("yes"));
    CHECK(whole.string("s") == "t");
    CHECK(part.integer("n") == -1);
    CHECK(whole.has("n"));
    CHECK_FALSE(whole.has("none"));
    CHECK_FALSE(whole.has("nothing"));
}

TEST_CASE("JSON: errors name file and key") {
    const support::Folder folder;
    const auto path = support::write(folder / "a.json", R"({"n": 3, "s": "t", "in": {"x": []}})");
    const JsonObject whole = JsonObject::open(path);
    const auto error = [&](const auto& ask) { return support::error_of([&] { ask(); }); };
    CHECK_THAT(error([&] { whole.integer("s"); }), Contains("a.json: s: wrong type") && Contains("\"t\""));
    CHECK_THAT(error([&] { whole.string("n"); }), Contains("a.json: n: wrong type"));
    CHECK_THAT(error([&] { whole.boolean("n"); }), Contains("true or false"));
    CHECK_THAT(error([&] { whole.real("s"); }), Contains("a number"));
    CHECK_THAT(error([&] { whole.object("n"); }), Contains("an object"));
    CHECK_THAT(error([&] { whole.integer("m"); }), Contains("a.json: m: no such key"));
    CHECK_THAT(error([&] { whole.object("in").real("x"); }), Contains("a.json: in: x: wrong type"));
    const auto broken = [&](const std::string& text) {
        return error([&] { JsonObject::open(support::write(folder / "b.json", text)); });
    };
    CHECK_THAT(broken(""), Contains("b.json: is not JSON"));
    CHECK_THAT(broken("{\"a\": 1"), Contains("is not JSON"));
    CHECK_THAT(broken("[]"), Contains("expected an object"));
    CHECK_THAT(broken("{\"a\": 1, \"a\": 2}"), Contains("b.json: a: occurs twice"));
    CHECK_THAT(broken("{\"a\": " + std::string(100'000, '[') + "}"), Contains("nested too deeply"));
}
