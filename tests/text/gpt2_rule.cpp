// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include <coco/text/gpt2_rule.hpp>

namespace {

template <class Rule = coco::text::Smollm>
std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> list;
    Rule::split(text, list);
    return list;
}
using List = std::vector<std::string_view>;

}  // namespace

// The expected words are those of Hugging Face's Sequence[Digits(individual_digits), ByteLevel], and of
// ByteLevel alone for GPT-2; hundreds of harder strings, by their ids: tests/io/tokenizer_json.cpp.
TEST_CASE("smollm: words, signs, contractions") {
    CHECK(words("").empty());
    CHECK(words("Toy Story, the film") == List{"Toy", " Story", ",", " the", " film"});
    CHECK(words("I'm sure they'll've O'Neil's") ==
          List{"I", "'m", " sure", " they", "'ll", "'ve", " O", "'", "Neil", "'s"});
    CHECK(words("''s I'LL") == List{"''", "s", " I", "'", "LL"});
    CHECK(words(" 's") == List{" '", "s"});
}

TEST_CASE("smollm: each digit alone, never with a space") {
    CHECK(words("in 1995") == List{"in", " ", "1", "9", "9", "5"});
    CHECK(words("a  1") == List{"a", "  ", "1"});
    CHECK(words("½x") == List{"½", "x"});
}

TEST_CASE("smollm: the last white space belongs to the following word") {
    CHECK(words("a   b") == List{"a", "  ", " b"});
    CHECK(words("a\n\nb") == List{"a", "\n", "\n", "b"});
    CHECK(words("a \n") == List{"a", " \n"});
    CHECK(words(" \u00a0!") == List{" ", "\u00a0", "!"});
    CHECK(words("\r\nx") == List{"\r", "\n", "x"});
}

TEST_CASE("smollm: the concatenated words are the text") {
    const std::string text = "a\t 12 \r\n 'l x\u0301 \U0001F600\u200d'' re'";
    std::string all;
    for (std::string_view word : words(text)) {
        CHECK_FALSE(word.empty());
        all += word;
    }
    CHECK(all == text);
}

TEST_CASE("gpt-2: numbers are words, with the preceding space") {
    using coco::text::Gpt2;
    CHECK(words<Gpt2>("in 1995, 12½") == List{"in", " 1995", ",", " 12½"});
    CHECK(words<Gpt2>("a  1") == List{"a", " ", " 1"});
    CHECK(words<Gpt2>("I'm 1's") == List{"I", "'m", " 1", "'s"});
    CHECK(words<Gpt2>("a \n") == List{"a", " \n"});
}
