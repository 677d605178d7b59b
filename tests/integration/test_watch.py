"""Following the log over gRPC: every entry once, in order, soon after its commit, whoever else watches."""
import os
import shutil
import subprocess
import sys
import threading
import time
import unittest

import grpc

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import Case, Client, Cluster, Failure, Server, allowed, derivative, new_id  # noqa: E402

BASE = "skt/A.X-K1"
OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]  # else all clients of a process share one, which has 100 streams


class Watch:
    """A stream from an index on; fails where a piece does not follow the one before."""

    def __init__(self, client, start=0, timeout=60):
        self.stream, self.next, self.entries = client.watch(start, timeout), start, []
        self.hello = next(self.stream)
        assert self.hello.start == start and not self.hello.entries, self.hello
        self.most = 0

    def piece(self):
        piece = next(self.stream)
        assert piece.start == self.next and piece.entries and piece.log_size >= self.next + len(piece.entries), piece
        assert len(piece.entries) <= 256 and sum(map(len, piece.entries)) <= 512 << 10
        self.most = max(self.most, len(piece.entries))
        self.next += len(piece.entries)
        self.entries.extend(piece.entries)

    def up_to(self, size):
        while self.next < size:
            self.piece()
        return self

    def end(self):
        """The code of a stream that the server ends."""
        try:
            for piece in self.stream:
                raise AssertionError("another piece: %r" % piece)
        except grpc.RpcError:
            pass
        return self.stream.code()

    def cancel(self):
        self.stream.cancel()


