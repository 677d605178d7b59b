"""Two servers on one database under load, and one of them is frozen (SIGSTOP) at a random moment: the other goes on, whatever
the frozen one was holding, and nothing that either ever acknowledged is lost, also not by the one that is thawed.
JK_FREEZE_ROUNDS (4) says how many times, JK_FAULT_SEED repeats the choices of a run. Every other round is aimed: the server
is stopped until it happens to stand in the middle of a pipeline, with the log's head locked."""
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import auditor  # noqa: E402
import jokbo  # noqa: E402

ROUNDS = int(os.environ.get("JK_FREEZE_ROUNDS", 4))
SEED = int(os.environ.get("JK_FAULT_SEED") or random.SystemRandom().randrange(1 << 32))
BASE = "lab/base"
NAMES = ("one", "two")
WORKERS = 3          # at each server
GOES_ON_S = 30       # so long may the other one stand still: 3 lock time-outs, and then some on a busy machine
PATIENCE_S = 90
AIMED = 400          # attempts to stop a server in mid-pipeline
RETRIED = ("UNAVAILABLE", "DEADLINE_EXCEEDED")
HOLDS = """select coalesce(max(case when state = 'active' and wait_event_type = 'Client' then 2 else 1 end), 0)
from pg_stat_activity where application_name = '%s' and xact_start is not null
and pid in (select pid from pg_locks where relation = 'log_head'::regclass and mode = 'RowShareLock' and granted)
and cardinality(pg_blocking_pids(pid)) = 0"""


class Worker(threading.Thread):
    """Registers at one server, in ones and in batches. A call waits as long as it takes (so that it is the thawed server that
    answers), or is repeated at the other one with the same request_id."""

    def __init__(self, test, number):
        super().__init__(daemon=True)
        self.test, self.number, self.patient = test, number, number % WORKERS == 0
        self.chance, self.made = random.Random(SEED * 100 + number), 0

    def run(self):
        clients = [jokbo.Client(server.address, self.test.token) for server in self.test.servers]
        try:
            while not self.test.over.is_set():
                self.test.gate.wait()
                self.register(clients)
        except Exception as error:  # told to the test's own thread
            self.test.wrong.append("worker %d: %r" % (self.number, error))
        finally:
            for client in clients:
                client.close()

    def call(self, clients, method, request):
        at, until = self.number // WORKERS, time.monotonic() + PATIENCE_S
        while True:
            try:
                return at, clients[at].call(method, timeout=PATIENCE_S if self.patient else 2, **request)
            except jokbo.Failure as failure:
                if failure.code not in RETRIED or time.monotonic() > until:
                    raise
                at = at if self.patient else 1 - at
            time.sleep(0.02)

    def register(self, clients):
        time.sleep(0.005)
        count = self.chance.choice((1, 1, 1, 1, 1, 100))
        names = ["load/w%d-%d" % (self.number, self.made + i) for i in range(count)]
        declared = [jokbo.derivative(name, BASE) for name in names]
        request = {"request_id": jokbo.new_id()}
        if count == 1:
            at, reply = self.call(clients, "Registry.RegisterDerivative", dict(request, derivative=declared[0]))
            told = {names[0]: int(reply["log_index"])}
        else:
            at, reply = self.call(clients, "Registry.BatchRegisterDerivatives", dict(request, derivatives=declared))
            told = {one["name"]: int(one["log_index"]) for one in reply["registrations"]}
        self.made += count
        with self.test.lock:
            self.test.told.update(told)
            self.test.acknowledged[at] += 1
            self.test.least[at] = max(self.test.least[at], int(reply["log_size"]))
            if count == 1:
                self.test.receipts.append((int(reply["log_index"]), reply["receipt"]))


