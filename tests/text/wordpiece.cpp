// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include <coco/text/wordpiece.hpp>

#include "io/support.hpp"

using coco::Id;
using coco::text::Special;
using coco::text::WordPiece;
using coco::text::WordPieceVocabulary;
using Ids = std::vector<Id>;

namespace {

WordPieceVocabulary few() {
    WordPieceVocabulary v;
    v.source = "few words";
    v.tokens = {"[UNK]", "[CLS]", "[SEP]", "",  "un", "##able", "##a",
                "##ab",  "##le",  "able",  "#", "##", "unab"};
    v.special = {1, 2};
    return v;
}

}  // namespace

TEST_CASE("WordPiece: the longest token from left to right, or one unknown token", "[wordpiece]") {
    const WordPiece t(few());
    CHECK(t.encode("unable able") == Ids{12, 8, 9});  // "unab" is longer than "un"
    CHECK(t.encode("un") == Ids{4});
    CHECK(t.encode("unb un") == Ids{0, 4});
    CHECK(t.encode("ablex") == Ids{0});
    CHECK(t.encode("#") == Ids{10});
    CHECK(t.encode("").empty());
    CHECK(t.id_of("##le") == 8);
    CHECK(t.id_of("") == coco::no_id);
    CHECK(t.token(9) == "able");
    CHECK(support::error_of([&] { t.token(13); }) == "tokenizer: no such token: expected 0 to 12, found 13");
}

TEST_CASE("WordPiece: a word longer than the limit is unknown, counted in characters", "[wordpiece]") {
    WordPieceVocabulary v = few();
    v.longest_word = 4;
    const WordPiece t(v);
    CHECK(t.encode("able unab") == Ids{9, 12});
    CHECK(t.encode("unable") == Ids{0});
    v.tokens.push_back("ß");
    v.tokens.push_back("##ß");
    CHECK(WordPiece(v).encode("ßßßß") == Ids{13, 14, 14, 14});
    v.longest_word = 0;
    CHECK(support::error_of([&] { WordPiece{v}; }).find("longest word: too small") != std::string::npos);
}

TEST_CASE("WordPiece: special tokens are found, or plain characters", "[wordpiece]") {
    const WordPiece t(few());
    CHECK(t.encode("un[SEP]un") == Ids{4, 2, 4});
    CHECK(t.encode("un[SEP]un", Special::ordinary) == Ids{4, 0, 0, 0, 4});
}

TEST_CASE("WordPiece: a sentence is cut to the maximal length, ends included", "[wordpiece]") {
    const WordPiece t(few());
    CHECK(t.sentence("un able un", 10) == Ids{1, 4, 9, 4, 2});
    CHECK(t.sentence("un able un", 4) == Ids{1, 4, 9, 2});
    CHECK(t.sentence("un able un", 2) == Ids{1, 2});
    CHECK(t.sentence("", 5) == Ids{1, 2});
    CHECK(support::error_of([&] { t.sentence("un", 1); }) ==
          "tokenizer: longest sentence: too small: expected at least 2, found 1");
}

TEST_CASE("WordPiece: a vocabulary without what is needed is an error that names it", "[wordpiece]") {
    const auto refusal = [](std::size_t without, const std::string& by) {
        return support::error_of([&] {
            WordPieceVocabulary v = few();
            v.tokens[without] = by;
            WordPiece{v};
        });
    };
    CHECK(refusal(0, "x") == "few words: no token for unknown words in the vocabulary: expected [UNK]");
    CHECK(refusal(1, "x") == "few words: no token for the begin of a text in the vocabulary: expected [CLS]");
    CHECK(refusal(2, "x") == "few words: no token for the end of a text in the vocabulary: expected [SEP]");
    CHECK(refusal(3, "un") == "few words: token 4: token occurs twice: found un");
    WordPieceVocabulary v = few();
    v.special = {3};
    CHECK(support::error_of([&] { WordPiece{v}; }) == "few words: token 3: cannot be a special token");
}

TEST_CASE("WordPiece: time is linear in a text of one letter or of one word's repetitions", "[wordpiece]") {
    const WordPiece t(few());
    CHECK(t.encode(std::string(1'000'000, 'a')) == Ids{0});
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "unable ";
    CHECK(t.encode(text).size() == 200'000);
}
