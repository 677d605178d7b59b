"""Clients that open calls and connections and neither send nor read: what they can hold is bounded, ends after a time, goes back to
the system, and keeps nobody else waiting."""
import http.client
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import unittest

import grpc

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import h2  # noqa: E402
from jokbo import SLOWER, Case, Client, Failure, Server, allowed, derivative, eventually, new_id  # noqa: E402

BASE = "skt/A.X-K1"
MEBIBYTE = 1 << 20
OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]  # else all clients of a process share one
COUNT, LIST, UPLOAD = ("/jokbo.v1." + name for name in ("Evaluation/CountDerivatives", "Registry/ListModels", "Registry/UploadBlob"))
HEALTH = "/grpc.health.v1.Health/Check"
SERVING = b"\x08\x01"


def is_sanitized(pid):
    with open("/proc/%d/maps" % pid) as maps:
        return "libasan" in maps.read()


def resident(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"^VmRSS:\s+(\d+) kB", f.read(), re.M).group(1)) * 1024


def measured(server, name):
    """The sum of a metric's rows."""
    host, port = server.metrics.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return sum(float(row) for row in re.findall(r"^%s(?:\{.*\})? (\S+)$" % name, text, re.M))


class Silent:
    """A call whose client opens it, and then sends nothing."""

    def __init__(self, client, name="Registry.UploadBlob"):
        self.over = threading.Event()
        _, stub = client.stub(name)
        self.call = stub.future(self.nothing(), metadata=client.metadata())

    def nothing(self):
        self.over.wait()
        return
        yield

    def end(self):
        self.call.cancel()
        self.over.set()


PATIENT = ("--first-message-ms", "600000")  # or calls that say nothing end while a slow machine still opens the last ones


class Bounded(Case):
    """A server of a test's own, with short times."""

    def server_with(self, *options):
        server = Server("--metrics", "127.0.0.1:0", *options)
        self.addCleanup(server.close)
        return server.start()

    @classmethod
    def setUpClass(cls):
        pass

    def client_of(self, server, token="admin"):
        client = Client(server.address, server.token if token == "admin" else token, options=OWN_CONNECTION)
        self.addCleanup(client.close)
        client.call("Evaluation.CountDerivatives", scope={"all": True})
        return client

    def connect(self, server, window=0):
        connection = h2.Connection(server.address, window)
        self.addCleanup(connection.close)
        return connection

    def silent(self, client):
        call = Silent(client)
        self.addCleanup(call.end)
        return call

    def failure(self, function, *arguments, **fields):
        with self.assertRaises(Failure) as caught:
            function(*arguments, **fields)
        return caught.exception


