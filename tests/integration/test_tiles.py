"""The published log: files within a second, only what was published, the same from every server and from a rebuild; and
the way out of a rolled-back database, from a folder and from a URL."""
import functools
import http.server
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import auditor  # noqa: E402
import jokbo  # noqa: E402
import published  # noqa: E402

BASE = "upstage/Solar-Open-100B"


def flip(path, at=0):
    with open(path, "r+b") as f:
        f.seek(at)
        byte = f.read(1)[0]
        f.seek(at)
        f.write(bytes([byte ^ 1]))


class Log(jokbo.Server):
    """A server whose public folder is looked at."""

    @property
    def public(self):
        return os.path.join(self.data, "public")

    @property
    def cluster(self):
        return os.path.join(self.data, "postgresql")

    def ask(self, method, **fields):
        client = self.client()
        try:
            return client.call(method, **fields)
        finally:
            client.close()

    def register(self, name):
        return self.ask("Registry.RegisterDerivative", derivative=jokbo.derivative("someone/" + name, BASE))

    def batch(self, prefix, count):
        return self.ask("Registry.BatchRegisterDerivatives",
                        derivatives=[jokbo.derivative("someone/%s-%d" % (prefix, i), BASE) for i in range(count)])

    def entries(self):
        client = self.client()
        try:
            audit = auditor.Audit(client)
            audit.follow(client)
            return audit.read(client, 0, audit.tree.size), audit.key
        finally:
            client.close()

    def check_public(self, folder=None):
        """Everything that is committed is published, and right; the size."""
        entries, key = self.entries()
        published.wait_published(folder or self.public, len(entries))
        return published.check(folder or self.public, entries, key)

    def run(self, *arguments, timeout=120):
        """A command of jokbod on this server's data directory."""
        return subprocess.run([self.binary] + list(arguments) + ["--data", self.data] + self.options, env=self.env,
                              capture_output=True, text=True, timeout=timeout)


class PublishTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Log()
        cls.addClassCleanup(cls.server.close)
        cls.server.start().load_roster()

    def test_within_a_second(self):
        took, client = [], self.server.client()
        self.addCleanup(client.close)
        for number in range(12):
            declared = jokbo.derivative("someone/timely-%d" % number, BASE)
            reply = client.call("Registry.RegisterDerivative", derivative=declared)
            took.append(published.wait_published(self.server.public, int(reply["log_index"]) + 1))
            time.sleep(0.03 * (number % 4))
        self.assertLess(statistics.median(took), 1, took)
        self.assertLess(max(took), 5, took)
        self.server.check_public()

    def test_only_published_sizes(self):
        """Whoever looks often enough sees every checkpoint; partial tiles are of these sizes alone, and at most 10 a second."""
        seen, over, times = set(), threading.Event(), []

        def look():
            last = False
            while not last:
                last = over.is_set()
                size = published.published_size(self.server.public)
                if size not in seen:
                    times.append(time.monotonic())
                seen.add(size)
                time.sleep(0.003)
        before = published.names(self.server.public)
        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            client = self.server.client()
            for number in range(150):
                client.call("Registry.RegisterDerivative", derivative=jokbo.derivative("someone/steady-%d" % number, BASE))
            client.close()
            entries, _ = self.server.entries()
            published.wait_published(self.server.public, len(entries))
        finally:
            over.set()
            watcher.join()
        for path in published.names(self.server.public) - before:
            found = published.TILE.match(path)
            if found and found.group(3) and found.group(1) in ("0", "entries"):
                size = int(found.group(2)[-3:]) * 256 + int(found.group(3))
                self.assertIn(size, seen, path)
        self.assertLessEqual(len(times) - 1, 10 * (times[-1] - times[0]) + 2)
        self.server.check_public()

    def test_across_full_tiles(self):
        """No partial form stays beside a full tile (check sees to it), across two boundaries."""
        entries, _ = self.server.entries()
        for number in range(3):
            self.server.batch("across-%d" % number, 200)
            time.sleep(0.15)
        self.assertGreater(self.server.check_public(), len(entries) + 599)


class Stopped(unittest.TestCase):
    """Commands of jokbod on the data directory of a server that is stopped."""

    def succeeds(self, *arguments):
        done = self.server.run(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.server.left_running(), [])
        return done.stdout

    def fails(self, *arguments):
        done = self.server.run(*arguments)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertEqual(self.server.left_running(), [])
        return done.stdout + done.stderr


