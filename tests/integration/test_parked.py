"""Calls that wait for a log size: no thread waits with them, nobody else waits for them, and nobody can hold all places."""
import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import Case, Client, Cluster, Failure, Server, allowed, derivative, person  # noqa: E402
from parked import Crowd  # noqa: E402

BASE = "skt/A.X-K1"
OPTIONS = ("--proxies", "127.0.0.1", "--metrics", "127.0.0.1:0")
MOST, ANONYMOUS, EACH, AHEAD = 256, 128, 16, 100000
AT_ONCE = 5  # seconds; those who wait do so for 25
# A method on each way: memory, reader, sequencer's reads.
METHODS = (("Log.GetCheckpoint", {}), ("Registry.ListModels", {"page_size": 1}), ("Evaluation.ListCounts", {}),
           ("Evaluation.CountDerivatives", {"scope": {"all": True}}), ("Registry.GetModel", {"name": BASE}))


def threads(pid):
    """Of the process, but for those that gRPC makes and ends as it likes."""
    found = []
    for task in os.listdir("/proc/%d/task" % pid):
        try:
            with open("/proc/%d/task/%s/comm" % (pid, task)) as file:
                found.append(file.read().strip())
        except FileNotFoundError:
            pass
    return sorted(name for name in found if not name.startswith(("grpc", "default-executo", "resolver-execut", "timer_manager")))


