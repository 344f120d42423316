#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One translation unit with every header passes another reader than the build's compiler.

usage: everything.py clang|tidy|format BUILD_FOLDER
"""
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
from compiler import ROOT, Compiler, finish, headers


def clang(build):
    text = "".join(f"#include <{name}>\n" for name in headers())
    compiler = Compiler(build, "clang++")
    return compiler.check({"every header, by clang": text}, lambda name, status, messages: messages if status else "")


def tidy(build):
    source = pathlib.Path(build) / "tests" / "everything.cpp"
    source.write_text('#include "everything.hpp"\n')
    words = Compiler(build, "clang++").words[1:]
    done = subprocess.run(["clang-tidy", "--quiet", f"--header-filter={ROOT}/include/.*", f"--config-file={ROOT}/.clang-tidy",
                           str(source), "--", *words], capture_output=True, text=True)
    if done.returncode or "warning:" in done.stdout:
        print(done.stdout)
        return finish(0, 1)
    return finish(1, 0)


def formatted(build):
    files = [str(path) for folder in ("include", "tests", "examples", "benchmarks")
             for path in sorted((ROOT / folder).rglob("*")) if path.suffix in (".hpp", ".cpp", ".cuh", ".cu")]
    done = subprocess.run(["clang-format", "--dry-run", "--Werror", "--style=file", *files], capture_output=True, text=True)
    if done.returncode:
        wrong = {line.split(":")[0] for line in done.stderr.splitlines() if "error:" in line}
        print("not as .clang-format wants them:", *sorted(wrong), sep="\n  ")
        return finish(len(files) - len(wrong), len(wrong) or 1)
    return finish(len(files), 0)


def main(what, build):
    tool, check = {"clang": ("clang++", clang), "tidy": ("clang-tidy", tidy),
                   "format": ("clang-format", formatted)}[what]
    if not shutil.which(tool):
        print(f"SKIPPED: {tool} is not installed")
        return finish(0, 0, 1)
    return check(build)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
