"""Manifests that the registry holds: the `held` entry that says so once, whatever comes first, and who has to bring it; what contradicts; withdrawal and
coming back; and `no-artifact held` against `claimed`."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import Case, Failure, Manifest, Shared, derivative, person  # noqa: E402
from ruled import rules, text_of, word  # noqa: E402

SKT = "skt/A.X-K1"
REGISTER, BATCH, WITHDRAW = "Registry.RegisterDerivative", "Registry.BatchRegisterDerivatives", "Registry.WithdrawBlob"
STATE = "FAILED_PRECONDITION"
HELD = rules("held", no_artifact="on held")
CLAIMED = HELD.replace("name held", "name claimed").replace("on held", "on claimed")
FIRST = text_of("hub-like").replace("hub-like", "first-rules").replace("no-artifact off", "no-artifact on")


def setUpModule():
    Holding.open()


class Holding(Shared):
    made = 0

    @classmethod
    def open(cls):
        Shared.open()
        Case.eve = person(Case.admin, "eve", ["evaluator"], scopes=["models", "roster"])
        Case.stranger = person(Case.admin, "stranger")
        for text in (HELD, CLAIMED, FIRST):
            Case.eve.call("Stages.RecordPolicy", text=text)

    @classmethod
    def next(cls, beginning=""):
        Holding.made += 1
        return "%s%d" % (beginning, Holding.made)

    def manifest(self, **files):
        return Manifest(files or {"model.safetensors": self.next("file ")})

    def add(self, manifest=None, client=None, publisher="alice", **fields):
        name = publisher + "/" + self.next("m-")
        self.register(name, SKT, client=client, **dict(manifest.named if manifest else {}, **fields))
        return name

    def since(self, size):
        """The log's texts from there on."""
        return [entry.decode() for entry in self.anyone.entries(size, self.size())] if self.size() > size else []

    def kinds_since(self, size):
        return [text.split("\n")[1].split(" ")[1] for text in self.since(size)]

    def no_artifact(self, name, size=None):
        """Whether the reason holds, under the policies with `held`, with `claimed`, and of rule set 1."""
        found = []
        for policy in ("held", "claimed", "first-rules"):
            told = self.anyone.call("Evaluation.ExplainStanding", name=name, rule={"policy": policy},
                                    as_of={"log_size": size or self.size()})
            found.append("no-artifact" in [word(f["reason"]) for f in told["roots"][0]["reasons"]])
        return found

    def command(self, manifest, client=None):
        """`jokbo register --manifest FILE`: it brings the bytes, then registers."""
        path = os.path.join(self.server.data, self.next("manifest-"))
        with open(path, "wb") as file:
            file.write(manifest.bytes)
        name = "alice/" + self.next("cli-")
        done = self.server.jokbo("register", "--name", name, "--parent", SKT, "--relation", "finetune", "--license", "Apache-2.0",
                                 "--manifest", path, "--yes", "--no-receipt", token=self.alice.token)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return name

    def upload_refused(self, code, reason, manifest, client=None, fields=None):
        before = self.size()
        with self.assertRaises(Failure) as caught:
            manifest.upload(client or self.alice)
        self.assertEqual((caught.exception.code, caught.exception.reason), (code, reason), caught.exception.message)
        if fields:
            self.assertEqual(sorted(caught.exception.fields), fields)
        self.assertEqual(self.since(before), [])
        return caught.exception


