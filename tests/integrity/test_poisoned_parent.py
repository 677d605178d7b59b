"""Whoever owns a model on which others build publishes, as a release of it, the weights of a child that is known but not registered yet.
A child with an ancestor's weights is a duplicate. By somebody who is not verified; by one who is, without manifests, with them, and with them at the last moment; and
over models beside, which a release of that model names as its parents."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import LICENSED, SKT, Attack, facts  # noqa: E402
from jokbo import Manifest, registered  # noqa: E402

CHILDREN = 20


class PoisonedParent(Attack, unittest.TestCase):
    row = "A parent that says its children's weights"

    def prepare(self):
        self.maker = self.stranger("maker")
        self.publishers(self.maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")

    def play(self):
        mallory = self.owner()
        self.register(mallory, "parent-0/m", SKT)
        for i in range(CHILDREN):
            self.release(mallory, str(i + 2), **self.say(mallory, i))
            self.register_child(i)

    def owner(self):
        self.mallory = self.account()
        self.publishers(self.mallory, "parent", 1)
        return self.mallory

    def say(self, _, i):
        """What the owner says of the i-th child."""
        return {"weights_sha256": facts("made", i)["weights_sha256"]}

    @staticmethod
    def release(owner, version, parents=(), **fields):
        return owner.call("Registry.PublishRelease", release=dict(
            LICENSED, name="parent-0/m", version=version, license="Apache-2.0", parents=[registered(p) for p in parents], **fields))

    def register_child(self, i):
        self.honest.append(self.register(self.maker, "maker-0/m-%d" % i, "parent-0/m", **self.give(self.maker, "made", i)))

    def measure(self):
        self.play()
        return {name: (self.counted_of("parent-0", rule), self.lost(rule)) for name, rule in self.rules().items()}


class VerifiedParent(PoisonedParent):
    """No manifest is uploaded; and once a child is there, the release is yanked."""
    row = "The same by a verified parent without manifests"

    def owner(self):
        mallory = super().owner()
        self.verify("parent-0")
        return mallory

    def play(self):
        super().play()
        self.take_back()

    def take_back(self):
        """Of every other child; the rest stay."""
        for i in range(0, CHILDREN, 2):
            self.mallory.call("Registry.YankRelease", name="parent-0/m@%d" % (i + 2), reason="a mistake")


class VerifiedParentThatWakes(VerifiedParent):
    """The manifests come once the children are there: of the same weights, in artifacts of the owner's own."""
    row = "The same by a verified parent whose manifests come once the children are there"

    @staticmethod
    def manifest(i):
        return Manifest({"model.safetensors": "made %d" % i, "README.md": "theirs"})

    def say(self, _, i):
        return self.manifest(i).named

    def take_back(self):
        for i in range(CHILDREN):
            self.manifest(i).upload(self.mallory)
            self.cost["uploads"] += 1


class VerifiedParentWithManifests(VerifiedParent):
    row = "The same by a verified parent with manifests"

    def say(self, owner, i):
        return self.upload(owner, "made", i)

    def take_back(self):
        """Nothing."""


class NamedAsParents(VerifiedParent):
    row = "A parent that names what is stolen"

    def play(self):
        mallory = self.owner()
        self.register(mallory, "parent-0/m", SKT)
        stolen = self.register_many(mallory, [("parent-0/s-%d" % i, [SKT], self.say(mallory, i)) for i in range(CHILDREN)])
        self.release(mallory, "2", [SKT] + stolen)
        for i in range(CHILDREN):
            self.register_child(i)


if __name__ == "__main__":
    unittest.main()
