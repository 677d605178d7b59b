"""What costs most, and stays possible: publishers who are all verified, each of whom invents as much as the cap allows."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack  # noqa: E402


class ManyVerified(Attack, unittest.TestCase):
    row = "Ten verified publishers who invent"

    def play(self):
        mallory = self.account()
        for name in self.publishers(mallory, "known", 10):
            self.verify(name)
            self.register_many(mallory, [("%s/m-%d" % (name, i), [SKT], self.upload(mallory, name, i)) for i in range(20)])


if __name__ == "__main__":
    unittest.main()
