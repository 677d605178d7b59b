"""Files are named by a digest of a manifest that nobody else has, and its bytes are uploaded only once their maker has registered. The
weights digest is not the maker's, since the manifest lists other tensors of the same files; so that what is claimed shows with the upload,
not before. By a verified thief; and by the verified owner of a model from which they are made."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import LICENSED, SKT, Attack, digest  # noqa: E402
from jokbo import Manifest  # noqa: E402

MODELS = 20


def kept_back(i):
    """The i-th model's file, with a tensor that it does not have."""
    return Manifest({"model.safetensors": "made %d" % i}, [digest("tensor", i)])


class LateManifest(Attack, unittest.TestCase):
    row = "A manifest that comes late"
    owner = "thief"

    def prepare(self):
        self.maker = self.stranger("maker")
        self.publishers(self.maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")

    def register_honest(self, i, parent):
        self.honest.append(self.register(self.maker, "maker-0/m-%d" % i, parent, **self.give(self.maker, "made", i)))

    def name_files(self, attacker):
        """Each set of files is named before its maker registers it."""
        for i in range(MODELS):
            self.register(attacker, "thief-0/m-%d" % i, SKT, **kept_back(i).named)
            self.register_honest(i, SKT)

    def play(self):
        attacker = self.account(self.owner)
        self.publishers(attacker, self.owner, 1)
        self.verify(self.owner + "-0")
        self.name_files(attacker)
        for i in range(MODELS):
            kept_back(i).upload(attacker)
            self.cost["uploads"] += 1

    def measure(self):
        self.play()
        return {name: (self.counted_of(self.owner + "-0", rule), self.lost(rule)) for name, rule in self.rules().items()}


class LateAncestor(LateManifest):
    row = "A parent whose manifests come late"
    owner = "parent"

    def name_files(self, attacker):
        """As releases of one model, of which each child names the newest."""
        self.register(attacker, "parent-0/m", SKT)
        for i in range(MODELS):
            attacker.call("Registry.PublishRelease", release=dict(
                LICENSED, name="parent-0/m", version=str(i + 2), license="Apache-2.0", **kept_back(i).named))
            self.register_honest(i, "parent-0/m")


if __name__ == "__main__":
    unittest.main()