class Unread(Bounded):
    def test_six_thousand_lists_that_nobody_reads(self):
        # A bound that a busy machine reaches too, before the first replies have lain here for too long.
        server = self.server_with("--writes-per-day", "100000", "--unread-ms", "8000", "--unread-mib", "32")
        admin = self.client_of(server.load_roster())
        admin.call("Registry.CreatePublisher", name="many")
        admin.call("Registry.BatchRegisterDerivatives", timeout=60, request_id=new_id(),
                   derivatives=[derivative("many/model-%d" % i, BASE) for i in range(1000)])
        admin.call("Registry.ListModels", page_size=1000)
        request, _ = admin.stub("Registry.ListModels")
        data, pid = request(page_size=1000).SerializeToString(), server.process.pid
        before, most, waited = resident(pid), 0, []
        connections = [self.connect(server) for _ in range(60)]
        for connection in connections:
            connection.open(LIST, 100, data)
        # All calls have come to their ends but those whose replies lie here. Meanwhile others are answered.
        answers = 0
        until = time.monotonic() + 7
        while time.monotonic() < until or measured(server, "jokbo_rpc_live_calls") > 1000:
            began = time.monotonic()
            count = admin.call("Evaluation.CountDerivatives", scope={"all": True}, timeout=20)
            waited.append(time.monotonic() - began)
            self.assertEqual(count["registered"], "1000")
            most = max(most, resident(pid))
            self.assertLessEqual(measured(server, "jokbo_rpc_unread_bytes"), 40 * MEBIBYTE)
            answers += 1
            time.sleep(0.05)
        self.assertGreater(answers, 5)
        self.assertEqual(len(admin.call("Registry.ListModels", page_size=1000, timeout=20)["models"]), 1000)
        self.assertGreater(most - before, 16 * MEBIBYTE, "they did lie here")
        if not is_sanitized(pid):  # a sanitizer's own memory is not ours to bound
            self.assertLess(most, 384 * MEBIBYTE)
        # Nobody reads still, and the connections stay; the calls end, and the memory goes back.
        eventually(lambda: measured(server, "jokbo_rpc_unread_bytes") < MEBIBYTE, 30)
        refused, cut = (measured(server, "jokbo_rpc_%s_total" % name) for name in ("refused", "cut"))
        self.assertGreater(min(refused, cut), 64)
        if not is_sanitized(pid):
            eventually(lambda: resident(pid) < before + 64 * MEBIBYTE, 30)
        self.assertFalse(any(connection.is_closed() for connection in connections))

    def test_a_reply_that_is_not_read_ends(self):
        """What goes beyond the window waits; a reply that is read in time is whole."""
        server = self.server_with("--unread-ms", "1000")
        admin = self.client_of(server.load_roster())
        request, _ = admin.stub("Registry.ListModels")
        connection, reader = self.connect(server, window=100), self.connect(server, window=1 << 20)
        for one in (connection, reader):
            one.open(LIST, 1, request(page_size=100).SerializeToString())
        self.assertEqual(list(reader.ended(1)), [1])
        began = time.monotonic()
        self.assertEqual(list(connection.ended(1)), [1])
        self.assertGreater(time.monotonic() - began, 0.5)
        self.assertEqual(measured(server, "jokbo_rpc_cut_total"), 1)
        eventually(lambda: measured(server, "jokbo_rpc_unread_bytes") == 0)


class Silence(Bounded):
    def test_calls_without_a_message_end(self):
        server = self.server_with("--first-message-ms", "1000")
        admin = self.client_of(server)
        silent = self.silent(admin)
        connection = self.connect(server)
        connection.open(COUNT, 50)
        connection.open(UPLOAD, 50, authorization="Bearer " + server.token)
        self.assertEqual(len(connection.ended(100)), 100)
        with self.assertRaises(grpc.RpcError) as caught:
            silent.call.result(20 * SLOWER)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        self.assertRegex(caught.exception.details(), r"no message arrived within \d+ ms of the start of the call; send it without delay")
        eventually(lambda: measured(server, "jokbo_rpc_live_calls") == 0)
        self.assertEqual(measured(server, "jokbo_rpc_cut_total"), 101)

    def test_few_may_be_slow(self):
        """A message of which a part has come may be a megabyte. So the oldest of those that wait for theirs have to go."""
        server = self.server_with("--first-message-ms", "600000", "--threads", "2")
        admin = self.client_of(server)
        connections = [self.connect(server) for _ in range(3)]
        for connection in connections:
            connection.open(COUNT, 100)
        eventually(lambda: measured(server, "jokbo_rpc_cut_total") == 172)
        eventually(lambda: measured(server, "jokbo_rpc_live_calls") == 128)  # a call is cut, and then leaves
        admin.call("Evaluation.CountDerivatives", scope={"all": True})
        time.sleep(1)
        self.assertEqual(measured(server, "jokbo_rpc_cut_total"), 172)

    def test_a_stop_does_not_wait_for_them(self):
        server = self.server_with()
        connection = self.connect(server)
        connection.open(COUNT, 100)
        eventually(lambda: measured(server, "jokbo_rpc_live_calls") == 100)
        began = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - began, allowed(8))
        self.assertNotIn("drain-timed-out", server.log())


