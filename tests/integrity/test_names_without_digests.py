"""Names alone: nothing was made, nothing is said of any file."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack  # noqa: E402


class NamesWithoutDigests(Attack, unittest.TestCase):
    row = "Names without digests"

    def play(self):
        mallory = self.account()
        for name in self.publishers(mallory, "crowd", 20):
            self.register_many(mallory, [("%s/m-%d" % (name, i), [SKT], {}) for i in range(10)])


if __name__ == "__main__":
    unittest.main()
