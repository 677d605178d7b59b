"""Witnesses: asked after each publication, in the background; what they say is checked, served with the checkpoint, and never waited
for. One that knows more than the database stops the writes."""
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import auditor  # noqa: E402
from jokbo import Client, Cluster, Failure, Server, allowed, derivative, new_id, person  # noqa: E402
from witness import Witness, public_key, signed_by, split_note, verifier_key  # noqa: E402

BASE = "skt/A.X-3.1-Light@initial"

FACTOR = int(os.environ.get("JK_TIMEOUT_FACTOR", "1"))


def read(server, name):
    with open(os.path.join(server.data, "public", name), encoding="utf-8") as f:
        return f.read()


def until(what, condition, seconds=20):
    end = time.monotonic() + seconds * FACTOR
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("not within %d s: %s" % (seconds * FACTOR, what))
        time.sleep(0.05)


def size_of(note):
    return int(split_note(note)[0].splitlines()[1])


def bare_of(note):
    """The note with the log's own signature alone."""
    body, _, lines = note.rpartition("\n\n")
    return body + "\n\n" + lines.split("\n")[0] + "\n"


def receipt_of(path):
    """(index, checkpoint) of a stored receipt."""
    with open(path, encoding="utf-8") as f:
        index, _, note = auditor.receipt_parts(f.read())
    return index, note


def write_policy(server, witnesses, quorum="none"):
    path = os.path.join(server.data, "witnesses.policy")
    with open(path, "w") as f:
        f.write("# for a test\nlog %s\n" % read(server, "log.vkey").splitlines()[0])
        for witness in witnesses:
            f.write("witness %s %s %s\n" % (witness.name.partition("/")[2], witness.key, witness.url))
        f.write("quorum %s\n" % quorum)
    return path


