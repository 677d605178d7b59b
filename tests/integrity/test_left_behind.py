"""A verified thief registers what a maker's models had before their deciding releases, which nobody claims any more; and what comes of it
once two evaluators have ruled on those older releases."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import LICENSED, SKT, Attack  # noqa: E402

MODELS = 20


class LeftBehind(Attack, unittest.TestCase):
    row = "What makers have left behind"

    def prepare(self):
        self.maker = self.stranger("maker")
        self.publishers(self.maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")
        for i in range(MODELS):
            name = self.register(self.maker, "maker-0/m-%d" % i, SKT, **self.give(self.maker, "made", i))
            self.maker.call("Registry.PublishRelease", release=dict(
                LICENSED, name=name, version="2", license="Apache-2.0", **self.give(self.maker, "better", i)))
            self.honest.append(name)

    def play(self):
        thief = self.account("thief")
        self.publishers(thief, "thief", 1)
        self.verify("thief-0")
        self.register_many(thief, [("thief-0/m-%d" % i, [SKT], self.upload(thief, "made", i)) for i in range(MODELS)])

    def measure(self):
        self.play()
        return {name: (self.counted_of("thief-0", rule), self.lost(rule)) for name, rule in self.rules().items()}


class LeftBehindThenRuled(LeftBehind):
    row = "The same, once two evaluators ruled on the older releases"

    def play(self):
        super().play()
        first, second = self.two_evaluators()
        for i, name in enumerate(self.honest):
            self.maker.call("Stages.OpenDispute", model=name, subject="DISPUTE_SUBJECT_ORIGIN", against="thief-0/m-%d" % i,
                            text="It was our first release.")
            ruling = first.call("Stages.Rule", kind="RULING_KIND_ORIGIN", model=name + "@1", reason="training-log")
            second.call("Stages.DecideRuling", ruling=ruling["log_index"], confirm=True)


if __name__ == "__main__":
    unittest.main()
