"""A verified thief joins, in one manifest, the tensors of one model with the files of another, and registers before the makers of either: it
has the weights of the one and the set of files of the other."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack  # noqa: E402
from jokbo import Manifest  # noqa: E402

MODELS = 10


def made(i):
    """With tensors, as a maker's manifest of safetensors has them."""
    return Manifest({"model.safetensors": "made %d" % i}, ["tensor-%d" % i])


class JoinedClaims(Attack, unittest.TestCase):
    row = "Joined claims"

    def prepare(self):
        self.maker = self.stranger("maker")
        self.publishers(self.maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")

    def play(self):
        thief = self.account("thief")
        self.publishers(thief, "thief", 1)
        self.verify("thief-0")
        for i in range(MODELS):
            taken = Manifest({"model.safetensors": "made %d" % (2 * i + 1)}, ["tensor-%d" % (2 * i)])
            taken.upload(thief)
            self.cost["uploads"] += 1
            self.register(thief, "thief-0/m-%d" % i, SKT, **taken.named)
        for i in range(2 * MODELS):
            made(i).upload(self.maker)
            self.honest.append(self.register(self.maker, "maker-0/m-%d" % i, SKT, **made(i).named))

    def measure(self):
        self.play()
        return {name: (self.counted_of("thief-0", rule), self.lost(rule)) for name, rule in self.rules().items()}


if __name__ == "__main__":
    unittest.main()
