"""A ruling excludes a model, not what is in it: its publisher registers the same once more under other names."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack  # noqa: E402

MODELS = 20


class ExcludedAnew(Attack, unittest.TestCase):
    row = "Excluded, and registered anew"
    options = ("--evaluator-rest-hours", "0")

    def exclude(self, names):
        first, second = self.evaluators
        for name in names:
            ruling = first.call("Stages.Rule", model=name, reason="no-such-weights")["log_index"]
            second.call("Stages.DecideRuling", ruling=ruling, confirm=True)

    def add(self, mallory, stem):
        return [self.register(mallory, "known-0/%s-%d" % (stem, i), SKT, **said) for i, said in enumerate(self.said)]

    def play(self):
        self.evaluators = self.two_evaluators()
        mallory = self.account()
        self.publishers(mallory, "known", 1)
        self.verify("known-0")
        self.said = [self.upload(mallory, i) for i in range(MODELS)]
        self.exclude(self.add(mallory, "m"))
        self.anew = self.add(mallory, "again")


class ExcludedOnceMore(ExcludedAnew):
    row = "The same, once two evaluators excluded those, too"

    def play(self):
        super().play()
        self.exclude(self.anew)


if __name__ == "__main__":
    unittest.main()
