// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/data/table.hpp>

#include "scratch_folder.hpp"

using namespace coco::data;
using coco::Id;

TEST_CASE("tables with named columns, in any order", "[data][table]") {
    const ScratchFolder folder;
    const auto rows =
        folder.write("interactions.csv",
                     "timestamp,item,note,user\n20,a,\"x, y\",u\n10,b,\"two\nlines\",u\n20,c,,u\n\n5,a,,v\n");
    const auto items = folder.write("items.tsv", "title\titem\tgenres\nThe \"A\"\ta\tcomedy\nB\tb\t\n");
    const Dataset data = read_table(rows, items);
    CHECK(std::vector<Id>(data.interactions.of(0).begin(), data.interactions.of(0).end()) ==
          std::vector<Id>{1, 0, 2});
    CHECK(data.interactions.length(1) == 1);
    CHECK(data.catalogue.text(0) == "The \"A\", comedy");
    CHECK(data.catalogue.text(2).empty());
    CHECK(read_table(rows, {}).catalogue.size() == 3);
}

TEST_CASE("columns may have other names, and rows may be sorted already", "[data][table]") {
    const ScratchFolder folder;
    const auto rows = folder.write("log.tsv", "who\twhat\nu\tb\nu\ta\n");
    Columns columns;
    columns.user = "who";
    columns.item = "what";
    columns.time = "";
    const Dataset data = read_table(rows, {}, columns);
    CHECK(data.catalogue.key(data.interactions.of(0)[0]) == "b");
}

TEST_CASE("bad tables are errors that name file and line", "[data][table]") {
    const ScratchFolder folder;
    const auto message = [&](const char* rows, const char* items = "item\na\n") -> std::string {
        try {
            read_table(folder.write("r.csv", rows), folder.write("i.csv", items));
        } catch (const coco::Error& error) {
            return error.what();
        }
        return "no error";
    };
    using Catch::Contains;
    CHECK_THAT(message(""), Contains("r.csv: empty file"));
    CHECK_THAT(message("user,item,timestamp\n"), Contains("r.csv: no interactions"));
    CHECK_THAT(message("user,item\nu,a\n"), Contains("r.csv:1: missing column: expected timestamp"));
    CHECK_THAT(message("user,item,timestamp\nu,a,1\nu,a\n"), Contains("r.csv:3: ragged line"));
    CHECK_THAT(message("user,item,timestamp\nu,\"a\nb\",1\nu,a,noon\n"),
               Contains("r.csv:4: bad number in column timestamp"));
    CHECK_THAT(message("user,item,timestamp\n,a,1\n"), Contains("r.csv:2: empty key"));
    CHECK_THAT(message("user,item,timestamp\n\"u,a,1\n"), Contains("r.csv:2: a quote is not closed"));
    CHECK_THAT(message("user,item,timestamp\nu,a,1\n", "title\nA\n"), Contains("i.csv:1: missing column"));
    CHECK_THAT(message("user,item,timestamp\nu,a,1\n", "item\na\na\n"),
               Contains("i.csv:3: item given twice"));
    CHECK_THAT(message("user,item,timestamp\nu,a,1\n"), Contains("no error"));
}
