// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>

#include <coco/data/recbole.hpp>
#include <coco/data/split.hpp>
#include <coco/sampling/samples.hpp>

#include "scratch_folder.hpp"

using namespace coco::data;
using coco::Id;
using coco::Index;

namespace {

const char* const header = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n";

std::vector<std::string> keys(const Dataset& data, Id user) {
    std::vector<std::string> out;
    for (const Id item : data.interactions.of(user)) out.push_back(data.catalogue.key(item));
    return out;
}

}  // namespace

TEST_CASE("atomic files are sorted by time, ties by file order; all ratings count", "[data][recbole]") {
    const ScratchFolder folder;
    folder.write("ml.item",
                 "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
                 "b\tUsual Suspects, The\t1995\tCrime Thriller\na\tFargo\t1996\tCrime\n");
    const auto inter = folder.write(
        "ml.inter", std::string(header) + "u\ta\t1\t20\nv\tb\t5\t7\nu\tb\t2\t10\nu\tc\t3\t20\nu\tb\t3\t20\n");
    const Dataset data = read_recbole(inter);
    CHECK(keys(data, 0) == std::vector<std::string>{"b", "a", "c", "b"});
    CHECK(keys(data, 1) == std::vector<std::string>{"b"});
    CHECK(data.catalogue.text(0) == "The Usual Suspects (1995), Crime, Thriller");
    CHECK(data.catalogue.key(1) == "a");
    CHECK(data.catalogue.text(2).empty());
    CHECK(data.users[0] == "u");
}

TEST_CASE("bad atomic files are errors that name file and line", "[data][recbole]") {
    const ScratchFolder folder;
    const auto message = [&](const std::string& inter, const char* item) -> std::string {
        folder.write("d.item", item);
        try {
            read_recbole(folder.write("d.inter", inter));
        } catch (const coco::Error& error) {
            return error.what();
        }
        return "no error";
    };
    using Catch::Contains;
    const char* const items = "item_id:token\ttitle:token_seq\na\tA\n";
    const std::string top = header;
    CHECK_THAT(message("", items), Contains("d.inter: empty file"));
    CHECK_THAT(message(top, items), Contains("d.inter: no interactions"));
    CHECK_THAT(message("user_id:token\titem_id:token\nu\ta\n", items),
               Contains("d.inter:1: missing column: expected timestamp, found user_id, item_id"));
    CHECK_THAT(message("user_id\titem_id:token\n", items), Contains("d.inter:1: column without a type"));
    CHECK_THAT(message(top + "u\ta\t5\t1\nu\ta\t5\n", items), Contains("d.inter:3: ragged line"));
    CHECK_THAT(message(top + "u\ta\tgood\t1\n", items), Contains("d.inter:2: bad number in column rating"));
    CHECK_THAT(message(top + "u\ta\t5\tnoon\n", items),
               Contains("d.inter:2: bad number in column timestamp"));
    CHECK_THAT(message(top + "\ta\t5\t1\n", items), Contains("d.inter:2: empty key"));
    CHECK_THAT(message(top + "u\ta\t5\t1\n", "title:token\nA\n"), Contains("d.item:1: missing column"));
    CHECK_THAT(message(top + "u\ta\t5\t1\n", ""), Contains("d.item: empty file"));
    CHECK_THAT(message(top + "u\ta\t5\t1\n", items), Contains("no error"));  // a user with one item
}

TEST_CASE("MovieLens 100K has the known sizes", "[data][recbole]") {
    std::filesystem::path cache;
    if (const char* given = std::getenv("COCO_CACHE"))
        cache = given;
    else if (const char* xdg = std::getenv("XDG_CACHE_HOME"))
        cache = std::filesystem::path(xdg) / "coco";
    else if (const char* home = std::getenv("HOME"))
        cache = std::filesystem::path(home) / ".cache" / "coco";
    const auto inter = cache / "ml-100k" / "ml-100k.inter";
    if (!std::filesystem::exists(inter)) {
        std::cout << "SKIPPED: there is no " << inter.string() << "\n";
        return;
    }
    const Dataset data = read_recbole(inter);
    CHECK(data.users.size() == 943);
    CHECK(data.catalogue.size() == 1682);
    CHECK(data.interactions.size() == 100000);
    const Split split = leave_one_out(data.interactions);
    CHECK(split.test.size() == 943);
    Index targets = 0;
    for (Id u = 0; u < split.train.users(); ++u) targets += split.train.length(u) - 1;
    CHECK(targets == 97171);
    const auto positions = coco::sampling::every_position(split.train, 50);
    Index trained = 0;
    for (const coco::sampling::Sample& s : positions) trained += s.targets();
    CHECK(trained == 97171);
    CHECK(data.catalogue.text(data.catalogue.find("12")) == "The Usual Suspects (1995), Crime, Thriller");
    // The packed rows of a PyTorch implementation: every prefix packs 39 times as many rows as every
    // position.
    CHECK(coco::sampling::rows_of(positions) == 97171);
    CHECK(coco::sampling::rows_of(coco::sampling::every_prefix(split.train, 50)) == 3806194);
}

TEST_CASE("a float column is read only where it is wanted", "[data][recbole]") {
    const ScratchFolder folder;
    folder.write("d.item",
                 "item_id:token\ttitle:token_seq\tprice:float\trank:integer\n"
                 "a\tA\t\xe2\x80\x94\tx\nb\tB\tnan\t\nc\t-\t\n\n");
    const Dataset data =
        read_recbole(folder.write("d.inter",
                                  "user_id:token\titem_id:token\trating:float\ttimestamp:float\tw:"
                                  "float\r\nu\ta\t4\t2\tx\r\nu\tb\t\t1\t\r\nu\tc\t2\t3\r\n"));
    CHECK(data.catalogue.title(0) == "A");
    CHECK(data.catalogue.title(2).empty());
    CHECK(data.interactions.ratings()[1] == 4);
    CHECK(data.interactions.ratings()[0] != data.interactions.ratings()[0]);  // NaN
    CHECK(data.interactions.times() == std::vector<double>{1, 2, 3});
    std::vector<std::string> notes;
    for (const Note& note : data.notes)
        notes.push_back(note.text().substr(folder.path().string().size() + 1));
    CHECK(notes ==
          std::vector<std::string>{"d.item:4: line that ends before columns that are not read",
                                   "d.item:4: mark of a missing value in column title, read as empty",
                                   "d.inter:3: no number in column rating, read as unknown (NaN)",
                                   "d.inter:4: line that ends before columns that are not read"});
}

TEST_CASE("atomic files may have other column names, and be compressed", "[data][recbole]") {
    const ScratchFolder folder;
    const auto inter = folder.write("d.inter.gz", "user_id:token\titem_id:token\twhen:float\nu\ta\t1\n");
    folder.write("d.item.gz", "item_id:token\tproduct_title:token_seq\na\tA\n");
    Columns columns;
    columns.time = "when";
    CHECK_THROWS_WITH(
        read_recbole(inter, columns),
        Catch::Contains("d.item.gz:1: no column of titles: expected title, movie_title or name") &&
            Catch::EndsWith("found item_id, product_title"));
    columns.title = "product_title";
    CHECK(read_recbole(inter, columns).catalogue.title(0) == "A");
    columns.title = "item";
    CHECK_THROWS_WITH(read_recbole(inter, columns), Catch::Contains("missing column: expected item"));
}
