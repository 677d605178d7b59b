"""The publisher under faults: strace makes each of its calls to the file system fail with EIO, or kills the server in it.
Afterwards the server goes on (or is started again and goes on), and the whole public folder is checked against the entries.
The first and the last call of each kind in a publication; with JK_NIGHTLY set every one. Skipped where strace is not
installed or may not trace."""
import collections
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import auditor  # noqa: E402
import jokbo  # noqa: E402
import published  # noqa: E402

EVERY = bool(os.environ.get("JK_NIGHTLY"))
KINDS = {"openat": ("open", "openat"), "write": ("write", "pwrite64", "writev"), "fsync": ("fsync", "fdatasync"),
         "rename": ("rename", "renameat", "renameat2"), "link": ("link", "linkat"), "close": ("close",),
         "mkdir": ("mkdir", "mkdirat"), "unlink": ("unlink", "unlinkat")}
MADE = ("openat", "write", "fsync", "rename", "close", "unlink")  # in every publication that fills a tile; never link
STEP = 256  # entries a publication: a full bundle and tile, and what they replace is removed
BASE = "upstage/Solar-Open-100B"
PATIENCE_S = 30


def reason_to_skip():
    if not shutil.which("strace"):
        return "strace is not installed"
    child = subprocess.Popen(["sleep", "20"])
    try:
        done = subprocess.run(["timeout", "-s", "INT", "1", "strace", "-o", os.devnull, "-p", str(child.pid)],
                              capture_output=True, text=True)
        return None if "attached" in done.stderr else "strace may not trace here: " + done.stderr.strip()[-200:]
    finally:
        child.kill()
        child.wait()


class Trace:
    """strace on one thread, from its attachment to the end of the block."""

    def __init__(self, thread, *options):
        self.thread, self.options = thread, options

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="jokbo-strace-")
        self.out = os.path.join(self.folder, "out")
        self.process = subprocess.Popen(["strace", "-o", self.out, "-p", str(self.thread)] + list(self.options),
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        auditor.need("attached" in line, "strace did not attach: %s", line)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE_S)
        self.process.stderr.close()
        shutil.rmtree(self.folder)

    def lines(self):
        with open(self.out, errors="replace") as f:
            return f.read().splitlines()

    def wait_injected(self):
        until = time.monotonic() + PATIENCE_S
        while not any("INJECTED" in line or "killed by SIGKILL" in line for line in self.lines()):
            auditor.need(time.monotonic() < until, "the call did not come:\n%s", "\n".join(self.lines()[-40:]))
            time.sleep(0.01)

    def counts(self):
        """{kind: calls} that were made."""
        names = collections.Counter(found.group(1) for line in self.lines() if (found := re.match(r"(\w+)\(", line)))
        return {kind: sum(names[name] for name in calls) for kind, calls in KINDS.items()}


@unittest.skipIf(reason_to_skip(), reason_to_skip())
class PublisherFaultTest(unittest.TestCase):
    def setUp(self):
        self.cluster = jokbo.Cluster()
        self.addCleanup(self.cluster.close)
        self.cluster.start().create_database()
        self.server = jokbo.Server("--database", self.cluster.url, "--writes-per-day", "100000000")
        self.addCleanup(self.server.close)
        self.server.options += ["--client-config", os.path.join(self.server.data, "client.config")]
        subprocess.run([self.server.binary, "migrate", "--database", self.cluster.url], check=True, stdout=subprocess.DEVNULL)
        self.public = os.path.join(self.server.data, "public")
        self.server.start().load_roster()
        self.audit, self.entries, self.number = None, [], 0
        self.settle(self.register())

    # ---- the log

    def register(self):
        """A batch, one publication; the log's size after it."""
        self.number += 1
        client = self.server.client()
        try:
            reply = client.call("Registry.BatchRegisterDerivatives", timeout=PATIENCE_S, derivatives=[
                jokbo.derivative("someone/model-%d-%d" % (self.number, i), BASE) for i in range(STEP)])
            return int(reply["registrations"][-1]["log_index"]) + 1
        except jokbo.Failure:
            return 0  # the server was killed before it could answer
        finally:
            client.close()

    def settle(self, size):
        """Everything is published, nothing waits for a second try."""
        published.wait_published(self.public, size, PATIENCE_S)
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.check(size)
            except auditor.Wrong:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def check(self, size):
        client = self.server.client()
        try:
            self.audit = self.audit or auditor.Audit(client)
            self.entries += self.audit.read(client, len(self.entries), size)
            self.audit.follow(client)
        finally:
            client.close()
        self.assertEqual(published.check(self.public, self.entries, self.audit.key), size)

    def log_size(self):
        client = self.server.client()
        try:
            return int(client.call("Log.GetCheckpoint")["log_size"])
        finally:
            client.close()

    def publisher(self):
        tasks = "/proc/%d/task" % self.server.process.pid
        for task in os.listdir(tasks):
            with open(os.path.join(tasks, task, "comm")) as f:
                if f.read().strip() == "jk-publisher":
                    return int(task)
        raise auditor.Wrong("there is no publisher thread")

    # ---- faults

    def trace(self, kind, what):
        calls = ",".join(KINDS[kind])
        return Trace(self.publisher(), "-e", "trace=" + calls, "-e", "inject=%s:%s" % (calls, what))

    def usual(self):
        """How many calls of each kind a publication makes, when nothing went wrong before it."""
        with Trace(self.publisher(), "-e", "trace=" + ",".join(sum(KINDS.values(), ()))) as trace:
            size = self.register()
            self.settle(size)
            time.sleep(0.1)
            return trace.counts()

    def places(self, count):
        return range(1, count + 1) if EVERY else sorted({1, count})

    def fail_once(self, kind, place):
        with self.trace(kind, "error=EIO:when=%d" % place) as trace:
            size = self.register()
            trace.wait_injected()
        self.settle(size)
        self.assertNotIn("publication-stopped", self.server.log())

    def kill_once(self, kind, place):
        with self.trace(kind, "signal=KILL:when=%d" % place) as trace:
            self.register()
            trace.wait_injected()
            self.server.process.wait(PATIENCE_S)
        self.server.kill()
        self.check_between()
        self.server.start()
        size = self.log_size()
        published.wait_published(self.public, size, PATIENCE_S)
        size = self.register()  # the next publication removes what the killed one left
        self.assertGreater(size, 0)
        self.settle(size)
        self.assertNotIn("publication-stopped", self.server.log())

    def check_between(self):
        """What the dead server left is what was published before, or after, and nothing in between."""
        size = published.published_size(self.public)
        self.assertIn(size, (len(self.entries), len(self.entries) + STEP))
        if size == len(self.entries):
            published.check(self.public, self.entries, self.audit.key, leftovers=True)

    def test_every_call(self):
        counts = self.usual()
        self.assertEqual([kind for kind in MADE if not counts[kind]], [], counts)
        self.assertEqual(counts["link"], 0, counts)
        rounds = 0
        for inflict in (self.fail_once, self.kill_once):
            for kind in MADE:
                for place in self.places(counts[kind]):
                    with self.subTest(inflict.__name__, kind=kind, place=place):
                        inflict(kind, place)
                        rounds += 1
        print("%d rounds over %s: %d entries" % (rounds, counts, len(self.entries)))
        self.assertEqual(self.server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
