"""Each invented model the parent of the next."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack, digest  # noqa: E402


class Chains(Attack, unittest.TestCase):
    row = "Chains"

    def play(self):
        mallory = self.account()
        self.publishers(mallory, "chain", 1)
        parent = SKT
        for i in range(200):
            parent = self.register(mallory, "chain-0/m-%d" % i, parent, artifact_sha256=digest("artifact", i),
                                   weights_sha256=digest("weights", i))


if __name__ == "__main__":
    unittest.main()
