#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up CTest's JUnit reports: Catch2's test cases one by one, guards by their own count.

usage: tally.py [--failed WHAT]... REPORT.xml...

A test that says `SKIPPED: reason` on a line of its own ran nothing worth counting as passed. The last line is
"N passed, N failed, N skipped"; the exit status says whether anything failed.
"""
import re
import sys
import xml.etree.ElementTree as xml

ALL_PASSED = re.compile(r"^All tests passed \(.* in (\d+) test cases?\)", re.M)
SOME_FAILED = re.compile(r"^test cases: *(\d+)(.*)$", re.M)
OWN_COUNT = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.M)
SKIPPED = re.compile(r"^SKIPPED: .*$", re.M)


def count(ran_well, output):
    """(passed, failed, skipped) of one CTest test."""
    own = OWN_COUNT.findall(output)
    if own:
        passed, failed, skipped = map(int, own[-1])
    else:
        skipped = len(SKIPPED.findall(output))
        whole, partly = ALL_PASSED.search(output), SOME_FAILED.search(output)
        if whole:
            cases, failed = int(whole[1]), 0
        elif partly:
            found = re.search(r"(\d+) failed", partly[2])
            cases, failed = int(partly[1]), int(found[1]) if found else 0
        else:
            cases, failed = (1, 0) if ran_well or skipped else (0, 1)
        passed = max(0, cases - failed - skipped)
    if not ran_well and failed == 0:
        failed = 1
    return passed, failed, skipped


def main(arguments):
    failures, reports = [], []
    while arguments:
        argument = arguments.pop(0)
        if argument == "--failed":
            failures.append(arguments.pop(0))
        else:
            reports.append(argument)

    total, reasons = [0, len(failures), 0], []
    for report in reports:
        try:
            cases = xml.parse(report).getroot().findall("testcase")
        except (OSError, xml.ParseError) as error:
            failures.append(f"no report: {error}")
            total[1] += 1
            continue
        for case in cases:
            output = "".join(text.text or "" for text in case.findall("system-out"))
            passed, failed, skipped = count(case.get("status") == "run", output)
            total = [a + b for a, b in zip(total, (passed, failed, skipped))]
            reasons += SKIPPED.findall(output)
            if failed:
                why = "" if case.get("status") != "notrun" else " (never ran: not built)"
                failures.append(f"{failed} in {case.get('name')}{why}, see {report}")
    for reason in dict.fromkeys(reasons):
        print(reason)
    for failure in failures:
        print(f"FAILED: {failure}")
    print("{} passed, {} failed, {} skipped".format(*total))
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
