"""Merges of all families, each of which counts for every one of them."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import EXAONE, SKT, SOLAR, Attack, digest  # noqa: E402


class Merges(Attack, unittest.TestCase):
    row = "Merges over all families"

    def play(self):
        """By the strictest of the parents' licences, and by names that each allows."""
        mallory = self.account()
        for name in self.publishers(mallory, "crowd", 20):
            self.register_many(mallory, [("%s/K-EXAONE-Solar-m-%d" % (name, i), [SKT, SOLAR, EXAONE], {
                "relation": "merge", "license": "LicenseRef-k-exaone", "artifact_sha256": digest("artifact", name, i),
                "weights_sha256": digest("weights", name, i)}) for i in range(10)])


if __name__ == "__main__":
    unittest.main()
