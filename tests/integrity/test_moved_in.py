"""A straw man without a verification registers shells, and moves them to a team's own verified publisher, which fills them: `self` must not look
at the publisher at registration alone."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import LICENSED, SKT, Attack  # noqa: E402


class MovedIn(Attack, unittest.TestCase):
    row = "Shells, moved in and filled"

    def straw_man(self, mallory):
        """own-lab is the team's, by the roster."""
        for name in ("own-lab", "straw-man"):
            mallory.call("Registry.CreatePublisher", name=name)
        self.verify("own-lab")
        team = next(t for t in self.anyone.call("Registry.ListTeams")["teams"] if t["id"] == self.team)
        known = {field: team[field] for field in ("id", "name", "name_ko", "join_time")}
        self.admin.call("Registry.ApplyRoster", teams=[dict(known, publishers=team["publishers"] + ["own-lab"])])

    def fill(self, mallory):
        """Their names, once they are filled."""
        for i in range(20):
            shell = self.register(mallory, "straw-man/m-%d" % i, SKT)
            name = mallory.call("Registry.TransferModel", name=shell, new_name="own-lab/m-%d" % i)["name"]
            mallory.call("Registry.PublishRelease", release=dict(
                LICENSED, name=name, version="2", license="Apache-2.0", **self.upload(mallory, i)))
            yield name

    def play(self):
        mallory = self.account()
        self.straw_man(mallory)
        list(self.fill(mallory))


class MovedOutAgain(MovedIn):
    """What the team has released is its own, wherever it is at the cut-off: the straw man is verified, too."""
    row = "Shells, moved in, filled, and moved out again"

    def play(self):
        mallory = self.account()
        self.straw_man(mallory)
        self.verify("straw-man")
        for name in self.fill(mallory):
            mallory.call("Registry.TransferModel", name=name, new_name=name.replace("own-lab", "straw-man") + "-out")


if __name__ == "__main__":
    unittest.main()
