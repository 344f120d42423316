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
