"""Faults under load. Several clients register derivatives without a pause and keep every acknowledgement; the server, its
PostgreSQL, or both are killed at a random moment; then everything that anybody was told must be true of the log.
JK_FAULT_ROUNDS (20) says how many kills, JK_FAULT_SEED repeats the choices of a run."""
import glob
import os
import random
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import auditor  # noqa: E402
import jokbo  # noqa: E402

ROUNDS = int(os.environ.get("JK_FAULT_ROUNDS", 20))
SEED = int(os.environ.get("JK_FAULT_SEED") or random.SystemRandom().randrange(1 << 32))
WORKERS = 4
RETRIED = ("UNAVAILABLE", "DEADLINE_EXCEEDED")
PATIENCE_S = 60
BASES = ("LGAI-EXAONE/EXAONE-4.0-32B", "skt/A.X-K1", "upstage/Solar-Open-100B", "Motif-Technologies/Motif-3")
FAULTS = ("server", "postmaster", "server alone", "backend", "server", "postmaster", "both", "postmaster")
FAST = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.min_reconnect_backoff_ms", 50),
        ("grpc.max_reconnect_backoff_ms", 200)]


def patiently(ask):
    """Asks until the answer is another than "try again"."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return ask()
        except jokbo.Failure as failure:
            if failure.code not in RETRIED or time.monotonic() > until:
                raise
        time.sleep(0.02)


class Patient(jokbo.Client):
    def call(self, name, **fields):
        return patiently(lambda: super(Patient, self).call(name, **fields))

    def entries(self, start=0, end=0):
        return patiently(lambda: super(Patient, self).entries(start, end))


class Gate:
    """Lets workers through while it is open; closing it waits until none is inside."""

    def __init__(self):
        self.changed, self.open, self.over, self.inside = threading.Condition(), False, False, 0

    def enter(self):
        with self.changed:
            self.changed.wait_for(lambda: self.open or self.over)
            self.inside += not self.over
            return not self.over

    def leave(self):
        with self.changed:
            self.inside -= 1
            self.changed.notify_all()

    def set(self, open, over=False):
        with self.changed:
            self.open, self.over = open, over
            self.changed.notify_all()
            if not open and not self.changed.wait_for(lambda: self.inside == 0, 2 * PATIENCE_S):
                raise auditor.Wrong("the clients did not come to an end")


class Load:
    """The clients, what they were told, and what went wrong."""

    def __init__(self, server):
        self.server, self.gate, self.lock = server, Gate(), threading.Lock()
        self.acknowledged = {}  # name: (log index, lineage hash)
        self.receipts = []      # (log index, receipt)
        self.notes = []         # checkpoints that were shown
        self.least_size = 0     # every answer so far stood in a log of at least this size
        self.retries, self.wrong = 0, []
        self.threads = [threading.Thread(target=self.work, args=(number,), daemon=True) for number in range(WORKERS)]
        self.threads.append(threading.Thread(target=self.watch, daemon=True))
        for thread in self.threads:
            thread.start()

    def end(self):
        self.gate.set(False, over=True)
        for thread in self.threads:
            thread.join(PATIENCE_S)

    def keep(self, told, log_size):
        with self.lock:
            for name, index, lineage_hash in told:
                if name in self.acknowledged:
                    self.wrong.append("%s was registered twice" % name)
                self.acknowledged[name] = (int(index), lineage_hash)
            self.least_size = max(self.least_size, int(log_size))

    def work(self, number):
        chance, mine, client = random.Random(SEED * 1000 + number), [], None
        while self.gate.enter():
            try:
                client = self.register(number, chance, mine, client)
            except Exception as error:
                self.wrong.append("client %d: %r" % (number, error))
            finally:
                self.gate.leave()
        client and client.close()

    def call(self, client, method, request):
        """Until it is answered, with the same request_id. A server that comes back has another address."""
        until = time.monotonic() + PATIENCE_S
        while True:
            if client is None or client.address != self.server.address:
                client = jokbo.Client(self.server.address, self.server.token, options=FAST)
            try:
                return client, client.call(method, timeout=15, **request)
            except jokbo.Failure as failure:
                if failure.code not in RETRIED or time.monotonic() > until:
                    raise
            self.retries += 1
            time.sleep(0.02)

    def register(self, number, chance, mine, client):
        parents = lambda: [jokbo.registered(chance.choice(mine[-20:] + list(BASES)))]  # noqa: E731
        names = ["load-%d/model-%d" % (number, len(mine) + i) for i in range(chance.choice((1, 1, 1, 1, 3)))]
        declared = [dict(name=name, version="1", relation=chance.choice(("RELATION_FINETUNE", "RELATION_QUANTIZED")),
                         license="Apache-2.0", parents=parents()) for name in names]
        request = {"request_id": jokbo.new_id()}
        if len(names) == 1:
            client, reply = self.call(client, "Registry.RegisterDerivative", dict(request, derivative=declared[0]))
            told = [(reply["model"]["name"], reply["log_index"], reply["release"]["lineage_hash"])]
            with self.lock:
                self.receipts.append((int(reply["log_index"]), reply["receipt"]))
        else:
            for earlier, item in zip(names, declared[1:]):  # children of earlier items
                item["parents"] = [jokbo.registered(earlier)]
            client, reply = self.call(client, "Registry.BatchRegisterDerivatives", dict(request, derivatives=declared))
            told = [(r["name"], r["log_index"], r["lineage_hash"]) for r in reply["registrations"]]
        if [name for name, _, _ in told] != names:
            raise auditor.Wrong("asked for %s, told of %s" % (names, told))
        self.keep(told, reply["log_size"])
        mine += names
        return client

    def watch(self):
        """Collects checkpoints while all this goes on: whatever was shown must stay true."""
        client = None
        while self.gate.enter():
            try:
                client, shown = self.call(client, "Log.GetCheckpoint", {})
                with self.lock:
                    self.notes.append(shown["note"])
            except Exception as error:
                self.wrong.append("the watcher: %r" % error)
            finally:
                self.gate.leave()
            time.sleep(0.03)
        client and client.close()


class FaultTest(unittest.TestCase):
    def setUp(self):
        self.chance = random.Random(SEED)
        self.server = jokbo.Server("--writes-per-day", "100000000")
        self.addCleanup(self.server.close)
        self.server.start().load_roster()
        client = self.server.client()
        self.audit = auditor.Audit(client)
        self.audit.follow(client)
        client.close()
        self.seen, self.registered, self.counts, self.receipts = self.audit.tree.size, {}, {}, []
        self.load = Load(self.server)
        self.addCleanup(self.load.end)

    # ---- faults

    def supervisor(self):
        return jokbo.children(self.server.process.pid)[0]

    def backends(self):
        found = []
        for pid in jokbo.children(self.server.postmaster()):
            try:
                with open("/proc/%d/cmdline" % pid) as f:
                    if f.read().startswith("postgres: jokbo_server "):
                        found.append(pid)
            except FileNotFoundError:
                pass
        return found

    def kill_server(self, alone=False, both=False):
        """Alone: without its supervisor noticing, so that the database lives on and is adopted."""
        told, postmaster = self.load.least_size, self.server.postmaster()
        if alone:
            os.kill(self.supervisor(), signal.SIGKILL)
        self.server.kill()
        if both:
            try:
                os.kill(postmaster, signal.SIGKILL)
            except ProcessLookupError:
                pass  # the supervisor saw the server die and was quicker
        note = auditor.guard_note(os.path.join(self.server.data, "checkpoint.guard"))
        self.assertGreaterEqual(auditor.checkpoint(note)[1], told, "the guard copy is behind what was acknowledged")
        self.load.notes.append(note)
        adopted = self.server.log().count("postgresql-adopted")
        self.server.start()
        if alone:
            self.assertEqual(self.server.postmaster(), postmaster, "the database that lived on was not adopted")
            self.assertEqual(self.server.log().count("postgresql-adopted"), adopted + 1)

    def kill_database(self, backend):
        client = self.server.client()
        self.addCleanup(client.close)
        client.call("Registry.GetModel", name=BASES[0])
        postmaster = self.server.postmaster()
        try:
            os.kill(self.chance.choice(self.backends()) if backend else postmaster, signal.SIGKILL)
        except ProcessLookupError:
            pass  # that backend has just ended by itself
        client.call("Registry.GetModel", name=BASES[0], timeout=5)  # reads go on
        client.close()
        if not backend:  # its children finish what they are at
            self.wait(lambda: self.is_another(postmaster), "PostgreSQL was not started again")

    def is_another(self, postmaster):
        try:
            return self.server.postmaster() != postmaster
        except (OSError, ValueError):  # not there yet, or not yet written
            return False

    def inflict(self, fault):
        if fault in ("postmaster", "backend"):
            self.kill_database(fault == "backend")
        else:
            self.kill_server(alone=fault == "server alone", both=fault == "both")

    def wait(self, condition, words):
        until = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), until, words)
            time.sleep(0.01)

    def writes_again(self):
        enough = len(self.load.acknowledged) + 2 * WORKERS
        self.wait(lambda: len(self.load.acknowledged) >= enough or self.load.wrong, "no writes any more")

    # ---- what must be true

    def check_entries(self, entries):
        for index, entry in enumerate(entries, self.seen):
            if entry.kind != "register" or not entry.parents:
                continue
            name = entry.field("model")
            self.assertNotIn(name, self.registered, "registered twice")
            self.registered[name] = (index, entry.lineage_hash)
        self.seen += len(entries)

    def check_counts(self, client):
        size, scope = self.audit.tree.size, {"all": True}
        now = client.call("Evaluation.CountDerivatives", scope=scope, min_log_size=size)
        self.assertEqual((int(now["log_size"]), int(now["registered"]), int(now["counted"])),
                         (size, len(self.registered), len(self.registered)))
        self.assertEqual(int(now["direct"]) + int(now["transitive"]), int(now["counted"]))
        self.counts[size] = {k: v for k, v in now.items() if k != "log_time"}
        earlier = self.chance.choice(sorted(self.counts))
        then = client.call("Evaluation.CountDerivatives", scope=scope, as_of={"log_size": earlier})
        self.assertEqual({k: v for k, v in then.items() if k != "log_time"}, self.counts[earlier])

    def check_guard(self):
        size = self.audit.check_note(auditor.guard_note(os.path.join(self.server.data, "checkpoint.guard")))
        self.assertGreaterEqual(size, self.load.least_size, "the guard copy is behind what was acknowledged")

    def check(self, everything=False):
        self.assertFalse(self.load.wrong, "\n".join(self.load.wrong[:10]))
        client = Patient(self.server.address)
        self.addCleanup(client.close)
        self.check_entries(self.audit.follow(client))
        self.assertEqual(self.registered, self.load.acknowledged, "acknowledged is not what stands in the log")
        receipts, self.load.receipts = self.load.receipts, []
        self.receipts += receipts
        notes = {self.audit.check_receipt(text, index, signature=False) for index, text in receipts}
        notes = sorted(notes.union(self.load.notes))
        self.load.notes = []
        for note in notes:
            self.audit.check_note(note, signature=False)
        for note in self.chance.sample(notes, min(5, len(notes))):
            self.audit.verifier.verify(note)
        start = 0 if everything else self.chance.randrange(self.seen)
        self.audit.read_again(client, start, self.seen if everything else min(self.seen, start + 200))
        self.check_guard()
        self.check_counts(client)
        client.close()

    def round(self, fault):
        self.load.gate.set(True)
        time.sleep(self.chance.uniform(0.1, 0.5))
        self.inflict(fault)
        self.writes_again()
        self.load.gate.set(False)
        self.check()

    def test_rounds(self):
        started = time.monotonic()
        for number in range(ROUNDS):
            fault = FAULTS[number % len(FAULTS)]
            try:
                self.round(fault)
            except Exception as error:
                raise AssertionError("round %d (%s) of %d: %s\nthe same choices again: JK_FAULT_SEED=%d JK_FAULT_ROUNDS=%d\n%s" % (
                    number, fault, ROUNDS, error, SEED, ROUNDS, self.server.log()[-4000:])) from error
        self.check(everything=True)
        for index, text in self.receipts:  # once more, against the log as it came out
            self.audit.check_receipt(text, index, signature=False)
        self.load.end()
        self.assertEqual(self.server.stop(), 0, self.server.log()[-2000:])
        self.assertEqual(self.server.left_running(), [])
        self.assertEqual(glob.glob(os.path.join(self.server.data, "postgresql", "postmaster.pid")), [])
        print("%d rounds, seed %d: %d registrations, %d receipts, %d retries, %d entries, %.0f s" % (
            ROUNDS, SEED, len(self.registered), len(self.receipts), self.load.retries, self.seen, time.monotonic() - started))


if __name__ == "__main__":
    unittest.main()
