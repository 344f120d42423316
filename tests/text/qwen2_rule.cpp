// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include <coco/text/qwen2_rule.hpp>

namespace {

template <class Rule = coco::text::Qwen2>
std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> list;
    Rule::split(text, list);
    return list;
}
using List = std::vector<std::string_view>;
using coco::text::Llama3;

}  // namespace

// The expected words are those of Hugging Face's Split(isolated) by the expression; hundreds of harder
// strings, by their ids: tests/io/tokenizer_json.cpp.
TEST_CASE("qwen2: contractions of any case, a sign or blank before letters") {
    CHECK(words("").empty());
    CHECK(words("Toy Story, the (film)") == List{"Toy", " Story", ",", " the", " (", "film", ")"});
    CHECK(words("I'M they'lL o'Neil 'S") == List{"I", "'M", " they", "'lL", " o", "'Neil", " '", "S"});
    CHECK(words("(x)y \tz") == List{"(x", ")y", " ", "\tz"});
    CHECK(words("a'\u017fb") == List{"a", "'\u017f", "b"});
}

TEST_CASE("qwen2 and llama3: digits alone or in threes, never with a space") {
    CHECK(words("in 1995") == List{"in", " ", "1", "9", "9", "5"});
    CHECK(words<Llama3>("in 12345678") == List{"in", " ", "123", "456", "78"});
    CHECK(words<Llama3>("½½½½a") == List{"½½½", "½", "a"});
}

TEST_CASE("qwen2: line ends belong to signs and to the preceding white space") {
    CHECK(words("a!\r\n\nb") == List{"a", "!\r\n\n", "b"});
    CHECK(words("a \n \n  b") == List{"a", " \n \n", " ", " b"});
    CHECK(words("\r\nb") == List{"\r\n", "b"});
    CHECK(words("a \u00a0!") == List{"a", " ", "\u00a0", "!"});
    CHECK(words("a  ") == List{"a", "  "});
    CHECK(words("  1") == List{" ", " ", "1"});
}

TEST_CASE("qwen2: the concatenated words are the text") {
    const std::string text = "a\t 12 \r\n 'l x\u0301 \U0001F600\u200d'' re'";
    std::string all;
    for (std::string_view word : words(text)) {
        CHECK_FALSE(word.empty());
        all += word;
    }
    CHECK(all == text);
}
