"""The published log: files within a second, only what was published, the same from every server and from a rebuild."""
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


class PublishTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = published.Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.start().load_roster()

    def test_within_a_second(self):
        took, client = [], self.server.client()
        self.addCleanup(client.close)
        for number in range(12):
            declared = jokbo.derivative("someone/timely-%d" % number, published.BASE)
            reply = client.call("Registry.RegisterDerivative", derivative=declared)
            took.append(published.wait_published(self.server.public, int(reply["log_index"]) + 1))
            time.sleep(0.03 * (number % 4))
        self.assertLess(statistics.median(took), jokbo.allowed(1), took)
        self.assertLess(max(took), jokbo.allowed(5), took)
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
                client.call("Registry.RegisterDerivative", derivative=jokbo.derivative("someone/steady-%d" % number, published.BASE))
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


class OneServerTest(published.Stopped):
    """Tests that stop and damage their server."""

    def setUp(self):
        self.server = published.Server()
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
            published.flip(os.path.join(public, "tile/entries/000"), 100)
            published.flip(os.path.join(public, "tile/0/001"), 8191)
            published.flip(os.path.join(public, "log.vkey"))
            earlier = min(path for path in published.names(public) - current if path.startswith("tile/0/"))
            published.flip(os.path.join(public, earlier))
            os.remove(os.path.join(public, "tile/0/000"))
            with open(os.path.join(public, ".new-00000000-0"), "w") as f:
                f.write("left")
            said = self.succeeds("tiles", "rebuild")
            for path in ("tile/entries/000", "tile/0/001", earlier):
                self.assertIn("replaced %s: its bytes differed" % path, said)
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
        with published.Server("--origin", "registry.example/other") as other:
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


class TwoServersTest(unittest.TestCase):
    def setUp(self):
        self.cluster = jokbo.Cluster()
        self.addCleanup(self.cluster.close)
        self.cluster.start().create_database()
        subprocess.run([os.path.join(jokbo.BUILD, "jokbod"), "migrate", "--database", self.cluster.url], check=True,
                       stdout=subprocess.DEVNULL)

    def servers(self, *options):
        first = published.Server("--database", self.cluster.url, *options)
        self.addCleanup(first.close)
        first.options += ["--client-config", os.path.join(first.data, "client.config")]
        first.start().load_roster()
        second = published.Server("--database", self.cluster.url, *options)
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
        size = max(int(server.ask("Log.GetCheckpoint")["log_size"]) for server in servers)
        for server in servers:  # each hears of the other's last batch in a moment
            server.ask("Log.GetCheckpoint", min_log_size=size)

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
