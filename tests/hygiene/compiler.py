# SPDX-License-Identifier: Apache-2.0
"""Calls the compiler as the build does, and caches by content what has passed, beside the fetched data."""
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"
OWN_INCLUDE = re.compile(r'^\s*#\s*include\s*[<"](coco/[^>"]+)[>"]', re.M)
ANY_INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def headers():
    """All headers of the host, as they are included: "coco/core/error.hpp"."""
    return sorted(str(path.relative_to(INCLUDE)) for path in INCLUDE.rglob("*.hpp"))


def includes(text, pattern=OWN_INCLUDE):
    return pattern.findall(text)


def closure(names):
    """The named headers and all of ours that they reach."""
    seen, waiting = {}, list(names)
    while waiting:
        name = waiting.pop()
        if name not in seen and (INCLUDE / name).is_file():
            seen[name] = (INCLUDE / name).read_text()
            waiting += includes(seen[name])
    return seen


class Compiler:
    """The compiler and flags of one build folder; `command` may replace the compiler by another."""

    def __init__(self, build, command=None):
        self.build = pathlib.Path(build).resolve()
        entries = json.loads((self.build / "compile_commands.json").read_text())
        entry = next(e for e in entries if e["file"].endswith("tests/hygiene/link_first.cpp"))
        words = shlex.split(entry["command"])
        for option, length in (("-o", 2), ("-c", 1)):
            at = words.index(option)
            del words[at:at + length]
        words.remove(entry["file"])
        if command:
            words[0] = command
            words = [word for word in words if word != "-Wno-restrict"]  # only g++ knows it
        version = subprocess.run([words[0], "--version"], capture_output=True, text=True, check=True).stdout
        self.words = words
        # Paths inside the checkout are not part of it: another clone asks the same questions.
        self.identity = "\0".join(words).replace(str(self.build), "BUILD").replace(str(ROOT), "ROOT") + version
        cache = os.environ.get("COCO_CACHE") or os.path.join(
            os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "coco")
        self.passed = pathlib.Path(cache) / "compiled"
        self.passed.mkdir(parents=True, exist_ok=True)
        self._forget_old()

    def _forget_old(self):
        """Marks that no run has looked at for a month go."""
        for mark in self.passed.iterdir():
            if time.time() - mark.stat().st_mtime > 30 * 24 * 3600:
                mark.unlink(missing_ok=True)

    def _mark(self, purpose, text):
        digest = hashlib.sha256((self.identity + purpose + text).encode())
        for name, content in sorted(closure(includes(text)).items()):
            digest.update(f"{name}\0{content}\0".encode())
        return self.passed / digest.hexdigest()

    def run(self, text, *options, without=None):
        """Compiles `text` without writing an object; returns (status, messages). `without`: flags and the options
        before them that hold this word are left out."""
        words = list(self.words)
        for at in reversed([i for i, word in enumerate(words) if without and without in word]):
            del words[at - (words[at - 1] in ("-isystem", "-I", "-include")):at + 1]
        command = [*words, *options, "-fsyntax-only", "-x", "c++", "-"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, cwd=self.build,
                              env={**os.environ, "LC_ALL": "C"})
        return done.returncode, done.stderr + done.stdout

    def check(self, units, verdict, options=lambda text: {}):
        """As `counts`, and prints them."""
        return finish(*self.counts(units, verdict, options))

    def counts(self, units, verdict, options=lambda text: {}):
        """Compiles the units {name: text}, several at a time; returns how many passed and how many failed. `options(text)` are those of `run`
        for a unit, as keywords; "more" is a list of flags.

        `verdict(name, status, messages)` returns "" where all is as it should be, or what is wrong. What was right
        once stays so until the text, a header of ours that it reaches, the flags or the compiler change.
        """
        def one(item):
            name, text = item
            mark = self._mark(name, text)
            if mark.exists():
                mark.touch()
                return name, ""
            given = options(text)
            wrong = verdict(name, *self.run(text, *given.get("more", ()), without=given.get("without")))
            if not wrong:
                mark.touch()
            return name, wrong

        jobs = int(os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL", os.cpu_count() or 1))
        with ThreadPoolExecutor(jobs) as pool:
            results = list(pool.map(one, units.items()))
        wrong = [(name, what) for name, what in results if what]
        for name, what in wrong:
            print(f"{name}: {what}")
        return len(results) - len(wrong), len(wrong)


def run_trials(trials, make):
    """Calls each trial with `make(folder)`, a folder of its own; prints those that raise, and the count."""
    passed = failed = 0
    for trial in trials:
        with tempfile.TemporaryDirectory() as folder:
            try:
                trial(make(pathlib.Path(folder)))
                passed += 1
            except Exception as problem:
                print(f"{trial.__name__}: {type(problem).__name__}: {problem}")
                failed += 1
    return finish(passed, failed)


def finish(passed, failed, skipped=0):
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.stdout.flush()
    return 1 if failed else 0
