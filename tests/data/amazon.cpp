// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/data/amazon.hpp>
#include <coco/data/gz.hpp>

#include "scratch_folder.hpp"

using namespace coco::data;
using coco::Id;
using coco::Index;

namespace {

std::string review(const std::string& user, const std::string& item, int time) {
    return "{\"reviewerID\": \"" + user + "\", \"asin\": \"" + item +
           "\", \"helpful\": [0, 1], \"reviewText\": \"It's \\\"fine\\\"\", \"overall\": 1.0, "
           "\"unixReviewTime\": " +
           std::to_string(time) + "}\n";
}

}  // namespace

TEST_CASE("text of web pages", "[data][amazon]") {
    CHECK(plain_text("Q&amp;A &quot;x&quot;  it&#39;s\n &#xe9; ") == "Q&A \"x\" it's \xc3\xa9");
    CHECK(plain_text("AT&T; a & b &nosuch; &#zz;") == "AT&T; a & b &nosuch; &#zz;");
    CHECK(plain_text(" ").empty());
}

TEST_CASE("the k-core is what remains when no user and no item is rare", "[data][amazon]") {
    Keys users, items;
    std::vector<Event> events;
    const auto add = [&](const char* user, const char* item) {
        events.push_back({users.add(user), items.add(item), 0});
    };
    // c is removed first (one event), which leaves item z with one, then user b with one; then x and y remain
    // with a, d.
    add("c", "z"), add("b", "z"), add("a", "x"), add("a", "y"), add("b", "x"), add("d", "y"), add("d", "x");
    filter_k_core(events, users, items, 2);
    CHECK(events.size() == 4);
    CHECK(users.size() == 2);
    CHECK(users[0] == "a");
    CHECK(items.size() == 2);
    CHECK(items[0] == "x");
    CHECK(events[2].user == 1);
}

