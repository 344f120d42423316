// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/data/gz.hpp>
#include <coco/data/open.hpp>

#include "scratch_folder.hpp"

using namespace coco::data;

TEST_CASE("the format of a data set is recognised by its files", "[data][open]") {
    const ScratchFolder a, b, c, d;
    a.write("sequences.txt", "u x y\n");
    CHECK(open(a.path()).interactions.size() == 2);
    b.write("ml.inter", "user_id:token\titem_id:token\ttimestamp:float\nu\tx\t1\n");
    b.write("ml.item", "item_id:token\ttitle:token_seq\nx\tX\n");
    CHECK(open(b.path()).catalogue.title(0) == "X");
    c.write("interactions.tsv", "user\titem\ttimestamp\nu\tx\t1\n");
    c.write("items.csv", "item,title\nx,\"X, Y\"\n");
    CHECK(open(c.path()).catalogue.title(0) == "X, Y");
    std::string reviews;
    for (int u = 0; u < 5; ++u)
        for (int i = 0; i < 5; ++i)
            reviews += "{\"reviewerID\": \"u" + std::to_string(u) + "\", \"asin\": \"i" + std::to_string(i) +
                       "\", \"unixReviewTime\": 1}\n";
    d.write("reviews_Beauty_5.json", reviews);
    d.write("meta_Beauty.json", "{'asin': 'i3', 'title': 'Three'}\n");
    CHECK(open(d.path()).catalogue.title(3) == "Three");
    CHECK(open<GzFile>(d.path()).interactions.size() == 25);
}

TEST_CASE("an unknown, ambiguous or compressed data set is an error that names the fix", "[data][open]") {
    const ScratchFolder a, b, c;
    CHECK_THROWS_WITH(open(a.path()), Catch::Contains("no data set that is known"));
    CHECK_THROWS_WITH(open(a.path() / "none"), Catch::Contains("cannot be opened"));
    b.write("one.inter", "");
    b.write("two.inter", "");
    CHECK_THROWS_WITH(open(b.path()), Catch::Contains("one.inter, two.inter"));
    c.write("interactions.csv.gz", "\x1f\x8b\x08");
    CHECK_THROWS_WITH(open(c.path()), Catch::Contains("GzFile"));
}

TEST_CASE("Amazon's files of 2018 and 2023 are known by their names", "[data][open]") {
    const ScratchFolder a, b;
    std::string old, recent;
    for (int u = 0; u < 5; ++u)
        for (int i = 0; i < 5; ++i) {
            const std::string user = std::to_string(u), item = std::to_string(i);
            old += "{\"overall\": 5.0, \"reviewerID\": \"" + user + "\", \"asin\": \"" + item +
                   "\", \"unixReviewTime\": 1}\n";
            recent += "{\"rating\": 5.0, \"user_id\": \"" + user +
                      "\", \"asin\": \"v\", \"parent_asin\": \"" + item +
                      "\", \"timestamp\": 1588687728923}\n";
        }
    a.write("All_Beauty_5.json", old);
    a.write("meta_All_Beauty.json", "{\"asin\": \"3\", \"title\": \"Three\"}\n");
    CHECK(open(a.path()).catalogue.title(3) == "Three");
    b.write("All_Beauty.jsonl", recent);
    b.write("meta_All_Beauty.jsonl", "{\"parent_asin\": \"3\", \"title\": \"Three\"}\n");
    const Dataset data = open(b.path());
    CHECK(data.catalogue.title(3) == "Three");
    CHECK(data.interactions.times()[0] == 1588687728.923);
    b.write("Other.jsonl", recent);
    CHECK_THROWS_WITH(open(b.path()), Catch::Contains("more than one data set") &&
                                          Catch::Contains("All_Beauty.jsonl, Other.jsonl"));
}

TEST_CASE("columns may have other names, and any file be compressed", "[data][open]") {
    const ScratchFolder a, b;
    const auto packed = [](const std::filesystem::path& path, const char* text) {
        gzFile file = gzopen(path.string().c_str(), "wb");
        gzputs(file, text);
        gzclose(file);
    };
    packed(a.path() / "interactions.csv.gz", "who,what,when\nu,\"x\",1\n");
    packed(a.path() / "items.tsv.gz", "what\tname\nx\tX, Y\n");
    CHECK(
        open<GzFile>(a.path(), parse_columns("user=who,item=what,time=when,title=name")).catalogue.title(0) ==
        "X, Y");
    CHECK_THROWS_WITH(open<GzFile>(a.path()),
                      Catch::Contains("items.tsv.gz:1: missing column: expected item, found what, name"));
    packed(b.path() / "sequences.txt.gz", "u x y\n");
    packed(b.path() / "items.tsv.gz", "x\tX\t\t\n");
    CHECK(open<GzFile>(b.path()).catalogue.title(0) == "X");
    CHECK_THROWS_WITH(open(b.path()), Catch::Contains("GzFile"));
}
