#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The C++ of the pages below compiles: each block is the body of a function, with its #include lines before it.

usage: snippets.py BUILD_FOLDER
"""
import re
import sys

sys.dont_write_bytecode = True
from compiler import ROOT, Compiler

PAGES = [*(f"docs/{name}.md" for name in ("llm", "encoders", "channel", "losses", "semantic_ids", "seq2seq")),
         *sorted(str(page.relative_to(ROOT)) for folder in ("backbones", "baselines") for page in ROOT.glob(f"docs/{folder}/*.md"))]
# A reader's snippet may leave what it makes unused.
QUIET = "".join(f'#pragma GCC diagnostic ignored "-W{name}"\n' for name in ("unused-variable", "unused-but-set-variable", "unused-local-typedefs"))


def units():
    for page in PAGES:
        for number, block in enumerate(re.findall(r"^```cpp\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S), 1):
            lines = block.splitlines()
            heads = [line for line in lines if line.startswith("#include")]
            body = [line for line in lines if line not in heads]
            yield (f"{page}, block {number}",
                   "\n".join(["#include <string>", "#include <vector>", *heads, QUIET + "void snippet();", "void snippet() {",
                              *body, "}\n"]))


def main(build):
    return Compiler(build).check(dict(units()), lambda name, status, messages: messages if status else "")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
