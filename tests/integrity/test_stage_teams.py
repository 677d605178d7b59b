"""A rival is taken out of a stage just before its cut-off, by one evaluator."""
import datetime
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import READY, SOLAR, Attack  # noqa: E402

RIVALS = 10


class StageTeams(Attack, unittest.TestCase):
    """A stage for each ready policy, open since a minute; the evaluator has had the role for longer than it must."""
    row = "A rival is taken out of an open stage"
    options = ("--demo", "--evaluator-rest-hours", "24")  # which takes every ready policy for a stage
    team = "sk-telecom"
    victim_lost_by = ("REASON_NOT_PARTICIPATING",)

    def prepare(self):
        maker = self.stranger("maker")
        self.publishers(maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")
        self.honest = self.register_many(maker, [("maker-0/Solar-m-%d" % i, [SOLAR], dict(
            self.give(maker, i), license="LicenseRef-upstage-solar")) for i in range(RIVALS)])
        self.mallory = self.account("evaluator", ["evaluator"], ["roster"])
        self.admin.call("Demo.SetClock", time=self.moment(hours=25))
        self.opened, self.cutoff = self.moment(seconds=-60), self.moment(days=1)
        for name in READY:
            self.put(self.admin, name, [self.team, "upstage"])

    def moment(self, **after):
        shown = self.admin.call("Demo.GetClock")["time"].rstrip("Z")[:19]
        return (datetime.datetime.fromisoformat(shown) + datetime.timedelta(**after)).isoformat() + "Z"

    def put(self, client, name, teams):
        return client.call("Stages.PutStage", stage=dict(
            id="s-" + name, title="Stage", title_ko="단계", open_time=self.opened, cutoff_time=self.cutoff, policy=name,
            teams=teams, source="invented"))

    def rules(self):
        return {name: {"stage": "s-" + name} for name in READY}

    def play(self):
        """Twice, and with a second account that it has made for it."""
        for _ in range(2):
            for name in READY:
                self.put(self.mallory, name, [self.team])
        creature = self.account("evaluator", ["evaluator"], ["roster"])
        for name in READY:
            self.refused(creature, "Stages.PutStage", "EVALUATOR_RESTS", stage=dict(
                id="s-" + name, title="Stage", title_ko="단계", open_time=self.opened, cutoff_time=self.cutoff, policy=name,
                teams=[self.team], source="invented"))


if __name__ == "__main__":
    unittest.main()
