"""Whoever owns a model on which others build releases it under a licence that forbids what theirs allow, and yanks that. No verification,
and no upload."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import LICENSED, SKT, Attack  # noqa: E402

CHILDREN = 20


class UnknownLicenses(Attack, unittest.TestCase):
    row = "A licence of an unknown parent"
    victim_lost_by = ("REASON_LICENSE_CONFLICT",)

    def prepare(self):
        self.maker = self.stranger("maker")
        self.publishers(self.maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")

    def play(self):
        mallory = self.account()
        self.publishers(mallory, "parent", 1)
        self.register(mallory, "parent-0/m", SKT)
        mallory.call("Registry.PublishRelease", release=dict(
            LICENSED, name="parent-0/m", version="2", license="LicenseRef-exaone-ai-model-1.1-nc"))
        for i in range(CHILDREN):
            self.honest.append(self.register(self.maker, "maker-0/m-%d" % i, "parent-0/m", **self.give(self.maker, "made", i)))
        mallory.call("Registry.YankRelease", name="parent-0/m@2", reason="a mistake")

    def measure(self):
        self.play()
        return {name: (self.counted_of("parent-0", rule), self.lost(rule)) for name, rule in self.rules().items()}


if __name__ == "__main__":
    unittest.main()
