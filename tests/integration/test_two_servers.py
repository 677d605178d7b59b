"""Two servers on one database with one key: whichever a client asks, it is one log, one count, one set of rights."""
import base64
import datetime
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import ruled  # noqa: E402
from jokbo import Client, Cluster, Failure, Manifest, Server, derivative, joined, new_id, person  # noqa: E402

BASES = ["lab/base-a", "lab/base-b"]
SINGLES, BATCHES, ITEMS = 120, 4, 40  # of each of the four writers: 4 * (120 + 4 * 40) = 1,120 registrations


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def root_hash(leaves):
    """RFC 6962, section 2.1, as it stands there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\1" + root_hash(leaves[:half]) + root_hash(leaves[half:])).digest()


def time_of(entry):
    line = next(line for line in entry.decode().splitlines() if line.startswith("time "))
    return datetime.datetime.fromisoformat(line[5:].replace("Z", "+00:00"))


class TwoServers(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start().create_database()
        cls.servers = [cls.make_server() for _ in range(2)]
        first, second = cls.servers
        subprocess.run([first.binary, "migrate", "--database", cls.cluster.url], check=True, capture_output=True, timeout=60)
        first.start()
        shutil.copy2(os.path.join(first.data, "log.key"), second.data)
        second.start()
        cls.clients = [Client(server.address, first.token) for server in cls.servers]
        for client in cls.clients:
            cls.addClassCleanup(client.close)
        cls.clients[0].call(
            "Registry.ApplyRoster", teams=[{"id": "lab", "name": "Lab", "name_ko": "랩", "publishers": ["lab"],
                                            "join_time": "2025-08-04T00:00:00Z"}],
            models=[{"name": base, "license": "Apache-2.0", "facts": {"team": "lab", "from_scratch": "ANSWER_YES",
                                                                      "listed": True}} for base in BASES])
        cls.clients[1].call("Registry.CreatePublisher", name="acme")

    @classmethod
    def make_server(cls):
        server = Server("--database", cls.cluster.url, "--origin", "registry.test/log")
        server.options += ["--client-config", os.path.join(server.data, "client.config")]
        cls.addClassCleanup(server.close)
        return server

    def size(self, client=None):
        """The log's size as a server knows it; without one, as it is."""
        if client is None:
            return int(self.cluster.sql("select size from log_head"))
        return int(client.call("Log.GetCheckpoint")["log_size"])

    def fails(self, code, reason, client, method, **request):
        with self.assertRaises(Failure) as caught:
            client.call(method, **request)
        failure = caught.exception
        self.assertEqual((failure.code, failure.reason), (code, reason), failure.message)
        return failure

    def register(self, client, name, base=BASES[0], **options):
        return client.call("Registry.RegisterDerivative", derivative=derivative(name, base), **options)

    def writer(self, number, found, failures):
        """Registers one by one and by batches at one of the servers, and notes every index it was told."""
        client = Client(self.servers[number % 2].address, self.servers[0].token)
        try:
            for i in range(SINGLES):
                name = "acme/s%d-%d" % (number, i)
                found[name] = int(self.register(client, name, BASES[i % 2])["log_index"])
                if i % (SINGLES // BATCHES) == 0:
                    self.batch(client, "acme/b%d-%d" % (number, i), found)
        except Exception as error:  # told to the test's own thread
            failures.append(error)
        finally:
            client.close()

    def batch(self, client, name, found):
        """Items that build on one another: each names the one before as its parent."""
        names = ["%s-%d" % (name, i) for i in range(ITEMS)]
        reply = client.call("Registry.BatchRegisterDerivatives", derivatives=[
            derivative(names[i], names[i - 1] if i % 10 else BASES[1]) for i in range(ITEMS)])
        indexes = [int(one["log_index"]) for one in reply["registrations"]]
        assert indexes == list(range(indexes[0], indexes[0] + ITEMS)), indexes
        found.update(zip(names, indexes))

    def test_held_once_whoever_brings_what(self):
        """A release at one server and its bytes at the other, in either order and both at once: one `held` entry for each."""
        one, other = self.clients
        manifests = [Manifest({"model.gguf": "two servers %d" % i}) for i in range(24)]

        def release(client, number):
            client.call("Registry.RegisterDerivative", derivative=derivative("acme/held-%d" % number, BASES[0], **manifests[number].named))
        for number, manifest in enumerate(manifests):
            first, second = (one, other) if number % 2 else (other, one)
            steps = [threading.Thread(target=release, args=(first, number)), threading.Thread(target=manifest.upload, args=(second,))]
            for step in steps if number % 3 else reversed(steps):
                step.start()
                if number % 4 == 0:
                    step.join()
            for step in steps:
                step.join()
        size = self.size()
        entries = [entry.decode() for entry in one.entries(0, size)]
        for number, manifest in enumerate(manifests):
            found = [i for i, text in enumerate(entries) if "\nkind held\n" in text and manifest.digest in text]
            named = [i for i, text in enumerate(entries) if "\nkind register\n" in text and manifest.digest in text]
            self.assertEqual((len(found), len(named)), (1, 1), number)
            self.assertGreater(found[0], named[0])

    def test_interleaved_writers(self):
        before, found, failures = self.size(), {}, []
        counted = int(self.count(before)[0]["all"]["registered"])
        threads = [threading.Thread(target=self.writer, args=(i, found, failures)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        total = 4 * (SINGLES + BATCHES * ITEMS)
        self.assertGreaterEqual(total, 1000)
        self.assertEqual(sorted(found.values()), list(range(before, before + total)))
        counts = self.count(before + total)
        self.assertEqual(counts[0], counts[1])
        self.assertEqual(int(counts[0]["log_size"]), before + total)
        self.assertEqual(int(counts[0]["all"]["registered"]), counted + total)
        entries = [client.entries() for client in self.clients]
        self.assertEqual(entries[0], entries[1])
        for name, index in found.items():
            self.assertIn(("\nmodel %s\n" % name).encode(), entries[0][index])
        self.interleaved([name.split("/")[1][1] for name in sorted(found, key=found.get)])
        times = [time_of(entry) for entry in entries[0]]
        self.assertEqual(times, sorted(times), "time went back")
        self.roots_agree(entries[0])
        self.both_list_the_same(before + total)
        self.both_count_the_same_by_rules()

    def both_count_the_same_by_rules(self):
        """Whichever server is asked, and whichever recorded the rule."""
        told = {}
        for i, name in enumerate(ruled.READY):
            policy = self.clients[i % 2].call("Stages.RecordPolicy", text=ruled.text_of(name))
            counts = [client.call("Evaluation.CountDerivatives", scope={"all": True}, rule={"policy": policy["sha256"]},
                                  as_of={"log_size": policy["log_size"]}, min_log_size=policy["log_size"])
                      for client in self.clients]
            self.assertEqual(counts[0], counts[1], name)
            left_out = sum(int(one["count"]) for one in counts[0]["left_out"])
            self.assertEqual(int(counts[0]["counted"]) + left_out, int(counts[0]["registered"]), name)
            told[name] = int(counts[0]["counted"])
        self.assertGreater(told["hub-like"], told["strict"])

    def count(self, size):
        return [client.call("Evaluation.ListCounts", min_log_size=size) for client in self.clients]

    def interleaved(self, writers):
        """The two servers took turns; else the test would not have tried what it is for."""
        turns = sum(int(a) % 2 != int(b) % 2 for a, b in zip(writers, writers[1:]))
        self.assertGreater(turns, 10)

    def roots_agree(self, entries):
        root = root_hash([leaf_hash(entry) for entry in entries])
        notes = [client.call("Log.GetCheckpoint", min_log_size=len(entries)) for client in self.clients]
        for note in notes:
            origin, size, encoded = note["note"].splitlines()[:3]
            self.assertEqual((origin, int(size)), ("registry.test/log", len(entries)))
            self.assertEqual(base64.b64decode(encoded), root)
            self.assertEqual(note["root_hash"], root.hex())
        self.assertEqual(notes[0], notes[1])
        shorter = root_hash([leaf_hash(entry) for entry in entries[:-1]])
        self.assertNotEqual(shorter, root)

    def both_list_the_same(self, size):
        pages = [client.call("Evaluation.ListCounted", scope={"all": True}, page_size=1000, min_log_size=size,
                             as_of={"log_size": size}) for client in self.clients]
        self.assertEqual(pages[0]["derivatives"], pages[1]["derivatives"])
        self.assertEqual(pages[0]["total_size"], pages[1]["total_size"])
        rest = self.clients[1].call("Evaluation.ListCounted", scope={"all": True}, page_size=1000, min_log_size=size,
                                    as_of={"log_size": size}, page_token=pages[1]["next_page_token"])
        self.assertEqual(len(pages[0]["derivatives"]) + len(rest["derivatives"]), pages[0]["total_size"])

    def test_reads_ones_own_writes_anywhere(self):
        """min_log_size makes a server wait for what the other one wrote."""
        for i in range(20):
            writer, reader = self.clients[i % 2], self.clients[1 - i % 2]
            size = self.register(writer, "acme/own-%d" % i)["log_size"]
            model = reader.call("Registry.GetModel", name="acme/own-%d" % i, min_log_size=size)
            self.assertGreaterEqual(int(model["log_size"]), int(size))

    def test_request_id_across_servers(self):
        key = new_id()
        first = self.register(self.clients[0], "acme/once", request_id=key)
        size = int(first["log_size"])
        for client in (self.clients[1], self.clients[0], self.clients[1]):
            self.assertEqual(self.register(client, "acme/once", request_id=key), first)
        self.fails("INVALID_ARGUMENT", "REQUEST_ID_REUSED", self.clients[1], "Registry.RegisterDerivative",
                   derivative=derivative("acme/twice", BASES[0]), request_id=key)
        exists = self.fails("ALREADY_EXISTS", "STATEMENT_EXISTS", self.clients[1], "Registry.RegisterDerivative",
                            derivative=derivative("acme/once", BASES[0]))
        self.assertEqual(exists.metadata["log_index"], first["log_index"])
        self.assertEqual(exists.metadata["lineage_hash"], first["release"]["lineage_hash"])
        self.assertEqual(self.size(), size)

    def test_request_id_at_both_at_once(self):
        """The same request at both servers in the same moment is written once."""
        for i in range(10):
            key, replies, size = new_id(), [], self.size()
            threads = [threading.Thread(target=lambda client=client: replies.append(
                self.register(client, "acme/race-%d" % i, request_id=key))) for client in self.clients]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(len(replies), 2)
            self.assertEqual(replies[0], replies[1])
            self.assertEqual(int(replies[0]["log_index"]), size)
        self.assertEqual(self.size(), size + 1)

    def test_one_name_at_both_at_once(self):
        for i in range(10):
            won, lost, size = [], [], self.size()

            def claim(client):
                try:
                    won.append(client.call("Registry.CreatePublisher", name="prize-%d" % i))
                except Failure as failure:
                    lost.append(failure.reason)
            threads = [threading.Thread(target=claim, args=(client,)) for client in self.clients]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual((len(won), lost), (1, ["NAME_TAKEN"]))
            self.assertEqual(self.size(), size + 1)
            self.clients[i % 2].call("Registry.RegisterDerivative",
                                     derivative=derivative("prize-%d/m" % i, BASES[0]))
            if i == 0:
                self.admin_quota_is_shared()

    def admin_quota_is_shared(self):
        """Publishers per account are counted over both."""
        owner = self.new_person("owner", scopes=["publishers"])
        for i in range(20):
            owner[i % 2].call("Registry.CreatePublisher", name="many-%d" % i)
        for client in owner:
            self.fails("RESOURCE_EXHAUSTED", "PUBLISHERS_QUOTA", client, "Registry.CreatePublisher", name="many-20")

    def new_person(self, label, roles=(), scopes=()):
        """The same account at both servers; it is known at once where it was made, and at the other within a moment."""
        here = person(self.clients[0], label, roles, scopes=scopes)
        there = Client(self.servers[1].address, here.token)
        self.addCleanup(here.close)
        self.addCleanup(there.close)
        until = time.monotonic() + 5
        while True:
            try:
                there.call("Access.GetCaller")
                return here, there
            except Failure:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)

    def test_revoked_token(self):
        """Revoked on one, refused for writes on the other at once: the very next call, without a pause."""
        for i in range(10):
            here, there = self.new_person("revoked", scopes=["publishers", "tokens"])
            there.call("Registry.CreatePublisher", name="before-%d" % i)
            token = here.call("Access.ListTokens")["tokens"][0]["id"]
            size = self.size()
            self.clients[0].call("Access.RevokeToken", id=token)
            self.fails("UNAUTHENTICATED", "TOKEN_INVALID", there, "Registry.CreatePublisher", name="after-%d" % i)
            self.assertEqual(self.size(), size)

    def test_a_child_of_a_revoked_token(self):
        """The parent is revoked on one: its child is refused for writes on the other at once, and for reads soon."""
        for i in range(5):
            here, there = self.new_person("parent", scopes=["publishers", "tokens"])
            parent = here.call("Access.ListTokens")["tokens"][0]["id"]
            child = here.call("Access.CreateToken", scopes=["TOKEN_SCOPE_PUBLISHERS", "TOKEN_SCOPE_TOKENS"])
            self.assertEqual(child["token"]["parent"], parent)
            there.token = child["secret"]
            self.until_known(there)
            size = self.size()
            self.clients[0].call("Access.RevokeToken", id=parent)
            self.fails("UNAUTHENTICATED", "TOKEN_INVALID", there, "Registry.CreatePublisher", name="child-%d" % i)
            self.assertEqual(self.size(), size)
            self.fails("UNAUTHENTICATED", "TOKEN_INVALID", there, "Access.GetCaller")  # it has heard by now
            self.fails("UNAUTHENTICATED", "TOKEN_INVALID", here, "Access.GetCaller")

    def until_known(self, client):
        """A token that was made on the other server is known here once this one has heard of it."""
        until = time.monotonic() + 10
        while True:
            try:
                return client.call("Access.GetCaller")
            except Failure:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)

    def test_disabled_account(self):
        for i in range(5):
            here, there = self.new_person("disabled", scopes=["publishers"])
            account = there.call("Access.GetCaller")["account"]
            self.clients[0].call("Access.UpdateAccount", account=dict(account, disabled=True))
            self.fails("UNAUTHENTICATED", "TOKEN_INVALID", there, "Registry.CreatePublisher", name="never-%d" % i)

    def test_role_taken(self):
        """A role or a membership taken on one server is gone for writes on the other at once."""
        for i in range(5):
            here, there = self.new_person("demoted", ["admin"], ["accounts", "publishers", "models", "tokens"])
            account = there.call("Access.GetCaller")["account"]
            self.clients[0].call("Registry.CreatePublisher", name="team-%d" % i)
            joined(self.clients[0], "team-%d" % i, here.account)
            self.register(there, "team-%d/m" % i)
            self.clients[0].call("Access.RemoveMember", publisher="team-%d" % i, account=here.account)
            self.fails("PERMISSION_DENIED", "NOT_A_MEMBER", there, "Registry.RegisterDerivative",
                       derivative=derivative("team-%d/n" % i, BASES[0]))
            self.clients[0].call("Access.UpdateAccount", account=dict(account, roles=[]))
            for method, request in (("Access.CreateAccount", {"label": "x"}),
                                    ("Registry.VerifyPublisher", {"name": "acme", "evidence": "x"}),
                                    ("Access.CreateToken", {"account": 1})):
                self.refused_to_demoted(there, method, request)

    def refused_to_demoted(self, there, method, request):
        with self.assertRaises(Failure) as caught:
            there.call(method, **request)
        failure = caught.exception
        self.assertEqual(failure.code, "PERMISSION_DENIED", failure.message)
        self.assertIn(failure.reason, ("ROLE_REQUIRED", "NOT_YOURS"))

    def test_a_server_that_was_away(self):
        """One stops, the other goes on: after its start the first knows everything."""
        second = self.servers[1]
        self.clients[1].close()
        self.assertEqual(second.stop(), 0)
        size = int(self.register(self.clients[0], "acme/while-away")["log_size"])
        second.start()
        type(self).clients[1] = Client(second.address, self.servers[0].token)
        self.addClassCleanup(self.clients[1].close)
        self.assertEqual(self.size(self.clients[1]), size)
        self.assertEqual(self.clients[0].call("Log.GetCheckpoint"), self.clients[1].call("Log.GetCheckpoint"))
        self.register(self.clients[1], "acme/back-again")


if __name__ == "__main__":
    unittest.main()
