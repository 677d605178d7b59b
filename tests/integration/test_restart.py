"""Everything is killed at once, and started again: the private PostgreSQL waits for what its former run left behind, says so, and
does not give up before that is gone."""
import os
import signal
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import jokbo  # noqa: E402

BUSY = "do $$ declare began timestamptz := clock_timestamp(); begin while clock_timestamp() < began + interval '%d s' loop end loop; end $$"


class Restart(unittest.TestCase):
    def setUp(self):
        self.server = jokbo.Server()
        self.addCleanup(self.server.close)
        self.server.start()
        self.folder = os.path.join(self.server.data, "postgresql")
        self.published("before")

    def published(self, name):
        client = self.server.client()
        client.call("Registry.CreatePublisher", name=name)
        client.close()

    def there(self, *names):
        client = self.server.client()
        for name in names:
            client.call("Registry.GetPublisher", name=name)
        client.close()

    def busy(self, seconds):
        """A backend that does not look up from its work for so long, whoever dies meanwhile."""
        psql = subprocess.Popen(["psql", "-XAtq", "-h", self.server.data + "/run", "-U", "jokbo", "-d", "jokbo",
                                 "-c", "set application_name = 'busy'", "-c", BUSY % seconds],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (psql.kill(), psql.wait()))
        until = time.monotonic() + 20
        while True:
            found = self.backend("application_name = 'busy' and state = 'active'")
            if found:
                return found
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)

    def backend(self, which):
        said = subprocess.run(["psql", "-XAtq", "-h", self.server.data + "/run", "-U", "jokbo", "-d", "jokbo", "-c",
                               "select pid from pg_stat_activity where pid <> pg_backend_pid() and %s limit 1" % which],
                              check=True, capture_output=True, text=True, timeout=20).stdout
        return int(said) if said.strip() else None

    def kill_everything(self):
        """The server, its supervisor, the postmaster; its backends find out when they look up."""
        postmaster = self.server.postmaster()
        os.kill(jokbo.children(self.server.process.pid)[0], signal.SIGKILL)
        self.server.kill()
        os.kill(postmaster, signal.SIGKILL)

    def events(self, name):
        return [line for line in self.server.log().splitlines() if "event=" + name in line]

    def test_a_backend_that_ends_later(self):
        """Four seconds: longer than five starts in a row take to fail."""
        pid = self.busy(4)
        self.kill_everything()
        self.server.start()
        self.assertFalse(jokbo.alive(pid))
        self.assertEqual(len(self.events("postgresql-waits")), 1, self.server.log())
        self.assertEqual(self.events("postgresql-leftovers-ended") + self.events("postgresql-ended"), [])
        self.there("before")
        self.published("after")

    def test_backends_that_do_not_end(self):
        """One that works on for ever is told to, one that is frozen is made to."""
        busy, frozen = self.busy(3600), self.backend("usename = 'jokbo_server' and backend_type = 'client backend'")
        os.kill(frozen, signal.SIGSTOP)
        self.kill_everything()
        began = time.monotonic()
        self.server.start()
        self.assertGreater(time.monotonic() - began, 9)
        self.assertFalse(jokbo.alive(busy) or jokbo.alive(frozen))
        ended = self.events("postgresql-leftovers-ended")
        self.assertEqual([word for line in ended for word in line.split() if word.startswith("signal=")],
                         ["signal=SIGQUIT", "signal=SIGKILL"])
        self.there("before")
        self.published("after")

    def test_lock_files_that_name_somebody_else(self):
        """After a crash of the machine the number may be another process's, or that of one whose parent never asked after it."""
        other = subprocess.Popen([*jokbo.AS_POSTGRES, "sleep", "600"], cwd="/")
        self.addCleanup(lambda: (other.kill(), other.wait()))
        dead = subprocess.Popen([*jokbo.AS_POSTGRES, "true"], cwd="/")
        self.addCleanup(dead.wait)
        while jokbo.alive(dead.pid):
            time.sleep(0.01)
        for pid in (other.pid, dead.pid):
            self.assertEqual(self.server.stop(), 0)
            for path in (self.folder + "/postmaster.pid", self.server.data + "/run/.s.PGSQL.5432.lock"):
                with open(path, "w") as f:
                    f.write("%d\n%s\n" % (pid, self.folder))
                os.chmod(path, 0o600)
                if jokbo.AS_POSTGRES:
                    os.chown(path, os.stat(self.folder).st_uid, os.stat(self.folder).st_gid)
            self.server.start()
            self.there("before")
        self.assertEqual(len(self.events("postgresql-lock-removed")), 2)
        self.assertIsNone(other.poll())

    def test_somebody_works_on_the_cluster(self):
        """A single-user backend is waited for, and never ended."""
        self.assertEqual(self.server.stop(), 0)
        single = subprocess.Popen([*jokbo.AS_POSTGRES, jokbo.Cluster.programs() + "/postgres", "--single", "-D", self.folder, "jokbo"],
                                  cwd="/", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (single.kill(), single.wait(), single.stdin.close()))
        until = time.monotonic() + 20
        while not os.path.exists(self.folder + "/postmaster.pid"):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)
        starting = threading.Thread(target=self.server.start)
        starting.start()
        while len(self.events("postgresql-waits")) < 2:  # the second comes after ten seconds, when others would be ended
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)
        self.assertEqual(self.events("postgresql-leftovers-ended"), [])
        self.assertTrue(starting.is_alive())
        self.assertIsNone(single.poll())
        single.stdin.close()
        starting.join(60)
        self.assertEqual(single.wait(60), 0)
        self.there("before")


if __name__ == "__main__":
    unittest.main()
