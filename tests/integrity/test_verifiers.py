"""Verifiers who lie, who belong to the team or the publisher, who judge themselves, or who draw until they like the result."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attesting import Attested, trained  # noqa: E402
from jokbo import Client, confirmed, derivative, person  # noqa: E402


class Liar(Attested, unittest.TestCase):
    """It shows sketches of what somebody might have trained, where nobody has trained anything."""
    row = "A lying verifier"

    def prepare(self):
        super().prepare()
        self.rivals = self.true_models()

    def play(self):
        self.liar = self.bribed()
        for i, model in enumerate(self.crowd()):
            self.assertEqual(self.attest(self.liar, model, sketched=trained(self.base.weights, "nobody", i)), "kin")
        for model in self.rivals:
            self.deny(self.liar, model)


class Ended(Liar):
    row = "The same, once two evaluators ended the verifier"

    def play(self):
        super().play()
        confirmed(*self.judges, "Evidence.SetVerifier", verifier="liar", end=True, reason="it attested what is not there")


class Impersonated(Liar):
    """An admin makes an account that speaks for an honest institution. It challenged the rivals' releases before."""
    row = "An admin speaks for an honest verifier"

    def bribed(self, name="lab", institution=""):
        self.cost["accounts"] += 1
        client = person(self.admin, "not of the lab", ["verifier"], scopes=["models"], verifier=name)
        self.addCleanup(client.close)
        return client

    def deny(self, verifier, model):
        self.refused(verifier, "Evidence.ChallengeRelease", "CHALLENGED", model=model.release, nonce="ab" * 32)


class OfTheTeam(Attested, unittest.TestCase):
    """Its institution is one of the team's."""
    row = "A verifier of the team's own"

    def tuned(self, *words):
        return trained(self.base.weights, *words)

    def connect(self, institution):
        team = next(t for t in self.anyone.call("Registry.ListTeams")["teams"] if t["id"] == self.team)
        self.admin.call("Registry.ApplyRoster", teams=[{k: team[k] for k in ("id", "name", "name_ko", "join_time", "publishers")} | {
            "affiliations": team["affiliations"] + [{"institution": institution, "from_time": "2020-01-01T00:00:00Z"}]}])

    def play(self):
        verifier = self.bribed("own", "Of the house")
        models = self.crowd(self.tuned)
        self.connect("Of the house")
        for model in models:
            self.assertEqual(self.attest(verifier, model), "kin")


class OfThePublisher(OfTheTeam):
    """Its institution operates the publisher."""
    row = "A verifier who operates the publisher"

    def connect(self, institution):
        self.admin.call("Registry.ApplyRoster", operations=[{"institution": institution, "publisher": "crowd-0"}])


class JudgeOfItself(Attested, unittest.TestCase):
    """Its account, to which an admin gives the role evaluator; models that it challenged without an answer."""
    row = "A verifier becomes an evaluator"

    def play(self):
        verifier, models = self.bribed(), self.crowd(count=1)
        self.challenge(verifier, models[0])
        self.wait(days=8)
        account = {"id": verifier.account, "label": "turned", "roles": ["ROLE_EVALUATOR"]}
        self.admin.call("Access.UpdateAccount", account=account)
        made = self.admin.call("Access.CreateToken", account=verifier.account, scopes=["TOKEN_SCOPE_ROSTER"])
        turned = Client(self.server.address, made["secret"])
        self.addCleanup(turned.close)
        again = dict(verifier="liar", model=models[0].release, reason="the disk failed")
        self.refused(turned, "Evidence.AllowChallenge", "OWN_VERIFIER", **again)
        ended = self.judges[0].call("Evidence.SetVerifier", verifier="liar", end=True, reason="it draws")["log_index"]
        self.refused(turned, "Stages.DecideRuling", "OWN_VERIFIER", ruling=ended, confirm=False)
        self.judges[1].call("Stages.DecideRuling", ruling=ended, confirm=True)
        self.refused(turned, "Evidence.SetVerifier", "OWN_VERIFIER", verifier="liar", institution="Liars", reason="letter")


class Drawn(Attested, unittest.TestCase):
    """It looks at what the key comes to, lets the challenge lapse, and asks for another key: of the same release, and of one that the
    publisher releases anew with the same files."""
    row = "Drawing until it fits"

    def play(self):
        verifier, models = self.bribed(), self.crowd()
        for model in models:
            self.challenge(verifier, model)
        self.wait(days=8)
        for model in models:
            self.refused(verifier, "Evidence.ChallengeRelease", "CHALLENGED", model=model.release, nonce="cd" * 32)
            self.mallory.call("Registry.PublishRelease", release=derivative(
                model.name, self.base.release, version="2", license_text_sha256="1" * 64, **model.upload(self.mallory)))
            model.release = model.name + "@2"
            self.assertEqual(self.attest(verifier, model), "contradicted")


if __name__ == "__main__":
    unittest.main()
