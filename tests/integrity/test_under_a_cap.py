"""A verified publisher who invents what it publishes, and uploads manifests of it."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack  # noqa: E402


class UnderACap(Attack, unittest.TestCase):
    row = "One verified publisher who invents"

    def play(self):
        mallory = self.account()
        self.publishers(mallory, "known", 1)
        self.verify("known-0")
        self.register_many(mallory, [("known-0/m-%d" % i, [SKT], self.upload(mallory, i))
                                     for i in range(200)])


if __name__ == "__main__":
    unittest.main()
