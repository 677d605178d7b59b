"""Go's checksum-database libraries (golang.org/x/mod/sumdb, the distribution's package) verify what a server publishes, over HTTP:
every leaf recomputed, every tile led to the signed root, growth from every checkpoint seen before. And they see one flipped bit.
JK_NIGHTLY set: at 65,537 and 100,000 entries too."""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import jokbo  # noqa: E402
from public import make_log, published, read, served, write  # noqa: E402

SIZES = (255, 256, 257) + ((65537, 100000) if os.environ.get("JK_NIGHTLY") else ())
LIBRARY = "/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog"
GO = "/usr/bin/go" if os.path.exists("/usr/bin/go") else shutil.which("go")
PROGRAM = os.path.join(jokbo.BUILD, "tests", "sumdb")


def setUpModule():
    """The program is built anew where its source is newer; no network, no modules: the distribution's source tree is the GOPATH."""
    if not GO or not os.path.isdir(LIBRARY):
        raise unittest.SkipTest("needs the packages golang-go and golang-golang-x-mod-dev (registry/install ci)")
    own = dict(os.environ, GO111MODULE="off", GOTOOLCHAIN="local", GOFLAGS="", GOPROXY="off", GOPATH="/usr/share/gocode",
               GOCACHE=os.path.join(jokbo.BUILD, "go-cache"), CGO_ENABLED="0")
    subprocess.run([GO, "build", "-o", PROGRAM, "."], cwd=os.path.join(HERE, "sumdb"), env=own, check=True, timeout=280)


def sumdb(url, key, *checkpoints):
    done = subprocess.run([PROGRAM, url, key, *checkpoints], capture_output=True, text=True, timeout=240)
    return done.returncode, done.stdout + done.stderr


class FolderTest(unittest.TestCase):
    """Logs of sizes that no server starts with, and logs that are spoiled, made by the registry's own tile code."""

    def make(self, size):
        folder = tempfile.mkdtemp(prefix="jokbo-log-")
        self.addCleanup(shutil.rmtree, folder)
        make_log("size", folder, size)
        return folder, read(folder, "log.vkey").decode().strip()

    def test_sizes(self):
        seen = []
        for size in (1, 2, 255, 256, 257, 513):
            folder, key = self.make(size)
            with served(folder) as url:
                code, words = sumdb(url, key, *seen)
            self.assertEqual((code, words.split()[0]), (0, str(size)), words)
            seen.append(os.path.join(folder, "checkpoint"))

    def test_another_past(self):
        """A checkpoint by the same key over other entries is no beginning of this log; nor is a note by another key."""
        folder, key = self.make(600)
        others = tempfile.mkdtemp(prefix="jokbo-logs-")
        self.addCleanup(shutil.rmtree, others)
        make_log("histories", others, 1, 1, 100, 1)
        with served(folder) as url:
            code, words = sumdb(url, key, os.path.join(others, "1", "checkpoint"))
            self.assertEqual((code, words.startswith("from size ")), (1, True), words)
            code, words = sumdb(url, "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
            self.assertEqual((code, words.startswith("checkpoint: ")), (1, True), words)

    def test_flipped_bits(self):
        """One bit anywhere: in each tile and bundle, in the checkpoint's every line."""
        folder, key = self.make(257)
        chance = random.Random(257)
        paths = ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/1", "checkpoint"]
        found = sorted(os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names)
        self.assertEqual(found, sorted(paths + ["log.vkey"]))
        with served(folder) as url:
            for path in paths:
                data = read(folder, path)
                for bit in [0, len(data) * 8 - 1] + [chance.randrange(len(data) * 8) for _ in range(6)]:
                    spoiled = bytearray(data)
                    spoiled[bit // 8] ^= 1 << bit % 8
                    write(spoiled, folder, path)
                    code, words = sumdb(url, key)
                    self.assertEqual(code, 1, "%s, bit %d: %s" % (path, bit, words))
                write(data, folder, path)
            self.assertEqual(sumdb(url, key)[0], 0)
            write(read(folder, "tile/entries/000").replace(b"publisher-17\n", b"publisher-l7\n"), folder, "tile/entries/000")
            self.assertEqual(sumdb(url, key), (1, "entry 17: its hash is not the tree's\n"))


class ServerTest(unittest.TestCase):
    def setUp(self):
        self.server = jokbo.Server("--writes-per-day", "100000000")
        self.addCleanup(self.server.close)
        self.server.start(timeout=90)
        self.client = self.server.client()
        self.addCleanup(self.client.close)
        self.names = iter(range(1, 1 << 30))

    def size(self):
        return int(self.client.call("Log.GetCheckpoint")["log_size"])

    def grow(self, size, base):
        """Registers exactly so many derivatives that the log has that size."""
        while self.size() < size:
            many = min(1000, size - self.size())
            items = [jokbo.derivative("grower/model-%d" % next(self.names), base) for _ in range(many)]
            self.client.call("Registry.BatchRegisterDerivatives", timeout=60, derivatives=items)
        self.assertEqual(self.size(), size)

    def test_sizes(self):
        key = self.client.call("Log.GetCheckpoint")["verifier_key"]
        facts = {"team": "hanul", "programme": True, "from_scratch": "ANSWER_YES", "listed": True}
        self.client.call("Registry.ApplyRoster", evidence="a page somewhere", models=[
            {"name": "hanul-ai/Base-1", "license": "Apache-2.0", "facts": facts}], teams=[
                {"id": "hanul", "name": "Hanul", "name_ko": "한울", "join_time": "2025-08-03T15:00:00Z"}])
        self.client.call("Registry.CreatePublisher", name="grower")
        self.assertLess(self.size(), SIZES[0], "a fresh log is larger than the first size")
        with tempfile.TemporaryDirectory(prefix="jokbo-notes-") as folder:
            seen = []
            for size in [self.size()] + list(SIZES):
                self.grow(size, "hanul-ai/Base-1")
                note = read(published(self.server, size), "checkpoint")
                code, words = sumdb("http://" + self.server.http, key, *seen)
                self.assertEqual((code, words.split()[0]), (0, str(size)), words)
                print(words.strip())
                seen.append(os.path.join(folder, str(size)))
                write(note, seen[-1])


if __name__ == "__main__":
    unittest.main()
