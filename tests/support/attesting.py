"""Attacks by way of verifiers and evidence: a base model whose team has registered its weights, a maker with true derivatives that an
honest verifier attested, and words for those who challenge and attest."""
import os
import random
import struct

import evidence
import sketch
from attack import COSTS, POLICIES, SKT, Attack
from jokbo import confirmed, eventually, person

MODELS, SIDE = 3, 128
LAYERS = ("model.layers.0.w", "model.layers.1.w")


def invented(*words):
    """Weights that have to do with nobody's: {tensor: values}."""
    made = random.Random(repr(words))
    return {name: [made.gauss(0, 1) for _ in range(SIDE * SIDE)] for name in LAYERS}


def noisy(weights, *words, deviation=0.005):
    made = random.Random(repr(words))
    return {name: [v + made.gauss(0, deviation) for v in values] for name, values in weights.items()}


def trained(weights, *words):
    """As far from what it was made from as a fine-tune goes."""
    return noisy(weights, *words, deviation=0.1)


def manifest_of(weights, signs=sketch.public_signs):
    return evidence.manifest_of([(name, "F32", [len(v) // SIDE, SIDE], struct.pack("<%df" % len(v), *v)) for name, v in weights.items()], signs)


def pretended(weights, others, signs):
    """The files and tensors of one, with the sketches of another."""
    return "".join(line + "\n" for line in manifest_of(weights, signs).split("\n") if line and not line.startswith("sketch ")) + \
           "".join(line + "\n" for line in manifest_of(others, signs).split("\n") if line.startswith("sketch "))


class Model:
    """`release`: as calls name the one that is meant; `parent`: another Model, None for a base model."""

    def __init__(self, name, release, weights, parent=None):
        self.name, self.release, self.weights, self.parent = name, release, weights, parent
        self.manifest = manifest_of(weights)
        self.artifact = evidence.sha256(self.manifest.encode())

    def upload(self, client):
        blob = client.upload("BLOB_KIND_MANIFEST", self.manifest.encode(), self.artifact)
        return {"artifact_sha256": self.artifact, "weights_sha256": blob["weights_sha256"]}


class Attested(Attack):
    """What the attacker has counts by its publisher `crowd-0`, and is nobody's else."""
    options = ("--demo", "--evidence", "on", "--evidence-pause-ms", "0")
    costs, policies = COSTS + ("verifiers",), ("competition@1", "competition@2", "evidence@1")
    victim_lost_by = ("REASON_UNATTESTED", "REASON_EVIDENCE")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.judges = [person(cls.admin, "judge", ["evaluator"], scopes=["roster"])]
        other = person(cls.admin, "another admin", ["admin"], scopes=["accounts", "tokens", "roster"])
        cls.judges.append(person(other, "judge", ["evaluator"], scopes=["roster"]))
        for client in (other, *cls.judges):
            cls.addClassCleanup(client.close)
        for name in ("competition-2", "evidence"):
            with open(os.path.join(POLICIES, name + ".policy"), encoding="utf-8") as file:
                text = file.read()
            for judge in cls.judges[:2 if "\nversion 2\n" in text else 1]:
                judge.call("Stages.RecordPolicy", text=text)

    # ---- who and what is there ----

    def appointed(self, name, institution):
        """Two evaluators make the institution a verifier; an account of it."""
        confirmed(*self.judges, "Evidence.SetVerifier", verifier=name, institution=institution, reason="letter")
        client = person(self.admin, name, ["verifier"], scopes=["models"], verifier=name)
        self.addCleanup(client.close)
        return client

    def bribed(self, name="liar", institution="Liars"):
        """A verifier that does what the attacker likes."""
        self.cost["accounts"] += 1
        self.cost["verifiers"] += 1
        return self.appointed(name, institution)

    def prepare(self):
        team = self.stranger("the team", ["team"], ["models"], self.team)
        self.base = Model(SKT, SKT + "@weighed", invented("base"))
        team.call("Registry.PublishRelease", release=dict(name=SKT, version="weighed", license="Apache-2.0", **self.base.upload(team)))
        self.lab = self.appointed("lab", "An institution")
        self.mallory = self.account()
        self.publishers(self.mallory, "crowd", 1)
        self.verify("crowd-0")

    def true_models(self):
        """A maker's, which count under every policy."""
        maker = self.stranger("maker")
        self.publishers(maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")
        models = [self.publish(maker, "maker-0/A.X-K1-m-%d" % i, trained(self.base.weights, "maker", i)) for i in range(MODELS)]
        for model in models:
            self.attest(self.lab, model)
        self.honest = [model.name for model in models]
        for name, rule in self.rules().items():
            self.assertEqual((name, self.counted_of("maker-0", rule)), (name, MODELS))
        return models

    def publish(self, client, name, weights, parent=None):
        """A child of the base model, unless another parent is given."""
        model = Model(name, name + "@1", weights, parent or self.base)
        self.register(client, name, model.parent.release, **model.upload(client))
        return model

    def crowd(self, made=invented, count=MODELS):
        """Models of the attacker's: their weights are `made` of a number."""
        self.cost["uploads"] += count
        return [self.publish(self.mallory, "crowd-0/A.X-K1-%d" % i, made("crowd", i)) for i in range(count)]

    # ---- what verifiers do ----

    def challenge(self, verifier, model):
        return verifier.call("Evidence.ChallengeRelease", model=model.release, nonce="ab" * 32)

    def attest(self, verifier, model, sketched=None):
        """That it is what was registered; with the true sketches, or those of other weights. Returns the grade toward its parent, once the
        log has it."""
        challenge = self.challenge(verifier, model)
        key, release, parent = challenge["key"], challenge["lineage_hash"], model.parent
        rows = [(release, model, sketched or model.weights), (self.hash_of(parent), parent, parent.weights)]
        text = evidence.challenge_text(release, int(challenge["log_index"]), key, [
            (hash_, "sha256:" + of.artifact, pretended(of.weights, shown, lambda n: sketch.challenge_signs(bytes.fromhex(key), n)))
            for hash_, of, shown in rows]).encode()
        digest = evidence.sha256(text)
        verifier.upload("BLOB_KIND_CHALLENGE", text, digest)
        done = verifier.call("Evidence.AttestRelease", challenge=challenge["log_index"], found_sha256=model.artifact, sketches_sha256=digest)
        return self.graded(release, done["attest_index"])

    def deny(self, verifier, model):
        """That something else was found."""
        challenge = self.challenge(verifier, model)
        verifier.call("Evidence.AttestRelease", challenge=challenge["log_index"], found_sha256="1" * 64, differs="other files")

    def graded(self, release, attest="none"):
        """What the server finds of the release and its one parent, from public sketches or from that attestation."""
        def found():
            for entry in self.anyone.entries(0, self.size()):
                lines = entry.decode().split("\n")
                if lines[1] == "kind evidence" and "release " + release in lines and "attest " + attest in lines:
                    parents = next(line for line in lines if line.startswith("parents "))
                    return parents.split("=")[1].split("/")[0]
            return None
        return eventually(found, timeout=60)

    def screened(self, model):
        """The grade by public sketches."""
        return self.graded(self.hash_of(model))

    def hash_of(self, model):
        return self.anyone.call("Registry.GetRelease", name=model.release)["lineage_hash"]

    # ---- what it gains ----

    def measure(self):
        self.play()
        return {name: (self.counted_of("crowd-0", rule), self.lost(rule)) for name, rule in self.rules().items()}
