#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone, and a second time after itself; those of the device for the emulator.

usage: headers.py BUILD_FOLDER
"""
import sys

sys.dont_write_bytecode = True
from compiler import INCLUDE, ROOT, Compiler, headers


def main(build):
    device = sorted(str(path.relative_to(INCLUDE)) for path in INCLUDE.rglob("*.cuh"))
    units = {name: f"#include <{name}>\n#include <{name}>\n" for name in headers() + device}
    compiler = Compiler(build)
    emulator = ROOT / "tests" / "emulate" / "include"
    compiler.words.insert(1, f"-I{emulator}")
    compiler.identity += "".join(path.read_text() for path in sorted(emulator.rglob("*.h*")))
    return compiler.check(units, lambda name, status, messages: messages if status else "")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
