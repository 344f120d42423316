// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/io/answer_file.hpp>

#include "io/support.hpp"

using namespace support;
using Catch::Matchers::Contains;
using coco::io::Answer;
using coco::io::AnswerFile;

namespace {

std::string error_of_opening(const std::filesystem::path& path, const char* origin = "tiny, seed 1") {
    try {
        AnswerFile(path, origin);
    } catch (const coco::Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("answer file: what was added is there when it is opened again", "[answers]") {
    const Folder folder;
    const Answer odd{std::string("\"two\"\nlines\0and \xff", 17), false};
    {
        AnswerFile file(folder / "a.jsonl", "tiny, seed 1");
        file.add(7, {"", true});
        file.add(~std::uint64_t{0}, odd);
        file.add(7, {"another", true});
        CHECK(file.size() == 2);
    }
    const AnswerFile file(folder / "a.jsonl", "tiny, seed 1");
    CHECK(file.size() == 2);
    CHECK(*file.find(7) == Answer{"", true});
    // A byte that is not UTF-8 cannot be in JSON.
    CHECK(*file.find(~std::uint64_t{0}) ==
          Answer{std::string("\"two\"\nlines\0and \xef\xbf\xbd", 19), false});
    CHECK(file.find(8) == nullptr);
}

TEST_CASE("answer file: a line that was not finished is cut off, also the first", "[answers]") {
    const Folder folder;
    const auto path = folder / "a.jsonl";
    AnswerFile(path, "tiny, seed 1").add(7, {"kept", true});
    const std::string whole = slurp(path);
    for (const std::size_t cut : {std::size_t{1}, std::size_t{20}, std::size_t{60}}) {
        write(path, whole.substr(0, whole.size() - cut));
        AnswerFile file(path, "tiny, seed 1");
        CHECK(file.size() == 0);
        file.add(7, {"kept", true});
    }
    CHECK(slurp(path) == whole);
}

TEST_CASE("answer file: of another origin, damaged, or in use: an error", "[answers]") {
    const Folder folder;
    const auto path = folder / "a.jsonl";
    AnswerFile(path, "tiny, seed 1").add(7, {"kept", true});
    const std::string whole = slurp(path);
    CHECK_THAT(
        error_of_opening(path, "tiny, seed 2"),
        Contains("another model or other settings") && Contains("expected tiny, seed 2, found tiny, seed 1"));
    {
        const AnswerFile held(path, "tiny, seed 1");
        CHECK_THAT(error_of_opening(path), Contains("another process is writing answers there"));
    }
    const auto after_header = [&](const char* line) {
        write(path, whole + line + "\n");
        return error_of_opening(path);
    };
    CHECK_THAT(after_header("{\"prompt\""), Contains("a.jsonl:3") && Contains("is not JSON"));
    CHECK_THAT(after_header("{\"prompt\":\"xxh64:12\",\"text\":\"\",\"ended\":true}"),
               Contains("a.jsonl:3: prompt: not a digest"));
    CHECK_THAT(after_header("{\"prompt\":\"xxh64:0000000000000007\",\"ended\":true}"),
               Contains("text: no such key"));
    write(path, "{\"users\": 3}\n");
    CHECK_THAT(error_of_opening(path), Contains("a.jsonl:1: not a file of answers"));
    CHECK(slurp(path) == "{\"users\": 3}\n");
    CHECK_THAT(error_of_opening(folder / "nowhere" / "a.jsonl"), Contains("cannot open for writing"));
}
