"""Yanked while evaluators look, back at the moment that counts, and yanked again."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack  # noqa: E402


class YankedAround(Attack, unittest.TestCase):
    """Whatever counts at the cut-off counts without the play, too."""
    row = "Yanked and back around a cut-off"
    at_cutoff = 0

    def prepare(self):
        self.mallory = self.account()
        self.publishers(self.mallory, "known", 1)
        self.verify("known-0")
        self.names = self.register_many(self.mallory, [("known-0/m-%d" % i, [SKT], self.upload(self.mallory, i))
                                                       for i in range(20)])

    def play(self):
        self.all("Registry.YankRelease")
        assert self.counted({"policy": "hub-like"}) == 0
        self.all("Registry.UnyankRelease")
        self.at_cutoff = self.size()
        self.all("Registry.YankRelease")

    def all(self, method):
        for name in self.names:
            self.mallory.call(method, name=name + "@1", reason="as it suits")

    def counted(self, rule):
        as_of = {"as_of": {"log_size": self.at_cutoff}} if self.at_cutoff else {"min_log_size": self.size()}
        return int(self.anyone.call("Evaluation.CountDerivatives", scope={"team": self.team}, rule=rule, **as_of)["counted"])


if __name__ == "__main__":
    unittest.main()
