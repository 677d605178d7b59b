"""A team registers under its own publisher, and moves the models to a straw man before a cut-off."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack  # noqa: E402


class Moved(Attack, unittest.TestCase):
    row = "Renamed and moved before a cut-off"

    def play(self):
        """own-lab is the team's, by the roster: what a team publishes itself does not count. The straw man is verified."""
        mallory = self.account()
        for name in ("own-lab", "straw-man"):
            mallory.call("Registry.CreatePublisher", name=name)
            self.verify(name)
        team = next(t for t in self.anyone.call("Registry.ListTeams")["teams"] if t["id"] == self.team)
        known = {field: team[field] for field in ("id", "name", "name_ko", "join_time")}
        self.admin.call("Registry.ApplyRoster", teams=[dict(known, publishers=team["publishers"] + ["own-lab"])])
        for i in range(20):
            name = self.register(mallory, "own-lab/m-%d" % i, SKT, **self.upload(mallory, i))
            renamed = mallory.call("Registry.RenameModel", name=name, new_name="own-lab/other-%d" % i)["name"]
            mallory.call("Registry.TransferModel", name=renamed, new_name="straw-man/other-%d" % i)


if __name__ == "__main__":
    unittest.main()
