"""Models take up the evaluators' own content, so that nobody may judge them any more."""
import datetime
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack  # noqa: E402
from jokbo import derivative, eventually  # noqa: E402

MODELS = 10


class JudgesChosenAway(Attack, unittest.TestCase):
    """Each evaluator has a verified publisher with a model. Theirs comes with a second release."""
    row = "Judges chosen away"

    def prepare(self):
        other = self.stranger("another admin", ["admin"], ["accounts", "tokens", "roster", "models", "publishers"])
        self.judges = [self.stranger("evaluator", ["evaluator"], ["roster", "models", "publishers"], by=by) for by in (self.admin, other)]
        self.theirs = []
        for i, judge in enumerate(self.judges):
            name, = self.publishers(judge, "judge%d" % i, 1)
            self.admin.call("Registry.VerifyPublisher", name=name, evidence="domain")
            self.theirs.append(self.give(judge, "of a judge", i))
            self.register(judge, name + "/A.X-K1-m", SKT, **self.theirs[i])

    def play(self):
        mallory = self.account()
        self.publishers(mallory, "crowd", 1)
        self.verify("crowd-0")
        names = self.register_many(mallory, [("crowd-0/A.X-K1-%d" % i, [SKT], self.upload(mallory, i)) for i in range(MODELS)])
        for i, name in enumerate(names):  # either suffices, as it takes both
            mallory.call("Registry.PublishRelease", release=derivative(name, version="2", **self.theirs[i % 2]))
        for name in names:
            ruling = self.judges[0].call("Stages.Rule", model=name, kind="RULING_KIND_EXCLUDE", reason="invented")["log_index"]
            self.judges[1].call("Stages.DecideRuling", ruling=ruling, confirm=True)


class AtACutOff(Attack, unittest.TestCase):
    """What a thief had at a stage's cut-off can be disputed, whatever it has done since."""
    options = ("--demo",)

    def moment(self, **after):
        shown = self.admin.call("Demo.GetClock")["time"].rstrip("Z")[:19]
        return (datetime.datetime.fromisoformat(shown) + datetime.timedelta(**after)).isoformat() + "Z"

    def test_row(self):
        thief, maker = self.stranger("thief"), self.stranger("maker")
        for client, name in ((thief, "thief"), (maker, "maker")):
            self.publishers(client, name, 1)
            self.register(client, name + "-0/A.X-K1-m", SKT, weights_sha256="a7" * 32)
        self.admin.call("Stages.PutStage", stage=dict(
            id="s", title="Stage", title_ko="단계", open_time=self.moment(minutes=1), cutoff_time=self.moment(days=1), policy="direct",
            teams=[self.team], source="invented"))
        self.admin.call("Demo.SetClock", time=self.moment(days=2))
        eventually(lambda: self.anyone.call("Stages.GetStage", id="s")["closings"])
        thief.call("Registry.PublishRelease", release=derivative("thief-0/A.X-K1-m", version="2", weights_sha256="a8" * 32))
        thief.call("Registry.YankRelease", name="thief-0/A.X-K1-m@1", reason="x")
        ask = dict(subject="DISPUTE_SUBJECT_ORIGIN", model="maker-0/A.X-K1-m", against="thief-0/A.X-K1-m", text="ours")
        self.refused(maker, "Stages.OpenDispute", "NOTHING_SHARED", **ask)
        made = maker.call("Stages.OpenDispute", stage="s", **ask)["log_index"]
        self.two_evaluators()[0].call("Stages.ResolveDispute", dispute=made, outcome="DISPUTE_OUTCOME_UPHELD", text="yes")


if __name__ == "__main__":
    unittest.main()