class Calls(Bounded):
    def test_of_one_client(self):
        """On this machine a client is a connection. Refused calls tell when to try again; health is answered all the same."""
        server = self.server_with("--calls-per-address", "16", *PATIENT)
        crowded, other = self.client_of(server), self.client_of(server)
        calls = [self.silent(crowded) for _ in range(16)]
        eventually(lambda: measured(server, "jokbo_rpc_live_calls") == 16)
        failure = self.failure(crowded.call, "Evaluation.CountDerivatives", scope={"all": True})
        self.assertEqual((failure.code, failure.reason), ("RESOURCE_EXHAUSTED", "TOO_MANY_CALLS"))
        self.assertEqual(failure.message, "16 calls from this address are in progress, which is the limit; try again when one has ended")
        self.assertEqual(failure.details["RetryInfo"]["retry_delay"], "1s")
        self.assertEqual(crowded.channel.unary_unary(HEALTH)(b"", timeout=20), SERVING)
        other.call("Evaluation.CountDerivatives", scope={"all": True})
        calls[0].end()
        eventually(lambda: measured(server, "jokbo_rpc_live_calls") == 15)
        crowded.call("Evaluation.CountDerivatives", scope={"all": True})

    def test_in_all(self):
        """The last eighth is kept for clients that have few."""
        server = self.server_with("--calls", "64", *PATIENT)
        crowd, other = self.client_of(server), self.client_of(server)
        for _ in range(56):
            self.silent(crowd)
        eventually(lambda: measured(server, "jokbo_rpc_live_calls") == 56)
        failure = self.failure(crowd.call, "Evaluation.CountDerivatives", scope={"all": True})
        self.assertEqual((failure.code, failure.reason), ("RESOURCE_EXHAUSTED", "TOO_MANY_CALLS"))
        other.call("Evaluation.CountDerivatives", scope={"all": True})
        self.assertEqual(crowd.channel.unary_unary(HEALTH)(b"", timeout=20), SERVING)

    def test_by_a_proxys_word(self):
        """Through a Unix socket clients are told apart by X-Forwarded-For, the last address in it, however many connections they
        have; without one they are bounded only with all others."""
        folder = tempfile.mkdtemp(prefix="jokbo-bounds-", dir="/tmp")
        self.addCleanup(shutil.rmtree, folder)
        server = self.server_with("--calls-per-address", "16", *PATIENT, "--listen", "unix:%s/grpc.sock" % folder)
        for address in ("192.0.2.7", "2001:db8::1"):
            for _ in range(2):
                self.connect(server).open(COUNT, 8, x_forwarded_for="198.51.100.9, " + address)
        eventually(lambda: measured(server, "jokbo_rpc_live_calls") == 32)
        request = b"\x0a\x02\x08\x01"
        for headers, refused in (({"x_forwarded_for": "192.0.2.7"}, 1), ({"x_forwarded_for": "2001:db8::ffff"}, 1),
                                 ({"x_forwarded_for": "2001:db8:0:1::1"}, 0), ({"x_forwarded_for": "192.0.2.7,192.0.2.8"}, 0), ({}, 0)):
            before = measured(server, "jokbo_rpc_refused_total")
            connection = self.connect(server, window=65535)
            connection.open(COUNT, 1, request, **headers)
            connection.ended(1)
            self.assertEqual(measured(server, "jokbo_rpc_refused_total") - before, refused, headers)


class Connections(Bounded):
    def test_the_newest_go(self):
        server = self.server_with("--grpc-connections", "8")
        admin = self.client_of(server)  # the first of them
        older = [self.connect(server) for _ in range(7)]
        eventually(lambda: measured(server, "jokbo_rpc_connections") == 8)
        newer = [self.connect(server) for _ in range(5)]
        eventually(lambda: all(connection.is_closed() for connection in newer))
        self.assertFalse(any(connection.is_closed() for connection in older))
        admin.call("Evaluation.CountDerivatives", scope={"all": True})
        self.assertEqual(measured(server, "jokbo_rpc_connections_ended_total"), 5)
        self.assertIn("event=connections-ended", server.log())
        older[0].close()
        eventually(lambda: measured(server, "jokbo_rpc_connections") == 7)
        late = self.connect(server, window=65535)
        late.open(HEALTH, 1, b"")
        self.assertEqual(list(late.ended(1)), [1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
