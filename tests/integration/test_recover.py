"""The way out of a rolled-back database: jokbod recover replays the published log, from a folder and from a URL, into what is
left or into nothing; and refuses mirrors that would not do."""
import base64
import functools
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import published  # noqa: E402


class RecoveryTest(published.Stopped):
    """A database that was rolled back, and the way out that the refusal names."""

    @classmethod
    def setUpClass(cls):
        """A stopped server with its cluster and its public folder as they were early; each test has a copy."""
        cls.model = server = published.Server()
        cls.addClassCleanup(server.close)
        server.start().load_roster()
        server.batch("early", 100)
        cls.early = server.check_public()
        server.stop()
        subprocess.run(["cp", "-a", server.cluster, server.cluster + ".early"], check=True)
        shutil.copytree(server.public, server.public + ".early")
        server.start()
        for number in range(3):
            server.batch("late-%d" % number, 150)
        cls.late = server.check_public()
        cls.entries, cls.key = server.entries()
        server.stop()

    def setUp(self):
        self.server = published.Server()
        self.addCleanup(self.server.close)
        self.server.end_all()
        subprocess.run(["cp", "-a", self.model.data + "/.", self.server.data], check=True)

    def roll_back(self):
        shutil.rmtree(self.server.cluster)
        os.rename(self.server.cluster + ".early", self.server.cluster)

    def works(self):
        """It starts with the log of before, entry by entry, and goes on from there."""
        self.server.start()
        entries, key = self.server.entries()
        self.assertEqual(key, self.key)
        self.assertEqual(entries[:self.late], self.entries)
        size = len(entries)
        self.assertEqual(self.server.register("afterwards")["log_index"], str(size))
        self.assertEqual(self.server.check_public(), size + 1)
        self.server.stop()

    def test_a_log_that_cannot_go_on_is_named_by_the_next(self):
        note = self.server.public + "/checkpoint"
        with open(note) as f:
            origin, size, root = f.read().splitlines()[:3]
        wrong = published.Server("--origin", origin, "--after", note)
        self.addCleanup(wrong.close)
        with self.assertRaises(RuntimeError):
            wrong.start()
        self.assertIn("--after", wrong.log())
        server = published.Server("--origin", "localhost/next", "--after", note)
        self.addCleanup(server.close)
        server.start()
        entries, _ = server.entries()
        self.assertIn("\nafter %s %s %s\n" % (origin, size, base64.b64decode(root).hex()), entries[0].decode())
        server.stop()

    def test_the_way_out(self):
        self.roll_back()
        with self.assertRaises(RuntimeError):
            self.server.start()
        said = self.server.log()
        self.assertIn("holds %d entries" % self.early, said)
        self.assertIn("%d committed: it was rolled back" % self.late, said)
        self.assertIn("jokbod recover --from %s" % self.server.public, said)
        self.assertIn("it was rolled back", self.fails("tiles", "rebuild"))  # no files of a log that lost its end
        self.assertEqual(published.published_size(self.server.public), self.late)
        said = self.succeeds("recover", "--from", self.server.public)
        self.assertIn("%d entries were replayed" % (self.late - self.early), said)
        self.assertIn("tokens, members", said)
        self.assertIn("Nothing was missing", self.succeeds("recover", "--from", self.server.public))
        self.works()

    def test_from_nothing_over_http(self):
        """The database and the data directory are gone; there are the key and a mirror."""
        mirror = tempfile.mkdtemp(prefix="jokbo-mirror-")
        self.addCleanup(shutil.rmtree, mirror)
        shutil.copytree(self.server.public, mirror, dirs_exist_ok=True)
        key = published.read(os.path.join(self.server.data, "log.key"))
        quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
        web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(quiet, directory=mirror))
        threading.Thread(target=web.serve_forever, daemon=True).start()
        self.addCleanup(web.server_close)
        self.addCleanup(web.shutdown)
        self.server.end_all()
        for name in os.listdir(self.server.data):
            path = os.path.join(self.server.data, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        url = "http://127.0.0.1:%d/" % web.server_port
        self.assertIn("there is no signing key", self.fails("recover", "--from", url))
        with open(os.open(os.path.join(self.server.data, "log.key"), os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f:
            f.write(key)
        self.assertIn("there is no %snothing/checkpoint" % url, self.fails("recover", "--from", url + "nothing"))
        self.assertIn("%d entries were replayed" % self.late, self.succeeds("recover", "--from", url))
        self.works()

    def test_a_mirror_that_will_not_do(self):
        """Behind, damaged, another log's: refused with words, and nothing is written."""
        self.roll_back()
        public = self.server.public
        said = self.fails("recover", "--from", public + ".early")
        self.assertIn("Entries %d to %d are missing" % (self.early, self.late - 1), said)
        self.assertIn("only a new origin remains", said)
        self.assertIn("\n%d\n" % self.late, said)
        damaged = public + ".damaged"
        shutil.copytree(public, damaged)
        published.flip(os.path.join(damaged, "tile/entries/001"), 300)
        self.assertIn("entry 256 of %s cannot be in this log" % damaged, self.fails("recover", "--from", damaged))
        log = published.Log(self.entries)
        other = log.bundle(256, 256).replace(b"late", b"fate")
        self.assertNotEqual(other, log.bundle(256, 256))
        with open(os.path.join(damaged, "tile/entries/001"), "wb") as f:
            f.write(other)
        self.assertIn("do not give the root of its signed checkpoint", self.fails("recover", "--from", damaged))
        os.remove(os.path.join(damaged, "tile/entries/001"))
        self.assertIn("tile/entries/001", self.fails("recover", "--from", damaged))
        with published.Server("--origin", "registry.example/other") as other:
            other.stop()
            self.assertIn("is not one of", self.fails("recover", "--from", other.public))
        self.assertEqual(self.server.run("recover").returncode, 2)
        self.assertIn("there is no folder", self.fails("recover", "--from", public + ".none"))
        self.succeeds("recover", "--from", public)
        self.works()

    def test_another_line(self):
        """A database that went on by itself after it was rolled back is never mixed with the published one."""
        self.roll_back()
        guard = os.path.join(self.server.data, "checkpoint.guard")
        kept = published.read(guard)
        os.remove(guard)
        os.rename(self.server.public, self.server.public + ".true")
        self.server.start()
        self.server.batch("other", 20)
        self.server.stop()
        self.assertIn("the database has a different history", self.fails("recover", "--from", self.server.public + ".true"))
        shutil.rmtree(self.server.public)
        os.rename(self.server.public + ".true", self.server.public)
        with open(guard, "wb") as f:
            f.write(kept)
        self.assertIn("has a different history", self.fails("recover", "--from", self.server.public))
        shutil.rmtree(self.server.cluster)  # the way out that the refusal names: an empty database
        self.succeeds("recover", "--from", self.server.public)
        self.works()


if __name__ == "__main__":
    unittest.main()
