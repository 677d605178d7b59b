"""Models under an open licence, made from a base model whose licence has conditions, name an external model beside it of which nobody knows
anything: the least of what is known and what is not says nothing."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import EXAONE, Attack, on_hub  # noqa: E402


class HiddenLicenses(Attack, unittest.TestCase):
    row = "A licence hidden by an unknown parent"
    team = "lg-ai-research"

    def play(self):
        mallory = self.account()
        self.publishers(mallory, "open", 1)
        self.verify("open-0")
        self.register_many(mallory, [("open-0/K-EXAONE-m-%d" % i, [EXAONE, on_hub("nobody/knows")], self.upload(mallory, i))
                                     for i in range(20)])


if __name__ == "__main__":
    unittest.main()
