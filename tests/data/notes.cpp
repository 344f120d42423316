// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <vector>

#include <coco/data/notes.hpp>

using coco::data::Notes;

TEST_CASE("a note counts the cases of one kind in one file, and names the first", "[data][notes]") {
    Notes notes;
    CHECK(notes.empty());
    notes.add("a.csv:7", "copy");
    notes.add("a.csv:9", "copy");
    notes.add("b.csv:1", "copy");
    notes.add("a.csv:3", "no rating", 5);
    notes.add("a.csv", "copy");
    notes.add("C:\\a", "x");
    std::vector<std::string> all;
    for (const auto& note : notes) all.push_back(note.text());
    CHECK(all == std::vector<std::string>{"a.csv:7: copy; 3 in all", "b.csv:1: copy",
                                          "a.csv:3: no rating; 5 in all", "C:\\a: x"});
}
