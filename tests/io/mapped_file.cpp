// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <utility>

#include <coco/io/mapped_file.hpp>

#include "support.hpp"

using Catch::Matchers::Contains;
using coco::io::MappedFile;

TEST_CASE("a mapped file has the file's bytes, also after a move") {
    const support::Folder folder;
    MappedFile first(support::write(folder / "a", "hello"));
    const std::byte* at = first.bytes().data();
    MappedFile second(std::move(first));
    CHECK(second.bytes().size() == 5);
    CHECK(second.bytes().data() == at);
    CHECK(second.bytes()[4] == std::byte{'o'});
    MappedFile third(support::write(folder / "b", "x"));
    third = std::move(second);
    CHECK(third.bytes()[0] == std::byte{'h'});
    CHECK(third.path() == (folder / "a").string());
}

TEST_CASE("an empty file maps to no bytes; a missing file and a folder are errors that name the path") {
    const support::Folder folder;
    CHECK(MappedFile(support::write(folder / "empty", "")).bytes().empty());
    CHECK_THAT(support::error_of([&] { MappedFile(folder / "none"); }), Contains("none") && Contains("open"));
    CHECK_THAT(support::error_of([&] { MappedFile(folder.path()); }), Contains("regular file"));
}

TEST_CASE("a mapped file: released pages are read again unchanged") {
    const support::Folder folder;
    std::string text(20'000, 'x');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 26);
    const coco::io::MappedFile file(support::write(folder / "file", text));
    const std::string_view bytes(reinterpret_cast<const char*>(file.bytes().data()), text.size());
    CHECK(bytes == text);
    for (const std::size_t first : {std::size_t{0}, std::size_t{5}, std::size_t{4096}, text.size()}) {
        file.forget(file.bytes().subspan(first));
        CHECK(bytes == text);
    }
    file.forget({});
}