class Witnessed(unittest.TestCase):
    """Each test has a server of its own, and the witnesses that it names."""

    def begin(self, *names, quorum="none"):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.server.start()
        self.witnesses = []
        for name in names:
            witness = Witness("witness.example/" + name, read(self.server, "log.vkey").splitlines())
            self.addCleanup(witness.close)
            self.witnesses.append(witness)
        self.restart(write_policy(self.server, self.witnesses, quorum))
        return self.witnesses[0] if len(names) == 1 else self.witnesses

    def restart(self, policy=None):
        self.server.stop()
        if policy:
            self.server.options = ["--witness-policy", policy, "--publishers-per-account", "1000"]
        self.server.start()
        self.user = person(self.server.client(), "user")

    def publisher(self, name):
        return self.user.call("Registry.CreatePublisher", name=name)

    def size(self):
        return int(Client(self.server.address).call("Log.GetCheckpoint")["log_size"])

    def checkpoint(self):
        return read(self.server, "checkpoint")

    def is_cosigned(self, witness):
        note = self.checkpoint()
        return size_of(note) == self.size() and signed_by(note, witness.key) is not None

    def logged(self, *words):
        return [line for line in self.server.log().splitlines() if all(word in line for word in words)]

    def test_cosignatures_are_served(self):
        one, two = self.begin("one", "two")
        for i in range(3):
            self.publisher("p%d" % i)
            until("both cosign", lambda: self.is_cosigned(one) and self.is_cosigned(two))
        note = self.checkpoint()
        self.assertEqual(signed_by(note, read(self.server, "log.vkey")), 0)  # the log's own line
        self.assertEqual(split_note(note)[1][0][0], note.splitlines()[0])  # stands first
        self.assertLess(abs(signed_by(note, one.key) - time.time()), 60)
        self.assertNotIn(422, one.answers + two.answers)
        self.assertEqual(one.answers[0], 200)  # nothing was cosigned before: old 0 was right
        self.assertTrue(one.asked[0].startswith("old 0\n\n"))
        grown = [body for body in one.asked if not body.startswith("old 0\n")]
        self.assertTrue(grown)
        for body in grown:
            self.assertLessEqual(len(body.partition("\n\n")[0].splitlines()) - 1, 63)

    def test_restart_learns_where_the_witness_is(self):
        witness = self.begin("one")
        self.publisher("before")
        until("it cosigns", lambda: self.is_cosigned(witness))
        self.restart()
        witness.asked.clear()
        witness.answers.clear()
        self.publisher("after")
        until("it cosigns again", lambda: self.is_cosigned(witness))
        self.assertNotIn(422, witness.answers)
        self.assertEqual(witness.answers[-1], 200)
        self.assertFalse(self.logged("witness-failed"))

    def test_refusals_are_logged_once_and_got_over(self):
        witness = self.begin("one")
        until("it cosigns", lambda: self.is_cosigned(witness))
        for mode, reason in ((422, "refused"), ("garbage", "garbage"), ("forged", "wrong-signature"), (500, "refused"),
                             ("conflict", "moving")):
            with self.subTest(mode=mode):
                witness.mode = mode
                asked = len(witness.asked)
                before = len(self.logged("witness-failed", "reason=" + reason))
                self.publisher("p-%s" % mode)
                until("it was asked again and again", lambda: len(witness.asked) >= asked + 2, 30)
                until("the reason is logged", lambda: self.logged("witness-failed", "reason=" + reason), 5)
                self.assertIsNone(signed_by(self.checkpoint(), witness.key))
                self.assertEqual(len(self.logged("witness-failed", "reason=" + reason)), before + 1)
                self.assertFalse(any("\x1b" in line for line in self.logged("witness-failed")))
                witness.mode = "normal"
                until("it cosigns again", lambda: self.is_cosigned(witness), 30)
        self.assertFalse(self.logged("witness-ahead"))

    def answered_while_open(self, silent, prefix):
        """How many registrations, up to 3, are answered while the silent witness owes the answer to one question. If they waited for
        it, the first would be answered only once the server has given the question up, after a second."""
        asked, count = len(silent.asked), 0
        until("the silent one is asked", lambda: len(silent.asked) > asked, 30)
        while True:
            self.publisher("%s-%d" % (prefix, count))
            if time.monotonic() > silent.asked_at + 0.9:
                return count
            count += 1
            if count == 3:
                return count

    def test_absent_one_costs_nothing(self):
        silent, good = self.begin("silent", "good")
        self.settle(silent, good)
        silent.mode = "silence"
        self.publisher("p")  # the publication that asks it; it is asked again after one second, two, four
        for attempt in range(4):  # on a busy machine a registration may take as long as the question
            answered = self.answered_while_open(silent, "while-%d" % attempt)
            if answered == 3:
                break
        self.assertEqual(answered, 3, "registrations wait for a witness that is silent")
        start = time.monotonic()
        self.publisher("last")
        until("published", lambda: size_of(self.checkpoint()) == self.size())
        self.assertLess(time.monotonic() - start, allowed(1.5))
        until("the other one cosigns", lambda: self.is_cosigned(good))
        self.assertIsNone(signed_by(self.checkpoint(), silent.key))
        until("it is logged", lambda: self.logged("witness-failed", "reason=unreachable"))
        start = time.monotonic()
        self.server.stop()
        self.assertLess(time.monotonic() - start, allowed(15))

    def test_ahead_of_the_database(self):
        witness = self.begin("one")
        until("it cosigns", lambda: self.is_cosigned(witness))
        size = self.size()
        witness.size = size + 1000
        self.publisher("p")  # the publication that asks it
        until("the alarm", lambda: self.logged("witness-ahead", "witness_size=%d" % witness.size))
        before = self.size()
        with self.assertRaises(Failure) as caught:
            self.publisher("refused")
        self.assertEqual((caught.exception.code, caught.exception.reason), ("UNAVAILABLE", "LOG_ROLLED_BACK"))
        self.assertEqual(self.size(), before)  # reads go on
        self.assertEqual(len(self.logged("event=witness-ahead")), 1)
        with open(os.path.join(self.server.data, "witnesses.policy")) as f:
            text = f.read()
        path = os.path.join(self.server.data, "without.policy")
        with open(path, "w") as f:
            f.write(re.sub(r"(?m)^witness .*\n", "", text))
        self.restart(path)  # the way out where the witness is wrong
        self.publisher("accepted")

    # ---- who asks for cosignatures

    def policy(self, *lines, log=True):
        path = os.path.join(self.server.data, "trusted.policy")
        with open(path, "w") as f:
            f.write(("log %s\n" % self.key if log else "") + "".join(line + "\n" for line in lines))
        return path

    def jokbo(self, *arguments, expect=0):
        done = self.server.jokbo(*arguments, "--json", token=None, env={"HOME": os.path.join(self.server.data, "home")})
        self.assertEqual(done.returncode, expect, "%s\n%s%s" % (arguments, done.stdout, done.stderr))
        return json.loads(done.stdout)

    def judged(self, expect, *arguments):
        """What `verify` says of the policy: the states, and the first text."""
        checks = [check for subject in self.jokbo("verify", *arguments, expect=expect)["subjects"]
                  for check in subject["checks"] if check["check"] == "trust-policy"]
        return [check["state"] for check in checks], checks[0]["text"]

    def receipt(self, name, index, note=None):
        """A stored receipt; `note` is another checkpoint of the same size."""
        client, path = Client(self.server.address), os.path.join(self.server.data, name)
        text = client.call("Log.GetReceipt", log_index=index)["receipt"]
        with open(path + ".receipt", "w", encoding="utf-8") as f:
            f.write(text.partition("\n\n")[0] + "\n\n" + note if note else text)
        with open(path + ".entry", "wb") as f:
            f.write(client.entries(index, index + 1)[0])
        return path + ".receipt"

    def test_a_policy_asks_for_cosignatures(self):
        """audit and verify: whose are there, whose are missing, and who decides."""
        one, two = self.begin("one", "two")
        self.key = read(self.server, "log.vkey").splitlines()[0]
        absent = Witness("witness.example/absent")
        self.addCleanup(absent.close)
        self.server.load_roster()
        until("both cosign", lambda: self.is_cosigned(one) and self.is_cosigned(two))
        folder, http = os.path.join(self.server.data, "public"), ["--http", "http://" + self.server.http]
        known = ["witness %s %s" % (w.name.partition("/")[2], w.key) for w in (one, two, absent)]

        both = self.policy(*known, "group both all one two", "quorum both")
        facts = self.jokbo("audit", folder, "--trust-policy", both)
        self.assertEqual((facts["key_from"], facts["key_proves"]), ("trust-policy", True))
        self.assertEqual([c["witness"] for c in facts["trust_policy"]["cosigned"]], ["one", "two"])
        self.assertEqual((facts["trust_policy"]["file"], facts["trust_policy"]["missing"]), (both, ["absent"]))
        shown = self.server.jokbo("audit", folder, "--trust-policy", both, token=None).stdout
        self.assertRegex(shown, r"cosigned by +one \(2.*Z\), two \(2.*Z\); not: absent, as ")
        states, text = self.judged(0, BASE, "--trust-policy", both, *http)
        self.assertEqual(states, ["ok"])
        self.assertRegex(text, r"one \(2.*\), two \(2.*\); not: absent$")
        bare, cosigned = self.receipt("bare", 3, bare_of(self.checkpoint())), self.receipt("cosigned", 3)
        self.assertEqual(self.judged(0, cosigned, "--trust-policy", both, "--offline")[0], ["ok"])
        states, text = self.judged(10, bare, "--trust-policy", both, "--offline")
        self.assertEqual(states, ["failed"])
        self.assertIn("nobody cosigned; not yet: one, two, absent", text)
        self.assertEqual(self.judged(0, bare, "--trust-policy", both, *http)[0], ["ok"])

        everybody = self.policy(*known, "group everybody all one two absent", "quorum everybody")
        error = self.jokbo("audit", folder, "--trust-policy", everybody, expect=10)["error"]
        self.assertEqual(error["reason"], "AUDIT_POLICY")
        self.assertIn("one, two cosigned; not yet: absent", error["message"])
        states, text = self.judged(10, BASE, "--trust-policy", everybody, *http)
        self.assertEqual(states, ["failed"])
        self.assertIn("one, two cosigned; not yet: absent", text)

        signed = self.policy(*known, "quorum one", log=False)  # whose log it is, --key says
        self.assertEqual(self.jokbo("audit", folder, "--trust-policy", signed, "--key", self.key)["key_from"], "option")
        self.judged(0, cosigned, "--trust-policy", signed, "--key", self.key, "--offline")
        alone = self.policy("quorum none")
        self.assertEqual(self.jokbo("audit", folder, "--trust-policy", alone)["trust_policy"]["cosigned"], [])

        self.assertIn("line 2 of the policy", self.jokbo("audit", folder, "--trust-policy", self.policy("log " + one.key, "quorum none"),
                                                         expect=9)["error"]["message"])
        stranger = verifier_key("log.example/other", 1, public_key(bytes(32)))
        for key in (stranger, verifier_key(split_note(self.checkpoint())[0].splitlines()[0], 1, public_key(bytes(32)))):
            wrong = self.policy("log " + key, "quorum none", log=False)
            self.jokbo("audit", folder, "--trust-policy", wrong, "--key", self.key, expect=10)
            self.assertEqual(self.judged(10, cosigned, "--trust-policy", wrong, "--key", self.key, "--offline")[0], ["failed"])
        self.jokbo("audit", folder, "--trust-policy", folder + "/none", expect=9)

        forged = re.sub("(witness.example/one [^\n]{60})(.)", lambda m: m[1] + "AB"[m[2] == "A"], self.checkpoint())
        copy = os.path.join(self.server.data, "copy")
        shutil.copytree(folder, copy)
        with open(os.path.join(copy, "checkpoint"), "w", encoding="utf-8") as f:
            f.write(forged)
        either = self.policy(*known, "group either any one two", "quorum either")
        self.assertEqual(self.jokbo("audit", copy, "--trust-policy", either, expect=10)["error"]["reason"], "AUDIT_POLICY")

    # ---- receipts and checkpoints that bear cosignatures, over gRPC alone

    def cosigned(self, method="Log.GetCheckpoint", **request):
        return Client(self.server.address).call(method, cosigned=True, **request)

    def not_cosigned(self, method="Log.GetCheckpoint", **request):
        with self.assertRaises(Failure) as caught:
            self.cosigned(method, **request)
        self.assertEqual((caught.exception.code, caught.exception.reason), ("FAILED_PRECONDITION", "NOT_COSIGNED"))
        return caught.exception.message

    def bears(self, note, *witnesses):
        """Exactly these have cosigned it, rightly, and the log signed it, first."""
        self.assertEqual(signed_by(note, self.key), 0)
        self.assertEqual([name for name, _ in split_note(note)[1]][0], note.splitlines()[0])
        self.assertEqual({name for name, _ in split_note(note)[1][1:]}, {witness.name for witness in witnesses})
        for witness in witnesses:
            self.assertIsNotNone(signed_by(note, witness.key))

    def settle(self, *witnesses):
        until("all cosign", lambda: all(self.is_cosigned(witness) for witness in witnesses))

    def test_what_is_asked_for_bears_cosignatures(self):
        one, two = self.begin("one", "two", quorum="none")
        self.key = read(self.server, "log.vkey").splitlines()[0]
        self.settle(one, two)
        client, size = Client(self.server.address), self.size()
        reply = client.call("Log.GetCheckpoint")
        self.bears(reply["note"], one, two)
        self.assertEqual(self.cosigned(), reply)
        self.assertEqual((int(reply["log_size"]), reply["note"].splitlines()[1]), (size, str(size)))
        receipt = client.call("Log.GetReceipt", log_index=3)
        self.assertEqual(self.cosigned("Log.GetReceipt", log_index=3)["receipt"], receipt["receipt"])
        self.assertEqual(auditor.receipt_parts(receipt["receipt"])[2], reply["note"])
        for witness in (one, two):
            witness.mode = 422  # from here on the log is ahead of its witnesses
        self.publisher("ahead")
        until("published", lambda: size_of(self.checkpoint()) == size + 1 or self.size() > size + 1)
        bare = client.call("Log.GetCheckpoint")
        self.assertGreater(int(bare["log_size"]), size)
        self.bears(bare["note"])
        self.assertEqual(self.cosigned(), reply)
        self.assertEqual(self.cosigned("Log.GetReceipt", log_index=3)["receipt"], receipt["receipt"])
        self.bears(auditor.receipt_parts(client.call("Log.GetReceipt", log_index=3)["receipt"])[2])
        self.assertIn("has %d entries, and does not include entry %d yet" % (size, size),
                      self.not_cosigned("Log.GetReceipt", log_index=size))
        with self.assertRaises(Failure) as caught:
            self.cosigned("Log.GetReceipt", log_index=size + 1000)
        self.assertEqual((caught.exception.code, caught.exception.reason), ("NOT_FOUND", "ENTRY_NOT_FOUND"))
        one.mode = "normal"
        until("one cosigns again", lambda: self.is_cosigned(one), 30)
        self.bears(client.call("Log.GetCheckpoint")["note"], one)

    def test_a_quorum_goes_before_a_newer_one(self):
        one, two = self.begin("one", "two", quorum="two")
        self.key = read(self.server, "log.vkey").splitlines()[0]
        self.settle(one, two)
        quorum = self.cosigned()
        two.mode = 422
        self.publisher("newer")
        self.settle(one)
        newest = Client(self.server.address).call("Log.GetCheckpoint")
        self.bears(newest["note"], one)
        self.assertEqual(self.cosigned(), quorum)
        two.mode = "normal"
        until("two cosigns again", lambda: self.is_cosigned(two), 30)
        self.assertEqual(self.cosigned()["log_size"], newest["log_size"])

    def test_a_log_that_grows_all_the_time(self):
        """Witnesses of different speeds are asked about the same checkpoints, so that a quorum cosigns one again and again."""
        witnesses = self.begin("quick", "usual", "slow")
        self.key = read(self.server, "log.vkey").splitlines()[0]
        for witness, delay in zip(witnesses, ((0.02, 0.1), (0.1, 0.35), (0.05, 0.6))):
            witness.delay = delay
        self.settle(*witnesses)
        path = write_policy(self.server, witnesses, "three")
        with open(path) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(text.replace("quorum three", "group three all quick usual slow\nquorum three"))
        self.restart(path)
        over, sizes, made = threading.Event(), set(), []

        def grow():
            while not over.is_set():
                self.publisher("p%d" % len(made))
                made.append(1)
                time.sleep(0.02)
        writer = threading.Thread(target=grow)
        writer.start()
        try:
            end = time.monotonic() + 8
            while time.monotonic() < end:
                note = self.cosigned()["note"]
                if all(signed_by(note, witness.key) is not None for witness in witnesses):
                    sizes.add(size_of(note))
                time.sleep(0.1)
        finally:
            over.set()
            writer.join()
        self.assertGreater(len(made), 50)
        self.assertGreater(len(sizes), 4, "%d were cosigned by all, while the log grew by %d" % (len(sizes), len(made)))

    def test_none_is_cosigned(self):
        with Server() as server:
            self.server = server
            self.assertIn("No witness has cosigned", self.not_cosigned())
            self.not_cosigned("Log.GetReceipt", log_index=0)
            self.assertEqual(server.jokbo("log", "checkpoint", "--cosigned").returncode, 8)

    def test_after_a_restart(self):
        """What the public folder's checkpoint bears is there before any witness is."""
        witness = self.begin("one")
        self.key = read(self.server, "log.vkey").splitlines()[0]
        self.settle(witness)
        before = self.cosigned()
        witness.mode = 500
        self.server.stop()
        self.server.start()
        self.assertEqual(self.cosigned(), before)
        self.bears(before["note"], witness)

    def test_a_repeat_is_the_same_whatever_was_cosigned(self):
        witness = self.begin("one")
        self.key = read(self.server, "log.vkey").splitlines()[0]
        self.server.load_roster()
        self.publisher("acme")
        request = {"derivative": derivative("acme/again", "skt/A.X-3.1-Light"), "request_id": new_id()}
        first = self.user.call("Registry.RegisterDerivative", **request)
        self.bears(auditor.receipt_parts(first["receipt"])[2])
        self.settle(witness)
        self.assertEqual(self.user.call("Registry.RegisterDerivative", **request), first)
        renewed = self.cosigned("Log.GetReceipt", log_index=int(first["log_index"]))["receipt"]
        self.bears(auditor.receipt_parts(renewed)[2], witness)
        with self.assertRaises(Failure) as caught:  # another request for what is there: the newest receipt
            self.user.call("Registry.RegisterDerivative", derivative=request["derivative"])
        self.assertEqual(auditor.receipt_parts(caught.exception.metadata["receipt"])[0], int(first["log_index"]))

    def renewed(self, expect, *arguments, token=None, **options):
        done = self.server.jokbo("receipt", "renew", *arguments, "--json", token=token,
                                 env={"HOME": os.path.join(self.server.data, "home")}, **options)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def test_verify_over_grpc_alone(self):
        """No --http: the receipt's own checkpoint, else the newest that is cosigned, from the server that is asked anyway."""
        one, two = self.begin("one", "two")
        self.key = read(self.server, "log.vkey").splitlines()[0]
        self.server.load_roster()
        self.settle(one, two)
        both = self.policy("witness one " + one.key, "witness two " + two.key, "group both all one two", "quorum both")
        states, text = self.judged(0, BASE, "--trust-policy", both)
        self.assertEqual(states, ["ok"])
        size = self.size()
        self.assertIn("size %d is cosigned" % size, text)
        for witness in (one, two):
            witness.mode = 422
        self.publisher("ahead")
        states, text = self.judged(0, BASE, "--trust-policy", both)  # the log has gone on, its witnesses have not
        self.assertEqual(states, ["ok"])
        self.assertIn("size %d is cosigned" % size, text)
        self.assertGreater(self.size(), size)
        bare = self.receipt("bare", 3, None)
        self.bears(receipt_of(bare)[1])
        self.assertEqual(self.judged(0, bare, "--trust-policy", both)[0], ["ok"])
        last = self.receipt("last", self.size() - 1)
        states, text = self.judged(8, last, "--trust-policy", both)
        self.assertEqual(states, ["skipped"])
        self.assertIn("does not reach the entry yet", text)
        three = Witness("witness.example/three")
        self.addCleanup(three.close)
        more = self.policy("witness one " + one.key, "witness three " + three.key, "group all all one three", "quorum all")
        states, text = self.judged(10, BASE, "--trust-policy", more)
        self.assertIn("one cosigned; not yet: three", text)

    def test_renewing_a_stored_receipt(self):
        """From bare to one that a policy accepts, offline and for ever: by the server, or by files."""
        one, two = self.begin("one", "two")
        self.key = read(self.server, "log.vkey").splitlines()[0]
        self.server.load_roster()
        self.publisher("acme")
        self.settle(one, two)
        both = self.policy("witness one " + one.key, "witness two " + two.key, "group both all one two", "quorum both")
        home = os.path.join(self.server.data, "model")
        os.mkdir(home)
        with open(os.path.join(home, "README.md"), "w") as f:
            f.write("---\nlicense: apache-2.0\nbase_model: skt/A.X-3.1-Light\ntags: [sft]\n---\n")
        for name in ("acme/a", "acme/b"):
            done = self.server.jokbo("register", home, "--name", name, "--yes", token=self.user.token,
                                     env={"HOME": os.path.join(self.server.data, "home")})
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        paths = [os.path.join(home, ".jokbo/receipts/acme", name + "@1.receipt") for name in ("a", "b")]
        kept = [read(self.server, os.path.relpath(path, self.server.data + "/public")) for path in paths]
        self.assertEqual(self.judged(10, paths[0], "--trust-policy", both, "--offline")[0], ["failed"])
        self.settle(one, two)
        index = [receipt_of(path)[0] for path in paths]

        subjects = self.renewed(0, paths[0], "--trust-policy", both)["subjects"]
        self.assertEqual(subjects[0]["outcome"], "renewed, for the checkpoint of size %d" % self.size())
        self.assertEqual(receipt_of(paths[0])[0], index[0])
        self.bears(receipt_of(paths[0])[1], one, two)
        self.assertEqual(self.judged(0, paths[0], "--trust-policy", both, "--offline")[0], ["ok"])
        again = self.renewed(0, paths[0], "--trust-policy", both)["subjects"][0]["outcome"]
        self.assertEqual(again, "cosigned already, left as it is")
        outcomes = [subject["outcome"] for subject in self.renewed(0, home)["subjects"]]  # all of a folder; one is new already
        self.assertEqual(outcomes, ["cosigned already, left as it is", "renewed, for the checkpoint of size %d" % self.size()])
        self.bears(receipt_of(paths[1])[1], one, two)
        self.assertEqual(self.server.jokbo("verify", home, "--offline", "--key", self.key, token=None).returncode, 0)

        # somebody else got what is needed; nobody is asked
        def put(path, text):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            return path

        def offline(expect, *arguments, policy=both):
            return self.renewed(expect, paths[0], "--trust-policy", policy, "--offline", *arguments)["subjects"][0]
        got = self.server.jokbo("receipt", "get", str(index[0]), "--cosigned", token=None)
        self.assertEqual(got.returncode, 0, got.stderr)
        proof, note = put(home + "/proof", got.stdout), put(home + "/checkpoint", auditor.receipt_parts(got.stdout)[2])
        hashes = put(home + "/hashes", got.stdout.split("\n\n")[0].split("\n", 2)[2] + "\n")
        for arguments in (["--proof", proof], ["--checkpoint", note, "--proof", hashes], ["--checkpoint", note, "--proof", proof]):
            put(paths[0], kept[0])
            self.assertIn("renewed", offline(0, *arguments)["outcome"])
            self.assertEqual(self.judged(0, paths[0], "--trust-policy", both, "--offline")[0], ["ok"])
        # of the same size: the proof is there already
        put(paths[0], got.stdout.replace(note_text := auditor.receipt_parts(got.stdout)[2], bare_of(note_text)))
        self.assertIn("renewed", offline(0, "--checkpoint", note)["outcome"])
        self.assertEqual(read(self.server, os.path.relpath(paths[0], self.server.data + "/public")), got.stdout)

        # what does not hold stays out, and the stored one stays
        def refused(expect, words, *arguments, policy=both):
            put(paths[0], kept[0])
            subject = offline(expect, *arguments, policy=policy)
            self.assertEqual(subject["outcome"], "left as it was")
            self.assertIn(words, " ".join(check["text"] for check in subject["checks"] if check["state"] == "failed"))
            with open(paths[0], encoding="utf-8") as f:
                self.assertEqual(f.read(), kept[0])
        other = self.server.jokbo("receipt", "get", str(index[1]), "--cosigned", token=None).stdout
        refused(10, "the proof is of entry %d" % index[1], "--proof", put(home + "/other", other))
        refused(10, "does not prove this entry", "--checkpoint", note,
                "--proof", put(home + "/wrong", other.split("\n\n")[0].split("\n", 2)[2] + "\n"))
        refused(10, "give a proof for it with --proof", "--checkpoint", note)
        refused(10, "nobody cosigned", "--proof", put(home + "/bare", got.stdout.replace(note_text, bare_of(note_text))))
        forged = re.sub("(witness.example/one [^\n]{60})(.)", lambda m: m[1] + "AB"[m[2] == "A"], got.stdout)
        refused(10, "does not fit the checkpoint", "--proof", put(home + "/forged", forged))
        third = self.policy("witness x " + verifier_key("witness.example/x", 4, public_key(bytes(32))), "quorum x")
        refused(10, "nobody cosigned; not yet: x", "--proof", proof, policy=third)
        both = self.policy("witness one " + one.key, "witness two " + two.key, "group both all one two", "quorum both")
        for arguments, code in ((["--offline"], 2), (["--proof", "/no/such/file", "--offline"], 9)):
            self.assertEqual(self.server.jokbo("receipt", "renew", paths[0], *arguments, token=None).returncode, code)
        self.assertEqual(self.server.jokbo("receipt", "renew", home, "--proof", proof, token=None).returncode, 2)

        # not yet: the witnesses are behind
        for witness in (one, two):
            witness.mode = 422
        done = self.server.jokbo("register", home, "--name", "acme/c", "--yes", token=self.user.token,
                                 env={"HOME": os.path.join(self.server.data, "home")})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        path = os.path.join(home, ".jokbo/receipts/acme/c@1.receipt")
        told = self.renewed(8, path, "--trust-policy", both)
        self.assertEqual((told["reason"], told["subjects"][0]["outcome"]), ("NOT_COSIGNED", "left as it was"))
        self.assertEqual(self.renewed(8, path)["reason"], "NOT_COSIGNED")

    def test_a_policy_with_keys_of_another_type(self):
        """ML-DSA-44 is not known here: the policy is read, and whoever has such a key never counts."""
        one = self.begin("one")
        self.key = read(self.server, "log.vkey").splitlines()[0]
        self.server.load_roster()
        self.settle(one)
        foreign = "witness pq witness.example/pq+01234567+" + base64.b64encode(b"\x06" + bytes(1312)).decode()
        either = self.policy("witness one " + one.key, foreign, "group g any one pq", "quorum g")
        states, text = self.judged(0, BASE, "--trust-policy", either)
        self.assertRegex(text, r"one \(.*\); keys not known here: pq \(ML-DSA-44\)$")
        folder = os.path.join(self.server.data, "public")
        facts = self.jokbo("audit", folder, "--trust-policy", either)
        self.assertEqual(facts["trust_policy"]["unknown"], [{"witness": "pq", "type": "ML-DSA-44"}])
        self.assertEqual(facts["trust_policy"]["missing"], [])
        told = self.server.jokbo("audit", folder, "--trust-policy", either, token=None)
        self.assertIn("note: witness pq of %s is ignored: keys of its type (ML-DSA-44) are not known here\n" % either, told.stderr)
        both = self.policy("witness one " + one.key, foreign, "group g all one pq", "quorum g")
        states, text = self.judged(10, BASE, "--trust-policy", both)
        self.assertIn("one cosigned; not yet: nobody; with keys of unknown types: pq (ML-DSA-44), without which there is no quorum", text)
        told = self.server.jokbo("verify", BASE, "--trust-policy", both, token=None)
        self.assertIn("and without them the policy's quorum cannot be reached", told.stderr)
        path = write_policy(self.server, [one])
        with open(path) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(text.replace("quorum none", foreign + " https://witness.invalid\nquorum one"))
        self.restart(path)
        self.publisher("after")
        self.settle(one)
        self.assertTrue(self.logged("event=witness-key-unknown", "witness=pq", "type=ML-DSA-44"))
        self.assertTrue(self.logged("event=witnesses", "asked=1"))

    def test_two_servers_share_a_witness(self):
        cluster = Cluster()
        self.addCleanup(cluster.close)
        cluster.start().create_database()
        first = Server("--database", cluster.url)
        self.addCleanup(first.close)
        first.options += ["--client-config", os.path.join(first.data, "client.config")]
        subprocess.run([first.binary, "migrate", "--database", cluster.url], check=True, capture_output=True, timeout=60)
        first.start()
        witness = Witness("witness.example/one", read(first, "log.vkey").splitlines())
        self.addCleanup(witness.close)
        policy = write_policy(first, [witness])
        second = Server("--database", cluster.url, "--witness-policy", policy)
        self.addCleanup(second.close)
        shutil.copy(os.path.join(first.data, "log.key"), second.data)
        first.stop()
        first.options += ["--witness-policy", policy]
        first.start()
        second.start()
        user = person(first.client(), "user")
        size = int(Client(first.address).call("Log.GetCheckpoint")["log_size"])
        other = Client(second.address, user.token)

        def knows_the_token():
            try:
                return other.call("Registry.CreatePublisher", name="first")
            except Failure as failure:
                self.assertEqual(failure.code, "UNAUTHENTICATED")
        until("the other server knows the token", knows_the_token)
        for i in range(18):
            (user, other)[i % 2].call("Registry.CreatePublisher", name="p%d" % i)
        for server in (first, second):
            until("both folders are cosigned", lambda: size_of(read(server, "checkpoint")) == size + 19
                  and signed_by(read(server, "checkpoint"), witness.key) is not None, 40)
            self.assertNotIn("witness-ahead", server.log())
        self.assertNotIn(422, witness.answers)
        self.assertEqual(read(first, "checkpoint").split("\n\n")[0], read(second, "checkpoint").split("\n\n")[0])

    def test_policies_that_are_refused(self):
        server = Server()
        self.addCleanup(server.close)
        server.start()
        witness = Witness("witness.example/one")
        self.addCleanup(witness.close)
        path = write_policy(server, [witness])
        server.stop()
        with open(path) as f:
            good = f.read()
        for text, words in ((good.replace("quorum none\n", ""), "no quorum line"),
                            (good + "quorum two\n", "line 5"),
                            (re.sub(r"(?m)^log .*\n", "", good), "no log line with this log's key"),
                            (good.replace("http://", "ftp://"), "must begin with https://"),
                            (None, "No such file")):
            with self.subTest(words=words):
                if text is None:
                    os.unlink(path)
                else:
                    with open(path, "w") as f:
                        f.write(text)
                server.options = ["--witness-policy", path]
                with self.assertRaises(RuntimeError) as caught:
                    server.start()
                self.assertIn(words, str(caught.exception).splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
