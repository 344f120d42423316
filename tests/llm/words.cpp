// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/llm/words.hpp>

using coco::Id;

TEST_CASE("words: numbered by first appearance, lower-cased, unknown words are 0") {
    coco::llm::WordTokenizer words;
    words.add("Red shoes; size-42 (RED)");
    words.add("caf\xC3\xA9");
    CHECK(words.size() == 6);
    CHECK(words.encode("red SHOES blue 42") == std::vector<Id>{1, 2, 0, 4});
    CHECK(words.encode("caf\xC3\xA9!") == std::vector<Id>{5});
    CHECK(words.encode(" ,.- ").empty());
}
