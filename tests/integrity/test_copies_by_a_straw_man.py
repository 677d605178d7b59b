"""A team's people train derivatives of their own base model, and a straw man, verified and not of the team's roster, publishes them."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack  # noqa: E402


class CopiesByAStrawMan(Attack, unittest.TestCase):
    row = "A team's own models, by a straw man"

    def play(self):
        straw = self.account("straw man")
        self.publishers(straw, "straw", 1)
        self.verify("straw-0")
        self.register_many(straw, [("straw-0/m-%d" % i, [SKT], self.upload(straw, i)) for i in range(20)])


if __name__ == "__main__":
    unittest.main()
