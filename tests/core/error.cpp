// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <climits>
#include <cmath>
#include <limits>
#include <sstream>

#include <coco/core/error.hpp>

using namespace coco;

namespace {

template <class T>
std::string streamed(const T& value) {
    std::ostringstream out;
    out << value;
    return out.str();
}

}  // namespace

TEST_CASE("an error states where, what, expected and found, and stores the parts", "[error]") {
    const Error error("items.tsv:12", "too few columns", "3", "2");
    CHECK(std::string(error.what()) == "items.tsv:12: too few columns: expected 3, found 2");
    CHECK(error.where() == "items.tsv:12");
    CHECK(error.problem() == "too few columns");
    CHECK(error.expected() == "3");
    CHECK(error.found() == "2");
    CHECK(std::string(Error("a", "b").what()) == "a: b");
    CHECK(std::string(Error("a", "b", "c").what()) == "a: b: expected c");
    CHECK(std::string(Error("a", "b", "", "d").what()) == "a: b: found d");
}

TEST_CASE("require throws exactly if its condition is false", "[error]") {
    CHECK_NOTHROW(require(true, "a", "b"));
    CHECK_THROWS_AS(require(false, "a", "b"), Error);
    CHECK_THROWS_WITH(require(false, "rate", "out of range", text_of("at most ", 1), text_of(2.5)),
                      "rate: out of range: expected at most 1, found 2.5");
}

TEST_CASE("text_of writes numbers and texts as a stream does", "[error]") {
    const auto one = [](const auto& value) { CHECK(text_of(value) == streamed(value)); };
    const auto same = [&](const auto&... values) { (one(values), ...); };
    same(0, -1, INT_MAX, INT_MIN, 7u, UINT_MAX, 1L, LONG_MIN, ULONG_MAX, LLONG_MIN, ULLONG_MAX);
    same(static_cast<short>(-3), static_cast<unsigned short>(65535), true, false, 'x');
    using Double = std::numeric_limits<double>;
    same(0.0, -0.0, 1.0, 2.5, 1.0 / 3, 123456.0, 1234567.0, 1e5, 1e6, 1e-4, 1e-5, 100000.5, 1e300, 1e-300,
         0.1 + 0.2, Double::max(), Double::denorm_min(), Double::infinity(), -Double::infinity(),
         Double::quiet_NaN(), 0.1f, 3.4e38f, 16777216.0f);
    const char* const text = "c string";
    same(text, std::string("a string"), std::string_view("a view"), std::string());
    CHECK(text_of("a", 1, 'b', 2.5, std::string("c")) == "a1b2.5c");
    CHECK(text_of(std::string("nul\0inside", 10)).size() == 10);
}
