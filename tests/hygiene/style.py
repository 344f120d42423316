#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What every file owes its reader: a licence line, a purpose, a size one can take in.

usage: style.py
"""
import re
import statistics
import sys

sys.dont_write_bytecode = True
from compiler import INCLUDE, ROOT, finish

FOLDERS = ("include", "tests", "examples", "benchmarks", "cmake", "docs", ".ci")
CODE = (".hpp", ".cpp", ".cuh", ".cu", ".py", ".cmake", ".sh", ".in")
LONGEST = 300
FORBIDDEN = [(re.compile(r"\bvirtual\b(?! machine)"), "virtual functions are not used here"),
             (re.compile(r"\bnamespace\s*\{"), "a header has no unnamed namespace"),
             (re.compile(r"\b(TODO|FIXME|XXX)\b"), "unfinished")]


def code_files():
    tops = [path for path in ROOT.iterdir() if path.is_file()]
    below = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    for path in sorted(tops + below):
        if path.is_file() and (path.suffix in CODE or path.name in ("CMakeLists.txt", "run", ".clang-tidy")):
            yield path


def licence():
    for path in code_files():
        start = path.read_text(errors="replace").split("\n", 2)[:2]
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in start):
            yield f"{path.relative_to(ROOT)}: has no SPDX line"


def shape():
    for path in sorted(INCLUDE.rglob("*.*h*")):
        name, text = path.relative_to(INCLUDE), path.read_text()
        lines = text.count("\n")
        if lines > LONGEST:
            yield f"{name}: {lines} lines; past {LONGEST} it is two ideas"
        if "#pragma once" not in text:
            yield f"{name}: has no #pragma once"
        if "/// \\file" not in text:
            yield f"{name}: does not say its one idea under /// \\file"
        for number, line in enumerate(text.splitlines(), 1):
            for pattern, why in FORBIDDEN:
                if pattern.search(line.split("//")[0] if why != "unfinished" else line):
                    yield f"{name}:{number}: {why}"


def pages():
    """Messages name pages and headings that exist."""
    for path in sorted(INCLUDE.rglob("*.*h*")):
        for page, heading in re.findall(r"docs/([a-z_]+\.md)#([a-z-]+)", path.read_text()):
            file = ROOT / "docs" / page
            headings = re.findall(r"^#+ (.+)$", file.read_text(), re.M) if file.exists() else []
            if heading not in [h.lower().replace(" ", "-") for h in headings]:
                yield f"{path.relative_to(INCLUDE)}: docs/{page} has no heading {heading}"


def report():
    """Said, not judged: some headers have nothing of their own to test."""
    sizes = {path: path.read_text().count("\n") for path in INCLUDE.rglob("*.hpp")}
    if sizes:
        print(f"{len(sizes)} headers, median {statistics.median(sizes.values()):.0f} lines")
    for path in sorted(sizes):
        test = (ROOT / "tests" / path.relative_to(INCLUDE / "coco")).with_suffix(".cpp")
        if path.parent != INCLUDE / "coco" and not test.exists():
            print(f"no test mirrors {path.relative_to(INCLUDE)}")


def main():
    failed = 0
    for rule in (licence, shape, pages):
        broken = list(rule())
        print(*broken, sep="\n", end="\n" if broken else "")
        failed += bool(broken)
    report()
    return finish(3 - failed, failed)


if __name__ == "__main__":
    sys.exit(main())
