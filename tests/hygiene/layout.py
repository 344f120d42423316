#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Levels: a header includes only headers of its own level or lower, never in a circle, and foreign libraries only where
they belong.

usage: layout.py
"""
import re
import sys

sys.dont_write_bytecode = True
from compiler import ANY_INCLUDE, INCLUDE, closure, finish, headers, includes

LEVELS = [["core"], ["statistics"], ["store"], ["exec"], ["host", "cuda"], ["data"], ["text"], ["io"], ["sampling"], ["nn"], ["loss"], ["quantize"],
          ["items", "backbone", "prompt", "llm", "decoupler", "aligner", "adapter", "seq2seq"],
          ["pipeline"], ["baseline"], ["eval"], ["train"], ["serve"]]
TOP = ["coco/coco.hpp", "coco/coco.cuh", "coco/fwd.hpp", "coco/npy.hpp", "coco/text.hpp", "coco/gz.hpp"]
LEVEL_OF = {folder: number for number, folders in enumerate(LEVELS) for folder in folders}

# Foreign includes, and the only places that may name them.
PLACES = [(re.compile(r"(unsupported/)?Eigen/"), r"(host|statistics)/"),
          (re.compile(r"(oneapi/|dnnl)"), r"host/"),
          (re.compile(r"(xtensor|xtl|xsimd)"), r"io/npy\.hpp$"),
          (re.compile(r"boost/hana"), r"core/meta\.hpp$"),
          (re.compile(r"boost/(?!hana)"), r"(?!)"),
          (re.compile(r"(cuda|cub/|cublas|thrust/|curand|nvtx)"), r"cuda/"),
          (re.compile(r"nlohmann/"), r"(io|data|eval|train|serve)/"),
          (re.compile(r"utf8proc"), r"text/"),
          (re.compile(r"zlib"), r"data/gz\.hpp$"),
          (re.compile(r"(catch2|benchmark|CLI)/"), r"(?!)")]

# What coco/coco.hpp must be able to do without.
COMPONENTS = re.compile(r"(xtensor|xtl|utf8proc|zlib)")


def all_headers():
    return headers() + sorted(str(path.relative_to(INCLUDE)) for path in INCLUDE.rglob("*.cuh"))


def folder_of(name):
    parts = name.split("/")
    return parts[1] if len(parts) > 2 else None


def levels(names):
    """coco.hpp and coco.cuh are above every level; fwd.hpp, which only declares names, may include core alone."""
    for name in names:
        here = folder_of(name)
        if here is not None and here not in LEVEL_OF:
            yield f"{name}: there is no level {here}"
            continue
        if here is None and name not in TOP:
            yield f"{name}: belongs to no level"
        for other in includes((INCLUDE / name).read_text()):
            there = folder_of(other)
            if not (INCLUDE / other).is_file():
                yield f"{name}: includes {other}, which does not exist"
            elif here is None and name != "coco/fwd.hpp":
                continue
            elif here is None and there != "core":
                yield f"{name}: only declares names, but includes {other}"
            elif there is None:
                if other != "coco/fwd.hpp":
                    yield f"{name}: includes {other}, which is above every level"
            elif here is not None and LEVEL_OF.get(there, 99) > LEVEL_OF[here]:
                yield f"{name}: includes {other}, which is of a higher level"
            elif {here, there} == {"host", "cuda"}:
                yield f"{name}: includes {other}: host and cuda are independent of each other"
            elif there in ("host", "cuda") and here != there:
                yield f"{name}: includes {other}: policy-independent code includes no policy"


def circles(names):
    """Circles among headers, then among folders of one level."""
    between = {name: set(includes((INCLUDE / name).read_text())) for name in names}
    folders = {}
    for name, others in between.items():
        for other in others:
            if folder_of(name) and folder_of(other) and folder_of(name) != folder_of(other):
                folders.setdefault(folder_of(name), set()).add(folder_of(other))
    for graph in (between, folders):
        done, path = set(), []

        def visit(node):
            if node in path:
                yield "circle: " + " -> ".join([*path[path.index(node):], node])
                return
            if node in done:
                return
            path.append(node)
            for other in sorted(graph.get(node, ())):
                yield from visit(other)
            path.pop()
            done.add(node)

        for node in sorted(graph):
            yield from visit(node)


def foreign(names):
    for name in names:
        for other in includes((INCLUDE / name).read_text(), ANY_INCLUDE):
            for library, place in PLACES:
                if library.match(other) and not re.match(place, name.removeprefix("coco/")):
                    yield f"{name}: may not include {other}"


def bare(names):
    if "coco/coco.hpp" in names:
        for name, text in closure(["coco/coco.hpp"]).items():
            for other in includes(text, ANY_INCLUDE):
                if COMPONENTS.match(other):
                    yield f"coco/coco.hpp reaches {name}, which includes {other}: coco::coco alone cannot build it"


def whole(names):
    """coco/coco.hpp leaves nothing out of what coco::coco can build alone."""
    if "coco/coco.hpp" in names:
        reached = closure(["coco/coco.hpp"])
        for name in names:
            apart = any(COMPONENTS.match(other) for text in closure([name]).values() for other in includes(text, ANY_INCLUDE))
            if name.endswith(".hpp") and name not in reached and not apart and folder_of(name) not in (None, "text", "cuda"):
                yield f"{name}: not reached by coco/coco.hpp"


def main():
    names, failed = all_headers(), 0
    rules = (levels, circles, foreign, bare, whole)
    for rule in rules:
        broken = list(dict.fromkeys(rule(names)))
        print(*broken, sep="\n", end="\n" if broken else "")
        failed += bool(broken)
    return finish(len(rules) - failed, failed)


if __name__ == "__main__":
    sys.exit(main())