class OneServerTest(Stopped):
    """Tests that stop and damage their server."""

    def setUp(self):
        self.server = Log()
        self.addCleanup(self.server.close)
        self.server.start().load_roster()

    def test_a_stop_publishes_what_is_left(self):
        self.server.batch("last", 50)
        self.server.stop()
        size = auditor.checkpoint(auditor.guard_note(os.path.join(self.server.data, "checkpoint.guard")))[1]
        self.assertEqual(published.published_size(self.server.public), size)

    def test_rebuild(self):
        for number in range(4):
            self.server.batch("some-%d" % number, 150)
            time.sleep(0.2)
        entries, key = self.server.entries()
        self.server.check_public()
        self.server.stop()
        public, kept = self.server.public, self.server.public + ".kept"
        shutil.copytree(public, kept)
        self.assertIn("0 wrong files", self.succeeds("tiles", "rebuild"))
        self.compare(public, kept, published.names(kept))
        log = published.Log(entries)
        current = set(log.files(len(entries)))
        with self.subTest("damaged"):
            flip(os.path.join(public, "tile/entries/000"), 100)
            flip(os.path.join(public, "tile/0/001"), 8191)
            flip(os.path.join(public, "log.vkey"))
            earlier = min(path for path in published.names(public) - current if path.startswith("tile/0/"))
            flip(os.path.join(public, earlier))
            os.remove(os.path.join(public, "tile/0/000"))
            with open(os.path.join(public, ".new-00000000-0"), "w") as f:
                f.write("left")
            said = self.succeeds("tiles", "rebuild")
            for path in ("tile/entries/000", "tile/0/001", earlier):
                self.assertIn("replaced %s: it had other bytes" % path, said)
            self.assertIn("3 wrong files", said)
            self.compare(public, kept, published.names(kept))
        with self.subTest("no checkpoint"):
            with open(os.path.join(public, "checkpoint"), "w") as f:
                f.write("nonsense")
            with self.assertRaises(RuntimeError):
                self.server.start()
            self.assertIn("jokbod tiles rebuild", self.server.log())
            self.assertIn("replaced checkpoint", self.succeeds("tiles", "rebuild"))
            self.compare(public, kept, published.names(kept))
        with self.subTest("empty"):
            shutil.rmtree(public)
            self.succeeds("tiles", "rebuild")
            self.compare(public, kept, current | {"checkpoint", "log.vkey"})
        self.server.start()
        self.server.register("afterwards")
        self.assertEqual(self.server.check_public(), len(entries) + 1)

    def compare(self, one, other, names):
        self.assertEqual(published.names(one), names)
        for name in names:
            self.assertEqual(published.read(os.path.join(one, name)), published.read(os.path.join(other, name)), name)

    def test_a_tile_that_would_change(self):
        """Stops publication for good, with an alarm; nothing is written any more, what was published stays, reads go on."""
        self.server.register("the-first")
        size = self.server.check_public()
        path = os.path.join(self.server.public, "tile/entries/%03d.p/%d" % (size // 256, size % 256 + 1))
        with open(path, "wb") as f:
            f.write(b"somebody else's")
        self.server.register("the-last")
        until = time.monotonic() + 20
        while "event=publication-stopped reason=TILE_CHANGED" not in self.server.log():
            self.assertLess(time.monotonic(), until, self.server.log())
            time.sleep(0.02)
        with self.assertRaises(jokbo.Failure) as caught:
            self.server.register("one-more")
        self.assertEqual((caught.exception.code, caught.exception.reason), ("UNAVAILABLE", "PUBLICATION_STOPPED"))
        self.assertEqual(int(self.server.ask("Log.GetCheckpoint")["log_size"]), size + 1)
        self.assertEqual(published.published_size(self.server.public), size)
        self.assertEqual(published.read(path), b"somebody else's")
        self.server.stop()
        self.assertIn("replaced tile/entries/", self.succeeds("tiles", "rebuild"))
        self.server.start()
        self.server.register("one-more")
        self.assertEqual(self.server.check_public(), size + 2)

    def test_foreign_checkpoint(self):
        """Another log's folder is refused at the start; one that is put there while it runs stops publication."""
        with Log("--origin", "registry.example/other") as other:
            published.wait_published(other.public, 1)
            foreign = published.read(os.path.join(other.public, "checkpoint"))
        self.server.check_public()
        with open(os.path.join(self.server.public, "checkpoint"), "wb") as f:
            f.write(foreign)
        self.server.register("the-last")
        until = time.monotonic() + 20
        while "event=publication-stopped" not in self.server.log():
            self.assertLess(time.monotonic(), until, self.server.log())
            time.sleep(0.02)
        self.server.stop()
        with self.assertRaises(RuntimeError):
            self.server.start()
        self.assertIn("wrong data directory: %s holds the log" % self.server.public, self.server.log())


class RecoveryTest(Stopped):
    """A database that was rolled back, and the way out that the refusal names."""

    @classmethod
    def setUpClass(cls):
        """A stopped server with its cluster and its public folder as they were early; each test has a copy."""
        cls.model = server = Log()
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
        self.server = Log()
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
        flip(os.path.join(damaged, "tile/entries/001"), 300)
        self.assertIn("entry 256 of %s is none that this log could hold" % damaged, self.fails("recover", "--from", damaged))
        log = published.Log(self.entries)
        other = log.bundle(256, 256).replace(b"late", b"fate")
        self.assertNotEqual(other, log.bundle(256, 256))
        with open(os.path.join(damaged, "tile/entries/001"), "wb") as f:
            f.write(other)
        self.assertIn("do not give the root of its signed checkpoint", self.fails("recover", "--from", damaged))
        os.remove(os.path.join(damaged, "tile/entries/001"))
        self.assertIn("tile/entries/001", self.fails("recover", "--from", damaged))
        with Log("--origin", "registry.example/other") as other:
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
        self.assertIn("the database is of another line", self.fails("recover", "--from", self.server.public + ".true"))
        shutil.rmtree(self.server.public)
        os.rename(self.server.public + ".true", self.server.public)
        with open(guard, "wb") as f:
            f.write(kept)
        self.assertIn("of another line", self.fails("recover", "--from", self.server.public))
        shutil.rmtree(self.server.cluster)  # the way out that the refusal names: an empty database
        self.succeeds("recover", "--from", self.server.public)
        self.works()


class TwoServersTest(unittest.TestCase):
    def setUp(self):
        self.cluster = jokbo.Cluster()
        self.addCleanup(self.cluster.close)
        self.cluster.start().create_database()
        subprocess.run([os.path.join(jokbo.BUILD, "jokbod"), "migrate", "--database", self.cluster.url], check=True,
                       stdout=subprocess.DEVNULL)

    def servers(self, *options):
        first = Log("--database", self.cluster.url, *options)
        self.addCleanup(first.close)
        first.options += ["--client-config", os.path.join(first.data, "client.config")]
        first.start().load_roster()
        second = Log("--database", self.cluster.url, *options)
        self.addCleanup(second.close)
        shutil.copy(os.path.join(first.data, "log.key"), second.data)
        shutil.copy(os.path.join(first.data, "client.config"), second.data)
        return first, second.start()

    def load(self, servers):
        def work(server, number):
            for i in range(10):
                server.batch("load-%d-%d" % (number, i), 30)
        threads = [threading.Thread(target=work, args=(server, number)) for number, server in enumerate(servers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def test_folders_of_their_own(self):
        first, second = servers = self.servers()
        self.load(servers)
        self.assertEqual(first.check_public(), second.check_public())
        entries, _ = first.entries()
        for path in published.Log(entries).files(len(entries)):
            self.assertEqual(published.read(os.path.join(first.public, path)), published.read(os.path.join(second.public, path)))
        self.assertEqual(published.read(os.path.join(first.public, "checkpoint")),
                         published.read(os.path.join(second.public, "checkpoint")))

    def test_one_folder(self):
        folder = tempfile.mkdtemp(prefix="jokbo-public-")
        self.addCleanup(shutil.rmtree, folder)
        first, second = servers = self.servers("--public", folder)
        self.load(servers)
        self.assertEqual(first.check_public(folder), second.check_public(folder))
        for server in servers:
            self.assertNotIn("publication-stopped", server.log())
            server.stop()
        self.assertFalse([name for name in os.listdir(folder) if name.startswith(".")])


if __name__ == "__main__":
    unittest.main()
