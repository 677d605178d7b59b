"""tests/recount_policy.py, written from the published formats alone, agrees with the registry on what counts under policies: which
reasons hold for every pair of derivative and root, the tables of reports, their members and left-out lists, over random histories with
rulings, stages, affiliations that come and go, licence facts that change, merges over families and yanks (tests/support/make_standings.c,
which also holds the growing book, the book as of then and a book folded anew against each other); and with a real server.
JK_STANDING_LOGS (200) says how many histories, JK_STANDING_SIZES (10) at how many sizes of each, `all` for every one, JK_RECOUNT_SEED
repeats. Several processes share the histories where there are several cores."""
import collections
import glob
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(HERE, "..")]
import jokbo  # noqa: E402
import recount  # noqa: E402
import recount_policy  # noqa: E402

LOGS = int(os.environ.get("JK_STANDING_LOGS", 200))
SIZES = os.environ.get("JK_STANDING_SIZES", "10")
SEED = int(os.environ.get("JK_RECOUNT_SEED") or random.SystemRandom().randrange(1, 1 << 22))
STEPS, AT_ONCE = 170, 25
MAKE_STANDINGS = os.path.join(jokbo.BUILD, "tests", "make_standings")
READY = sorted(glob.glob(os.path.join(jokbo.ROOT, "registry", "data", "policies", "*.policy")))


def blocks(path):
    """The blocks of a file of standings: the words of the first line, and the lines after it."""
    found = []
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            if line.startswith(("policy ", "at ", "report ")):
                found.append((line.split(), []))
            else:
                found[-1][1].append(line)
    return [(words, "".join(lines)) for words, lines in found]


def entries_of(path):
    with open(path, "rb") as file:
        data, at, entries = file.read(), 0, []
    while at < len(data):
        length = int.from_bytes(data[at:at + 2], "big")
        entries.append(data[at + 2:at + 2 + length])
        at += 2 + length
    return entries


class History:
    """One history, recounted and held against what the registry's own book says."""

    def __init__(self, folder, seed):
        self.seed, self.met = seed, collections.Counter()
        self.entries = entries_of(os.path.join(folder, "%d.entries" % seed))
        self.blocks = blocks(os.path.join(folder, "%d.standings" % seed))
        self.policies = [recount_policy.Policy(text) for words, text in self.blocks if words[0] == "policy"]

    def differ(self, words, told, found):
        pairs = zip(told.split("\n") + ["(nothing)"], found.split("\n") + ["(nothing)"])
        one, other = next((a, b) for a, b in pairs if a != b)
        raise AssertionError("seed %d, %s\nbook:    %s\nrecount: %s" % (self.seed, " ".join(words), one, other))

    def check(self, words, told, found):
        if told != found:
            self.differ(words, told, found)
        self.met[words[0]] += 1

    def teams(self, text):
        return None if text == "*" else set(text.split(",")) - {""}

    def standing(self, counts, words, told):
        standing = recount_policy.Standing(counts, self.policies[int(words[2])], self.teams(words[3] if words[3:] else ""))
        lines = []
        for row in standing.rows:
            for root, reasons in row.reasons.items():
                lines.append("%d %d %s\n" % (row.model.index, root.index, "".join(r + "," for r in reasons)))
                self.met.update(reasons)
            self.met["stands" if standing.stands(row) else "stands not"] += 1
        found = "".join(lines)
        if "\t" in told:  # with the table of a report for n = m
            found += recount_policy.table(standing, lambda *_: 0)
            self.met["table"] += 1
        self.check(words, told, found)

    def report(self, words, told):
        n, m, policy = map(int, words[1:4])
        teams = self.teams(words[4] if words[4:] else "")
        report = recount_policy.Report(self.entries, n, m, self.policies[policy], teams)
        self.met["late"] += len(report.late)
        self.check(words, told, "".join(report.texts().values()))

    def run(self):
        asked = collections.defaultdict(list)
        for words, told in self.blocks:
            if words[0] == "at":
                asked[int(words[1])].append((words, told))
            elif words[0] == "report":
                self.report(words, told)
        known = recount_policy.Fold()
        for size in range(len(self.entries) + 1):
            if size in asked:
                counts = recount_policy.Counts(known)
                for words, told in asked[size]:
                    self.standing(counts, words, told)
            if size < len(self.entries):
                known.apply(self.entries[size])
        return self.met


def run_some(first, count):
    met = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="jokbo-standings-") as folder:
        words = [MAKE_STANDINGS, folder, first, count, STEPS, SIZES, *READY]
        subprocess.run([str(word) for word in words], check=True, timeout=3600)
        for seed in range(first, first + count):
            met.update(History(folder, seed).run())
    return met


class HistoriesTest(unittest.TestCase):
    def test_histories(self):
        met, started = collections.Counter(), time.monotonic()
        parts = [(first, min(AT_ONCE, SEED + LOGS - first)) for first in range(SEED, SEED + LOGS, AT_ONCE)]
        with multiprocessing.Pool(len(os.sched_getaffinity(0))) as pool:
            for found in pool.starmap(run_some, parts, 1):
                met.update(found)
        print("from seed %d, %.1f s: %s" % (SEED, time.monotonic() - started, dict(met)))
        if LOGS >= 50:
            for name in recount_policy.REASONS + ("stands", "stands not", "at", "table", "report"):
                self.assertGreater(met[name], 0, name)


if __name__ == "__main__":
    unittest.main()
