"""What accounts may upload a day, and what becomes of uploads that no entry names: over a demo's clock, so that days pass, with
two servers of one database."""
import base64
import datetime
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import grpc  # noqa: E402
from jokbo import BUILD, Client, Cluster, Failure, Manifest, Server, derivative, eventually, new_id, person, registered  # noqa: E402

BASE = "skt/A.X-K1"
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

    # Where each hub record lies in the bundle of its index, from the sizes of those before.
    PARTS = ("(select *, sum(size) over (partition by index order by place) - size as at from "
             "(select substring(key from 13)::bigint as index, place, split_part(one, ':', 2)::bigint as size from record, "
             "unnest(string_to_array(value ->> 'records', ' ')) with ordinality as list (one, place) "
             "where key like 'hub-records/%') as sized) as placed join hub_bundle using (index)")
    PART = "substring(bytes from at::integer + 1 for size::integer)"

    def check_consistent(self):
        """Bytes lie there if and only if a record says so."""
        said = ("(select key from record where key like 'blob/%' and value ->> 'state' is null "
                "union select 'blob/' || split_part(one, ':', 1) from record, "
                "unnest(string_to_array(value ->> 'records', ' ')) as one where key like 'hub-records/%')")
        there = ("(select 'blob/' || encode(digest, 'hex') from blob_chunk where digest is not null "
                 "union select 'blob/' || encode(digest, 'hex') from hub_record "
                 "union select 'blob/' || encode(sha256(%s), 'hex') from %s)" % (self.PART, self.PARTS))
        self.assertEqual(self.cluster.sql(said + " except " + there), "")
        self.assertEqual(self.cluster.sql(there + " except " + said), "")

    def bytes_of(self, digest, server=None):
        """What HTTP gives; None for 404."""
        try:
            with urllib.request.urlopen("http://%s/manifest/sha256/%s" % ((server or self.servers[0]).http, digest), timeout=20) as page:
                return page.read()
        except urllib.error.HTTPError as error:
            self.assertEqual(error.code, 404)
            return None

    def held(self):
        """The digests of which the log says that they are held."""
        found = set()
        for entry in self.admin.entries():
            lines = entry.decode().split("\n")
            if lines[1] == "kind held":
                found.update(line[len("artifact sha256:"):] for line in lines if line.startswith("artifact "))
        return found


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

        machine = Client(first.address, self.admin.call("Access.CreateToken", account=self.alice.account,
                                                        scopes=["TOKEN_SCOPE_PUBLISH"])["secret"])
        self.addCleanup(machine.close)
        failure = self.refused(machine, b"m")  # half of it, which is gone
        self.assertEqual(failure.metadata["limit_bytes"], str(QUOTA // 2))
        self.assertIn("tokens without the scope models", failure.message)

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
        machine.close()
        machine.__init__(first.address, machine.token)
        for size in (QUOTA // 2 - LEAST, LEAST):  # up to half, and then the account's own go on
            self.text(machine, b"f" * size)
        self.refused(machine, b"g")
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


class Removal(Case):
    def sweep(self, server=1):
        """At each start; the other server hears of it."""
        self.servers[server].stop()
        self.servers[server].start()

    def gone(self, *digests):
        for digest in digests:
            eventually(lambda: self.known(digest) is None)
            self.assertIsNone(self.bytes_of(digest))
            self.assertEqual(self.cluster.sql(
                "select (select count(*) from blob_chunk where digest = decode('%s', 'hex')) + "
                "(select count(*) from hub_record where digest = decode('%s', 'hex')) + "
                "(select count(*) from %s where sha256(%s) = decode('%s', 'hex'))" % (
                    digest, digest, self.PARTS, self.PART, digest)).strip(), "0")

    def stays(self, *digests):
        for digest in digests:
            self.assertIsNotNone(self.known(digest))
            self.assertEqual(sha256(self.bytes_of(digest)), digest)

    def register(self, name, *, client=None, **fields):
        (client or self.alice).call("Registry.RegisterDerivative", derivative=derivative("alice/" + name, registered(BASE), **fields))

    def test_what_nobody_names(self):
        named, yanked, swapped = (Manifest({"%s.safetensors" % n: n}) for n in ("named", "yanked", "swapped"))
        lost, late = Manifest({"lost.safetensors": "lost"}), Manifest({"late.safetensors": "late"})
        licence, stray = b"a licence that a release names", b"a licence that nobody names"
        for manifest in (named, yanked, lost, late):
            manifest.upload(self.alice)
        for data in (licence, stray):
            self.text(self.alice, data)
        self.alice.upload("BLOB_KIND_LICENSE_TEXT", swapped.bytes, swapped.digest)  # its kind is no matter
        self.register("named", license_text_sha256=sha256(licence), **named.named)
        self.register("yanked", **yanked.named)
        self.register("swapped", **swapped.named)
        self.alice.call("Registry.YankRelease", name="alice/yanked@1", reason="withdrawn")
        kept = named.digest, yanked.digest, swapped.digest, sha256(licence)

        self.pass_time(days=7)
        self.register("late", **late.named)  # in time
        self.sweep()
        self.stays(lost.digest, sha256(stray), late.digest, *kept)
        self.pass_time(hours=2)
        self.sweep()
        self.gone(lost.digest, sha256(stray))
        self.stays(late.digest, *kept)
        self.check_consistent()

        self.sweep()  # nothing is left to do, also for a server that loads the records anew
        self.stays(late.digest, *kept)
        self.assertIsNone(self.known(lost.digest, self.at(self.servers[1], self.admin)))
        self.register("lost", **lost.named)
        self.assertNotIn(lost.digest, self.held())
        blob = lost.upload(self.alice)  # brings it again, at the time at which it comes
        self.assertEqual(blob["create_time"][:10], self.time.isoformat()[:10])
        self.stays(lost.digest)
        self.assertIn(lost.digest, self.held())
        self.text(self.alice, stray)
        self.stays(sha256(stray))
        self.check_consistent()

    def test_what_was_seen_on_a_hub(self):
        """The record of each observation stays, also once another has taken its place; and a census's list once it is named."""
        registrar = person(self.admin, "registrar", ["registrar"])
        self.addCleanup(registrar.close)
        records = [json.dumps({"id": "found/seen", "tags": [tag]}, separators=(",", ":")).encode() for tag in ("a", "b")]
        for record in records:
            registrar.call("Registry.RecordCensus", hub="huggingface.co", steps=[
                {"present": {"record": base64.b64encode(record).decode(), "derivative": derivative("found/seen", registered(BASE))}}])
        lists = [b"jokbo/census/v1\n", b"jokbo/census/v1\nfound/seen none none present\n"]
        for data in lists:
            registrar.upload("BLOB_KIND_CENSUS_LIST", data, sha256(data))
        self.text(self.alice, records[0])  # also brought as something else
        registrar.call("Registry.CompleteCensus", hub="huggingface.co", bases=[BASE], start_time=self.time.isoformat() + "Z", models=1,
                       list_sha256=sha256(lists[1]))
        self.pass_time(days=8)
        self.sweep()
        self.gone(sha256(lists[0]))
        self.stays(sha256(lists[1]), *map(sha256, records))
        self.check_consistent()
        # As versions without bundles kept them.
        self.cluster.sql("insert into hub_record select sha256(bytes), bytes from hub_bundle")
        self.cluster.sql("delete from hub_bundle")
        self.stays(*map(sha256, records))
        self.check_consistent()

    def test_brought_again(self):
        """The days count from the newest upload."""
        manifest, text = Manifest({"again.safetensors": "again"}), b"brought again"
        made = manifest.upload(self.alice)["create_time"]
        self.text(self.alice, text)
        self.pass_time(days=5)
        self.assertEqual(manifest.upload(self.alice)["create_time"], made)
        self.text(self.alice, text)
        self.pass_time(days=5)
        self.sweep()
        self.stays(manifest.digest, sha256(text))
        self.pass_time(days=3)
        self.sweep()
        self.gone(manifest.digest, sha256(text))
        self.check_consistent()

    def test_withdrawn_and_lifted(self):
        """A tombstone stays, whether anything names it or not; what was lifted and came again is as any other."""
        manifest = Manifest({"tomb.safetensors": "tomb"})
        manifest.upload(self.alice)
        self.admin.call("Registry.WithdrawBlob", sha256=manifest.digest, reason="a mistake")
        self.pass_time(days=9)
        self.sweep()
        with self.assertRaises(Failure) as caught:
            self.admin.call("Registry.GetBlob", sha256=manifest.digest)
        self.assertEqual(caught.exception.reason, "BLOB_WITHDRAWN")
        self.admin.call("Registry.WithdrawBlob", sha256=manifest.digest, lift=True)
        manifest.upload(self.alice)
        self.stays(manifest.digest)
        self.pass_time(days=9)
        self.sweep()
        self.gone(manifest.digest)
        self.check_consistent()

    def test_named_while_it_is_looked_at(self):
        """A release that names it waits for the log already when the other server looks for what nobody names, and comes first.
        (Where a slow machine lets the other one come first, it is gone and not held.)"""
        manifest, stray = Manifest({"while.safetensors": "while"}), Manifest({"nobody.safetensors": "nobody"})
        for one in (manifest, stray):
            one.upload(self.alice)
        self.pass_time(days=9)
        self.servers[1].stop()
        lock = subprocess.Popen([os.path.join(self.cluster.bin, "psql"), "-XAtq", "-d", self.cluster.url], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True)
        self.addCleanup(lock.stdout.close)
        self.addCleanup(lock.wait)
        self.addCleanup(lock.stdin.close)
        lock.stdin.write("begin;\nselect 'held' from log_head for update;\n")
        lock.stdin.flush()
        self.assertEqual(lock.stdout.readline(), "held\n")
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        thread = threading.Thread(target=self.register, args=("while",), kwargs=manifest.named)
        thread.start()
        eventually(lambda: self.cluster.sql(waiting).strip() == "1")
        self.servers[1].start()
        eventually(lambda: int(self.cluster.sql(waiting)) >= 2)  # it has looked
        lock.stdin.write("commit;\n")
        lock.stdin.flush()
        thread.join()
        self.gone(stray.digest)
        self.assertEqual(manifest.digest in self.held(), self.known(manifest.digest) is not None)
        self.check_consistent()

    def test_one_moment(self):
        """One server removes while the other registers and uploads, and the first is killed in the middle: whatever comes first,
        the log says `held` of what is there only."""
        manifests = [Manifest({"m-%d.safetensors" % i: "moment %d" % i}) for i in range(240)]
        for manifest in manifests:
            manifest.upload(self.alice)
        self.pass_time(days=9)
        names, again = manifests[:120], manifests[120:180]  # and nobody names the rest
        uploader = self.at(self.servers[0], self.alice)
        second = self.servers[1]
        second.stop()

        def register():
            for i, manifest in enumerate(names):
                self.register("m-%d" % i, **manifest.named)

        def upload_one(manifest):
            try:
                return manifest.upload(uploader)
            except Failure as failure:  # it was there when the upload came, and no more at its end
                if failure.reason != "BLOB_REMOVED":
                    raise
                return upload_one(manifest)

        def upload():
            for manifest in again:
                upload_one(manifest)
        threads = [threading.Thread(target=register), threading.Thread(target=upload)]
        for thread in threads:
            thread.start()
        second.start()
        second.kill()
        second.start()
        for thread in threads:
            thread.join()
        self.gone(*(m.digest for m in manifests[180:]))
        self.check_consistent()
        held = self.held()
        for manifest in names:
            self.assertEqual(manifest.digest in held, self.known(manifest.digest) is not None)
            if manifest.digest in held:
                self.assertEqual(self.bytes_of(manifest.digest), manifest.bytes)
        for manifest in again:
            if self.known(manifest.digest):
                self.assertEqual(self.bytes_of(manifest.digest), manifest.bytes)
        for manifest in names:
            manifest.upload(self.alice)
        self.assertEqual({m.digest for m in names} - self.held(), set())
        self.check_consistent()


class Days(Case):
    options = ("--unnamed-blob-days", "30")

    def test_option(self):
        server, texts = self.servers[1], (b"thirty days", b"a month")
        for text in texts:
            self.text(self.alice, text)
        for days, stays in ((29, True), (1.2, False)):
            self.pass_time(days=days)
            server.stop()
            server.start()
            for digest in map(sha256, texts):
                if not stays:
                    eventually(lambda: self.known(digest) is None)
                self.assertEqual(self.known(digest) is not None, stays)
        eventually(lambda: "event=blobs-removed " in server.log())
        self.assertRegex(server.log(), r"event=blobs-removed blobs=2 bytes=18 ")
        self.assertEqual(self.metric(server, "jokbo_blobs_removed_total"), 2)
        self.assertEqual(self.metric(server, "jokbo_blobs_removed_bytes_total"), 18)


del Case

if __name__ == "__main__":
    unittest.main()
