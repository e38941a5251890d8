#!/usr/bin/env python3
"""Sums meson's test logs of several build directories: what failed, why things were skipped,
and as the last line "N passed, N failed, N skipped". A build without a log counts as one failure.
SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import sys

PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP"}


def read_log(build):
    """The tests of one build as (name, result, output), or None where it has no log."""
    path = os.path.join(build, "meson-logs", "testlog.json")
    try:
        with open(path, encoding="utf-8") as log:
            rows = [json.loads(line) for line in log if line.strip()]
    except (OSError, ValueError):
        return None
    return [(r["name"], r["result"], (r.get("stdout") or "") + (r.get("stderr") or ""))
            for r in rows]


def reason(output):
    """Why a test was skipped: the first line it wrote that says so, else the first line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    said = [line for line in lines if "skip" in line.lower()]
    return (said or lines or ["no reason given"])[0]


def main(builds):
    passed = failed = skipped = 0
    for build in builds:
        rows = read_log(build)
        if not rows:
            print(f"FAILED  {build}: it did not build, or its tests did not run")
            failed += 1
            continue
        for name, result, output in rows:
            if result in PASSED:
                passed += 1
            elif result in SKIPPED:
                skipped += 1
                print(f"skipped {build} {name}: {reason(output)}")
            else:
                failed += 1
                print(f"FAILED  {build} {name}: {result}; see {build}/meson-logs/testlog.txt")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
