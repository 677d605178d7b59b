"""`jokbo audit --weights` and tests/recount_evidence.py, which shares nothing with it: over a log with releases, copies, references,
undeclared kin, a challenge and a withdrawn manifest both say the same of every entry; and both find each figure, line, key and manifest
that somebody changed, in logs that the log's own key signed."""
import base64
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "support"), HERE]
import evidence  # noqa: E402
import publication  # noqa: E402
import sketch  # noqa: E402
import weighed_log  # noqa: E402
from jokbo import BUILD, confirmed, eventually, external, joined, person  # noqa: E402
from public import spoiled  # noqa: E402
from examined import BASE, SIDE, Examined, Model, layers, tensor, values  # noqa: E402

EXAMPLE = os.path.join(HERE, "..", "..", "registry", "formats", "weighed")
RECOUNT = os.path.join(HERE, "..", "recount_evidence.py")
NOT_VERIFIED, USAGE = 10, 2
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410: before the 32 bytes of a private key


class LogsKey(publication.Signer):
    """Signs with the key of a server's log."""

    def __init__(self, data):
        super().__init__("unused")
        with open(os.path.join(data, "log.key"), encoding="utf-8") as file:
            name, key_id, blob = file.read().strip().removeprefix("PRIVATE+KEY+").split("+", 2)
        der = os.path.join(self.folder, "key.der")
        with open(der, "wb") as file:
            file.write(PKCS8 + base64.b64decode(blob)[1:])
        self.openssl("pkey", "-inform", "DER", "-in", der, "-out", self.private)
        public = b"\1" + self.openssl("pkey", "-in", self.private, "-pubout", "-outform", "DER")[-32:]
        self.name, self.id = name, bytes.fromhex(key_id)
        self.key = "%s+%s+%s" % (name, key_id, base64.b64encode(public).decode())


def fields_of(entry):
    lines = entry.decode().split("\n")
    return lines[1].removeprefix("kind "), dict(line.split(" ", 1) for line in lines[4:] if line)


