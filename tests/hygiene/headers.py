#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every header includes what it needs; those of the device for the emulator.

A header that is compiled after others shows as much as one compiled alone as long as all of those are among what it
reaches itself: each is then included before it either way. So the headers are divided into as few chains of that kind
as there can be, and each chain is one unit, a third of the work of a unit each.

usage: headers.py BUILD_FOLDER
"""
import sys

sys.dont_write_bytecode = True
from compiler import ANY_INCLUDE, INCLUDE, ROOT, Compiler, closure, finish, headers, includes


def reached(name):
    """The header, all of ours that it includes, and all of others' that those name."""
    ours = closure([name])
    return frozenset(ours).union(*(includes(text, ANY_INCLUDE) for text in ours.values()))


def chains(reach):
    """The names in chains, what each name reaches being part of what the next one does."""
    names = sorted(reach, key=lambda name: (len(reach[name]), name))
    after = {name: [other for other in names if reach[name] < reach[other]] for name in names}
    before = {}  # of a name in its chain: a maximum matching of names with names that may follow them

    def follow(name, seen):
        for other in after[name]:
            if other not in seen:
                seen.add(other)
                if other not in before or follow(before[other], seen):
                    before[other] = name
                    return True
        return False

    last = [name for name in names if not follow(name, set())]  # of their chains
    for name in last:
        chain = [name]
        while chain[-1] in before:
            chain.append(before[chain[-1]])
        yield chain[::-1]


def main(build):
    device = sorted(str(path.relative_to(INCLUDE)) for path in INCLUDE.rglob("*.cuh"))
    reach = {name: reached(name) for name in headers() + device}
    twice = [name for name in reach if "\n#pragma once\n" not in (INCLUDE / name).read_text()]
    if twice:
        print("no #pragma once:", *twice)
        return finish(0, len(twice))
    units = {chain[-1]: "".join(f"#include <{name}>\n" for name in chain) for chain in chains(reach)}
    compiler = Compiler(build)
    emulator = ROOT / "tests" / "emulate" / "include"
    compiler.words.insert(1, f"-I{emulator}")
    compiler.identity += "".join(path.read_text() for path in sorted(emulator.rglob("*.h*")))
    passed, failed = compiler.counts(units, lambda name, status, messages: messages if status else "")
    return finish(len(reach) - failed, failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
