// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <span>
#include <string_view>
#include <vector>

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

TEST_CASE("atomic file: two writers of one path at once, the last to commit wins") {
    const support::Folder folder;
    const auto path = folder / "file";
    {
        AtomicFile first(path), second(path);
        append(first, "first");
        append(second, "second");
        first.commit();
        CHECK(support::slurp(path) == "first");
        AtomicFile third(path);
        append(third, "third");
        second.commit();
        CHECK(support::slurp(path) == "second");
        third.commit();
    }
    CHECK(support::slurp(path) == "third");
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("atomic file: processes that write one path again and again leave one whole file") {
    const support::Folder folder;
    const auto path = folder / "file";
    std::vector<pid_t> children;
    for (int child = 0; child < 4; ++child) {
        children.push_back(::fork());
        REQUIRE(children.back() >= 0);
        if (children.back() != 0) continue;
        int status = 0;
        try {
            const std::string text(10000, static_cast<char>('a' + child));
            for (int turn = 0; turn < 25; ++turn) {
                AtomicFile file(path);
                append(file, std::string_view(text).substr(0, 5000));
                append(file, std::string_view(text).substr(5000));
                file.commit();
            }
        } catch (const coco::Error&) {
            status = 1;
        }
        ::_exit(status);
    }
    for (const pid_t child : children) {
        int status = -1;
        ::waitpid(child, &status, 0);
        CHECK(status == 0);
    }
    const std::string whole = support::slurp(path);
    CHECK(whole.size() == 10000);
    CHECK(whole == std::string(whole.size(), whole.front()));
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("atomic file: what a killed writer leaves is taken over") {
    const support::Folder folder;
    const auto path = folder / "file";
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        AtomicFile file(path);
        append(file, "a long text that was never finished");
        ::raise(SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(std::filesystem::exists(folder / "file.partial"));
    {
        AtomicFile file(path);
        append(file, "short");
        file.commit();
    }
    CHECK(support::slurp(path) == "short");
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}
