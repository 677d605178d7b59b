"""One set of weights under many names, each with another artifact."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack, digest  # noqa: E402


class SameWeights(Attack, unittest.TestCase):
    row = "The same weights digest"

    def play(self):
        mallory = self.account()
        for name in self.publishers(mallory, "crowd", 20):
            self.register_many(mallory, [("%s/m-%d" % (name, i), [SKT], {
                "artifact_sha256": digest("artifact", name, i), "weights_sha256": digest("weights")}) for i in range(10)])


if __name__ == "__main__":
    unittest.main()