class Watching(Case):
    options = ("--writes-per-day", "100000", "--proxies", "127.0.0.1")

    def fill(self, count, name):
        for at in range(0, count, 1000):
            self.alice.call("Registry.BatchRegisterDerivatives", timeout=60, request_id=new_id(), derivatives=[
                derivative("alice/%s-%d" % (name, i), BASE) for i in range(at, min(at + 1000, count))])

    def clients(self, count, forwarded="198.51.100.%d"):
        """Each with a connection and an address of its own."""
        made = [Client(self.server.address, options=OWN_CONNECTION, forwarded=forwarded % i) for i in range(count)]
        for client in made:
            self.addCleanup(client.close)
        return made

    def watch(self, start, client=None):
        watch = Watch(client or self.anyone, start)
        self.addCleanup(watch.cancel)
        return watch

    def test_from_the_beginning(self):
        """A long way behind, piece by piece, and then what is new."""
        self.fill(6000, "long")
        size = self.size()
        watch = self.watch(0).up_to(size)
        self.assertEqual(watch.hello.log_size, size)
        self.assertEqual(watch.most, 256)
        self.assertEqual(watch.entries, self.anyone.entries())
        self.register("alice/after-long", BASE)
        self.assertEqual(watch.up_to(size + 1).entries, self.anyone.entries())

    def test_from_the_end(self):
        size = self.size()
        watch = self.watch(size)
        for i in range(5):
            started = time.monotonic()
            self.register("alice/new-%d" % i, BASE)
            watch.piece()
            self.assertLess(time.monotonic() - started, allowed(2))
            self.assertEqual(len(watch.entries), i + 1, "an entry in a piece of its own")
        self.assertEqual(watch.entries, self.anyone.entries(size))

    def test_resumed(self):
        """Broken off after each piece, and taken up at the index after the last."""
        self.fill(700, "resumed")
        size, found = self.size(), []
        while len(found) < size:
            watch = self.watch(len(found))
            watch.piece()
            watch.cancel()
            found += watch.entries
        self.assertEqual(found, self.anyone.entries())

    def test_refused(self):
        for start in (-1, self.size() + 1, 2**32, 2**63 - 1):
            with self.subTest(start=start), self.assertRaises(Exception) as caught:
                self.anyone.watch_begins(start)
            self.assertEqual((caught.exception.code, list(caught.exception.fields)), ("INVALID_ARGUMENT", ["start"]))
        self.assertFalse(self.anyone.watch_begins(self.size()).entries)

    def test_two_hundred_at_once(self):
        """Some from the beginning, some from the end, some that never read: all that read get everything."""
        size, clients = self.size(), self.clients(4)
        watches = [self.watch(0 if i % 4 == 0 else size, clients[i % 4]) for i in range(200)]
        writers = [threading.Thread(target=lambda n=n: [self.register("alice/many-%d-%d" % (n, i), BASE)
                                                        for i in range(50)]) for n in range(4)]
        for writer in writers:
            writer.start()
        self.fill(400, "many")
        for writer in writers:
            writer.join()
        entries = self.anyone.entries()
        self.assertEqual(len(entries), size + 600)
        for i, watch in enumerate(watches):
            if i % 10:
                self.assertEqual(watch.up_to(len(entries)).entries, entries[0 if i % 4 == 0 else size:])

    def test_a_client_that_never_reads(self):
        """It costs a message, and nobody else anything."""
        size = self.size()
        lazy = [self.watch(0, client) for client in self.clients(1) for _ in range(20)]
        watch = self.watch(size)
        self.fill(2000, "lazy")
        self.assertEqual(len(watch.up_to(size + 2000).entries), 2000)
        for sleeper in lazy:
            sleeper.cancel()

    def admitted(self, client, size):
        """A new watch, as soon as there is room."""
        until = time.monotonic() + 20
        while True:
            try:
                return self.watch(size, client)
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED or time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def full(self, client, size, message):
        with self.assertRaises(Failure) as caught:
            client.watch_begins(size)
        failure = caught.exception
        self.assertEqual((failure.code, failure.reason), ("RESOURCE_EXHAUSTED", "TOO_MANY_WATCHERS"))
        self.assertIn("RetryInfo", failure.details)
        self.assertIn(message, failure.message)

    def test_limit_and_cancelled_watches(self):
        """A thousand, of them two hundred kept for accounts, and a hundred each; those whose client is gone make room at once."""
        size, clients = self.size(), self.clients(9)
        watches = [self.watch(size, clients[i // 100]) for i in range(800)]
        self.full(clients[8], size, "800 streams follow the log without an account on this server")
        users = [Client(self.server.address, person.token, options=OWN_CONNECTION) for person in (self.alice, self.bob)]
        for user in users:
            self.addCleanup(user.close)
            watches += [self.watch(size, user) for _ in range(100)]
        self.full(self.admin, size, "1000 streams follow the log on this server")
        for watch in watches[:50]:
            watch.cancel()
        clients[7].close()  # and with it a hundred
        fresh = [self.admitted(clients[8], size) for _ in range(90)]
        self.full_of_an_account(users[0], size)
        self.register("alice/for-a-thousand", BASE)
        for watch in watches[50:700] + watches[800:] + fresh:
            self.assertEqual(len(watch.up_to(size + 1).entries), 1)

    def full_of_an_account(self, user, size):
        """A stream of its connection's hundred has to end first."""
        other = Client(self.server.address, user.token, options=OWN_CONNECTION)
        self.addCleanup(other.close)
        self.full(other, size, "100 streams follow the log for this account")

    def test_each_address(self):
        """Streams of one network are counted together, whatever connections they have."""
        size, clients = self.size(), self.clients(2, "2001:db8:7::%d")
        watches = [self.watch(size, clients[i % 2]) for i in range(100)]
        self.full(clients[0], size, "100 streams follow the log without an account from 2001:db8:7::/64")
        self.watch(size, self.clients(1, "2001:db8:7:1::%d")[0])
        watches[0].cancel()
        self.admitted(clients[1], size)

    def test_own_deadline(self):
        watch = Watch(self.anyone, self.size(), timeout=1)
        self.assertEqual(watch.end(), grpc.StatusCode.DEADLINE_EXCEEDED)


class Stopping(unittest.TestCase):
    def test_drain(self):
        """Watches end with OK, quickly, when the server stops."""
        with Server() as server:
            clients = [Client(server.address, options=OWN_CONNECTION) for _ in range(2)]
            for client in clients:
                self.addCleanup(client.close)
            size = int(clients[0].call("Log.GetCheckpoint")["log_size"])
            watches = [Watch(clients[i % 2], 0 if i % 3 else size).up_to(size) for i in range(60)]
            started = time.monotonic()
            stopping = threading.Thread(target=server.stop)
            stopping.start()
            self.assertEqual({watch.end() for watch in watches}, {grpc.StatusCode.OK})
            self.assertLess(time.monotonic() - started, allowed(3))
            stopping.join()
            self.assertLess(time.monotonic() - started, allowed(8))


class TwoServers(unittest.TestCase):
    def test_what_another_server_commits(self):
        cluster = Cluster()
        self.addCleanup(cluster.close)
        cluster.start().create_database()
        servers = []
        for _ in range(2):
            server = Server("--database", cluster.url)
            server.options += ["--client-config", os.path.join(server.data, "client.config")]
            self.addCleanup(server.close)
            servers.append(server)
        subprocess.run([servers[0].binary, "migrate", "--database", cluster.url], check=True, capture_output=True)
        servers[0].start()
        shutil.copy2(os.path.join(servers[0].data, "log.key"), servers[1].data)
        servers[1].start()
        admin, second = servers[0].client(), Client(servers[1].address)
        size = int(second.call("Log.GetCheckpoint", min_log_size=int(admin.call("Log.GetCheckpoint")["log_size"]))["log_size"])
        watches = [Watch(admin, size), Watch(second, size)]
        for i in range(20):
            admin.call("Registry.CreatePublisher", name="p-%d" % i)
        for watch in watches:
            watch.up_to(size + 20)
            watch.cancel()
        self.assertEqual(watches[0].entries, watches[1].entries)
        self.assertEqual(watches[0].entries, admin.entries(size))
        for client in (admin, second):
            client.close()


if __name__ == "__main__":
    unittest.main()
