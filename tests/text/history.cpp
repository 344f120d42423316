// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <map>

#include <coco/core/random.hpp>
#include <coco/text/history.hpp>

using namespace coco;
using text::History;

namespace {

/// A tokenizer with one token per character, and its inverse.
std::vector<int> characters(std::string_view words) { return {words.begin(), words.end()}; }

std::string words_of(std::span<const Id> tokens) {
    std::string out;
    for (const Id token : tokens) out += static_cast<char>(token);
    return out;
}

const text::HistoryTemplate shop{"Instruct.", "<", "-", ">", "{title}"};

data::Catalogue catalogue() {
    data::Catalogue all;
    all.add("0", {"aa", "", "", "", ""});
    all.add("1", {"bbbb", "", "", "", ""});
    all.add("2");  // an item without text
    all.add("3", {"c", "", "", "", ""});
    all.add("4", {"dddddddddddddddd", "", "", "", ""});
    return all;
}

std::string text_of_history(const std::vector<Id>& history, Index tokens, Index items = 20) {
    const History texts(catalogue(), shop, characters);
    std::vector<Id> out{'!'};
    const Index length = texts.append(history, {tokens, items}, out);
    CHECK(length + 1 == static_cast<Index>(out.size()));
    return words_of(out);
}

}  // namespace

TEST_CASE("a user's text: the latest item is last, the oldest ones are dropped whole", "[text][history]") {
    CHECK(text_of_history({0, 1, 3}, 100) == "!<-aa-bbbb-c>");
    CHECK(text_of_history({0, 1, 3}, 12) == "!<-aa-bbbb-c>");
    CHECK(text_of_history({0, 1, 3}, 11) == "!<-bbbb-c>");
    CHECK(text_of_history({0, 1, 3}, 9) == "!<-bbbb-c>");
    CHECK(text_of_history({0, 1, 3}, 8) == "!<-c>");  // "aa" fits, but is older than what did not
    CHECK(text_of_history({0, 1, 3}, 3) == "!<>");
    CHECK(text_of_history({}, 100) == "!<>");
    CHECK(text_of_history({0, 0, 0}, 100) == "!<-aa-aa-aa>");
}

TEST_CASE("items are counted, those without words take no space", "[text][history]") {
    CHECK(text_of_history({0, 1, 3}, 100, 2) == "!<-bbbb-c>");
    CHECK(text_of_history({0, 2, 2, 3}, 100, 2) == "!<-aa-c>");
    CHECK(text_of_history({2}, 100) == "!<>");
    CHECK(text_of_history({0, 1}, 100, 0) == "!<>");
}

TEST_CASE("a title longer than the whole budget is skipped", "[text][history]") {
    CHECK(text_of_history({0, 4, 3}, 12) == "!<-aa-c>");
    CHECK(text_of_history({0, 4, 3}, 19) == "!<-c>");  // it would fit alone, so it ends the text
    CHECK(text_of_history({0, 4, 3}, 22) == "!<-dddddddddddddddd-c>");
}

TEST_CASE("the instruction is separate, and a budget must fit the template", "[text][history]") {
    const History texts(catalogue(), shop, characters);
    CHECK(words_of(texts.instruction()) == "Instruct.");
    CHECK(words_of(texts.of_item(1)) == "-bbbb");
    CHECK(texts.of_item(2).empty());
    text::HistoryTemplate loud = shop;
    loud.line = "{title}!";
    CHECK(words_of(History(catalogue(), loud, characters).of_item(1)) == "-bbbb!");
    std::vector<Id> out;
    CHECK_THROWS_WITH(texts.append({}, {1, 5}, out), Catch::Contains("at least 2 tokens"));
    CHECK(out.empty());
}

TEST_CASE("the budget is never exceeded", "[text][history]") {
    const History texts(catalogue(), shop, characters);
    RandomStream random(1);
    bool kept = true;
    for (int trial = 0; trial < 2000; ++trial) {
        std::vector<Id> history, out;
        for (std::uint32_t n = random.below(12); n > 0; --n)
            history.push_back(static_cast<Id>(random.below(5)));
        const Index tokens = 2 + random.below(40);
        kept = kept && texts.append(history, {tokens, 1 + random.below(6)}, out) <= tokens;
    }
    CHECK(kept);
}
