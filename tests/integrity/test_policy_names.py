"""The name of a policy, by which everybody counts, is given to a weaker one."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import POLICIES, READY, SKT, Attack, digest  # noqa: E402


def weaker(name, version):
    """Where everything counts."""
    with open(os.path.join(POLICIES, name + ".policy"), encoding="utf-8") as file:
        text = file.read().replace("version 1\n", "version %d\n" % version)
    return re.sub(r"^(no-artifact|unverified|cap|naming) on.*$", r"\1 off", text, flags=re.M)


class PolicyNames(Attack, unittest.TestCase):
    """By an evaluator past the rest, and by another that it has made for it."""
    row = "A policy's name taken over"
    options = ("--demo", "--evaluator-rest-hours", "24")

    def play(self):
        mallory, evaluator = self.account(), self.account("evaluator", ["evaluator"], ["roster"])
        creature = self.account("creature", ["evaluator"], ["roster"])
        self.publishers(mallory, "crowd", 1)
        self.register_many(mallory, [("crowd-0/m-%d" % i, [SKT], {
            "artifact_sha256": digest("artifact", i), "weights_sha256": digest("weights", i)}) for i in range(20)])
        self.refused(creature, "Stages.RecordPolicy", "EVALUATOR_RESTS", text=weaker("competition", 2))
        self.wait(days=1)
        for name in READY:
            self.refused(evaluator, "Stages.RecordPolicy", "POLICY_VERSION_GAP", text=weaker(name, 1000000))
            for _ in range(2):
                self.assertTrue(evaluator.call("Stages.RecordPolicy", text=weaker(name, 2))["proposed"])


if __name__ == "__main__":
    unittest.main()
