"""Whoever owns a model on which others build publishes, as a release of it, the weights of a child that is known but not registered yet.
A child with an ancestor's weights is a duplicate."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import LICENSED, SKT, Attack, facts  # noqa: E402

CHILDREN = 20


class PoisonedParent(Attack, unittest.TestCase):
    row = "A parent that says its children's weights"

    def prepare(self):
        self.maker = self.stranger("maker")
        self.publishers(self.maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")

    def play(self):
        mallory = self.account()
        self.publishers(mallory, "parent", 1)
        self.register(mallory, "parent-0/m", SKT)
        for i in range(CHILDREN):
            mallory.call("Registry.PublishRelease", release=dict(
                LICENSED, name="parent-0/m", version=str(i + 2), license="Apache-2.0", weights_sha256=facts("made", i)["weights_sha256"]))
            self.honest.append(self.register(self.maker, "maker-0/m-%d" % i, "parent-0/m", **self.give(self.maker, "made", i)))

    def measure(self):
        self.play()
        return {name: (self.counted_of("parent-0", rule), self.lost(rule)) for name, rule in self.rules().items()}


if __name__ == "__main__":
    unittest.main()