class Parking(Case):
    options = OPTIONS

    def setUp(self):
        self.crowd = Crowd(self.server)
        self.addCleanup(self.crowd.parked, 0)
        self.addCleanup(self.crowd.close)

    def end(self, call):
        return self.crowd.end(call, self.anyone.pool)

    def turned_away(self, call, message):
        failure = self.end(call)
        self.assertIsInstance(failure, Failure)
        self.assertEqual((failure.code, failure.reason), ("RESOURCE_EXHAUSTED", "TOO_MANY_WAITING"), failure.message)
        self.assertIn("RetryInfo", failure.details)
        self.assertIn(message, failure.message)

    def gave_up(self, failure):
        """The server says so before the client's own clock does, unless the machine is too busy for that."""
        self.assertIn((failure.code, failure.reason), (("UNAVAILABLE", "BEHIND"), ("DEADLINE_EXCEEDED", None)), failure.message)

    def others_are_served(self):
        """Lists, counts, log reads and writes, each at once."""
        for method, fields in METHODS + (("Stages.ListStages", {}), ("Registry.ListPublishers", {})):
            started = time.monotonic()
            self.anyone.call(method, **fields)
            self.assertLess(time.monotonic() - started, allowed(AT_ONCE), method)
        started = time.monotonic()
        self.assertEqual(len(self.anyone.entries(0, 100)), 100)
        self.assertLess(time.monotonic() - started, allowed(AT_ONCE), "reading the log")

    def fill_with_strangers(self, size, count=ANONYMOUS):
        calls = []
        for i in range(count):
            method, fields = METHODS[i % len(METHODS)]
            calls.append(self.crowd.park(self.crowd.stranger("198.51.100.%d" % (i // EACH)), size, method, **fields))
        return calls

    def test_four_calls_stop_nobody(self):
        """As many as there are readers: what stopped everybody once."""
        size = self.size()
        calls = [self.crowd.park(self.anyone, size + 1, "Registry.ListModels") for _ in range(4)]
        self.crowd.parked(4)
        self.others_are_served()
        self.register("alice/after-four", BASE)
        for call in calls:
            self.assertEqual(int(self.end(call)["log_size"]), size + 1)

    def test_as_many_as_there_are_places(self):
        users = [person(self.admin, "user-%d" % i) for i in range((MOST - ANONYMOUS) // EACH + 1)]
        size, before = self.size(), threads(self.server.process.pid)
        refused = self.crowd.metric("jokbo_calls_park_refused_total")
        calls = self.fill_with_strangers(size + 1)
        self.crowd.parked(ANONYMOUS)
        late = self.crowd.stranger("203.0.113.1")
        self.turned_away(self.crowd.park(late, size + 1), "128 calls wait for the log to grow without an account on this server")
        for i in range(MOST - ANONYMOUS):  # accounts still have their places
            calls.append(self.crowd.park(self.crowd.account(users[i // EACH].token), size + 1))
        self.crowd.parked(MOST)
        self.turned_away(self.crowd.park(users[-1], size + 1), "256 calls wait for the log to grow on this server")
        self.assertEqual(threads(self.server.process.pid), before)
        self.assertEqual(self.crowd.metric("jokbo_calls_park_refused_total") - refused, 2)
        self.others_are_served()
        self.assertEqual(self.crowd.parked(), MOST)
        self.register("alice/for-all", BASE)
        for call in calls:
            self.assertGreaterEqual(int(self.end(call)["log_size"]), size + 1)
        self.crowd.parked(0)

    def test_each(self):
        """Sixteen of an address, of an IPv6 network, and of an account wherever it calls from."""
        size = self.size()
        for client, other, message in (
                (self.crowd.stranger("192.0.2.7"), None, "16 calls wait for the log to grow without an account from 192.0.2.7"),
                (self.crowd.stranger("2001:db8::1"), self.crowd.stranger("2001:db8::2"), "from 2001:db8::/64, which is the limit"),
                (self.crowd.account(self.bob.token), Client(self.server.address, self.bob.token, forwarded="192.0.2.99"),
                 "16 calls wait for the log to grow for this account")):
            before = self.crowd.parked()
            for _ in range(EACH):
                self.crowd.park(client, size + 1)
            self.crowd.parked(before + EACH)
            self.turned_away(self.crowd.park(other or client, size + 1), message)
        self.crowd.park(self.crowd.stranger("192.0.2.8"), size + 1)
        self.crowd.park(self.crowd.stranger("2001:db8:0:1::1"), size + 1)
        self.crowd.parked(3 * EACH + 2)

    def test_a_clients_own_word_is_not_taken(self):
        """What it writes before the proxy does is nobody's address."""
        size = self.size()
        for i in range(EACH):
            self.crowd.park(self.crowd.stranger("10.0.0.%d, 192.0.2.50" % i), size + 1)
        self.crowd.parked(EACH)
        self.turned_away(self.crowd.park(self.crowd.stranger("10.0.1.1, 192.0.2.50"), size + 1), "from 192.0.2.50")

    def test_clients_that_leave(self):
        """Their places are free at once, whether they cancel or their connection breaks."""
        size = self.size()
        calls = self.fill_with_strangers(size + 1)
        self.crowd.parked(ANONYMOUS)
        for call in calls[:5]:
            call.cancel()
        self.crowd.parked(ANONYMOUS - 5)
        self.crowd.stranger("198.51.100.7").close()
        self.crowd.parked(ANONYMOUS - 5 - EACH)
        again = [self.crowd.park(self.crowd.stranger("203.0.113.%d" % i), size + 1) for i in range(5 + EACH)]
        self.crowd.parked(ANONYMOUS)
        self.register("alice/for-those-who-stay", BASE)
        for call in calls[5:-EACH] + again:
            self.assertGreaterEqual(int(self.end(call)["log_size"]), size + 1)

    def test_in_a_loop(self):
        """Calls that give up and come again take nothing from anybody."""
        size = self.size()
        for _ in range(10):
            calls = [self.crowd.park(self.anyone, size + 1000, timeout=0.3) for _ in range(EACH)]
            self.others_are_served()
            for call in calls:
                self.gave_up(self.end(call))

    def test_too_far_ahead(self):
        size = self.size()
        with self.assertRaises(Failure) as caught:
            self.anyone.call("Registry.ListModels", min_log_size=size + AHEAD, timeout=0.5)
        self.gave_up(caught.exception)
        failure = self.wrong(["min_log_size"], "Registry.ListModels", self.anyone, min_log_size=size + AHEAD + 1)
        self.assertIn("%d is a log size more than 100000 beyond the %d entries" % (size + AHEAD + 1, size), str(failure.fields))
        first = self.anyone.call("Registry.ListModels", page_size=2)
        for ahead, fields in ((AHEAD, None), (AHEAD + 1, ["page_token"])):
            token = first["next_page_token"].replace(".%d." % size, ".%d." % (size + ahead))
            self.assertNotEqual(token, first["next_page_token"])
            if fields:
                self.wrong(fields, "Registry.ListModels", self.anyone, page_size=2, page_token=token)
            else:
                with self.assertRaises(Failure) as caught:
                    self.anyone.call("Registry.ListModels", page_size=2, page_token=token, timeout=0.5)
                self.gave_up(caught.exception)


class Stopping(unittest.TestCase):
    def test_drain(self):
        """Whoever waits is told to go elsewhere, at once."""
        with Server(*OPTIONS) as server:
            crowd = Crowd(server)
            self.addCleanup(crowd.close)
            client = server.client()
            size = int(client.call("Log.GetCheckpoint")["log_size"])
            calls = [crowd.park(client, size + 1) for _ in range(EACH)]
            crowd.parked(EACH)
            started = time.monotonic()
            server.stop()
            self.assertLess(time.monotonic() - started, allowed(8))
            for call in calls:
                failure = crowd.end(call, client.pool)
                self.assertEqual((failure.code, failure.reason), ("UNAVAILABLE", "STOPPING"))
                self.assertIn("RetryInfo", failure.details)
            client.close()


class Options(unittest.TestCase):
    def test_proxies_that_are_none(self):
        server = Server("--proxies", "unix,example.com")
        self.addCleanup(server.close)
        with self.assertRaises(RuntimeError) as caught:
            server.start()
        self.assertIn('--proxies: "example.com" is not an address', str(caught.exception))


class BusyReaders(unittest.TestCase):
    """Readers that stand still for another reason: PostgreSQL lets nobody read free texts."""

    def setUp(self):
        self.cluster = Cluster()
        self.addCleanup(self.cluster.close)
        self.cluster.start().create_database()
        self.server = Server("--database", self.cluster.url, *OPTIONS)
        self.server.options += ["--client-config", os.path.join(self.server.data, "client.config")]
        self.addCleanup(self.server.close)
        subprocess.run([self.server.binary, "migrate", "--database", self.cluster.url], check=True, capture_output=True)
        self.server.start()
        self.server.load_roster()
        self.admin, self.anyone = self.server.client(), Client(self.server.address)

    def lock_texts(self):
        """Until the test ends."""
        holder = subprocess.Popen([os.path.join(self.cluster.bin, "psql"), "-XAtq", "-d", self.cluster.url, "-c",
                                   "begin", "-c", "lock table free_text in access exclusive mode", "-c", "select 'locked'",
                                   "-c", "select pg_sleep(60)"], stdout=subprocess.PIPE, text=True)

        def let_go():
            holder.kill()
            holder.wait()
            holder.stdout.close()
            self.cluster.sql("select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()")
        self.addCleanup(let_go)
        self.assertEqual(holder.stdout.readline(), "locked\n")

    def test_a_stage_closes_all_the_same(self):
        """At its cut-off, with all readers busy and all places for strangers taken."""
        from test_closing import RULED, after
        alice, eve = person(self.admin, "alice"), person(self.admin, "eve", ["evaluator"], scopes=["roster"])
        alice.call("Registry.CreatePublisher", name="alice")
        alice.call("Registry.RegisterDerivative", derivative=derivative("alice/m", BASE))
        eve.call("Stages.RecordPolicy", text=RULED)
        eve.call("Stages.Rule", model="alice/m", kind="RULING_KIND_EXCLUDE", reason="spam", text="a text")
        crowd = Crowd(self.server)
        self.addCleanup(crowd.close)
        eve.call("Stages.PutStage", stage=dict(id="s", title="S", title_ko="단계", open_time=after(-60), cutoff_time=after(5),
                                               policy="ruled", teams=["sk-telecom"], source="invented"))
        cutoff = time.monotonic() + 5
        self.lock_texts()
        # four at a time, each for the 2 s after which a reader gives a lock up
        busy = [crowd.park(self.anyone, 0, "Stages.ListRulings", timeout=60) for _ in range(60)]
        size = int(self.anyone.call("Log.GetCheckpoint")["log_size"])
        for i in range(ANONYMOUS):
            crowd.park(crowd.stranger("198.51.100.%d" % (i // EACH)), size + 1000)
        crowd.parked(ANONYMOUS)
        with self.assertRaises(Failure):  # so busy they are
            self.anyone.call("Registry.ListModels", timeout=1)
        while crowd.metric("jokbo_stages_closed") == 0:
            self.assertLess(time.monotonic(), cutoff + 3 * allowed(AT_ONCE), "the stage was not closed")
            time.sleep(0.1)
        self.assertGreater(time.monotonic(), cutoff - 0.5)
        self.assertFalse(all(call.done() for call in busy), "the readers had nothing more to do")


if __name__ == "__main__":
    unittest.main()
