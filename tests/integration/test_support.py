"""What the other tests stand on: that their PostgreSQL starts wherever a server's own does, and that it says why where it does not."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
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
                               os.path.dirname(jokbo.__file__)], text=True, capture_output=True, timeout=120)
        self.assertEqual((done.returncode, done.stdout), (0, "sysv\n"), done.stderr)


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
