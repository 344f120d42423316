// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>

#include <coco/data/literal_parts.hpp>

#include "data_references.hpp"

using namespace coco::data;

TEST_CASE("numbers are those of ast.literal_eval", "[data][literal]") {
    for (const auto& each : data_references("numbers")) {
        const auto text = each["text"].get<std::string>();
        CAPTURE(text);
        const NumberPart number = number_at(text);
        if (each["value"].is_null())
            CHECK(number.length != text.size());
        else
            CHECK((number.length == text.size() && number.value == each["value"].get<double>()));
    }
}

TEST_CASE("what Python's json writes for numbers that JSON does not have", "[data][literal]") {
    CHECK(std::isnan(number_at("NaN,").value));
    CHECK(number_at("NaN,").length == 3);
    CHECK(number_at("-Infinity").value == -INFINITY);
    CHECK(number_at("1e999").value == INFINITY);
    CHECK(number_at("abc").length == 0);
    CHECK(number_at("").length == 0);
}