class Bringing(Holding):
    def check_text(self, text, manifest):
        kind, time, actor, body = text.split("\n", 4)[1:]
        self.assertEqual((kind, actor), ("kind held", "actor server"))
        self.assertEqual(body, "artifact sha256:%s\nbytes %d\nweights %s\nweight-files %s\n" % (
            manifest.digest, len(manifest.bytes), *("sha256:" + d if d else "none" for d in (manifest.weights, manifest.files))))
        return time

    def test_the_release_first(self):
        manifest = self.manifest()
        name = self.add(manifest)
        self.assertEqual(self.no_artifact(name), [True, False, False])
        size = self.size()
        manifest.upload(self.alice)
        text, = self.since(size)
        self.check_text(text, manifest)
        self.assertEqual(self.no_artifact(name), [False] * 3)
        self.assertEqual(self.no_artifact(name, size), [True, False, False])

    def test_the_bytes_first(self):
        manifest, size = self.manifest(), self.size()
        manifest.upload(self.alice)
        self.assertEqual(self.size(), size, "nobody names it yet")
        name = self.add(manifest)
        register, held = self.since(size)
        self.assertIn("\nkind register\n", register)
        self.assertEqual(self.check_text(held, manifest), register.split("\n")[2], "one batch, one time")
        self.assertEqual(self.no_artifact(name), [False] * 3)

    def test_by_whom(self):
        """It proves a text, and whose hands brought it is no matter for a release that comes after it. But one that names it before waits for
        its own owner, a registrar or an admin: who merely knows a digest is not to count by what its maker brings."""
        manifest, size = self.manifest(), self.size()
        manifest.upload(self.stranger)
        self.add(manifest)
        self.assertEqual(self.kinds_since(size), ["register", "held"])
        rita = person(self.admin, "rita", ["registrar"])
        self.addCleanup(rita.close)
        for client in (self.alice, rita, self.admin):
            manifest, size = self.manifest(), self.size()
            name = self.add(manifest)
            for other in (self.stranger, self.bob):
                manifest.upload(other)
            self.assertEqual((self.kinds_since(size), self.no_artifact(name)), (["register"], [True, False, False]))
            manifest.upload(client)
            self.assertEqual((self.kinds_since(size), self.no_artifact(name)), (["register", "held"], [False] * 3))
        manifest = self.manifest()  # with the release of whoever brought it
        waiting, size = self.add(manifest), self.size()
        manifest.upload(self.bob)
        self.add(manifest, self.bob, "bob")
        self.assertEqual((self.kinds_since(size), self.no_artifact(waiting)), (["register", "held"], [False] * 3))

    def test_once(self):
        """Neither the bytes again, nor another release that names them, nor a repeated call writes it anew."""
        manifest = self.manifest()
        manifest.upload(self.alice)
        name = self.add(manifest)
        size = self.size()
        manifest.upload(self.alice)
        manifest.upload(self.stranger)
        self.assertEqual(self.since(size), [])
        other = self.add(manifest, self.bob, "bob")
        self.release(name, version="2", **manifest.named)
        self.assertEqual(self.kinds_since(size), ["register", "release"])
        self.assertEqual([self.no_artifact(n) for n in (name, other)], [[False] * 3] * 2)

    def test_with_a_release(self):
        """A further release brings its own; the one that decides is asked."""
        first, second = self.manifest(), self.manifest()
        for manifest in (first, second):
            manifest.upload(self.alice)
        name = self.add(first)
        size = self.size()
        self.release(name, version="2", **second.named)
        self.assertEqual(self.kinds_since(size), ["release", "held"])
        third = self.manifest()
        self.release(name, version="3", **third.named)
        self.assertEqual(self.no_artifact(name), [True, False, False])
        self.alice.call("Registry.YankRelease", name=name + "@3", reason="x")
        self.assertEqual(self.no_artifact(name), [False] * 3)

    def test_in_a_batch(self):
        """Registrations keep contiguous indexes, with the `held` entries behind all of them, each once."""
        one, two, three = self.manifest(), self.manifest(), self.manifest()
        one.upload(self.alice)
        two.upload(self.stranger)
        names = ["alice/" + self.next("b-") for _ in range(4)]
        items = [derivative(name, SKT, **manifest.named) for name, manifest in zip(names, (one, two, one, three))]
        size = self.size()
        dry = self.alice.call(BATCH, derivatives=items, validate_only=True)
        self.assertEqual((self.size(), dry["log_size"]), (size, "0"))
        reply = self.alice.call(BATCH, derivatives=items)
        self.assertEqual([int(r["log_index"]) for r in reply["registrations"]], list(range(size, size + 4)))
        self.assertEqual(self.kinds_since(size), ["register"] * 4 + ["held"] * 2)
        for text, manifest in zip(self.since(size + 4), (one, two)):
            self.check_text(text, manifest)
        self.assertEqual(int(reply["log_size"]), size + 6)
        self.assertEqual([self.no_artifact(name)[0] for name in names], [False, False, False, True])

    def test_what_a_manifest_says(self):
        """Weights by tensors, by files, or none at all; the set of weight files whatever else there is."""
        tensors = Manifest({"a.safetensors": "t", "README.md": "r"}, ["layer." + self.next()])
        twice = Manifest({"a.gguf": "same", "b.gguf": "same", "c.bin": self.next("c")})
        nothing = Manifest({"README.md": self.next("r")})
        self.assertNotEqual(tensors.weights, tensors.files)
        self.assertNotEqual(twice.weights, twice.files)  # each digest once in the set
        self.assertEqual((nothing.weights, nothing.files), (None, None))
        for manifest in (tensors, twice, nothing):
            manifest.upload(self.alice)
            size = self.size()
            name = self.add(manifest)
            self.check_text(self.since(size)[1], manifest)
            self.assertEqual(self.no_artifact(name), [False] * 3)

    def test_check_only_and_repeats(self):
        manifest, size = self.manifest(), self.size()
        manifest.upload(self.alice)
        declared = derivative("alice/" + self.next("m-"), SKT, **manifest.named)
        self.alice.call(REGISTER, derivative=declared, validate_only=True)
        self.assertEqual(self.size(), size)
        repeat = "2b6f0cc9-04d1-4ec5-8b1c-%012d" % self.made
        first = self.alice.call(REGISTER, derivative=declared, request_id=repeat)
        self.assertEqual(self.alice.call(REGISTER, derivative=declared, request_id=repeat), first)
        self.assertEqual(self.kinds_since(size), ["register", "held"])

    def test_a_licence_text_is_no_manifest(self):
        """What has been uploaded as a licence's text is never held, though a release names its digest as an artifact."""
        manifest = self.manifest()
        self.alice.upload("BLOB_KIND_LICENSE_TEXT", manifest.bytes, manifest.digest)
        size = self.size()
        name = self.add(manifest)
        self.assertEqual(self.kinds_since(size), ["register"])
        self.assertEqual(self.no_artifact(name), [True, False, False])
        self.assertIn(("unverified_artifact", ""), self.kinds(name))

    def test_a_stranger_calls_it_a_licence_text(self):
        """Whoever uploads another's manifest as a licence's text keeps nobody from uploading it as what it is."""
        manifest = self.manifest()
        self.stranger.upload("BLOB_KIND_LICENSE_TEXT", manifest.bytes, manifest.digest)
        name, size = self.add(manifest), self.size()
        blob = manifest.upload(self.alice)
        self.assertEqual((blob["kind"], blob["weights_sha256"]), ("BLOB_KIND_MANIFEST", manifest.weights))
        self.assertEqual(self.kinds_since(size), ["held"])
        self.assertEqual((self.no_artifact(name), self.kinds(name)), ([False] * 3, set()))
        # and once it is a manifest, it stays one
        self.stranger.upload("BLOB_KIND_LICENSE_TEXT", manifest.bytes, manifest.digest)
        self.assertEqual(self.anyone.call("Registry.GetBlob", sha256=manifest.digest)["kind"], "BLOB_KIND_MANIFEST")

    def test_by_command(self):
        manifest, size = self.manifest(), self.size()
        name = self.command(manifest)
        self.assertEqual(self.kinds_since(size), ["register", "held"])
        self.assertEqual(self.no_artifact(name), [False] * 3)


