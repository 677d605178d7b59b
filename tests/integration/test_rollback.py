"""What guards the log against its own storage: a database that was rolled back, restored from another line, or belongs to
another log is refused at the start, and the refusal says the way out; a torn guard copy is survived; a full disk stops
writes and nothing else."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import auditor  # noqa: E402
import jokbo  # noqa: E402

BASE = "upstage/Solar-Open-100B"
TMPFS_MB = 192


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data, mode=0o600):
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


class Log(jokbo.Server):
    """A server with some registrations, each by a client that is gone before the server stops."""

    @property
    def guard(self):
        return os.path.join(self.data, "checkpoint.guard")

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

    def size(self):
        return int(self.ask("Log.GetCheckpoint")["log_size"])

    def roster(self):
        self.ask("Registry.ApplyRoster", teams=[{"id": "upstage", "name": "Upstage", "name_ko": "업스테이지",
                                                 "join_time": "2025-08-03T15:00:00Z"}],
                 models=[{"name": BASE, "facts": {"team": "upstage", "from_scratch": "ANSWER_YES", "listed": True}}])

    def sql(self, text):
        own = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        own.update(PGHOST=os.path.join(self.data, "run"), PGPORT="5432", PGUSER="jokbo", PGDATABASE="jokbo")
        return subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text], env=own, check=True,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60).stdout


class GuardTest(unittest.TestCase):
    """Each test leaves the server stopped, with its true cluster and its true guard copy."""

    @classmethod
    def setUpClass(cls):
        cls.server = Log("--origin", "registry.example/log")
        cls.addClassCleanup(cls.server.close)
        cls.server.start().roster()
        for number in range(4):
            cls.server.register("before-%d" % number)
        cls.early = cls.server.size()
        cls.server.stop()
        cls.early_cluster = cls.server.cluster + ".early"
        subprocess.run(["cp", "-a", cls.server.cluster, cls.early_cluster], check=True)
        cls.early_guard = read(cls.server.guard)
        cls.server.start()
        for number in range(6):
            cls.server.register("after-%d" % number)
        cls.server.stop()

    def setUp(self):
        self.true_guard = read(self.server.guard)
        self.late = auditor.checkpoint(auditor.guard_note(self.server.guard))[1]
        self.assertGreater(self.late, self.early)

    def tearDown(self):
        moved = os.path.exists(self.server.cluster + ".true")
        self.server.stop()
        self.server.end_all()
        self.put_back()
        if moved or not auditor.guard_blocks(self.server.guard):
            write(self.server.guard, self.true_guard)

    def roll_back(self, nothing=False):
        """The cluster as it was early; the true one waits beside it."""
        os.rename(self.server.cluster, self.server.cluster + ".true")
        if not nothing:
            subprocess.run(["cp", "-a", self.early_cluster, self.server.cluster], check=True)

    def put_back(self):
        for folder in (self.server.cluster, self.server.public):
            if os.path.exists(folder + ".true"):
                shutil.rmtree(folder, ignore_errors=True)
                os.rename(folder + ".true", folder)

    def guarded(self):
        return auditor.checkpoint(auditor.guard_note(self.server.guard))[1]

    def refused(self, *words):
        """The server does not start, says why, leaves the guard copy as it was and nothing running."""
        guard, before = read(self.server.guard), len(self.server.log())
        with self.assertRaises(RuntimeError):
            self.server.start()
        self.assertEqual(self.server.process.returncode, 1)
        said = self.server.log()[before:]
        for word in ("jokbod: ",) + words:
            self.assertIn(word, said)
        self.assertEqual(read(self.server.guard), guard, "the guard copy changed")
        self.assertEqual(self.server.left_running(), [])

    def goes_on(self):
        """It starts with all that was acknowledged, and takes writes; the guard copy follows."""
        self.server.start()
        client = self.server.client()
        self.addCleanup(client.close)
        audit = auditor.Audit(client)
        audit.follow(client)
        size = audit.tree.size
        self.assertGreaterEqual(size, self.late)
        reply = client.call("Registry.RegisterDerivative", derivative=jokbo.derivative("someone/again-%d" % size, BASE))
        self.assertEqual(int(reply["log_index"]), size)
        audit.follow(client)
        self.assertEqual(audit.check_note(auditor.guard_note(self.server.guard)), size + 1)
        client.close()
        self.server.stop()

    def test_rolled_back(self):
        self.roll_back()
        self.refused("it was rolled back", "holds %d entries" % self.early,
                     "restore a backup that holds at least %d entries" % self.late, "jokbod recover --from " + self.server.public)
        self.refused("it was rolled back")  # a second try does not slip through
        os.remove(self.server.guard)  # what was published tells as much
        with self.assertRaises(RuntimeError):
            self.server.start()
        self.assertIn("but %d were published: it was rolled back" % self.late, self.server.log())
        write(self.server.guard, self.true_guard)
        self.put_back()  # the way out
        self.goes_on()

    def test_rolled_back_to_nothing(self):
        self.roll_back(nothing=True)
        self.refused("the database is empty", self.server.guard, "restore its backup", "jokbod recover --from")
        os.remove(self.server.guard)
        with self.assertRaises(RuntimeError):  # nor does what was published go on from nothing
            self.server.start()
        self.assertIn("the database is empty, but %s holds a log of %d entries" % (self.server.public, self.late), self.server.log())
        write(self.server.guard, self.true_guard)

    def test_rolled_back_while_it_runs(self):
        """The rows go back under a running server: writes stop and say why, reads go on with what was committed, and once
        the rows are there again so are the writes."""
        self.server.start()
        columns = "size, time_us, edge, checkpoint, record_version, batch"
        self.server.sql("create table early_head as select %s from log_head" % columns)
        self.server.register("lost-%d" % self.late)
        self.server.sql("begin; create table late_head as select %s from log_head; "
                        "create table late_entry as select * from entry where index >= (select size from early_head); "
                        "delete from entry where index >= (select size from early_head); "
                        "update log_head set (%s) = (select %s from early_head); commit" % (columns, columns, columns))
        with self.assertRaises(jokbo.Failure) as caught:
            self.server.register("more-%d" % self.late)
        failure = caught.exception
        self.assertEqual((failure.code, failure.reason), ("UNAVAILABLE", "LOG_ROLLED_BACK"), failure.message)
        self.assertIn("restore a backup that holds at least %d entries" % (self.late + 1), failure.message)
        self.assertIn("RetryInfo", failure.details)
        self.assertEqual(int(self.server.sql("select count(*) from entry")), self.late, "something was written")
        self.assertEqual(self.server.ask("Registry.GetModel", name="someone/lost-%d" % self.late)["log_index"], str(self.late))
        self.server.sql("begin; insert into entry select * from late_entry; "
                        "update log_head set (%s) = (select %s from late_head); "
                        "drop table early_head, late_head, late_entry; commit" % (columns, columns))
        self.assertEqual(self.server.register("more-%d" % self.late)["log_index"], str(self.late + 1))

    def test_another_line(self):
        """As many entries as were acknowledged and more, but others: the guard copy tells, and so does what was published."""
        self.roll_back()
        os.remove(self.server.guard)
        os.rename(self.server.public, self.server.public + ".true")
        self.server.start()
        for number in range(self.late - self.early + 2):
            self.server.register("other-%d" % number)
        self.assertGreater(self.guarded(), self.late)
        self.server.stop()
        other_guard = read(self.server.guard)
        write(self.server.guard, self.true_guard)
        self.refused("restored from a different history", "restore a backup of the log that %s guards" % self.server.guard)
        shutil.rmtree(self.server.public)
        shutil.copytree(self.server.public + ".true", self.server.public)
        write(self.server.guard, other_guard)
        self.refused("are not those that %s published" % self.server.public, "restored from a different history", "jokbod recover --from")

    def test_another_log(self):
        with Log("--origin", "registry.example/other") as other:
            other.roster()
            foreign = read(other.guard)
        write(self.server.guard, foreign)
        self.refused("wrong data directory", "registry.example/other", "registry.example/log")
        write(self.server.guard, self.true_guard)
        self.goes_on()

    def test_behind(self):
        """Written after the commit, so a crash between the two leaves it behind: no reason to refuse."""
        write(self.server.guard, self.early_guard)
        self.assertEqual(self.guarded(), self.early)
        self.goes_on()

    def tear(self, sequence, kept):
        """The block with this sequence, of which only the first bytes came to the disk."""
        data = bytearray(self.true_guard)
        at = (sequence % 2) * auditor.GUARD_BLOCK
        data[at + kept:at + auditor.GUARD_BLOCK] = os.urandom(auditor.GUARD_BLOCK - kept)
        write(self.server.guard, bytes(data))

    def test_torn(self):
        blocks = auditor.guard_blocks(self.server.guard)
        self.assertEqual(len(blocks), 2)
        for kept in (20, auditor.GUARD_BLOCK - 8):  # in the length, and in the digest, where a single byte might be the same by chance
            self.true_guard = read(self.server.guard)
            newest = max(auditor.guard_blocks(self.server.guard))
            self.tear(newest, kept)
            self.assertEqual(list(auditor.guard_blocks(self.server.guard)), [newest - 1])
            self.goes_on()

    def test_torn_guards_what_is_left(self):
        """Torn, its older block still shows that the database was rolled back."""
        self.tear(max(auditor.guard_blocks(self.server.guard)), 100)
        left = self.guarded()
        self.assertTrue(self.early < left < self.late)
        self.roll_back()
        self.refused("it was rolled back", "at least %d entries" % left)

    def test_damaged(self):
        for data in (b"", os.urandom(2 * auditor.GUARD_BLOCK), self.true_guard[:100]):
            write(self.server.guard, data)
            self.refused("is damaged", "compare the log with the newest published checkpoint, then remove the file")
        os.remove(self.server.guard)  # the way out
        self.goes_on()


class OnSmallDisk(Log):
    """A server whose data directory is a small file system of its own, in a mount namespace of its own."""

    def __init__(self):
        self.script = tempfile.NamedTemporaryFile("w", prefix="jokbo-small-", suffix=".sh", delete=False)
        with self.script as f:
            f.write("#!/bin/sh\n# Given: --data DIR and further options of jokbod.\n"
                    "if [ -z \"$INSIDE\" ]; then INSIDE=1 exec unshare --mount --propagation private \"$0\" \"$@\"; fi\n"
                    "mount -t tmpfs -o size=%dm,mode=0755 none \"$2\" && exec %s \"$@\"\n"
                    % (TMPFS_MB, os.path.join(jokbo.BUILD, "jokbod")))
        os.chmod(self.script.name, 0o700)
        super().__init__(binary=self.script.name)

    @property
    def inside(self):
        return "/proc/%d/root%s" % (self.process.pid, self.data)

    @property
    def token(self):
        words = read(os.path.join(self.inside, "client.config")).decode().split()
        return words[words.index("token") + 2]

    def close(self):
        super().close()
        os.remove(self.script.name)

    def fill(self):
        """Takes all that is left of the disk."""
        path = os.path.join(self.inside, "filler")
        with open(path, "ab", buffering=0) as f:
            for piece in (1 << 20, 4096, 1):
                try:
                    while True:
                        f.write(bytes(piece))
                except OSError:
                    continue
        return path


def may_mount():
    probe = ["unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(probe, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@unittest.skipUnless(may_mount(), "needs to mount a small file system in a mount namespace of its own (root)")
class FullDiskTest(unittest.TestCase):
    def test_full_disk(self):
        server = OnSmallDisk()
        self.addCleanup(server.close)
        server.start().roster()
        client = server.client()
        self.addCleanup(client.close)
        declare = lambda number: jokbo.derivative("someone/model-%d" % number, BASE)  # noqa: E731
        client.call("Registry.RegisterDerivative", derivative=declare(0))
        filler, number = server.fill(), 0
        with self.assertRaises(jokbo.Failure) as caught:
            for number in range(1, 2000):
                client.call("Registry.RegisterDerivative", derivative=declare(number))
        failure = caught.exception
        self.assertEqual((failure.code, failure.reason), ("UNAVAILABLE", "DATABASE_DISK_FULL"), failure.message)
        self.assertIn("RetryInfo", failure.details)
        for _ in range(3):
            with self.assertRaises(jokbo.Failure) as caught:
                client.call("Registry.BatchRegisterDerivatives", derivatives=[declare(number + i) for i in range(50)])
            self.assertEqual(caught.exception.code, "UNAVAILABLE", caught.exception.message)

        audit = auditor.Audit(client)
        entries = audit.follow(client)
        size = audit.tree.size
        self.assertEqual(sum(bool(entry.kind == "register" and entry.parents) for entry in entries), number)
        self.assertEqual(client.call("Registry.GetModel", name="someone/model-%d" % (number - 1))["log_size"], str(size))
        self.assertEqual(client.call("Registry.ListModels", publisher="someone")["total_size"], number)
        count = client.call("Evaluation.CountDerivatives", scope={"all": True})
        self.assertEqual((int(count["registered"]), int(count["log_size"])), (number, size))

        os.remove(filler)
        reply = client.call("Registry.RegisterDerivative", derivative=declare(number))
        self.assertEqual(int(reply["log_index"]), size)
        audit.follow(client)
        self.assertEqual(audit.tree.size, size + 1)
        client.close()
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
