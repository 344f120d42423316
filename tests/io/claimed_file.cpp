// SPDX-License-Identifier: Apache-2.0
// One holder at a time, in one process or in several; what a killed holder leaves is taken over.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include <coco/io/claimed_file.hpp>

#include "io/support.hpp"

using Catch::Matchers::Contains;
using coco::io::PathLock;
using support::error_of;

TEST_CASE("path lock: the second is told who is first, and the lock's file goes with it") {
    const support::Folder folder;
    const auto path = folder / "file";
    {
        const PathLock first(path, "counting");
        CHECK_THAT(error_of([&] { PathLock(path, "counting"); }),
                   Contains("file: another process is counting: expected one at a time"));
        CHECK_NOTHROW(PathLock(folder / "other", "counting"));
    }
    CHECK_NOTHROW(PathLock(path, "counting"));
    CHECK(std::filesystem::is_empty(folder.path()));
    CHECK_THAT(error_of([&] { PathLock(folder / "no-such-folder/file", "counting"); }),
               Contains("No such file"));
}

TEST_CASE("path lock: a killed holder keeps nobody out") {
    const support::Folder folder;
    const auto path = folder / "file";
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const PathLock lock(path, "counting");
        ::raise(SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(std::filesystem::exists(folder / "file.lock"));
    CHECK_NOTHROW(PathLock(path, "counting"));
    CHECK(std::filesystem::is_empty(folder.path()));
}