class Contradicting(Holding):
    def test_ones_own_mistake(self):
        """A manifest that says other weights than one's own release does is refused, and so is a release that says other weights."""
        manifest = self.manifest()
        name = self.add(manifest, weights_sha256="aa" * 32)
        failure = self.upload_refused("INVALID_ARGUMENT", "INVALID_FIELD", manifest, fields=["data"])
        self.assertIn("contradicts the release %s@1" % name, failure.fields["data"])
        self.assertIn(manifest.weights, failure.fields["data"])
        good = self.manifest()
        good.upload(self.alice)
        self.wrong(["derivative.weights_sha256"], REGISTER, derivative=derivative("alice/x", SKT, artifact_sha256=good.digest,
                                                                                  weights_sha256="aa" * 32))
        self.wrong(["derivative.weights_sha256"], REGISTER, derivative=derivative("alice/x", SKT, artifact_sha256=good.digest))

    def test_one_says_so_another_not(self):
        """Named with wrong weights by one and with its own by another, it is held for the second alone."""
        manifest = self.manifest()
        wrong = self.add(manifest, self.bob, "bob", weights_sha256="aa" * 32)
        right = self.add(manifest)
        size = self.size()
        manifest.upload(self.alice)
        self.assertEqual(self.kinds_since(size), ["held"])
        self.assertEqual([self.no_artifact(name) for name in (right, wrong)], [[False] * 3, [True, False, False]])
        self.assertEqual([("unverified_artifact", "") in self.kinds(name) for name in (right, wrong)], [False, True])
        # who named it wrongly mends it by a further release
        self.release(wrong, self.bob, version="2", **manifest.named)
        self.assertEqual(self.no_artifact(wrong), [False] * 3)

    def test_nobody_keeps_anothers_manifest_out(self):
        """A stranger who names a manifest with wrong weights before its maker does neither keeps the bytes out, nor is it held for him."""
        manifest = self.manifest()
        thief = self.add(manifest, self.bob, "bob", weights_sha256="aa" * 32)
        size = self.size()
        manifest.upload(self.alice)  # as `jokbo register` does: the bytes first
        mine = self.add(manifest)
        self.assertEqual(self.kinds_since(size), ["register", "held"])
        self.assertEqual([self.no_artifact(name) for name in (mine, thief)], [[False] * 3, [True, False, False]])

    def test_the_same_by_command(self):
        manifest = self.manifest()
        self.add(manifest, self.bob, "bob", weights_sha256="aa" * 32)
        self.assertEqual(self.no_artifact(self.command(manifest)), [False] * 3)

    def test_what_a_registrar_entered(self):
        """For a publisher whom nobody has claimed a mistake is the registry's own, whoever brings the bytes."""
        rita, manifest = person(self.admin, "rita", ["registrar"]), self.manifest()
        self.addCleanup(rita.close)
        rita.call("Registry.CreatePublisher", name=self.next("orphan-"), on_behalf=True)
        self.add(manifest, rita, "orphan-%d" % self.made, weights_sha256="aa" * 32)
        self.upload_refused("INVALID_ARGUMENT", "INVALID_FIELD", manifest, self.stranger, ["data"])