class Frozen(unittest.TestCase):
    def setUp(self):
        self.chance, self.lock = random.Random(SEED), threading.Lock()
        self.cluster = jokbo.Cluster()
        self.addCleanup(self.cluster.close)
        self.cluster.start().create_database()
        self.cluster.sql("create role server login")
        self.servers = [self.make_server(name) for name in NAMES]
        one, two = self.servers
        subprocess.run([one.binary, "migrate", "--database", self.cluster.url, "--server-role", "server"], check=True,
                       capture_output=True, timeout=60)
        one.start()
        shutil.copy2(os.path.join(one.data, "log.key"), two.data)
        two.start()
        self.token = one.token
        self.clients = [jokbo.Client(server.address, self.token) for server in self.servers]
        for client in self.clients:
            self.addCleanup(client.close)
        self.clients[0].call(
            "Registry.ApplyRoster", teams=[{"id": "lab", "name": "Lab", "name_ko": "랩", "publishers": ["lab"],
                                            "join_time": "2025-08-04T00:00:00Z"}],
            models=[{"name": BASE, "license": "Apache-2.0", "facts": {"team": "lab", "from_scratch": "ANSWER_YES",
                                                                      "listed": True}}])
        self.clients[0].call("Registry.CreatePublisher", name="load")
        self.audit = auditor.Audit(self.clients[0])
        self.told, self.receipts, self.wrong = {}, [], []
        self.registered, self.seen = {}, 0
        self.acknowledged, self.least = [0, 0], [0, 0]
        self.gate, self.over = threading.Event(), threading.Event()
        self.gate.set()
        self.workers = [Worker(self, number) for number in range(2 * WORKERS)]
        for worker in self.workers:
            worker.start()
        self.addCleanup(self.end)

    def make_server(self, name):
        database = self.cluster.url.replace("user=postgres", "user=server") + " application_name=" + name
        server = jokbo.Server("--database", database, "--origin", "registry.test/log", "--writes-per-day", "100000000")
        server.options += ["--client-config", os.path.join(server.data, "client.config")]
        self.addCleanup(server.close)
        return server

    def end(self):
        self.over.set()
        self.gate.set()
        for server in self.servers:
            if server.process:
                server.process.send_signal(signal.SIGCONT)
        for worker in self.workers:
            worker.join(PATIENCE_S)
            self.assertFalse(worker.is_alive())

    def wait(self, condition, seconds, words):
        until = time.monotonic() + seconds
        while not condition():
            self.assertFalse(self.wrong, self.wrong[:5])
            self.assertLess(time.monotonic(), until, words)
            time.sleep(0.01)

    def goes_on(self, number, calls, seconds, words):
        """That server acknowledges so many more calls; how long it took."""
        enough, began = self.acknowledged[number] + calls, time.monotonic()
        self.wait(lambda: self.acknowledged[number] >= enough, seconds, words)
        return time.monotonic() - began

    def holds(self, victim):
        """2: stands in mid-pipeline with the head locked; 1: holds it otherwise; 0: it does not."""
        return int(self.cluster.sql(HOLDS % NAMES[victim]))

    def freeze(self, victim, aimed):
        """Stops it at a random moment; aimed: until it holds the head so that no time-out of PostgreSQL ends its session."""
        for _ in range(AIMED if aimed else 1):
            time.sleep(self.chance.uniform(0.001, 0.03) if aimed else self.chance.uniform(0.1, 0.6))
            self.servers[victim].process.send_signal(signal.SIGSTOP)
            held = self.holds(victim)
            if held == 2 or not aimed:
                break
            self.servers[victim].process.send_signal(signal.SIGCONT)
        else:
            self.servers[victim].process.send_signal(signal.SIGSTOP)
            held = self.holds(victim)
        if held == 2:  # what it sent before it was stopped may still have ended its transaction since
            time.sleep(0.1)
            held = self.holds(victim)
        return held

    def ended(self, number):
        return self.servers[number].log().count("event=stuck-session-ended")

    def round(self, number):
        victim = self.chance.randrange(2)
        other, before = 1 - victim, self.ended(1 - victim)
        held = self.freeze(victim, number % 2 == 1)
        took = self.goes_on(other, 10, GOES_ON_S, "the other server does not go on")
        ended = self.ended(other) - before
        if held == 2:
            self.assertGreaterEqual(ended, 1, "nobody ended the session of the frozen server")
        self.servers[victim].process.send_signal(signal.SIGCONT)
        self.goes_on(victim, 5, PATIENCE_S, "the thawed server does not go on")
        self.check()
        return held, ended, took

    def check(self):
        """Everything that anybody was told up to now is true, at both servers."""
        with self.lock:
            told, least = dict(self.told), list(self.least)
            receipts, self.receipts = self.receipts, []
        for number, client in enumerate(self.clients):
            self.audit.follow(client)
            note = auditor.guard_note(os.path.join(self.servers[number].data, "checkpoint.guard"))
            self.assertGreaterEqual(auditor.checkpoint(note)[1], least[number], "the guard copy is behind what was acknowledged")
        for index, text in receipts:
            self.audit.check_receipt(text, index, signature=False)
        for index, entry in enumerate(self.audit.entries[self.seen:], self.seen):
            if entry.kind == "register":
                self.assertNotIn(entry.field("model"), self.registered, "registered twice")
                self.registered[entry.field("model")] = index
        self.seen = len(self.audit.entries)
        for name, index in told.items():
            self.assertEqual(self.registered.get(name), index)

    def test_rounds(self):
        began, held, ended, longest = time.monotonic(), [0, 0, 0], 0, [0.0, 0.0]
        for number in range(ROUNDS):
            try:
                state, sessions, took = self.round(number)
            except Exception as error:
                logs = "\n".join(server.log()[-3000:] for server in self.servers)
                raise AssertionError("round %d of %d: %s\nthe same choices again: JK_FAULT_SEED=%d JK_FREEZE_ROUNDS=%d\n%s" % (
                    number, ROUNDS, error, SEED, ROUNDS, logs)) from error
            held[state], ended = held[state] + 1, ended + sessions
            longest[state == 2] = max(longest[state == 2], took)
        self.end()
        self.assertFalse(self.wrong, self.wrong[:5])
        self.check()
        entries = [client.entries(0, 0) for client in self.clients]
        self.assertEqual(entries[0], entries[1])
        found = [sum(server.log().count("event=outcome-found committed=" + said) for server in self.servers)
                 for said in ("yes", "no")]
        for server in self.servers:
            self.assertNotIn("outcome-unknown", server.log())
            self.assertEqual(server.stop(), 0, server.log()[-2000:])
        print("%d rounds, seed %d: frozen %d times in mid-pipeline, %d times holding the head otherwise; %d sessions ended; the "
              "other server went on after %.1f s at most (%.1f s where not in mid-pipeline); outcomes found: %d committed, %d "
              "not; %d registrations, %d entries, %.0f s" % (
                  ROUNDS, SEED, held[2], held[1], ended, longest[1], longest[0], found[0], found[1], len(self.told),
                  self.audit.tree.size, time.monotonic() - began))


if __name__ == "__main__":
    unittest.main()
