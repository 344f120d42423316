// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include <coco/text/bert_rule.hpp>

using coco::text::BertRule;
using Words = std::vector<std::string>;

namespace {

Words words(const std::string& text, const BertRule& rule = {}) {
    Words all;
    coco::text::BertWords cut(rule);
    cut(text, [&](std::string_view word) { all.emplace_back(word); });
    return all;
}

}  // namespace

TEST_CASE("BERT's words: signs and Chinese characters stand alone, letters are small and without accents") {
    CHECK(words("L'Oréal Paris, 2-in-1 (NEW!)") ==
          Words{"l", "'", "oreal", "paris", ",", "2", "-", "in", "-", "1", "(", "new", "!", ")"});
    CHECK(words("中文shop") == Words{"中", "文", "shop"});
    CHECK(words("カタ가") == Words{"カタ\u1100\u1161"});
    CHECK(words("ＡＢ ΣΑΣ") == Words{"ａｂ", "σασ"});
    CHECK(words("straße İ $5") == Words{"straße", "i", "$", "5"});
}

TEST_CASE("BERT's words: white space separates, control characters vanish") {
    CHECK(words("").empty());
    CHECK(words(" \t\r\n\u00a0\u2003 ").empty());
    CHECK(words("a\u00a0b\tc\u2028d") == Words{"a", "b", "c", "d"});
    CHECK(words(std::string("a\0b\x07"
                            "c\x7f\u200b"
                            "d",
                            10)) == Words{"abcd"});
    CHECK(words("a\xff"
                "b\ufffd") == Words{"ab"});
    CHECK(words("\u0301") == Words{});
    CHECK(words("a\u037e") == Words{"a", ";"});  // its canonical form is a semicolon
}

TEST_CASE("BERT's words: each step may be left out") {
    BertRule cased;
    cased.lower_case = cased.strip_accents = false;
    CHECK(words("É É", cased) == Words{"É", "É"});
    BertRule accents;
    accents.strip_accents = false;
    CHECK(words("É İ", accents) == Words{"é", "i\u0307"});
    BertRule together;
    together.split_chinese = false;
    CHECK(words("中文shop", together) == Words{"中文shop"});
    BertRule dirty;
    dirty.clean = false;
    CHECK(words("a\xff"
                "b",
                dirty) == Words{"a\ufffdb"});
}
