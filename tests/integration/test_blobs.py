"""What accounts may upload a day: over a demo's clock, so that days pass, with two servers of one database."""
import datetime
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import grpc  # noqa: E402
from jokbo import BUILD, Client, Cluster, Failure, Server, new_id, person  # noqa: E402

LEAST = 4096  # what each upload counts as, at least
QUOTA = 20 * LEAST
NOON = datetime.datetime(2031, 1, 10, 12)  # in UTC: tests pass days, and no day passes a test


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Case(unittest.TestCase):
    """Two servers of a demo on one database."""
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start().create_database()
        cls.servers = [cls.make_server() for _ in range(2)]
        first, second = cls.servers
        subprocess.run([os.path.join(BUILD, "jokbod"), "migrate", "--database", cls.cluster.url], check=True, timeout=60)
        cls.time = NOON
        first.start().load_roster()
        shutil.copy2(os.path.join(first.data, "log.key"), second.data)
        second.start()
        cls.admin = first.client()
        cls.addClassCleanup(lambda: cls.admin.close())
        cls.show(NOON)
        cls.alice = person(cls.admin, "alice")
        cls.addClassCleanup(cls.alice.close)
        cls.alice.call("Registry.CreatePublisher", name="alice")

    @classmethod
    def make_server(cls):
        server = Server("--database", cls.cluster.url, "--demo", "--metrics", "127.0.0.1:0", *cls.options)
        server.options += ["--client-config", os.path.join(server.data, "client.config")]
        cls.addClassCleanup(server.close)
        return server

    @classmethod
    def show(cls, time):
        cls.time = time
        cls.admin.call("Demo.SetClock", time=time.isoformat() + "Z")

    @classmethod
    def pass_time(cls, **time):
        cls.show(cls.time + datetime.timedelta(**time))

    def at(self, server, client):
        """The same account at another server."""
        other = Client(server.address, client.token)
        self.addCleanup(other.close)
        return other

    def metric(self, server, name):
        with urllib.request.urlopen("http://%s/metrics" % server.metrics, timeout=20) as page:
            for line in page.read().decode().split("\n"):
                if line.startswith(name + " "):
                    return int(line.split()[1])
        return None

    @staticmethod
    def text(client, data):
        return client.upload("BLOB_KIND_LICENSE_TEXT", data, sha256(data))

    def known(self, digest, client=None):
        """The blob, or None where none is stored."""
        try:
            return (client or self.admin).call("Registry.GetBlob", sha256=digest)
        except Failure as failure:
            self.assertEqual(failure.reason, "BLOB_NOT_FOUND")
            return None


class Quota(Case):
    options = ("--blob-bytes-per-day", str(QUOTA))

    def used(self):
        return int(self.cluster.sql("select coalesce(sum(bytes), 0) from blob_day"))

    def refused(self, client, data, **more):
        with self.assertRaises(Failure) as caught:
            client.upload("BLOB_KIND_LICENSE_TEXT", data, sha256(data), **more)
        failure = caught.exception
        self.assertEqual((failure.code, failure.reason), ("RESOURCE_EXHAUSTED", "BLOB_QUOTA"), failure.message)
        self.assertIsNone(self.known(sha256(data)))
        return failure

    def test_quota(self):
        first, second = self.servers
        other_token = Client(first.address, self.admin.call("Access.CreateToken", account=self.alice.account)["secret"])
        self.addCleanup(other_token.close)
        large = b"a" * (QUOTA - 3 * LEAST)
        self.text(self.alice, large)
        self.text(self.at(second, self.alice), b"small")  # counts as LEAST
        self.assertEqual(self.used(), QUOTA - 2 * LEAST)

        failure = self.refused(other_token, b"b" * (2 * LEAST + 1))
        self.assertEqual(failure.metadata["used_bytes"], str(QUOTA - 2 * LEAST))
        self.assertEqual(failure.metadata["limit_bytes"], str(QUOTA))
        self.assertEqual(failure.metadata["renew_time"], "2031-01-11T00:00:00.000000Z")
        for part in (str(QUOTA - 2 * LEAST), str(QUOTA), str(2 * LEAST + 1), "2031-01-11 09:00:00 +09:00", "header.size"):
            self.assertIn(part, failure.message)
        self.assertEqual(failure.details["RetryInfo"]["retry_delay"], "3600s")
        self.refused(self.at(second, self.alice), b"b" * (2 * LEAST + 1))

        self.assertEqual(self.text(self.at(second, self.alice), large)["size"], str(len(large)))  # is there: costs nothing
        self.text(self.alice, b"small")
        self.assertEqual(self.used(), QUOTA - 2 * LEAST)
        bob = person(self.admin, "bob")  # who has a quota of his own, and uploads what alice did for nothing
        self.addCleanup(bob.close)
        self.text(bob, large)
        self.text(bob, b"bob's" * LEAST)
        self.assertEqual(self.used(), QUOTA - 2 * LEAST + 5 * LEAST)

        self.alice.close()
        self.admin.close()
        first.stop()
        first.start()
        self.__class__.admin, self.__class__.alice = first.client(), Client(first.address, self.alice.token)
        self.refused(self.alice, b"c" * (2 * LEAST + 1))
        self.text(self.alice, b"d" * (2 * LEAST))  # the last byte
        self.refused(self.alice, b"")
        self.assertEqual(self.metric(first, "jokbo_blob_quota_refusals_total"), 2)

        self.pass_time(hours=11)  # a day of UTC, not of Korea
        self.refused(self.alice, b"e")
        self.pass_time(hours=2)
        self.text(self.alice, b"e")
        self.early()
        self.wrong_is_free()

    def early(self):
        """Before a byte comes: the stream stays open until the server has ended it."""
        request, stub = self.alice.stub("Registry.UploadBlob")
        header = {"kind": 2, "sha256": "ab" * 32, "size": QUOTA}
        ended = threading.Event()
        self.addCleanup(ended.set)

        def messages():
            yield request(header=header)
            ended.wait(60)
        with self.assertRaises(grpc.RpcError) as caught:
            stub(messages(), timeout=20, metadata=self.alice.metadata())
        ended.set()
        self.assertEqual(Failure(caught.exception, self.alice.pool).reason, "BLOB_QUOTA")

    def wrong_is_free(self):
        """What is not what it says takes no room, and so costs nothing; nor does what one takes back half-way."""
        before, chunks = self.used(), self.cluster.sql("select count(*) from blob_chunk")
        data = b"w" * (3 * LEAST)
        for kind, digest in (("LICENSE_TEXT", "ab" * 32), ("MANIFEST", sha256(data))):
            with self.assertRaises(Failure) as caught:
                self.alice.upload("BLOB_KIND_" + kind, data, digest)
            self.assertEqual(caught.exception.code, "INVALID_ARGUMENT")
        request, stub = self.alice.stub("Registry.UploadBlob")
        call = stub.future(iter([request(header={"kind": 2, "sha256": sha256(data), "size": len(data)}),
                                 request(data=data[:LEAST])]), timeout=20, metadata=self.alice.metadata())
        self.assertEqual(call.exception().code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertEqual((self.used(), self.cluster.sql("select count(*) from blob_chunk")), (before, chunks))
        request_id = new_id()  # one whose reply is stored repeats nothing
        header = {"kind": 2, "sha256": sha256(data), "size": len(data), "request_id": request_id}
        for _ in range(2):
            stub(iter([request(header=header), request(data=data)]), timeout=20, metadata=self.alice.metadata())
        self.assertEqual(self.used(), before + len(data))


del Case

if __name__ == "__main__":
    unittest.main()
