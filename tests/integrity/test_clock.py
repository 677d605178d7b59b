"""The database's clock runs ahead for a moment. Once three seconds of it closed a stage that was due in 30 days, for good, and then
stopped all writes for 60 days. That database and server are wrong alike is played by tests/integration/test_clock.py."""
import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import READY, SOLAR, Attack  # noqa: E402
from clocks import Clocks  # noqa: E402
from jokbo import Cluster, Failure, Server, eventually  # noqa: E402

DAY, DUE, AHEAD, SECONDS = 86400, 30, 60, 3
RIVALS = 5


class ClockAhead(Attack, unittest.TestCase):
    """A stage of each ready policy is open, and a rival registers its models a minute after the clock is right
    again: those are lost where the stage has closed, or writes do not go on. A demo will not do: its clock can be set."""
    row = "The database's clock, 60 days ahead for three seconds"
    team = "sk-telecom"

    @classmethod
    def make_server(cls):
        cls.clocks = Clocks()
        cls.addClassCleanup(cls.clocks.close)
        cluster = Cluster(cls.clocks.env)
        cls.addClassCleanup(cluster.close)
        cluster.start().create_database()
        server = Server("--database", cluster.url, env=cls.clocks.steady_env)
        server.options += ["--client-config", os.path.join(server.data, "client.config")]
        subprocess.run([server.binary, "migrate", "--database", cluster.url], check=True, capture_output=True, timeout=60)
        return server

    def prepare(self):
        evaluator = self.stranger("evaluator", ["evaluator"], ["roster"])
        for name in READY:
            evaluator.call("Stages.PutStage", stage={
                "id": "of-" + name, "title": "Stage", "title_ko": "단계", "policy": name, "teams": ["upstage"], "source": "invented",
                "open_time": self.clocks.after(-60), "cutoff_time": self.clocks.after(DUE * DAY)})
        self.rival = self.stranger("rival")
        self.publishers(self.rival, "rival", 1)
        self.admin.call("Registry.VerifyPublisher", name="rival-0", evidence="domain")
        self.stopped = self.server.log().count("event=clock-disagrees")

    def play(self):
        self.clocks.set_ahead(AHEAD * DAY)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:  # the attacker writes now, for an entry that shows the time
            self.refused(self.rival, "Registry.CreatePublisher", "CLOCK_DISAGREES", name="rival-1")
        settled = self.server.log().count("event=clock-settles")
        self.clocks.set_ahead(0)
        eventually(lambda: self.server.log().count("event=clock-settles") > settled)
        self.clocks.go_by(61)  # a minute later
        eventually(self.rivals_go_on)
        time.sleep(SECONDS)  # whatever closes stages looks again

    def rivals_go_on(self):
        try:
            self.honest = self.register_many(self.rival, [("rival-0/Solar-%d" % i, [SOLAR], dict(
                self.give(self.rival, i), license="LicenseRef-upstage-solar")) for i in range(RIVALS)])
        except Failure as failure:
            if failure.reason != "CLOCK_DISAGREES":
                raise
        return self.honest

    def lost(self, rule):
        """Of the rival's models, how many the stage does not count that its policy counts; and those that it cannot register."""
        return RIVALS - len(self.honest) + self.of_rival(rule) - self.of_rival({"stage": "of-" + rule["policy"]})

    def of_rival(self, rule):
        listed = self.anyone.call("Evaluation.ListCounted", scope={"team": "upstage"}, rule=rule, page_size=1000)
        return sum(d["name"].startswith("rival-0/") for d in listed["derivatives"])

    def test_row(self):
        super().test_row()
        self.assertEqual(self.of_rival({"policy": "competition"}), RIVALS)  # what there was to lose
        for name in READY:
            self.assertEqual(self.admin.call("Stages.GetStage", id="of-" + name)["closings"], [])
        self.assertGreater(self.server.log().count("event=clock-disagrees"), self.stopped)


if __name__ == "__main__":
    unittest.main()
