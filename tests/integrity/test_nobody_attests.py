"""Models of which no verifier says anything, in a stage whose policy asks for one."""
import datetime
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attesting import Attested  # noqa: E402
from jokbo import eventually  # noqa: E402


class FirstRevision(Attested, unittest.TestCase):
    """A stage for each policy; its report waits for verifiers."""
    row = "Nobody attests, in a stage's first revision"

    def moment(self, **after):
        shown = self.admin.call("Demo.GetClock")["time"].rstrip("Z")[:19]
        return (datetime.datetime.fromisoformat(shown) + datetime.timedelta(**after)).isoformat() + "Z"

    def rules(self):
        return {name: {"stage": self.stage_of(name)} for name in self.policies}

    @staticmethod
    def stage_of(policy):
        return "s-" + policy.replace("@", "-")

    def play(self):
        opened, cutoff = self.moment(minutes=-1), self.moment(days=1)
        for name in self.policies:
            self.admin.call("Stages.PutStage", stage=dict(
                id=self.stage_of(name), title="Stage", title_ko="단계", open_time=opened, cutoff_time=cutoff, policy=name, teams=[self.team],
                source="invented"))
        self.crowd()
        self.admin.call("Demo.SetClock", time=self.moment(days=2))
        for name in self.policies:
            eventually(lambda: self.anyone.call("Stages.GetStage", id=self.stage_of(name))["closings"])


class SecondRevision(FirstRevision):
    """Which anybody's wish makes, here an evaluator's."""
    row = "The same, in its second revision"

    def play(self):
        super().play()
        for name in self.policies:
            self.admin.call("Stages.CloseStage", stage=self.stage_of(name), text="nobody came")
            eventually(lambda: len(self.anyone.call("Stages.GetStage", id=self.stage_of(name))["closings"]) == 2)


if __name__ == "__main__":
    unittest.main()
