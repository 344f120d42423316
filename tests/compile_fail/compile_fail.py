#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What must not compile does not, and says why: each file here names the sentence on its `// expect: REGEX` line, or
on `// expect first: REGEX`, where the compiler's first error must be it. `// options: FLAGS` adds flags,
`// without: WORD` leaves out those that hold the word.

usage: compile_fail.py BUILD_FOLDER
"""
import pathlib
import re
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "hygiene"))
from compiler import Compiler, finish

HERE = pathlib.Path(__file__).resolve().parent
EXPECT = re.compile(r"^// expect( first)?: (.+)$", re.M)
OPTIONS = re.compile(r"^// options: (.+)$", re.M)
WITHOUT = re.compile(r"^// without: (.+)$", re.M)
ERROR = re.compile(r"^.*\berror: .*$", re.M)


def main(build):
    units = {path.name: path.read_text() for path in sorted(HERE.glob("*.cpp"))}
    silent = [name for name, text in units.items() if not EXPECT.search(text)]
    if silent:
        print("no `// expect: REGEX` line:", *silent)
        return finish(0, len(silent))

    def verdict(name, status, messages):
        first, expected = EXPECT.search(units[name]).groups()
        expected = expected.strip()
        if status == 0:
            return f"compiles, but should be refused with: {expected}"
        if not re.search(expected, messages):
            return f"refused, but not with: {expected}\n{messages}"
        error = ERROR.search(messages)
        if first and not (error and re.search(expected, error[0])):
            return f"refused, but the first error is not: {expected}\n{error and error[0]}"
        return ""

    def options(text):
        more, without = OPTIONS.search(text), WITHOUT.search(text)
        return {"more": more[1].split() if more else [], "without": without and without[1].strip()}

    counts = [Compiler(build).counts(units, verdict, options)]
    clang = shutil.which("clang++")
    if clang:
        of_first = {name: text for name, text in units.items() if EXPECT.search(text)[1]}
        counts.append(Compiler(build, clang).counts(of_first, verdict, options))
    else:
        print("SKIPPED: no clang++")
    return finish(*map(sum, zip(*counts)), skipped=0 if clang else 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
