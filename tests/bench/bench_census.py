#!/usr/bin/python3 -B
"""How fast `jokbo census read` reads a file of a hub's model objects, of about 6 kB each, by processor time on one core, and in how much
memory. The file lies in memory where there is room (/dev/shm).

Usage: tests/bench/bench_census.py [--count N]
JK_BUILD names the build folder (default build/)."""
import argparse
import os
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "support")]
import hubmodels  # noqa: E402
from support.jokbo import BUILD  # noqa: E402

BASE = "skt/A.X-K1"


def used(*words):
    """Seconds of processor time, and the largest memory in MiB."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, words
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        path = os.path.join(folder, "models.jsonl")
        hubmodels.write(path, hubmodels.generated(given.count, [BASE]))
        seconds, mib = used(os.path.join(BUILD, "jokbo"), "census", "read", path, "--out", os.path.join(folder, "run"), "--offline", "--base", BASE)
        print("%d objects of %.1f kB: %.1f s of one core, %.0f objects/s, %.0f MiB of memory" % (
            given.count, os.path.getsize(path) / given.count / 1000, seconds, given.count / seconds, mib))


if __name__ == "__main__":
    main()
