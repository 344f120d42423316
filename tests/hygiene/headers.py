#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone, and a second time after itself.

usage: headers.py BUILD_FOLDER
"""
import sys

sys.dont_write_bytecode = True
from compiler import Compiler, headers


def main(build):
    units = {name: f"#include <{name}>\n#include <{name}>\n" for name in headers()}
    return Compiler(build).check(units, lambda name, status, messages: messages if status else "")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
