#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks all ways to use the library: installed, by a compiler alone, with parts of one's own, as a subdirectory, by
nvcc; and that another version is rejected.

usage: consume.py BUILD_FOLDER COMPILER VERSION
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "hygiene"))
from compiler import ROOT, finish


class Failure(Exception):
    pass


def call(*words, refusal=None):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    output = done.stdout + done.stderr
    if refusal is None and done.returncode:
        raise Failure(output)
    if refusal is not None and (done.returncode == 0 or refusal not in " ".join(output.split())):
        raise Failure(f"not refused with `{refusal}`:\n{output}")
    return output


class Consumers:
    def __init__(self, build, compiler, version):
        self.build, self.compiler, self.version = pathlib.Path(build), compiler, version
        self.scratch = self.build / "tests" / "consume-scratch"
        self.prefix = self.scratch / "prefix"
        self.settings = ["-G", "Ninja", f"-DCMAKE_CXX_COMPILER={compiler}", f"-DCMAKE_PREFIX_PATH={self.prefix}",
                         f"-DEXPECTED_VERSION={version}"]
        if shutil.which("ccache"):
            self.settings.append("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
        shutil.rmtree(self.scratch, ignore_errors=True)

    def install(self):
        call("cmake", "--install", self.build, "--prefix", self.prefix)

    def configure(self, name, *settings, refusal=None):
        folder = self.scratch / name
        call("cmake", "-S", HERE / name.split("-")[0], "-B", folder, *self.settings, *settings, refusal=refusal)
        return folder

    def installed(self):
        folder = self.configure("installed")
        call("cmake", "--build", folder)
        call(folder / "consumer")
        call(folder / "consumer_of_all")

    def plain(self):
        """A compiler alone, no CMake; our headers as a user's own, so that the strictest warnings are heard."""
        flags = "-O3 -Wall -Wextra -Wconversion -Wsign-conversion -Wold-style-cast -Wshadow -Werror"
        if "R@10" not in self.compiled("plain", ROOT / "examples" / "quickstart.cpp", ROOT / "include", flags.split()):
            raise Failure("quickstart does not report")

    def own_program(self):
        """The program of docs/own_parts.md, its blocks one after the other, with the installed headers."""
        blocks = [text for of_test, text in self.own_blocks() if not of_test]
        output = self.own("own_program", "".join(blocks))
        if output.count("N@10") != 3 + 7 or "all positions epoch 5/5" not in output:
            raise Failure(output)

    def own_tests(self):
        """The same parts in the installed conformance tests."""
        blocks = [text for _, text in self.own_blocks() if "int main" not in text]
        output = self.own("own_tests", "#define CATCH_CONFIG_MAIN\n" + "".join(blocks))
        if "All tests passed" not in output:
            raise Failure(output)

    @staticmethod
    def own_blocks():
        """(whether it is of the test, text) of each block of the page."""
        page = (ROOT / "docs" / "own_parts.md").read_text()
        return re.findall(r"^```cpp( test)?\n(.*?)^```", page, re.M | re.S)

    def own(self, name, text):
        source = self.scratch / f"{name}.cpp"
        source.write_text(text)
        return self.compiled(name, source, self.prefix / "include", ["-O1", "-Wall", "-Wextra", "-Werror"])

    def compiled(self, name, source, include, flags):
        """The output of a program that the compiler makes by itself, without CMake."""
        eigen = re.search(r"^Eigen3_DIR:\w+=(.+?)/share/", (self.build / "CMakeCache.txt").read_text(), re.MULTILINE)
        object_file = self.scratch / f"{name}.o"
        call(*(["ccache"] if shutil.which("ccache") else []), self.compiler, "-std=c++20", "-march=native",
             "-I", include, "-isystem", pathlib.Path(eigen[1] if eigen else "/usr") / "include/eigen3",
             *flags, "-pthread", "-c", source, "-o", object_file)
        call(self.compiler, object_file, "-pthread", "-o", self.scratch / name)
        return call(self.scratch / name)

    def subdirectory(self):
        folder = self.configure("subdirectory", f"-DCOCO_ROOT={ROOT}")
        call("cmake", "--build", folder)
        call(folder / "consumer")

    def device(self):
        """If the installed build had nvcc, a CUDA source needs one component and no compiler flag."""
        nvcc = re.search(r"^CMAKE_CUDA_COMPILER:\w+=(/.+)$", (self.build / "CMakeCache.txt").read_text(), re.MULTILINE)
        if not nvcc:
            print("SKIPPED: no nvcc")
            return
        folder = self.configure("device", f"-DCMAKE_CUDA_COMPILER={nvcc[1]}", "-DCMAKE_CUDA_ARCHITECTURES=90-real")
        call("cmake", "--build", folder)
        call(folder / "consumer")

    def another_version(self):
        """Below 1.0 minor versions may be incompatible: only the same one is accepted."""
        major, minor = map(int, self.version.split(".")[:2])
        for unwanted in (f"{major}.{minor + 1}", f"{major + 1}.0"):
            self.configure(f"version-{unwanted}", f"-DUNWANTED_VERSION={unwanted}",
                           refusal="compatible with requested version")


def main(build, compiler, version):
    consumers = Consumers(build, compiler, version)

    def verdict(step):
        try:
            step()
            return ""
        except Failure as failure:
            return f"{step.__name__}: {failure}"

    wrong = [verdict(consumers.install)]
    jobs = int(os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL", os.cpu_count() or 1))
    with ThreadPoolExecutor(jobs) as pool:
        wrong += pool.map(verdict, (consumers.plain, consumers.own_program, consumers.own_tests, consumers.installed,
                                    consumers.subdirectory, consumers.device, consumers.another_version))
    for what in filter(None, wrong):
        print(what)
    failed = sum(map(bool, wrong))
    return finish(len(wrong) - failed, failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
