"""Weights that are made from others by noise alone, a little or more at each step, or by one tensor or file more, which a verifier finds as
registered, and related to their parent."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import POLICIES  # noqa: E402
import sketch  # noqa: E402
import evidence  # noqa: E402
from attesting import MODELS, SIDE, Attested, Model, manifest_of, noisy  # noqa: E402
from jokbo import Failure  # noqa: E402


class Noise(Attested, unittest.TestCase):
    row = "Noise on the parent's weights"

    def play(self):
        for model in self.crowd(lambda *words: noisy(self.base.weights, *words)):
            self.assertEqual(self.attest(self.lab, model), "near")


class Drift(Attested, unittest.TestCase):
    """Each is kin to the one before, and the last has nothing to do with the base model any more."""
    row = "Drifting away, step by step"

    def play(self):
        model = self.base
        for i in range(MODELS):
            self.cost["uploads"] += 1
            model = self.publish(self.mallory, "crowd-0/A.X-K1-%d" % i, noisy(model.weights, i, deviation=1.02 / 0.7 ** i), model)
            self.assertEqual(self.attest(self.lab, model), "kin")
        whole = sketch.compared(model.manifest, self.base.manifest)[0][""]
        self.assertEqual((sum(whole[:3]), whole[3]), (0, sum(whole[:6])))


class NoisyCopies(Attested, unittest.TestCase):
    """A policy finds them that has `near-duplicate on`."""
    row = "Noise on a rival's weights"

    def prepare(self):
        super().prepare()
        self.rivals = self.true_models()
        with open(os.path.join(POLICIES, "evidence.policy"), encoding="utf-8") as file:
            text = file.read().replace("name evidence", "name tells-noise").replace("near-duplicate off", "near-duplicate on")
        self.admin.call("Stages.RecordPolicy", text=text)

    def play(self):
        for model in self.crowd(lambda _, i: noisy(self.rivals[i].weights, i)):
            self.screened(model)
            self.assertEqual(self.attest(self.lab, model), "kin")
        strict = {"policy": "tells-noise"}
        self.assertEqual((self.counted_of("crowd-0", strict), self.counted_of("maker-0", strict)), (0, len(self.rivals)))


class OneMore(NoisyCopies):
    """Content is compared for equality, by the weights digest and the set of weight files; another row is other content. Whoever looks at
    what the weights have in common finds it: a policy with `near-duplicate on`, and every reader of `jokbo evidence`."""
    row = "A rival's weights and a little more"

    def play(self):
        made = [self.publish(self.mallory, "crowd-0/A.X-K1-%d" % i, {**rival.weights, "zzz": [float(n) for n in range(SIDE)]})
                for i, rival in enumerate(self.rivals)]
        self.cost["uploads"] += len(made)
        for model in made:
            self.screened(model)
            self.assertEqual(self.attest(self.lab, model), "kin")
        strict = {"policy": "tells-noise"}
        self.assertEqual((self.counted_of("crowd-0", strict), self.counted_of("maker-0", strict)), (0, len(self.rivals)))


class OneMoreFile(NoisyCopies):
    """Of the older version, whose manifests need not list what the files hold: no verifier can answer for such a one."""
    row = "A rival's files and one more, without their tensors"

    def play(self):
        for i, rival in enumerate(self.rivals):
            model = Model("crowd-0/A.X-K1-%d" % i, "crowd-0/A.X-K1-%d@1" % i, rival.weights, self.base)
            more = "file %s 1 zzz.bin" % evidence.sha256(b"%d" % i)
            files = [line for line in rival.manifest.split("\n") if line.startswith("file ")]
            model.manifest = "".join(line + "\n" for line in ["jokbo/manifest/v1", *files, more])
            model.artifact = evidence.sha256(model.manifest.encode())
            self.register(self.mallory, model.name, self.base.release, **model.upload(self.mallory))
            self.cost["uploads"] += 1
            self.refused(model, [*files, more])

    def refused(self, model, files):
        """The text of all that lies there, with which it would be attested."""
        challenge = self.challenge(self.lab, model)
        whole = manifest_of(model.weights, lambda n: sketch.challenge_signs(bytes.fromhex(challenge["key"]), n)).split("\n")
        whole = [whole[0], *files, *(line for line in whole[1:] if not line.startswith("file "))]
        text = evidence.challenge_text(challenge["lineage_hash"], int(challenge["log_index"]), challenge["key"], [
            (challenge["lineage_hash"], "sha256:" + model.artifact, "\n".join(whole))]).encode()
        digest = evidence.sha256(text)
        self.lab.upload("BLOB_KIND_CHALLENGE", text, digest)
        with self.assertRaises(Failure) as refused:
            self.lab.call("Evidence.AttestRelease", challenge=challenge["log_index"], found_sha256=model.artifact, sketches_sha256=digest)
        self.assertIn("other files or tensors", refused.exception.message)


if __name__ == "__main__":
    unittest.main()
