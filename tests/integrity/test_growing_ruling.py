"""A ruling on origin is asked for about weights that are nobody's but the attacker's own two accounts', and that a manifest lists beside the
files of another's model. It is uploaded only once the ruling is in force: would the ruling speak of the files then, it would take the model
from its maker, by the word of evaluators who never saw its name."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack, digest  # noqa: E402
from jokbo import Manifest  # noqa: E402

MODELS = 20


def invented(i):
    """The maker's i-th file, with a tensor that it does not have: weights of its own."""
    return Manifest({"model.safetensors": "made %d" % i}, [digest("tensor", i)])


class GrowingRuling(Attack, unittest.TestCase):
    row = "A ruling on weights, and the files only afterwards"

    def prepare(self):
        self.maker = self.stranger("maker")
        self.publishers(self.maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")
        self.honest = [self.register(self.maker, "maker-0/m-%d" % i, SKT, **self.give(self.maker, "made", i)) for i in range(MODELS)]

    def rule(self, name, others):
        ruling = self.first.call("Stages.Rule", kind="RULING_KIND_ORIGIN", model=name, reason="training-log")
        self.assertEqual(ruling["others"], others)
        self.second.call("Stages.DecideRuling", ruling=ruling["log_index"], confirm=True)

    def play(self):
        thief, straw = self.account("thief"), self.account("straw")
        self.publishers(thief, "thief", 1)
        self.publishers(straw, "straw", 1)
        self.verify("thief-0")
        self.first, self.second = self.two_evaluators()
        for i in range(MODELS):
            name, against = "thief-0/m-%d" % i, "straw-0/m-%d" % i
            self.register(thief, name, SKT, **invented(i).named)
            self.register(straw, against, SKT, weights_sha256=invented(i).weights)
            opened = thief.call("Stages.OpenDispute", model=name, subject="DISPUTE_SUBJECT_ORIGIN", against=against, text="Mine.")
            self.assertEqual(opened["others"], [])
            self.rule(name, [against])
            invented(i).upload(thief)
            self.cost["uploads"] += 1
        shown = self.anyone.call("Stages.ListDisputes", model=name, min_log_size=self.size())["disputes"]
        self.assertEqual(shown[0]["others"], [self.honest[-1]])

    def measure(self):
        self.play()
        return {name: (self.counted_of("thief-0", rule), self.lost(rule)) for name, rule in self.rules().items()}


if __name__ == "__main__":
    unittest.main()
