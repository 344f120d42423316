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

TEST_CASE("ratings and times are read where the file has them", "[data][table]") {
    const ScratchFolder folder;
    Columns columns;
    columns.time = "";
    const Dataset both =
        read_table(folder.write("r.csv", "user,item,rating,timestamp\nu,b,-,20\nu,a,4.5,10\n"), {});
    CHECK(both.interactions.times() == std::vector<double>{10, 20});
    CHECK(both.interactions.ratings()[0] == 4.5f);
    CHECK(both.interactions.ratings()[1] != both.interactions.ratings()[1]);  // NaN
    REQUIRE(!both.notes.empty());
    CHECK_THAT(both.notes.begin()->text(),
               Catch::EndsWith("r.csv:2: no number in column rating, read as unknown (NaN)"));
    const Dataset none = read_table(folder.write("r.csv", "user,item\nu,b\nu,a\n"), {}, columns);
    CHECK(none.interactions.ratings().empty());
    CHECK(none.interactions.times().empty());
    columns.rating = "stars";
    CHECK(read_table(folder.write("r.csv", "user,item,stars\nu,b,5\n"), {}, columns)
              .interactions.ratings()[0] == 5);
    CHECK_THROWS_WITH(read_table(folder.write("r.csv", "user,item,rating\nu,b,5\n"), {}, columns),
                      Catch::Contains("missing column: expected stars, found user, item, rating"));
}

TEST_CASE("a misnamed column of titles is an error that lists the columns", "[data][table]") {
    const ScratchFolder folder;
    const auto rows = folder.write("r.csv", "user,item,timestamp\nu,a,1\n");
    CHECK_THROWS_WITH(read_table(rows, folder.write("i.csv", "item,Title,brand\na,A,B\n")),
                      Catch::Contains("i.csv:1: no column of titles: expected title, or another name") &&
                          Catch::EndsWith("found item, Title, brand"));
    Columns columns;
    columns.title = "Title";
    CHECK(read_table(rows, folder.path() / "i.csv", columns).catalogue.title(0) == "A");
    columns.title = "";
    CHECK(read_table(rows, folder.path() / "i.csv", columns).catalogue.text(0) == "B");
    // Without columns that are not read none can be a title.
    CHECK(read_table(rows, folder.write("i.csv", "item,brand\na,B\n")).catalogue.text(0) == "B");
}

TEST_CASE("what is in columns that are not read does not matter", "[data][table]") {
    const ScratchFolder folder;
    const auto rows = folder.write(
        "r.csv", "user,price,item,timestamp,text\nu,nan,a,1,\"x\"\nu,\xe2\x80\x94,b,2\nu,,a,3,x, y\n");
    const auto items = folder.write("i.csv", "item,title,price\na,A,1.5\nb,B,None\n");
    const Dataset data = read_table(rows, items);
    CHECK(data.interactions.size() == 3);
    CHECK(data.catalogue.title(1) == "B");
}

TEST_CASE("a text is one line, a key any bytes but none", "[data][table]") {
    const ScratchFolder folder;
    const auto rows = folder.write("r.csv", "user,item,timestamp\n\"u\nv\",\"a\tb\",1\n");
    const Dataset data = read_table(rows, folder.write("i.csv", "item,title\n\"a\tb\",\"two\r\nlines\"\n"));
    CHECK(data.catalogue.title(0) == "two lines");
    CHECK(data.catalogue.key(0) == "a\tb");
    CHECK(data.users[0] == "u\nv");
    CHECK_THROWS_WITH(read_table(rows, folder.write("i.csv", "item,title\n,x\n")),
                      Catch::Contains("i.csv:2: empty key: found nothing in column item"));
}

TEST_CASE("marks of missing values and bytes that are not UTF-8 are no texts", "[data][table]") {
    const ScratchFolder folder;
    const Dataset data =
        read_table(folder.write("r.csv", "user,item,timestamp\nu,a,1\nu,b,2\nu,c,3\n"),
                   folder.write("i.csv", "item,title,brand,year\na,nan,-,1995\nb,B,None,\nc,Caf\xe9,,\n"));
    CHECK(data.catalogue.text(0) == "(1995)");
    CHECK(data.catalogue.text(1) == "B");
    CHECK(data.catalogue.text(2) == "Caf\xef\xbf\xbd");
    std::vector<std::string> notes;
    for (const Note& note : data.notes) notes.push_back(note.what);
    CHECK(notes == std::vector<std::string>{"mark of a missing value in column title, read as empty",
                                            "mark of a missing value in column brand, read as empty",
                                            "text that is not UTF-8 in title, invalid bytes read as U+FFFD"});
}

TEST_CASE("items of one file only are kept and noted; no common item is an error", "[data][table]") {
    const ScratchFolder folder;
    const auto items = folder.write("i.csv", "item,title\n1,A\n2,B\n3,C\n");
    const Dataset data =
        read_table(folder.write("r.csv", "user,item,timestamp\nu,1,1\nu,9,2\nu,1,1\n"), items);
    CHECK(data.catalogue.size() == 4);
    CHECK(data.catalogue.title(3).empty());
    std::vector<std::string> notes;
    for (const Note& note : data.notes) notes.push_back(note.what + " " + std::to_string(note.count));
    CHECK(notes == std::vector<std::string>{
                       "item of the interactions that is not in this file, without text 1",
                       "item without interactions, kept in the catalogue 2",
                       "interaction that repeats another: same user, item and time; each counts 1"});
    CHECK_THROWS_WITH(
        read_table(folder.write("r.csv", "user,item,timestamp\nu,1.0,1\n"), items),
        Catch::Contains("i.csv: has no item of the interactions: expected \"1.0\", found \"1\""));
}
