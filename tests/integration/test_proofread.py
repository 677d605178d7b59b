"""Published files are read again while the server runs: one that was damaged or lost is made anew, told, and counted, whoever
did it and however; and one that the database contradicts too is left as it is, and told."""
import fcntl
import gzip
import os
import re
import shutil
import subprocess
import sys
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import published  # noqa: E402

PATIENCE_S = 60 * float(os.environ.get("JK_TIMEOUT_FACTOR", "1"))  # a pass of so small a log takes five seconds


class Proofread(unittest.TestCase):
    def setUp(self):
        self.server = published.Server("--metrics", "127.0.0.1:0")
        self.addCleanup(self.server.close)
        self.server.start().load_roster()
        for number in range(4):
            self.server.batch("some-%d" % number, 150)
            entries, _ = self.server.entries()
            published.wait_published(self.server.public, len(entries))
        self.kept = self.server.public + ".kept"
        shutil.copytree(self.server.public, self.kept)
        self.files = sorted(path for path in published.names(self.kept) if path.startswith("tile/"))
        self.current = set(published.Log(entries).files(len(entries)))

    def path(self, name):
        return os.path.join(self.server.public, name)

    def is_kept(self, name):
        """Without waiting for a pipe that nobody writes to."""
        try:
            with open(os.open(self.path(name), os.O_RDONLY | os.O_NONBLOCK), "rb") as f:
                return f.read() == published.read(os.path.join(self.kept, name))
        except FileNotFoundError:
            return False

    def wait(self, condition, words):
        until = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), until, "%s\n%s" % (words, self.server.log()[-3000:]))
            time.sleep(0.05)

    def alarms(self, name, mended="yes"):
        return re.findall(r"level=error event=tile-damaged file=%s found=.* mended=%s.*" % (re.escape(name), mended), self.server.log())

    def metric(self, name):
        with urllib.request.urlopen("http://%s/metrics" % self.server.metrics, timeout=10) as answer:
            return float(re.search(r"^%s (\S+)$" % name, answer.read().decode(), re.M).group(1))

    def bundle_by_http(self, name):
        request = urllib.request.Request("http://%s/%s" % (self.server.http, name), headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.assertEqual(answer.headers["Content-Encoding"], "gzip")
            return gzip.decompress(answer.read())

    def test_whatever_is_damaged(self):
        earlier = [name for name in self.files if name not in self.current]
        self.assertGreater(len(earlier), 1)
        partial = [name for name in self.current if ".p/" in name]
        damaged = ["tile/entries/000", "tile/entries/001", "tile/0/000", "tile/0/001", "tile/1/000.p/2", earlier[0]] + [
            name for name in partial if name.startswith(("tile/entries/", "tile/0/"))]
        self.assertEqual(len(set(damaged)), 8)
        good = self.bundle_by_http("tile/entries/000")
        while self.bundle_by_http("tile/entries/000") == good:  # it might be mended in this very moment
            published.flip(self.path("tile/entries/000"), 100)  # as it is now: served, and kept compressed
        for name in ("tile/entries/001", "tile/1/000.p/2"):
            os.remove(self.path(name))
        os.mkfifo(self.path("tile/entries/001"))
        os.truncate(self.path("tile/0/000"), 8191)
        with open(self.path("tile/0/001"), "ab") as f:
            f.write(b"\0")
        for name in damaged[5:]:
            with open(self.path(name), "wb") as f:
                f.write(b"nothing of the kind")
        self.wait(lambda: all(self.is_kept(name) for name in damaged), "not everything was mended")
        self.wait(lambda: all(self.alarms(name) for name in damaged), "not everything was told")
        for name, words in (("tile/0/000", "8191 bytes, sha256 "), ("tile/1/000.p/2", "nothing"),
                            ("tile/entries/001", "it is a pipe, not a file"), (earlier[0], "19 bytes, sha256 ")):
            self.assertIn(words, self.alarms(name)[0])
        self.assertEqual(self.bundle_by_http("tile/entries/000"), good)
        count = self.metric("jokbo_tiles_damaged_total")
        self.assertGreaterEqual(count, len(damaged))
        read = self.metric("jokbo_tiles_reread_total")
        self.wait(lambda: self.metric("jokbo_tiles_reread_total") >= read + 2 * len(self.files), "it does not go on")
        self.assertGreater(self.metric("jokbo_tiles_reread_bytes_total"), sum(len(entry) for entry in self.server.entries()[0]))
        self.assertLess(self.metric("jokbo_tiles_unread_seconds"), PATIENCE_S / 3)
        self.assertEqual(self.metric("jokbo_tiles_damaged_total"), count)  # and nothing that was not
        self.server.batch("more", 100)
        self.server.check_public()

    def test_the_database_is_damaged(self):
        """The entry that the bundle should hold is another one there: the good file stays; one that is lost too cannot be mended."""
        read = self.metric("jokbo_tiles_reread_total")
        kept = self.sql("select encode(bytes, 'hex') from entry where index = 300").strip()
        self.sql("update entry set bytes = bytes || 'x' where index = 300")
        self.wait(lambda: self.metric("jokbo_tiles_reread_total") >= read + 2 * len(self.files), "nothing is read")
        self.assertTrue(self.is_kept("tile/entries/001"))
        self.assertNotIn("tile-damaged", self.server.log())
        os.remove(self.path("tile/entries/001"))
        published.flip(self.path("tile/entries/000"))  # another one can be
        self.wait(lambda: self.alarms("tile/entries/001", "no"), "it was not told")
        self.assertIn("reason=ENTRY_CHANGED", self.alarms("tile/entries/001", "no")[0])
        self.assertIn("entry 300 is not the one", self.alarms("tile/entries/001", "no")[0])
        self.wait(lambda: self.is_kept("tile/entries/000"), "the other one was not mended")
        self.assertFalse(os.path.exists(self.path("tile/entries/001")))
        self.server.register("writes-go-on")
        self.sql("update entry set bytes = decode('%s', 'hex') where index = 300" % kept)
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        self.wait(lambda: self.is_kept("tile/entries/001"), "it was not mended")
        self.assertEqual(len(self.alarms("tile/entries/001", "yes")), 1)

    def test_another_process_has_the_folder(self):
        """Nothing is written without the folder's lock; nothing is given up for it."""
        folder = os.open(self.server.public, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, folder)
        fcntl.flock(folder, fcntl.LOCK_EX)
        published.flip(self.path("tile/0/000"))
        self.wait(lambda: "event=proofreading-failed reason=FOLDER_BUSY" in self.server.log(), "it did not try")
        self.assertFalse(self.is_kept("tile/0/000"))
        fcntl.flock(folder, fcntl.LOCK_UN)
        self.wait(lambda: self.is_kept("tile/0/000"), "it was not mended")
        self.wait(lambda: "event=proofreading-resumed" in self.server.log(), "it did not go on")

    def sql(self, text):
        return subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.server.data + "/run", "-U", "jokbo", "-d", "jokbo",
                               "-c", text], check=True, capture_output=True, text=True, timeout=60).stdout


if __name__ == "__main__":
    unittest.main()