class AuditEvidence(Examined):
    """One log, which is kept as files; what each test changes it changes in a copy."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home = tempfile.mkdtemp(prefix="jokbo-audit-evidence-")
        cls.addClassCleanup(shutil.rmtree, cls.home, True)
        cls("play").play()
        cls.signer = LogsKey(cls.server.data)
        cls.addClassCleanup(cls.signer.close)
        cls.log = cls.anyone.entries(0, int(cls.anyone.call("Log.GetCheckpoint")["log_size"]))
        cls.folder = os.path.join(cls.home, "log")
        cls("keep").keep()

    # ---- the log ----

    def play(self):
        judges = [person(self.admin, "judge", ["evaluator"], scopes=["models", "roster"]) for _ in range(2)]
        confirmed(*judges, "Evidence.SetVerifier", verifier="lab", institution="A lab", reason="invented")
        lab = person(self.admin, "lab", ["verifier"], scopes=["models"], verifier="lab")
        for client in (*judges, lab):
            self.addClassCleanup(client.close)
        cls = type(self)
        cls.parent = self.add(layers(1, count=2))
        cls.stranger = self.add([tensor("vision.blocks.0.w", values(71))] + layers(7, count=1))
        self.screened(cls.stranger)
        cls.child = self.add(layers(1, count=2, noise=0.1) + [tensor("vision.blocks.0.w", values(71))], cls.parent, client=self.bob)
        cls.copy = self.add(layers(1, count=2), client=self.bob)
        cls.lost = self.add(layers(8, count=1))
        for model in (cls.parent, cls.child, cls.copy, cls.lost):
            self.screened(model)
        cls.beside = self.add(layers(8, count=1) + [tensor("head.w", values(99))], client=self.bob)  # of a part of what is lost later
        cls.below = self.add(layers(8, count=1, noise=0.1), cls.lost)
        self.refer()
        self.adopt()
        self.weigh_base()
        self.come_back()
        for model in (cls.beside, cls.below):
            self.screened(model)
        cls.attest = self.challenge(lab, cls.child, cls.parent)
        self.admin.call("Registry.WithdrawBlob", sha256=cls.lost.artifact, reason="by court order")
        cls.late = self.add(layers(8, count=1, noise=0.1))
        self.screened(cls.late)

    def refer(self):
        """A reference that is declared as a parent, and another."""
        for name, seed in (("far", 20), ("other", 21)):
            model = Model("", layers(seed, count=1))
            self.registrar.upload("BLOB_KIND_MANIFEST", model.manifest.encode(), model.artifact)
            self.registrar.call("Evidence.AddReference", external="huggingface.co/org/" + name, artifact_sha256=model.artifact, source="invented")
        model = self.add(layers(20, count=1, noise=0.1), BASE + "@initial", external("huggingface.co/org/far"), relation="merge")
        self.screened(model)
        self.screened(self.add(layers(21, count=1, noise=0.1), model, client=self.bob))

    def adopt(self):
        """An external model that a registered one is; first without a reference, then with one, then with a newer one."""
        there, organisation = "huggingface.co/Bob-Org/real", "huggingface.co/Bob-Org"
        self.admin.call("Registry.VerifyPublisher", name="bob", evidence="domain")
        self.registrar.call("Registry.SetNamespace", publisher="bob", organisation=organisation, evidence="hub-file")
        grown = self.add(layers(40, count=1), self.parent, client=self.bob)
        self.bob.call("Registry.AdoptExternalModel", external=there, model=grown.name)
        child = self.add(layers(40, count=1, noise=0.1), BASE + "@initial", external(there), relation="merge")
        self.screened(child)
        self.screened(self.add(layers(40, count=1, noise=0.2), child, client=self.bob))
        for seed in (41, 42):
            model = Model("", layers(seed, count=1))
            self.registrar.upload("BLOB_KIND_MANIFEST", model.manifest.encode(), model.artifact)
            self.registrar.call("Evidence.AddReference", external=there, artifact_sha256=model.artifact, source="invented")
            self.screened(self.add(layers(seed, count=1, noise=0.1), BASE + "@initial", external(there), relation="merge"))
            self.screened(self.add(layers(seed, count=1)))

    def weigh_base(self):
        """A base model whose weights are known, of which others have a part."""
        model = Model(BASE, layers(50, count=1) + [tensor("head.w", values(99))])
        blob = self.registrar.upload("BLOB_KIND_MANIFEST", model.manifest.encode(), model.artifact)
        owner = person(self.admin, "skt", scopes=["models", "publishers"])
        self.addClassCleanup(owner.close)
        joined(self.admin, "skt", owner.account, "MEMBER_ROLE_OWNER")
        license = self.anyone.call("Registry.GetRelease", name=BASE + "@initial")["license"]
        self.release(BASE, client=owner, version="weights", license=license, artifact_sha256=model.artifact, weights_sha256=blob["weights_sha256"])
        self.screened(self.add(layers(50, count=1, noise=0.1), BASE + "@weights"))
        self.screened(self.add(layers(51, count=1), self.stranger, client=self.bob))

    def come_back(self):
        """One whose manifest was withdrawn for a while: a copy of that time is not compared with it, a later one is, and it has evidence
        twice. And one that was yanked."""
        def made(extra):
            return [tensor("extra.w", values(extra))] + layers(60, count=1)
        model = self.add(made(601))
        self.screened(model)
        self.admin.call("Registry.WithdrawBlob", sha256=model.artifact, reason="by mistake")
        self.screened(self.add(made(602), client=self.bob))
        self.admin.call("Registry.WithdrawBlob", sha256=model.artifact, lift=True)
        size = self.size()
        self.alice.upload("BLOB_KIND_MANIFEST", model.manifest.encode(), model.artifact)
        self.screened(model, after=size)
        gone = self.add(made(603))
        self.screened(gone)
        self.alice.call("Registry.YankRelease", name=gone.name + "@1", reason="broken")
        self.screened(self.add(made(604), client=self.bob))

    def challenge(self, lab, model, *parents):
        challenge = lab.call("Evidence.ChallengeRelease", model=model.name, nonce="ab" * 32)
        key = bytes.fromhex(challenge["key"])
        rows = [(m.hash, "sha256:" + m.artifact, evidence.manifest_of(m.tensors, lambda n: sketch.challenge_signs(key, n)))
                for m in (model, *parents)]
        text = evidence.challenge_text(model.hash, int(challenge["log_index"]), challenge["key"], rows).encode()
        digest = evidence.sha256(text)
        lab.upload("BLOB_KIND_CHALLENGE", text, digest)
        attest = lab.call("Evidence.AttestRelease", challenge=challenge["log_index"], found_sha256=model.artifact, sketches_sha256=digest)
        eventually(lambda: [e for _, e in self.entries() if e["attest"] == attest["attest_index"]])
        return int(attest["attest_index"])

    # ---- as files ----

    def keep(self):
        """The log, and every blob that it names and that is served, in a folder."""
        os.mkdir(self.folder)
        publication.publish(self.folder, self.log, self.signer.note(self.log), self.signer.key)
        for digest in sorted(set(re.findall(r"sha256:([0-9a-f]{64})", b"".join(self.log).decode()))):
            done = subprocess.run(["curl", "-sf", "http://%s/manifest/sha256/%s" % (self.server.http, digest)], capture_output=True, timeout=20)
            if done.returncode == 0:
                publication.write(self.folder, "manifest/sha256/" + digest, done.stdout)

    def changed(self, index, *changes):
        """A copy of the log in which an entry has other bytes, and blobs others: (old, new)."""
        entries = list(self.log)
        folder = tempfile.mkdtemp(dir=self.home)
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        for old, new in changes:
            self.assertIn(old, entries[index])
            entries[index] = entries[index].replace(old, new)
        for place in os.listdir(folder):
            if place == "tile":
                shutil.rmtree(os.path.join(folder, place))
        publication.publish(folder, entries, self.signer.note(entries), self.signer.key)
        return folder

    def blob(self, digest, folder=None):
        return os.path.join(folder or self.folder, "manifest", "sha256", digest.removeprefix("sha256:"))

    def audit(self, at, code=0):
        """What both say, which is the same: {(entry, kind): (verdict, finding of the audit)} of what is not the same."""
        env = {"HOME": tempfile.mkdtemp(dir=self.home)}
        done = self.server.jokbo("audit", at, "--weights", "--key", self.signer.key, "--json", token=None, env=env)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        told = json.loads(done.stdout)["evidence"]
        self.assertEqual(told["verified"], code == 0)
        found = {(f["log_index"], f["kind"]): f for f in told["findings"]}
        self.assertEqual(len(found), told["finding_count"])
        recounted = self.recounted(at, 1 if code else 0)
        self.assertEqual({place: f["verdict"] for place, f in found.items() if place[1] != "held"},
                         {place: verdict for place, (verdict, _) in recounted.items() if verdict != "same"})
        for kind, sums in (("evidence", told["evidence"]), ("attest", told["challenge_texts"])):
            verdicts = [verdict for (_, of), (verdict, _) in recounted.items() if of == kind]
            self.assertEqual(sums, {verdict: verdicts.count(verdict) for verdict in ("same", "differs", "withdrawn", "absent")})
        return found

    def recounted(self, at, code=0):
        done = subprocess.run([sys.executable, "-B", RECOUNT, at, "--key", self.signer.key], capture_output=True, text=True, timeout=120)
        self.assertEqual((done.returncode, done.stderr), (code, ""), done.stdout)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        return {(int(index), kind): (verdict, what) for index, kind, verdict, what in rows}

    def evidence_of(self, model, attest="none"):
        """(index, fields) of the evidence of a release."""
        for index, entry in enumerate(self.log):
            kind, fields = fields_of(entry) if b"\nkind evidence\n" in entry else ("", {})
            if kind and fields["release"] == model.hash and fields["attest"] == attest:
                return index, fields
        raise AssertionError("no evidence of %s" % model.name)

    def unread(self):
        """What rests on the manifest that was withdrawn."""
        return {self.evidence_of(model)[0] for model in (self.lost, self.beside, self.below)}

    # ---- what is right ----

    def test_folder_and_url(self):
        for at in (self.folder, "http://" + self.server.http):
            found = self.audit(at)
            self.assertEqual({index for index, _ in found}, self.unread())
            self.assertEqual({(f["verdict"], f["sha256"]) for f in found.values()}, {("withdrawn", self.lost.artifact)})

    def test_for_people(self):
        env = {"HOME": tempfile.mkdtemp(dir=self.home)}
        done = self.server.jokbo("audit", self.folder, "--weights", "--key", self.signer.key, token=None, env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"\nevidence +\d+ +0 +0 +3\nchallenge texts +1 +0 +0 +0\n")
        for index in self.unread():
            self.assertRegex(done.stdout, r"\n +%d +evidence +not recomputable: manifest/sha256/%s was withdrawn\n" % (index, self.lost.artifact))
        for words in (["--stage", "x"], ["--all"], ["--verify-only"], ["--export", self.home]):
            refused = self.server.jokbo("audit", self.folder, "--weights", *words, token=None, env=env)
            self.assertEqual((refused.returncode, "cannot be combined" in refused.stderr), (USAGE, True), refused.stderr)

    # ---- what is not ----

    def differs(self, folder, *places):
        """These entries differ, and no others but the challenge text, whose key follows from all entries before; what the audit says of the
        first."""
        found = self.audit(folder, NOT_VERIFIED)
        moved = {(self.attest, "attest")} if places[0][0] < self.attest else set()
        self.assertEqual({place for place, f in found.items() if f["verdict"] == "differs"}, set(places) | moved)
        self.assertTrue(all(found[place]["what"] == "key" for place in moved))
        return found[places[0]]

    def test_each_figure(self):
        """Of a parent, of near ones, of undeclared kin; of evidence that cannot be recomputed, too."""
        index, fields = self.evidence_of(self.child)
        parents = fields["parents"]
        grade, equal, near, kin, comparable = parents.split("/")
        other = "/".join((grade, equal, near, str(int(kin) - 1), comparable))
        found = self.differs(self.changed(index, (parents.encode(), other.encode())), (index, "evidence"))
        self.assertEqual((found["what"], found["expected"]), ("parents", parents))
        found = self.differs(self.changed(index, (b"\nkin %s\n" % fields["kin"].encode(), b"\nkin 7\n")), (index, "evidence"))
        self.assertEqual((found["what"], found["expected"], found["found"]), ("kin", fields["kin"], "7"))
        index, fields = self.evidence_of(self.copy)
        self.assertEqual(fields["near"], self.parent.hash)
        found = self.differs(self.changed(index, (b"\nnear " + fields["near"].encode(), b"\nnear none")), (index, "evidence"))
        self.assertEqual((found["what"], found["expected"], found["found"]), ("near", self.parent.hash, "none"))
        index, fields = self.evidence_of(self.below)
        found = self.differs(self.changed(index, (b"=kin/", b"=near/")), (index, "evidence"))
        self.assertEqual(found["what"], "parents")
        index, fields = self.evidence_of(self.child, str(self.attest))
        self.differs(self.changed(index, (b"=kin/", b"=near/") if b"=kin/" in self.log[index] else (b"=part/", b"=kin/")), (index, "evidence"))

    def forged(self, model, change, attest="none", figures=()):
        """A log whose evidence of a release is what `change` makes of its text."""
        index, fields = self.evidence_of(model, attest)
        with open(self.blob(fields["evidence"]), encoding="utf-8") as file:
            text = change(file.read())
        digest = evidence.sha256(text.encode())
        folder = self.changed(index, (fields["evidence"].encode(), b"sha256:" + digest.encode()), *figures)
        publication.write(folder, "manifest/sha256/" + digest, text.encode())
        return folder, index

    def test_each_text(self):
        """A model that is left out, a share that is another, of what can be recomputed and of the rest."""
        def without(model):
            return lambda text: re.sub(r"compared other \S+ release %s .*\n(?:(?:part|undeclared|in) .*\n)*" % model.hash, "", text)
        folder, index = self.forged(self.copy, without(self.parent), figures=[(b"\nnear %s" % self.parent.hash.encode(), b"\nnear none"), (b"\nkin 2", b"\nkin 1")])
        found = self.differs(folder, (index, "evidence"))
        self.assertIn("compared other equal+alike release " + self.parent.hash, found["expected"])
        self.assertGreater(found["line"], 6)
        folder, index = self.forged(self.child, lambda text: text.replace("\nforeign ", "\nforeign 1"))
        self.assertEqual(self.differs(folder, (index, "evidence"))["line"], 7)
        folder, index = self.forged(self.beside, lambda text: text.replace("weights 2 ", "weights 3 "))
        self.assertEqual(self.differs(folder, (index, "evidence"))["line"], 6)
        folder, index = self.forged(self.child, lambda text: text.replace("weights ", "weights 9"), attest=str(self.attest))
        self.assertEqual(self.differs(folder, (index, "evidence"))["line"], 6)
        folder, index = self.forged(self.copy, lambda text: text.replace("\nat ", "\nat 1"))
        self.assertEqual(self.differs(folder, (index, "evidence"))["what"], "text")
        folder, index = self.forged(self.copy, lambda text: text.replace("\nshared", "\nshaded"))
        self.assertEqual(self.differs(folder, (index, "evidence"))["what"], "text")

    def test_challenge_text(self):
        index, place = self.attest, (self.attest, "attest")
        _, fields = fields_of(self.log[index])
        with open(self.blob(fields["sketches"]), encoding="utf-8") as file:
            text = file.read()
        key = re.search("\nkey ([0-9a-f]{64})\n", text).group(1)
        for what, old, new in (("key", key, "1" * 64), ("artifact", self.child.artifact, self.copy.artifact), ("model", self.parent.hash, "f" * 64),
                               ("files", "F32 %dx%d model.layers.0.w " % (SIDE, SIDE), "F32 %dx%d model.layers.0.u " % (SIDE, SIDE)),
                               ("challenge text", "jokbo/challenge/v1", "jokbo/challenge/v2")):
            changed = text.replace(old, new)
            digest = evidence.sha256(changed.encode())
            folder = self.changed(index, (fields["sketches"].encode(), b"sha256:" + digest.encode()))
            publication.write(folder, "manifest/sha256/" + digest, changed.encode())
            self.assertEqual(self.differs_at(folder, place)["what"], what)

    def differs_at(self, folder, place):
        """It does, whatever follows for evidence that rests on it."""
        found = self.audit(folder, NOT_VERIFIED)
        self.assertEqual(found[place]["verdict"], "differs")
        return found[place]

    def test_served_bytes(self):
        """A manifest, an evidence text and a challenge text that are others, or are not served."""
        _, fields = self.evidence_of(self.copy)
        attested = fields_of(self.log[self.attest])[1]["sketches"]
        for digest, place in ((fields["evidence"], (self.evidence_of(self.copy)[0], "evidence")), (attested, (self.attest, "attest")),
                              (self.copy.artifact, (self.evidence_of(self.copy)[0], "evidence"))):
            with spoiled(self.blob(digest), lambda data: data.replace(b"model", b"nodel", 1)):
                self.assertEqual(self.audit(self.folder, NOT_VERIFIED)[place]["verdict"], "differs")
            aside = os.path.join(self.home, "aside")
            os.rename(self.blob(digest), aside)
            try:
                found = self.audit(self.folder, NOT_VERIFIED)[place]
                self.assertEqual((found["verdict"], found["sha256"]), ("absent", digest.removeprefix("sha256:")))
            finally:
                os.rename(aside, self.blob(digest))

    def test_the_error(self):
        index, fields = self.evidence_of(self.copy)
        env = {"HOME": tempfile.mkdtemp(dir=self.home)}
        folder = self.changed(index, (b"\nkin 2\n", b"\nkin 9\n"))
        done = self.server.jokbo("audit", folder, "--weights", "--key", self.signer.key, token=None, env=env)
        self.assertEqual(done.returncode, NOT_VERIFIED)
        self.assertIn("log entry %d, evidence: kin: expected \"2\", found \"9\"" % index, done.stderr)
        done = self.server.jokbo("audit", folder, "--weights", "--key", self.signer.key, "--json", token=None, env=env)
        self.assertEqual(json.loads(done.stdout)["evidence"]["reason"], "AUDIT_EVIDENCE")


class ExampleLog(unittest.TestCase):
    """registry/formats/weighed: `tests/support/weighed_log.py registry/formats/weighed` writes it anew."""

    def test_files(self):
        there = {os.path.relpath(os.path.join(at, name), EXAMPLE): os.path.join(at, name) for at, _, names in os.walk(EXAMPLE) for name in names}
        wanted = weighed_log.Story().files()
        self.assertEqual(set(there), set(wanted) | {"README.md"})
        for name, data in wanted.items():
            with open(there[name], "rb") as file:
                self.assertEqual(file.read(), data, name)

    def spoil(self, chance, text):
        """With a line more, less, elsewhere, cut, or with another word."""
        lines, how = text.split("\n"), chance.randrange(5)
        at, other = chance.randrange(len(lines) - 1), chance.randrange(len(lines) - 1)
        words = lines[at].split(" ")
        if how == 0:
            del lines[at]
        elif how == 1:
            lines.insert(at, lines[other])
        elif how == 2:
            lines[at], lines[other] = lines[other], lines[at]
        elif how == 3:
            lines[at] = lines[at][:chance.randrange(len(lines[at]) + 1)]
        else:
            words[chance.randrange(len(words))] = chance.choice([str(chance.randrange(10000)), "", "none", "equal", "0" * 64])
            lines[at] = " ".join(words)
        return "\n".join(lines)

    def spoiled(self, chance, story, home):
        """A log, signed by its key, one of whose texts somebody spoiled; and the entry that names it."""
        index, entries = chance.choice([9, 12, 16, 19, 21, 22]), list(story.entries)
        old = re.search("\n(?:sketches|evidence) (sha256:[0-9a-f]{64})\n", entries[index].decode()).group(1)
        text = self.spoil(chance, story.blobs[old])
        new = "sha256:" + evidence.sha256(text.encode())
        entries[index] = entries[index].replace(old.encode(), new.encode())
        folder = tempfile.mkdtemp(dir=home)
        publication.publish(folder, entries, story.checkpoint(entries), story.signer.verifier)
        for digest, blob in {**story.blobs, new: text}.items():
            publication.write(folder, "manifest/sha256/" + digest.removeprefix("sha256:"), blob.encode())
        return folder, index, new != old

    def test_spoiled(self):
        """Whatever somebody makes of a text, both say the same; and what can be recomputed differs."""
        chance, story = random.Random(7), weighed_log.Story()
        with tempfile.TemporaryDirectory(prefix="jokbo-weighed-") as home:
            for turn in range(40):
                folder, index, changed = self.spoiled(chance, story, home)
                done = subprocess.run([os.path.join(BUILD, "jokbo"), "audit", folder, "--weights", "--json"], capture_output=True, text=True,
                                      env={"HOME": os.path.join(home, str(turn)), "LC_ALL": "C.UTF-8"}, timeout=60)
                told = {(f["log_index"], f["kind"]): f["verdict"] for f in json.loads(done.stdout)["evidence"]["findings"]}
                again = subprocess.run([sys.executable, "-B", RECOUNT, folder, "--key", story.signer.verifier], capture_output=True, text=True, timeout=60)
                self.assertEqual((again.returncode, again.stderr), (1 if done.returncode else 0, ""))
                rows = [line.split("\t") for line in again.stdout.splitlines()]
                self.assertEqual(told, {(int(row[0]), row[1]): row[2] for row in rows if row[2] != "same"}, "turn %d, entry %d" % (turn, index))
                if changed and index in (9, 12, 22):
                    self.assertEqual((told[index, "evidence"], done.returncode), ("differs", NOT_VERIFIED))

    def test_audit(self):
        with tempfile.TemporaryDirectory(prefix="jokbo-weighed-") as home:
            env = {"HOME": home, "LC_ALL": "C.UTF-8"}
            done = subprocess.run([os.path.join(BUILD, "jokbo"), "audit", os.path.join(EXAMPLE, "log"), "--weights", "--json"], env=env,
                                  capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        told = json.loads(done.stdout)["evidence"]
        self.assertEqual(told["evidence"], {"same": 3, "differs": 0, "withdrawn": 2, "absent": 0})
        self.assertEqual(told["challenge_texts"]["same"], 1)
        self.assertEqual([(f["log_index"], f["verdict"]) for f in told["findings"]], [(16, "withdrawn"), (19, "withdrawn")])


if __name__ == "__main__":
    unittest.main()
