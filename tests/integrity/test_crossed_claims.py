"""A verified thief joins a maker's weights with the manifest of the maker's next release: it is a duplicate of the maker, by the weights; and
from that release on the maker is one of the thief, by the artifact."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import LICENSED, SKT, Attack  # noqa: E402
from jokbo import Manifest  # noqa: E402

MODELS = 20


class CrossedClaims(Attack, unittest.TestCase):
    row = "Crossed claims"

    @staticmethod
    def next_release(i):
        """The same weights, and a file beside."""
        return Manifest({"model.safetensors": "made %d" % i, "NOTICE": "the second"})

    def prepare(self):
        self.maker = self.stranger("maker")
        self.publishers(self.maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")
        self.honest = [self.register(self.maker, "maker-0/m-%d" % i, SKT, **self.give(self.maker, "made", i)) for i in range(MODELS)]

    def play(self):
        thief = self.account("thief")
        self.publishers(thief, "thief", 1)
        self.verify("thief-0")
        for i, name in enumerate(self.honest):
            taken = self.next_release(i)
            taken.upload(thief)
            self.cost["uploads"] += 1
            self.register(thief, "thief-0/m-%d" % i, SKT, **taken.named)
            self.maker.call("Registry.PublishRelease", release=dict(
                LICENSED, name=name, version="2", license="Apache-2.0", **taken.named))

    def measure(self):
        self.play()
        return {name: (self.counted_of("thief-0", rule), self.lost(rule)) for name, rule in self.rules().items()}


if __name__ == "__main__":
    unittest.main()
