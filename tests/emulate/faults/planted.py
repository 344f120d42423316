#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the right tool detects each planted fault, and that the same kernel without the fault is clean.

usage: planted.py ADDRESS_PROGRAM THREAD_PROGRAM PLAIN_PROGRAM
"""
import os
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "hygiene"))
from compiler import finish

ADDRESS = {"out_of_bounds": "heap-buffer-overflow", "out_of_shared": "heap-buffer-overflow",
           "use_after_free": "heap-use-after-free"}
THREAD = dict.fromkeys(("race", "race_of_rounds", "race_in_warp", "race_of_blocks"), "data race")
PLAIN = dict.fromkeys(("uninitialised", "uninitialised_shared"), "depends on uninitialised value")
VALGRIND = ["valgrind", "--quiet", "--error-exitcode=9"]


def wrong(command, sentence):
    """An error message, or "" if `sentence` is in the output (with `sentence` None: if there is no output)."""
    # Ignore the caller's sanitizer options (colours, for example).
    environment = {name: value for name, value in os.environ.items() if not name.endswith("SAN_OPTIONS")}
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment, timeout=300)
    output = done.stdout + done.stderr
    if sentence is None:
        return "" if done.returncode == 0 and not output else f"not clean:\n{output}"
    return "" if done.returncode != 0 and sentence in output else f"not caught by `{sentence}`:\n{output}"


def main(address, thread, plain):
    passed = failed = skipped = 0
    for words, faults in (([address], ADDRESS), ([thread], THREAD), ([*VALGRIND, plain], PLAIN)):
        if not shutil.which(words[0]):
            print(f"SKIPPED: {words[0]} is not installed")
            skipped += len(faults)
            continue
        for name, sentence in faults.items():
            found = wrong([*words, name], sentence) or wrong([*words, name, "not"], None)
            if found:
                print(f"{name}: {found}")
            failed, passed = failed + bool(found), passed + (not found)
    return finish(passed, failed, skipped)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
