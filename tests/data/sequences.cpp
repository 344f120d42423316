// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>

#include <coco/data/sequences.hpp>

#include "scratch_folder.hpp"

using namespace coco::data;
using coco::Id;

TEST_CASE("sequences with item texts", "[data][sequences]") {
    const ScratchFolder folder;
    folder.write("items.tsv", "x\tLamp\tAcme\tHome > Light\ny\t\t\t\n");
    folder.write("sequences.txt", "anna x y z\nbob z\ncarl\n");
    const Dataset data = read_sequences(folder.path());
    CHECK(data.catalogue.size() == 3);
    CHECK(data.catalogue.text(0) == "Lamp, Acme, Light");
    CHECK(data.catalogue.text(1).empty());  // an item without text
    CHECK(data.catalogue.key(2) == "z");    // not in items.tsv
    CHECK(data.users[1] == "bob");
    CHECK(std::vector<Id>(data.interactions.of(0).begin(), data.interactions.of(0).end()) ==
          std::vector<Id>{0, 1, 2});
    CHECK(data.interactions.length(1) == 1);
    CHECK(data.interactions.length(2) == 0);
}

TEST_CASE("bad sequences are errors that name file and line", "[data][sequences]") {
    const ScratchFolder folder;
    const auto message = [&](const char* items, const char* sequences) -> std::string {
        folder.write("items.tsv", items);
        folder.write("sequences.txt", sequences);
        try {
            read_sequences(folder.path());
        } catch (const coco::Error& error) {
            return error.what();
        }
        return "no error";
    };
    using Catch::Contains;
    CHECK_THAT(message("x\ta\tb\tc\ny\ta\tb\n", "u x\n"), Contains("items.tsv:2: ragged line"));
    CHECK_THAT(message("x\ta\tb\tc\nx\ta\tb\tc\n", "u x\n"), Contains("items.tsv:2: item given twice"));
    CHECK_THAT(message("\ta\tb\tc\n", "u x\n"), Contains("items.tsv:1: item without a key"));
    CHECK_THAT(message("", ""), Contains("sequences.txt: no interactions"));
    CHECK_THAT(message("", "u x\n\nv x\n"), Contains("sequences.txt:2: empty key"));
    CHECK_THAT(message("", "u x\nu y\n"), Contains("sequences.txt:2: user given twice"));
    CHECK_THAT(message("", "u x\n"), Contains("no error"));  // a catalogue of one item is valid
    CHECK_THROWS_AS(read_sequences(folder.path() / "none"), coco::Error);
}

TEST_CASE("Beauty and Toys have the published sizes", "[data][sequences]") {
    const char* root = std::getenv("COCO_DATA");
    if (root == nullptr) {
        std::cout << "SKIPPED: COCO_DATA does not name a folder with beauty/ and toys/\n";
        return;
    }
    // 22,363 users, 12,101 items, 198,502 interactions; 19,412, 11,924, 167,597: the counts of S3-Rec's
    // files.
    const Dataset beauty = read_sequences(std::filesystem::path(root) / "beauty");
    CHECK(beauty.users.size() == 22363);
    CHECK(beauty.catalogue.size() == 12101);
    CHECK(beauty.interactions.size() == 198502);
    const Dataset toys = read_sequences(std::filesystem::path(root) / "toys");
    CHECK(toys.users.size() == 19412);
    CHECK(toys.catalogue.size() == 11924);
    CHECK(toys.interactions.size() == 167597);
}

TEST_CASE("any line ends, a mark and empty last lines", "[data][sequences]") {
    const ScratchFolder folder;
    for (const char* text : {"anna x y\nbob \xe6\xbc\xa2\n",
                             "\xef\xbb\xbf"
                             "anna x y\r\nbob \xe6\xbc\xa2",
                             "anna x y \nbob \xe6\xbc\xa2\r\n\r\n\n"}) {
        folder.write("items.tsv", "x\tLamp\t-\tHome\r\n\r\n");
        folder.write("sequences.txt", text);
        const Dataset data = read_sequences(folder.path());
        CHECK(data.users[0] == "anna");
        CHECK(data.catalogue.key(2) == "\xe6\xbc\xa2");
        CHECK(data.catalogue.text(0) == "Lamp, Home");
        CHECK(data.interactions.times().empty());
    }
    folder.write("items.tsv", "q\tLamp\t\t\n");
    CHECK_THROWS_WITH(read_sequences(folder.path()),
                      Catch::Contains("items.tsv: has no item of the interactions"));
}