class Withdrawing(Holding):
    def withdraw(self, manifest, **fields):
        return self.admin.call(WITHDRAW, sha256=manifest.digest, **dict({"reason": "a mistake"}, **fields))

    def test_taken_away_and_back(self):
        manifest = self.manifest()
        name, size = self.add(manifest), self.size()
        manifest.upload(self.alice)
        self.withdraw(manifest)
        text, = self.since(size + 1)
        digest, = re.findall(r"\nkind withdrawn\n.*\nactor role admin\nartifact sha256:%s\ntext sha256:([0-9a-f]{64})\n" % manifest.digest, text)
        self.assertEqual(digest, self.anyone_blob_reason(manifest))
        self.assertNotIn("mistake", text)
        self.assertEqual(self.no_artifact(name), [True, False, False])
        self.assertEqual(self.no_artifact(name, size + 1), [False] * 3)
        self.withdraw(manifest)  # said again, it changes nothing
        self.assertEqual(self.size(), size + 2)
        self.upload_refused(STATE, "BLOB_WITHDRAWN", manifest)
        other = self.add(manifest, self.bob, "bob")
        self.assertEqual(self.no_artifact(other), [True, False, False])
        size = self.size()
        self.admin.call(WITHDRAW, sha256=manifest.digest, lift=True)
        self.assertEqual(self.since(size), [], "its bytes are not back yet")
        manifest.upload(self.alice)
        self.assertEqual(self.kinds_since(size), ["held"])
        self.assertEqual([self.no_artifact(n) for n in (name, other)], [[False] * 3] * 2)
        self.withdraw(manifest)
        self.assertEqual(self.kinds_since(size), ["held", "withdrawn"])

    def anyone_blob_reason(self, manifest):
        with self.assertRaises(Failure) as caught:
            self.anyone.call("Registry.GetBlob", sha256=manifest.digest)
        self.assertEqual(caught.exception.reason, "BLOB_WITHDRAWN")
        return caught.exception.metadata["reason_sha256"]

    def test_what_nobody_names(self):
        """A manifest that no release names, and a licence's text, go without an entry."""
        manifest, size = self.manifest(), self.size()
        manifest.upload(self.alice)
        self.withdraw(manifest)
        text = Manifest({"LICENSE": self.next("l")})
        self.alice.upload("BLOB_KIND_LICENSE_TEXT", text.bytes, text.digest)
        self.withdraw(text)
        self.assertEqual(self.since(size), [])
        name = self.add(manifest)
        self.assertEqual(self.kinds_since(size), ["register"])
        self.assertEqual(self.no_artifact(name)[0], True)

    def test_check_only(self):
        manifest = self.manifest()
        self.add(manifest)
        manifest.upload(self.alice)
        size = self.size()
        self.withdraw(manifest, validate_only=True)
        self.assertEqual(self.since(size), [])

    def test_by_command(self):
        manifest = self.manifest()
        self.add(manifest)
        manifest.upload(self.alice)
        size = self.size()
        done = self.server.jokbo("blob", "withdraw", manifest.digest, "--reason", "a mistake")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.kinds_since(size), ["withdrawn"])
        self.assertEqual(self.server.jokbo("blob", "withdraw", manifest.digest, "--lift").returncode, 0)


class Restarting(Case):
    def test_what_is_held_outlives_a_restart(self):
        """And what waits for its other half: bytes for a release, a release for its bytes."""
        held, bytes_only, release_only = (Manifest({"m.gguf": word}) for word in ("one", "two", "three"))
        self.register("alice/held", SKT, **held.named)
        held.upload(self.alice)
        bytes_only.upload(self.alice)
        self.register("alice/waits", SKT, **release_only.named)
        size = self.size()
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        for client in (self.alice, self.anyone, self.admin):
            client.close()
            client.__init__(self.server.address, client.token)
        held.upload(self.alice)
        self.assertEqual(self.size(), size)
        self.register("alice/later", SKT, **bytes_only.named)
        release_only.upload(self.alice)
        kinds = [entry.split(b"\n")[1] for entry in self.anyone.entries(size, self.size())]
        self.assertEqual(kinds, [b"kind register", b"kind held", b"kind held"])


if __name__ == "__main__":
    unittest.main()
