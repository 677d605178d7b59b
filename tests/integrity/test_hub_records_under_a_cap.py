"""A verified thief writes manifests of a hundred models from what a hub lists, and registers them before their maker does. The cap lets it count
twenty; its other claims go first all the same, until evaluators rule."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack, facts  # noqa: E402

MAKERS, EACH = 5, 20


class HubRecordsUnderACap(Attack, unittest.TestCase):
    row = "Front-running by 100 hub records, under a cap"

    def prepare(self):
        """Each maker would count with all that it has."""
        self.maker = self.stranger("makers")
        for name in self.publishers(self.maker, "maker", MAKERS):
            self.admin.call("Registry.VerifyPublisher", name=name, evidence="domain")

    def play(self):
        thief = self.account("thief")
        self.publishers(thief, "thief", 1)
        self.verify("thief-0")
        for i in range(MAKERS * EACH):
            self.upload(thief, "made", i)
        self.register_many(thief, [("thief-0/m-%d" % i, [SKT], facts("made", i)) for i in range(MAKERS * EACH)])
        self.honest = self.register_many(self.maker, [
            ("maker-%d/m-%d" % (i // EACH, i), [SKT], self.give(self.maker, "made", i)) for i in range(MAKERS * EACH)])

    def measure(self):
        self.play()
        return {name: (self.counted_of("thief-0", rule), self.lost(rule)) for name, rule in self.rules().items()}


if __name__ == "__main__":
    unittest.main()
