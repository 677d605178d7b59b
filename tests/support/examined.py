"""A server that computes evidence, small models with invented weights, and a verifier that attests them."""
import csv
import os
import random
import struct
import sys
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import evidence  # noqa: E402
import sketch  # noqa: E402
from jokbo import Case, confirmed, eventually, joined, person  # noqa: E402

BASE = "skt/A.X-K1"
SIDE = 128


def values(seed, noise=0.0, noise_seed=0):
    made, more = random.Random(seed), random.Random(noise_seed)
    return [made.gauss(0, 1) + noise * more.gauss(0, 1) for _ in range(SIDE * SIDE)]


def tensor(name, numbers):
    return (name, "F32", [SIDE, SIDE], struct.pack("<%df" % len(numbers), *numbers))


def layers(seed, count=4, **noise):
    return [tensor("model.layers.%d.w" % i, values(seed * 100 + i, noise_seed=seed * 1000 + i, **noise)) for i in range(count)]


class Model:
    def __init__(self, name, tensors):
        self.name, self.tensors = name, tensors
        self.manifest = evidence.manifest_of(tensors)
        self.artifact = evidence.sha256(self.manifest.encode())
        self.hash = None


class Examined(Case):
    options = ("--demo", "--evidence", "on", "--evidence-pause-ms", "0")
    made = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registrar = person(cls.admin, "registrar", ["registrar"], scopes=["models", "roster"])
        cls.addClassCleanup(cls.registrar.close)

    @classmethod
    def next(cls, beginning):
        Examined.made += 1
        return beginning + str(Examined.made)

    def add(self, tensors, *parents, client=None, name=None, **fields):
        """A release with those weights, whose manifest is uploaded first."""
        model = Model(name or ("bob/" if client is self.bob else "alice/") + self.next("m"), tensors)
        blob = (client or self.alice).upload("BLOB_KIND_MANIFEST", model.manifest.encode(), model.artifact)
        named = [p.name + "@1" if isinstance(p, Model) else p for p in parents or [BASE + "@initial"]]
        made = self.register(model.name, *named, client=client, artifact_sha256=model.artifact, weights_sha256=blob["weights_sha256"], **fields)
        model.hash = made["release"]["lineage_hash"]
        return model

    def entries(self, kind="evidence"):
        """[(index, {word: rest})] of all entries of a kind."""
        found = []
        for index, entry in enumerate(self.anyone.entries(0, self.size())):
            lines = entry.decode().split("\n")
            if lines[1] == "kind " + kind:
                found.append((index, dict(line.split(" ", 1) for line in lines[4:] if line)))
        return found

    def screened(self, model, after=0):
        """The newest evidence of a release from public sketches, once there is one: its entry and its text."""
        def newest():
            fit = [(i, e) for i, e in self.entries() if e["release"] == model.hash and e["attest"] == "none" and i >= after]
            return fit[-1] if fit else None
        index, entry = eventually(newest)
        return entry, self.text(entry)

    def text(self, entry):
        digest = entry["evidence"].removeprefix("sha256:")
        with urllib.request.urlopen("http://%s/manifest/sha256/%s" % (self.server.http, digest), timeout=20) as reply:
            data = reply.read()
        self.assertEqual(evidence.sha256(data), digest)
        return data.decode()

    def expect(self, model, *compared):
        """The evidence is the one that comes of these comparisons: (tie, found, Model or (name, Model))."""
        entry, text = self.screened(model)
        rows = [(tie, found, other[0] if isinstance(other, tuple) else "release " + other.hash,
                 *(("sha256:" + m.artifact, m.manifest) if m else ("none", None)))
                for tie, found, other in compared for m in [other[1] if isinstance(other, tuple) else other]]
        made = evidence.Evidence(model.hash, "sha256:" + model.artifact, int(entry["at"]), model.manifest, rows)
        self.assertEqual(text, made.text)
        parents, near, kin = made.figures()
        self.assertEqual((entry["parents"], entry["near"], entry["kin"]), (" ".join(parents) or "none", " ".join(near) or "none", str(kin)))
        return made

    def shown(self, model):
        return self.anyone.call("Evidence.GetEvidence", model=model.name)

    def told(self, model, *options, code=0):
        """What the command line says of it, to somebody without an account."""
        done = self.server.jokbo("evidence", model if isinstance(model, str) else model.name, *options, token=None)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def rows(self, model, *columns):
        return [tuple(row[column] for column in columns) for row in csv.DictReader(self.told(model, "--csv").splitlines())]

    @staticmethod
    def named(models):
        return [(m["name"], m["grade"].removeprefix("GRADE_")) for m in models]

    def base_parent(self):
        """A parent whose manifest nobody has brought."""
        return "release " + self.anyone.call("Registry.GetRelease", name=BASE + "@initial")["lineage_hash"], None

    def verifiers(self, *ids):
        """A client for each of these verifiers, appointed by two evaluators, and the first of the evaluators."""
        judges = [person(self.admin, "judge", ["evaluator"], scopes=["models", "roster"]) for _ in range(2)]
        labs = []
        for name in ids:
            confirmed(*judges, "Evidence.SetVerifier", verifier=name, institution=name + ", invented", reason="invented")
            labs.append(person(self.admin, name, ["verifier"], scopes=["models"], verifier=name))
        for client in (*judges, *labs):
            self.addCleanup(client.close)
        return (*labs, judges[0])

    def weigh_base(self, tensors):
        """A release of the base model with those weights."""
        base = Model(BASE, tensors)
        blob = self.registrar.upload("BLOB_KIND_MANIFEST", base.manifest.encode(), base.artifact)
        owner = person(self.admin, "skt", scopes=["models", "publishers"])
        self.addCleanup(owner.close)
        joined(self.admin, "skt", owner.account, "MEMBER_ROLE_OWNER")
        license = self.anyone.call("Registry.GetRelease", name=BASE + "@initial")["license"]
        self.release(BASE, client=owner, version="weights", license=license, artifact_sha256=base.artifact,
                     weights_sha256=blob["weights_sha256"])
        base.hash = self.anyone.call("Registry.GetRelease", name=BASE + "@weights")["lineage_hash"]
        return base

    def attest(self, lab, model, *parents, version="1"):
        """A verifier's challenge of the release, and its answer: all of it as registered. The index of the entry that follows."""
        challenge = lab.call("Evidence.ChallengeRelease", model=model.name + "@" + version, nonce="cd" * 32)
        key = bytes.fromhex(challenge["key"])
        rows = [(m.hash, "sha256:" + m.artifact, evidence.manifest_of(m.tensors, lambda n: sketch.challenge_signs(key, n)))
                for m in (model, *parents)]
        text = evidence.challenge_text(model.hash, int(challenge["log_index"]), challenge["key"], rows)
        digest = evidence.sha256(text.encode())
        lab.upload("BLOB_KIND_CHALLENGE", text.encode(), digest)
        attest = lab.call("Evidence.AttestRelease", challenge=challenge["log_index"], found_sha256=model.artifact, sketches_sha256=digest)
        return eventually(lambda: [i for i, e in self.entries() if e["attest"] == attest["attest_index"]])[0]
