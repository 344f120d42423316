// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <span>
#include <string_view>

#include <coco/io/atomic_file.hpp>

#include "support.hpp"

using coco::io::AtomicFile;

namespace {

void append(AtomicFile& file, std::string_view text) { file.write(std::as_bytes(std::span(text))); }

}  // namespace

TEST_CASE("a file does not exist until it is committed, and then it is complete") {
    const support::Folder folder;
    const auto path = folder / "file";
    {
        AtomicFile file(path);
        append(file, "hello ");
        append(file, "there");
        CHECK_FALSE(std::filesystem::exists(path));
        file.commit();
    }
    CHECK(support::slurp(path) == "hello there");
    CHECK_FALSE(std::filesystem::exists(folder / "file.partial"));
}

TEST_CASE("a file that is not committed leaves the old one and nothing else") {
    const support::Folder folder;
    const auto path = support::write(folder / "file", "old");
    {
        AtomicFile file(path);
        append(file, "new");
    }
    CHECK(support::slurp(path) == "old");
    CHECK_FALSE(std::filesystem::exists(folder / "file.partial"));
}

TEST_CASE("atomic file: a path that cannot be written, and a full disk") {
    const support::Folder folder;
    CHECK_THROWS_AS(AtomicFile(folder / "no-such-folder/file"), coco::Error);
    std::filesystem::create_directory(folder / "taken");
    AtomicFile file(folder / "taken");
    CHECK_THROWS_AS(file.commit(), coco::Error);
    std::filesystem::create_symlink("/dev/full", folder / "full.partial");
    AtomicFile full(folder / "full");
    CHECK_THROWS_AS(append(full, "x"), coco::Error);
}
