"""Front-running by a verified thief whose claims cannot be seen while their maker registers: half of them are yanked at once, half lie
behind an innocent newer release. Seconds before the cut-off all of them decide again."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import LICENSED, SKT, Attack, facts  # noqa: E402

MODELS = 20


class HiddenClaims(Attack, unittest.TestCase):
    row = "Front-running, hidden until the cut-off"

    def prepare(self):
        self.maker = self.stranger("maker")
        self.publishers(self.maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")

    def play(self):
        thief = self.account("thief")
        self.publishers(thief, "thief", 1)
        self.verify("thief-0")
        names = ["thief-0/m-%d" % i for i in range(MODELS)]
        for i in range(MODELS):
            self.upload(thief, "made", i)
        self.register_many(thief, [(name, [SKT], facts("made", i)) for i, name in enumerate(names)])
        for i, name in enumerate(names):
            if i % 2:
                thief.call("Registry.YankRelease", name=name + "@1", reason="x")
            else:
                thief.call("Registry.PublishRelease", release=dict(
                    self.upload(thief, "innocent", i), name=name, version="2", license="Apache-2.0", **LICENSED))
        self.honest = [self.register(self.maker, "maker-0/m-%d" % i, SKT, **self.give(self.maker, "made", i)) for i in range(MODELS)]
        for name in self.honest:
            findings = self.anyone.call("Registry.GetModel", name=name, min_log_size=self.size())["findings"]
            self.assertNotIn("FINDING_KIND_CONTESTED", [f["kind"] for f in findings])
        for i, name in enumerate(names):
            if i % 2:
                thief.call("Registry.UnyankRelease", name=name + "@1")
            else:
                thief.call("Registry.YankRelease", name=name + "@2", reason="x")

    def measure(self):
        self.play()
        return {name: (self.counted_of("thief-0", rule), self.lost(rule)) for name, rule in self.rules().items()}


if __name__ == "__main__":
    unittest.main()
