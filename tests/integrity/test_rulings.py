"""A rival's derivatives are ruled away by one person."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SOLAR, Attack, facts  # noqa: E402
from jokbo import Client  # noqa: E402


RIVALS = 10


class Rulings(Attack):
    """On a demo, whose clock can be set; with the rest that a registry demands."""
    options = ("--demo", "--evaluator-rest-hours", "24")
    team = "upstage"
    victim_lost_by = ("REASON_EXCLUDED",)

    def prepare(self):
        maker = self.stranger("maker")
        self.publishers(maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")
        self.honest = self.register_many(maker, [("maker-0/Solar-m-%d" % i, [SOLAR], dict(
            self.give(maker, i), license="LicenseRef-upstage-solar")) for i in range(RIVALS)])

    def measure(self):
        """What the rival loses is told once."""
        return {name: (0, lost) for name, (_, lost) in super().measure().items()}

    def lost(self, rule):
        """Where they counted before."""
        return super().lost(rule) if self.before[rule["policy"]] else 0

    def counts(self):
        found = super().counts()
        if not hasattr(self, "before"):
            self.before = found
        return found


class TwoAccounts(Rulings, unittest.TestCase):
    """The first is an admin, too, and makes the second."""
    row = "Rulings by one person with two accounts"

    def play(self):
        first = self.account("evaluator and admin", ["evaluator", "admin"], ["roster", "accounts", "tokens"])
        self.cost["accounts"] += 1
        second = self.stranger("creature", ["evaluator"], ["roster"], by=first)
        self.refused(first, "Stages.Rule", "EVALUATOR_RESTS", model=self.honest[0], reason="spam")
        self.wait(days=1)
        for name in self.honest:
            ruling = first.call("Stages.Rule", model=name, reason="spam")["log_index"]
            self.refused(first, "Stages.DecideRuling", "SAME_EVALUATOR", ruling=ruling, confirm=True)
            self.refused(second, "Stages.DecideRuling", "CREATED_BY_OTHER", ruling=ruling, confirm=True)


class AdminWithTwo(Rulings, unittest.TestCase):
    """An admin makes two evaluators, waits, and is both: who is behind an account is what an admin is trusted with."""
    row = "Rulings by an admin who is two evaluators"

    def play(self):
        admin = self.account("admin", ["admin"], ["accounts", "tokens", "roster"])
        self.cost["accounts"] += 2
        first, second = (self.stranger("creature", ["evaluator"], ["roster"], by=admin) for _ in range(2))
        self.wait(days=1)
        for name in self.honest:
            ruling = first.call("Stages.Rule", model=name, reason="spam")["log_index"]
            second.call("Stages.DecideRuling", ruling=ruling, confirm=True)


class InTheirNames(Rulings, unittest.TestCase):
    """Two independent evaluators, who do not know that an admin made a token for each of them."""
    row = "Rulings in the names of two evaluators"

    def prepare(self):
        super().prepare()
        self.evaluators = self.two_evaluators()

    def token(self, by, account):
        made = by.call("Access.CreateToken", account=account, scopes=["TOKEN_SCOPE_ROSTER", "TOKEN_SCOPE_TOKENS"])
        client = Client(self.server.address, made["secret"])
        self.addCleanup(client.close)
        return client

    def play(self):
        admin = self.account("admin", ["admin"], ["accounts", "tokens", "roster"])
        self.wait(days=1)
        self.cost["days"] = 0  # the evaluators', who were there before
        first, second = (self.token(admin, evaluator.account) for evaluator in self.evaluators)
        self.refused(first, "Stages.Rule", "TOKEN_RESTS", model=self.honest[0], reason="spam")
        self.refused(self.token(first, 0), "Stages.Rule", "TOKEN_RESTS", model=self.honest[0], reason="spam")
        waiting = self.evaluators[0].call("Stages.Rule", model=self.honest[0], reason="spam")["log_index"]
        self.refused(second, "Stages.DecideRuling", "TOKEN_RESTS", ruling=waiting, confirm=True)
        self.evaluators[1].call("Stages.DecideRuling", ruling=waiting)  # rejects it
        self.wait(days=1)
        for name in self.honest:
            ruling = first.call("Stages.Rule", model=name, reason="spam")["log_index"]
            second.call("Stages.DecideRuling", ruling=ruling, confirm=True)


class InHisOwnCase(Rulings, unittest.TestCase):
    """An evaluator whose own publisher has the same weights, one who acts for a rival team, and one who did until now: none takes a model away, nor keeps
    the maker from being told right."""
    row = "A judge in his own case"
    victim_lost_by = ("REASON_EXCLUDED", "REASON_DUPLICATE")

    def play(self):
        first, second = self.two_evaluators()
        thief = self.account("evaluator", ["evaluator"], ["roster", "models", "publishers"])
        rival = self.account("evaluator of a rival", ["evaluator", "team"], ["roster"], team="sk-telecom")
        former = self.account("once of a rival", ["evaluator", "team"], ["roster"], team="sk-telecom")
        self.admin.call("Access.UpdateAccount", account=dict(id=former.account, label="once of a rival", roles=["ROLE_EVALUATOR"]))
        self.wait(days=1)
        self.cost["days"] = 0  # the evaluators', who were there before
        self.publishers(thief, "thief", 1)
        self.verify("thief-0")
        self.register_many(thief, [("thief-0/Solar-t-%d" % i, [SOLAR], dict(
            facts(i), license="LicenseRef-upstage-solar")) for i in range(RIVALS)])
        for name in self.honest:
            waiting = first.call("Stages.Rule", model=name, kind="RULING_KIND_ORIGIN", reason="made it")["log_index"]
            for judge, reason in ((thief, "OWN_PUBLISHER"), (rival, "OWN_TEAM"), (former, "OWN_TEAM")):
                self.refused(judge, "Stages.Rule", reason, model=name, reason="spam")
                self.refused(judge, "Stages.DecideRuling", reason, ruling=waiting, confirm=False)
            second.call("Stages.DecideRuling", ruling=waiting, confirm=True)


if __name__ == "__main__":
    unittest.main()