TEST_CASE("reviews and metadata, plain or compressed", "[data][amazon]") {
    const ScratchFolder folder;
    std::string text;
    for (const char* user : {"u", "v"})
        for (const auto& [item, time] : {std::pair("p", 20), std::pair("q", 10), std::pair("r", 20)})
            text += review(user, item, time);
    text += review("w", "p", 1);
    const auto reviews = folder.write("reviews_X.json", text);
    const auto meta = folder.write(
        "meta_X.json",
        "{'asin': 'p', 'title': \"Men's &amp; co\", 'price': 3.5, 'related': {'also': ['q']}, 'brand': u'B', "
        "'categories': [['Home', 'Light'], ['Gifts']]}\n"
        "{\"asin\": \"zz\", \"title\": \"not reviewed\"}\n"
        "{\"asin\": \"r\", \"title\": null}\n");
    const auto check = [](const Dataset& data) {
        CHECK(data.users.size() == 2);  // w is not in the 2-core
        CHECK(data.catalogue.size() == 3);
        CHECK(data.interactions.size() == 6);
        std::vector<std::string> keys;
        for (const Id item : data.interactions.of(0)) keys.push_back(data.catalogue.key(item));
        CHECK(keys == std::vector<std::string>{"q", "p", "r"});  // p and r have the same day: file order
        CHECK(data.catalogue.text(data.catalogue.find("p")) == "Men's & co, B, Light");
        CHECK(data.catalogue[data.catalogue.find("p")].categories == "Home > Light | Gifts");
        CHECK(data.catalogue.text(data.catalogue.find("r")).empty());
        CHECK(data.catalogue.text(data.catalogue.find("q")).empty());
    };
    check(read_amazon(reviews, meta, 2));
    const auto packed = folder.path() / "reviews_X.json.gz";
    gzFile file = gzopen(packed.string().c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    check(read_amazon<GzFile>(packed, meta, 2));
    CHECK(read_amazon(reviews, {}, 2).catalogue.text(0).empty());
}

TEST_CASE("bad reviews are errors that name file and line", "[data][amazon]") {
    const ScratchFolder folder;
    const auto message = [&](const std::string& reviews, const std::string& meta) -> std::string {
        try {
            read_amazon(folder.write("r.json", reviews), folder.write("m.json", meta), 1);
        } catch (const coco::Error& error) {
            return error.what();
        }
        return "no error";
    };
    using Catch::Contains;
    CHECK_THAT(message("", ""), Contains("r.json: no interactions"));
    CHECK_THAT(message(review("u", "p", 1) + "{\"asin\": \"p\"}\n", ""),
               Contains("r.json:2: missing member"));
    CHECK_THAT(message(review("u", "p", 1) + "{\"asin\": \"p\"\n", ""), Contains("r.json:2: not JSON"));
    CHECK_THAT(message(R"({"reviewerID": "u", "asin": "p", "unixReviewTime": "noon"})", ""),
               Contains("r.json:1: not JSON") && Contains("a number"));
    CHECK_THAT(message(review("u", "p", 1), "{'title': 'x'}\n"), Contains("m.json:1: missing member"));
    CHECK_THAT(message(review("u", "p", 1), ""), Contains("no error"));
    CHECK_THROWS_WITH(read_amazon(folder.write("r.json", review("u", "p", 1)), {}, 5),
                      Contains("nothing left of the 5-core"));
}

TEST_CASE("reviews of 2014, 2018 and 2023", "[data][amazon]") {
    const ScratchFolder folder;
    const Dataset old = read_amazon(
        folder.write(
            "a.json",
            R"({"overall": 5.0, "verified": true, "reviewerID": "u", "asin": "p", "style": {"Color:": " Red"}, "unixReviewTime": 1533945600, "image": ["x"]})"
            "\r\n"
            R"({"overall": null, "reviewerID": "u", "asin": "q", "unixReviewTime": 1533945601, "vote": "1,234"})"
            "\n\n"),
        {}, 1);
    CHECK(old.interactions.times() == std::vector<double>{1533945600, 1533945601});
    CHECK(old.interactions.ratings()[0] == 5);
    CHECK(old.interactions.ratings()[1] != old.interactions.ratings()[1]);  // NaN
    REQUIRE(!old.notes.empty());
    CHECK_THAT(old.notes.begin()->text(),
               Catch::EndsWith("a.json:2: review without a rating, read as unknown (NaN)"));
    const Dataset recent = read_amazon(
        folder.write(
            "b.jsonl",
            R"({"rating": 4, "title": "cut \ud83d\u0041", "images": [], "asin": "v1", "parent_asin": "p", "user_id": "u", "timestamp": 1588687728923, "helpful_vote": 0})"
            "\n"
            R"({"rating": 2.0, "asin": "q", "user_id": "u", "timestamp": 1588687728922})"),
        {}, 1);
    CHECK(recent.catalogue.key(0) == "p");
    CHECK(recent.interactions.items() == std::vector<Id>{1, 0});
    CHECK(recent.interactions.times() == std::vector<double>{1588687728.922, 1588687728.923});
    CHECK(recent.interactions.ratings() == std::vector<float>{2, 4});
    for (const char* bad : {R"({"rating": 4, "asin": "v1", "user_id": null, "timestamp": 1})",
                            R"({"rating": 4, "asin": "v1", "user_id": "u", "timestamp": null})",
                            R"({"rating": 4, "user_id": "u", "timestamp": 1})"})
        CHECK_THROWS_WITH(read_amazon(folder.write("c.jsonl", bad), {}, 1),
                          Catch::Contains("c.jsonl:1: missing member"));
    CHECK_THROWS_WITH(
        read_amazon(
            folder.write("c.jsonl", R"({"rating": "-", "asin": "v", "user_id": "u", "timestamp": 1})"), {},
            1),
        Catch::Contains("c.jsonl:1: not JSON at column 12: expected a number"));
}

TEST_CASE("exact copies of a review count once, before the k-core; other times are kept", "[data][amazon]") {
    const ScratchFolder folder;
    // w has two reviews, one of them three times.
    std::string text = review("w", "p", 1) + review("w", "q", 2) + review("w", "q", 2) + review("w", "q", 2);
    for (const char* user : {"u", "v", "x"})
        text += review(user, "p", 1) + review(user, "q", 2) + review(user, "q", 3);
    const Dataset data = read_amazon(folder.write("r.json", text), {}, 3);
    CHECK(data.users.size() == 3);
    CHECK(data.interactions.size() == 9);
    std::vector<std::string> notes;
    for (const Note& note : data.notes)
        notes.push_back(note.text().substr(folder.path().string().size() + 1));
    CHECK(notes == std::vector<std::string>{"r.json:3: line equal to an earlier review, left out; 2 in all"});
    const Dataset other =
        read_amazon(folder.write("r.json", review("u", "p", 1) + " " + review("u", "p", 1)), {}, 1);
    CHECK(other.interactions.size() == 2);  // another line, so another review
    REQUIRE(!other.notes.empty());
    CHECK_THAT(other.notes.begin()->what, Catch::Contains("same user, item and time; each counts"));
}
