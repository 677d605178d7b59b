"""What the other tests stand on: that their PostgreSQL starts wherever a server's own does, and that it says why where it does not."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import clusters  # noqa: E402
import jokbo  # noqa: E402

CLOSED = """mount --make-rprivate /dev/shm && mount -t tmpfs -o mode=0755 closed /dev/shm && exec "$@" """
START = """import sys; sys.path.insert(0, sys.argv[1]); import jokbo
cluster = jokbo.Cluster()
try:
    print(cluster.start().sql("show dynamic_shared_memory_type", "postgres").strip())
finally:
    cluster.close()
"""


class ClusterTest(unittest.TestCase):
    def test_says_why_it_does_not_start(self):
        """The folder is gone by the time that somebody reads the message, so the message has to hold it."""
        cluster = jokbo.Cluster()
        self.addCleanup(cluster.close)
        with open(os.path.join(cluster.folder, "data", "postgresql.conf"), "a") as f:
            f.write("no_such_setting = on\n")
        with self.assertRaises(RuntimeError) as caught:
            cluster.start()
        self.assertIn('unrecognized configuration parameter "no_such_setting"', str(caught.exception))

    @unittest.skipUnless(os.geteuid() == 0, "only root may close /dev/shm, in a mount namespace of its own")
    def test_starts_where_others_cannot_use_dev_shm(self):
        done = subprocess.run(["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", CLOSED, "sh", sys.executable, "-B", "-c", START,
                               os.path.dirname(jokbo.__file__)], text=True, capture_output=True, timeout=120,
                              env={name: value for name, value in os.environ.items() if name not in ("JK_CLUSTERS", "TMPDIR")})
        self.assertEqual((done.returncode, done.stdout), (0, "sysv\n"), done.stderr)


class CopyTest(unittest.TestCase):
    """Clusters that a run makes once and copies."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="jokbo-clusters-", dir="/tmp")
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o711)
        self.folder, self.made = folder.name, 0
        given = mock.patch.dict(os.environ, JK_CLUSTERS=os.path.join(folder.name, "shelf"))
        given.start()
        self.addCleanup(given.stop)

    def make(self, folder):
        os.mkdir(folder)
        self.made += 1
        with open(os.path.join(folder, "file"), "w") as f:
            f.write("made %d" % self.made)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def read(self, name):
        with open(self.path(name, "file")) as f:
            return f.read()

    def test_the_first_of_a_kind_is_made(self):
        for name in ("one", "two"):
            self.assertTrue(clusters.copied("kind", self.make, self.path(name)))
        with open(self.path("one", "file"), "a") as f:
            f.write(", and changed")
        self.assertTrue(clusters.copied("kind", self.make, self.path("three")))
        self.assertEqual([self.read(name) for name in ("two", "three")], ["made 1", "made 1"])
        self.assertTrue(clusters.copied("another", self.make, self.path("four")))
        self.assertEqual(self.read("four"), "made 2")

    def test_only_template0_is_shared(self):
        def make(folder):
            for name in ("1", "4", "5"):
                os.makedirs(os.path.join(folder, "base", name))
                with open(os.path.join(folder, "base", name, "file"), "w") as f:
                    f.write(name)
        for name in ("one", "two"):
            self.assertTrue(clusters.copied("kind", make, self.path(name)))
        for name in ("1", "4", "5"):
            paths = [self.path(copy, "base", name, "file") for copy in ("one", "two")]
            for path in paths:
                with open(path) as f:
                    self.assertEqual(f.read(), name)
            self.assertEqual(os.path.samefile(*paths), name == "4", name)

    def test_one_half_made_is_made_anew(self):
        def fail(folder):
            self.make(folder)
            raise RuntimeError("no space")
        with self.assertRaises(RuntimeError):
            clusters.copied("kind", fail, self.path("one"))
        self.assertFalse(os.path.exists(self.path("one")))
        self.assertTrue(clusters.copied("kind", self.make, self.path("one")))
        self.assertEqual(self.read("one"), "made 2")

    def test_nothing_is_copied_by_hand(self):
        del os.environ["JK_CLUSTERS"]
        self.assertFalse(clusters.copied("kind", self.make, self.path("one")))
        self.assertEqual(self.made, 0)

    def test_servers_share_nothing_but_the_beginning(self):
        """Two servers on copies have logs of their own, with settings as where the server made the cluster itself."""
        settings = []
        for copies in (True, True, False):
            if not copies:
                del os.environ["JK_CLUSTERS"]
            with jokbo.Server() as server:
                client = server.client()
                client.call("Registry.CreatePublisher", name="the-same")
                client.close()
                with open(os.path.join(server.data, "postgresql", "postgresql.conf")) as f:
                    settings.append(f.read())
        self.assertEqual(settings[0], settings[1])
        self.assertEqual(settings[0], settings[2])
        self.assertEqual(sorted(os.listdir(self.path("shelf"))), ["private", "private.lock", "private.shared"])


class DebianTest(unittest.TestCase):
    def run_as_nobody(self, *arguments):
        words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"] if os.geteuid() == 0 else []
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # the checkout may be closed to others
            os.chmod(folder, 0o755)
            script = shutil.copy(os.path.join(jokbo.ROOT, "tests", "debian"), folder)
            return subprocess.run([*words, script, *arguments], cwd="/", text=True, capture_output=True, timeout=60)

    def test_skips_aloud_without_root(self):
        done = self.run_as_nobody("trixie")
        self.assertEqual((done.returncode, done.stderr), (77, "debian: skipped: only root can make a root folder for trixie\n"))

    def test_usage(self):
        for arguments in ((), ("sid",)):
            self.assertEqual(self.run_as_nobody(*arguments).returncode, 2, arguments)


if __name__ == "__main__":
    unittest.main(verbosity=2)
