// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <coco/text/tokenizer.hpp>

using Catch::Matchers::Contains;
using coco::Id;
using namespace coco::text;

namespace {

Vocabulary small() {
    Vocabulary vocabulary;
    vocabulary.source = "small";
    vocabulary.tokens = {"<end>", "<end>!", "a", "b", "Ġ", "ab", "Ġab", "1", "Ã", "©", "Ã©"};
    vocabulary.merges = {"a b", "Ġ ab", "Ã ©"};
    vocabulary.special = {0, 1};
    vocabulary.split = Smollm::split;
    return vocabulary;
}

std::string fault(Vocabulary vocabulary) {
    try {
        Tokenizer{std::move(vocabulary)};
    } catch (const coco::Error& error) {
        return error.what();
    }
    return {};
}

using Ids = std::vector<Id>;

}  // namespace

TEST_CASE("tokenizer: merges within words; special tokens first, the longest of them") {
    Tokenizer built(small());
    const Tokenizer tokenizer(std::move(built));
    CHECK(tokenizer.encode("").empty());
    CHECK(tokenizer.encode("ab ab1ab") == Ids{5, 6, 7, 5});
    CHECK(tokenizer.encode("é") == Ids{10});
    CHECK(tokenizer.encode("a<end>b<end>!") == Ids{2, 0, 3, 1});
    CHECK(tokenizer.size() == 11);
    CHECK(tokenizer.id_of("Ġab") == 6);
    CHECK(tokenizer.id_of("ba") == coco::no_id);
    CHECK(tokenizer.token(10) == "Ã©");
    for (const Id beyond : {11, -1, 1 << 30}) {
        CHECK_THROWS_AS(tokenizer.token(beyond), coco::Error);
        CHECK_THROWS_AS(tokenizer.decode(Ids{2, beyond}), coco::Error);
    }
}

TEST_CASE("tokenizer: untrusted text cannot contain special tokens") {
    const Tokenizer tokenizer(small());
    // This vocabulary has no other tokens for "<end>", so nothing remains of it.
    CHECK(tokenizer.encode("a<end>b", Special::ordinary) == Ids{2, 3});
    CHECK(tokenizer.has_special("a<end>b"));
    CHECK_FALSE(tokenizer.has_special("a<end >b"));
}

TEST_CASE("tokenizer: bytes without a token vanish, and their neighbours become adjacent") {
    CHECK(Tokenizer(small()).encode("xaxbx") == Ids{5});
}

TEST_CASE("tokenizer: tokens found after normalisation, and ids without a token") {
    Vocabulary vocabulary = small();
    vocabulary.nfc = true;
    vocabulary.tokens.insert(vocabulary.tokens.end(), {"", "", "<é>"});
    vocabulary.special_after_normalisation = {13};
    const Tokenizer tokenizer(vocabulary);
    CHECK(tokenizer.encode("ab<e\u0301>b") == Ids{5, 13, 3});
    CHECK(tokenizer.encode("e\u0301a<end>\u0301") == Ids{10, 2, 0});
    CHECK(tokenizer.encode("<e\u0301>", Special::ordinary) == Ids{10});
    CHECK(tokenizer.size() == 14);
    CHECK(tokenizer.id_of("") == coco::no_id);
    CHECK(tokenizer.decode(Ids{2, 11, 3}) == "ab");
}

TEST_CASE("tokenizer: whole words that no merge produces") {
    Vocabulary vocabulary = small();
    vocabulary.tokens.emplace_back("Ġba");
    CHECK(Tokenizer(vocabulary).encode("ab ba") == Ids{5, 4, 3, 2});
    vocabulary.whole_words = true;
    CHECK(Tokenizer(vocabulary).encode("ab ba") == Ids{5, 11});
}

TEST_CASE("tokenizer: twice the text takes twice the time, for any text") {
    Vocabulary vocabulary;
    for (int byte = 0; byte < 256; ++byte)
        vocabulary.tokens.push_back(to_stand_ins(std::string(1, static_cast<char>(byte))));
    for (const char* letter : {"a", "7", "!", "Ġ"}) {
        std::string token = letter;
        for (int doublings = 0; doublings < 6; ++doublings) {
            vocabulary.merges.push_back(token + ' ' + token);
            token += token;
            vocabulary.tokens.push_back(token);
        }
    }
    vocabulary.tokens.insert(vocabulary.tokens.end(), {"<|end|>", "<|start|>"});
    vocabulary.special = {static_cast<Id>(vocabulary.tokens.size()) - 2,
                          static_cast<Id>(vocabulary.tokens.size()) - 1};
    vocabulary.nfc = true;
    for (const PreTokenizer split : {Smollm::split, Gpt2::split, Qwen2::split, Llama3::split}) {
        vocabulary.split = split;
        const Tokenizer tokenizer(vocabulary);
        for (const char* unit :
             {"a", "7", "!", " ", "\n", " \n", "'", "'l", "<", "<|", "<|end", "\u0301\u0323", "\xff"}) {
            INFO(unit);
            const auto seconds = [&](std::size_t bytes) {
                std::string text;
                while (text.size() < bytes) text += unit;
                const auto start = std::chrono::steady_clock::now();
                tokenizer.encode(text);
                return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            };
            // Quadratic work would take four times as long in every attempt; a busy machine does so only in
            // some.
            double least = 4;
            for (int attempt = 0; attempt < 20 && least > 2.6; ++attempt)
                least = std::min(least, seconds(1 << 18) / seconds(1 << 17));
            CHECK(least <= 2.6);
        }
    }
}

TEST_CASE("tokenizer: decoding") {
    const Tokenizer tokenizer(small());
    CHECK(tokenizer.decode(Ids{6, 10, 0, 3}) == " abé<end>b");
    CHECK(tokenizer.decode(Ids{8, 3}) ==
          "\xEF\xBF\xBD"
          "b");
    CHECK_THROWS_AS(tokenizer.decode(Ids{11}), coco::Error);
    CHECK_THROWS_AS(tokenizer.decode(Ids{-1}), coco::Error);
}

TEST_CASE("tokenizer: wrong vocabularies") {
    CHECK(fault(small()).empty());
    Vocabulary wrong = small();
    wrong.tokens[3] = "a";
    CHECK_THAT(fault(wrong), Contains("small: token 3: token occurs twice"));
    for (const char* merge : {"a x", "x a", "b a"}) {
        wrong = small();
        wrong.merges.emplace_back(merge);
        CHECK_THAT(fault(wrong), Contains("small: merge 3: merge names an unknown token"));
    }
    wrong = small();
    wrong.merges.emplace_back("ab");
    CHECK_THAT(fault(wrong), Contains("broken merge"));
    wrong = small();
    wrong.merges.emplace_back("a b");
    CHECK_THAT(fault(wrong), Contains("merge occurs twice"));
    for (Id id : {-1, 11}) {
        wrong = small();
        wrong.special.push_back(id);
        CHECK_THAT(fault(wrong), Contains("special"));
    }
    wrong = small();
    wrong.split = nullptr;
    CHECK_THAT(fault(wrong), Contains("without a rule"));
}
