// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

#include <coco/data/gz.hpp>
#include <coco/data/named_table.hpp>

#include "scratch_folder.hpp"

using namespace coco::data;
using coco::Index;
using List = std::vector<std::string>;

namespace {

List texts(const Notes& notes) {
    List all;
    for (const Note& note : notes)
        all.push_back(note.what + (note.count > 1 ? "; " + std::to_string(note.count) : ""));
    return all;
}

/// Columns a and c of the rows of a file, and the notes.
List rows(const std::filesystem::path& path, Notes& notes) {
    NamedTable<> table(path, notes);
    const Index a = table.require({}, {"a"}), c = table.require({}, {"c"});
    List all;
    while (table.next()) all.push_back(table.field(a) + "|" + table.field(c));
    return all;
}

}  // namespace

TEST_CASE("the same rows with any line ends, mark, empty lines and end of file", "[data][named_table]") {
    const ScratchFolder folder;
    for (const char* text :
         {"a,b,c\n1,2,3\n4,5,6\n",
          "\xef\xbb\xbf"
          "a,b,c\r\n1,2,3\r\n4,5,6",
          "a,b,c\n1,2,3\r\n\n4,5,6\r\n\r\n\n", "\"a\",b,\"c\"\n\"1\",2,3\n4,\"x, y\",\"6\""}) {
        Notes notes;
        CHECK(rows(folder.write("t.csv", text), notes) == List{"1|3", "4|6"});
        CHECK(notes.empty());
    }
    Notes notes;
    CHECK(rows(folder.write("t.tsv", "a\tb\tc\n\"1\t2\t3\"\r\n\n"), notes) == List{"\"1|3\""});
    CHECK(rows(folder.write("t.item", "a:token\tb:what\tc:float\n1\t2\t3\n\n"), notes) == List{"1|3"});
    CHECK(notes.empty());
}

TEST_CASE("any bytes are a key; only an empty one is none", "[data][named_table]") {
    const ScratchFolder folder;
    const std::string big(100000, 'k');
    Notes notes;
    NamedTable<> table(
        folder.write("t.csv", "id\n 1\n\"a \"\"b\"\", c\"\n漢字\n\xff\xfe\n99999999999999999999999\nnull\n" +
                                  std::string("x\0y\n", 4) + big + "\n\"\"\n"),
        notes);
    const Index id = table.require({}, {"id"});
    List keys;
    for (int n = 0; n < 8; ++n) {
        REQUIRE(table.next());
        keys.push_back(table.key(id));
    }
    CHECK(keys == List{" 1", "a \"b\", c", "漢字", "\xff\xfe", "99999999999999999999999", "null",
                       std::string("x\0y", 3), big});
    CHECK(texts(notes) == List{"key \"null\" in column id, taken as any other"});
    REQUIRE(table.next());
    CHECK_THROWS_WITH(table.key(id), Catch::Contains("t.csv:10: empty key"));
}

TEST_CASE("rows may be ragged only where nothing that is read can move", "[data][named_table]") {
    const ScratchFolder folder;
    Notes notes;
    // a and c are read, b and d are not.
    const std::string header = "a,b,c,d\n";
    CHECK(rows(folder.write("t.csv", header + "1,2,3\n4,5,6\n1,2,3,4,,\n1,2,3,hello, world\n"), notes) ==
          List{"1|3", "4|6", "1|3", "1|3"});
    CHECK(texts(notes) == List{"line that ends before columns that are not read; 2",
                               "line with separators behind its last column, left out",
                               "line with separators in its last column, which is not read"});
    CHECK_THROWS_WITH(rows(folder.write("t.csv", header + "1,2\n"), notes),
                      Catch::Contains("t.csv:2: ragged line: expected 4 fields, found 2"));
    CHECK_THROWS_WITH(rows(folder.write("t.csv", "a,b,c\n1,2,3,4\n"), notes), Catch::Contains("ragged line"));
    NamedTable<> texts_read(folder.write("t.csv", header + "1,x, y,3,4\n"), notes);
    texts_read.find_text({}, {"b"});
    CHECK_THROWS_WITH(texts_read.next(), Catch::Contains("t.csv:2: ragged line"));
}

TEST_CASE("columns are found by given or usual names", "[data][named_table]") {
    const ScratchFolder folder;
    Notes notes;
    NamedTable<> table(folder.write("t.csv", "who,user,x,x\n"), notes);
    CHECK(table.find({}, {"id", "user"}) == 1);
    CHECK(table.find("who", {"user"}) == 0);
    CHECK(table.find("", {"user"}) == -1);
    CHECK(table.find({}, {"title"}) == -1);
    CHECK(table.has_others());
    CHECK_THROWS_WITH(table.find("titel", {"title"}),
                      Catch::Contains("t.csv:1: missing column: expected titel, found who, user, x, x"));
    CHECK_THROWS_WITH(table.require({}, {"item", "id"}), Catch::Contains("missing column: expected item"));
    CHECK_THROWS_WITH(table.require("", {"item"}), Catch::Contains("missing column"));
    CHECK_THROWS_WITH(table.find({}, {"x"}), Catch::Contains("t.csv:1: two columns of one name"));
}

TEST_CASE("numbers of more than 53 bits are noted", "[data][named_table]") {
    const ScratchFolder folder;
    Notes notes;
    NamedTable<> table(folder.write("t.csv", "t,r\n9007199254740993,5\n1e999,-\n"), notes);
    const Index t = table.require({}, {"t"}), r = table.require({}, {"r"});
    table.next();
    CHECK(table.time(t) == 9007199254740992.0);
    CHECK(table.rating(r) == 5);
    table.next();
    CHECK_THROWS_WITH(table.time(t), Catch::Contains("t.csv:3: bad number in column t"));
    CHECK(std::isnan(table.rating(r)));
    CHECK(texts(notes).size() == 2);
}

TEST_CASE("a compressed table is read, or the error says how", "[data][named_table]") {
    const ScratchFolder folder;
    const auto path = folder.path() / "t.tsv.gz";
    gzFile file = gzopen(path.string().c_str(), "wb");
    gzputs(file, "a\tb\nx, y\t2\n");
    gzclose(file);
    Notes notes;
    NamedTable<GzFile> table(path, notes);
    const Index a = table.require({}, {"a"});
    REQUIRE(table.next());
    CHECK(table.field(a) == "x, y");
    CHECK_THROWS_WITH(NamedTable<>(path, notes),
                      Catch::Contains("compressed by gzip") && Catch::Contains("GzFile"));
}
