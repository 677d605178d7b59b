"""A model of one's own is said to be a popular external one, so that whatever strangers made from that leads to one's base."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, SOLAR, Attack, digest, facts, on_hub  # noqa: E402
from jokbo import joined  # noqa: E402

POPULAR = "huggingface.co/Qwen/Qwen3-8B"
OWN = "huggingface.co/known-0/popular"
STRANGERS = 15


class Adoption(Attack):
    """Strangers, verified ones who upload, merge the external with a model of another family."""
    external = POPULAR

    def prepare(self):
        maker = self.stranger("maker")
        self.publishers(maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")
        for i in range(STRANGERS):
            self.register(maker, "maker-0/Solar-m-%d" % i, SOLAR, on_hub(self.external.partition("/")[2]), relation="merge",
                          license="LicenseRef-upstage-solar", **self.give(maker, "made", i))

    def stands_alone(self, mallory, name="known-0/child"):
        """A model of the attacker's own, from the base whose count is to grow."""
        self.publishers(mallory, "known", 1)
        self.register(mallory, name, SKT, artifact_sha256=digest("child"))
        return name

    def measure(self):
        """What the attacker registered itself is not gained by the adoption."""
        return {name: (gain - self.counted_of("known-0", self.rules()[name]), loss)
                for name, (gain, loss) in super().measure().items()}


class ByWriter(Adoption, unittest.TestCase):
    row = "Adoption by a writer"

    def play(self):
        mallory = self.account()
        model = self.stands_alone(mallory)
        self.refused(mallory, "Registry.AdoptExternalModel", "NOT_VERIFIED", external=self.external, model=model)


class ByTeam(Adoption, unittest.TestCase):
    row = "Adoption by a team, onto its base"

    def play(self):
        team = self.account("team", ["team"], team="sk-telecom")
        self.refused(team, "Registry.AdoptExternalModel", "TARGET_IS_BASE", external=self.external, model=SKT)


class WithoutNamespace(Adoption, unittest.TestCase):
    row = "Adoption by a verified publisher, of another's name"

    def play(self):
        mallory = self.account()
        model = self.stands_alone(mallory)
        self.verify("known-0")
        self.admin.call("Registry.SetNamespace", publisher="known-0", organisation="huggingface.co/known-0", evidence="hub-file")
        self.refused(mallory, "Registry.AdoptExternalModel", "NO_NAMESPACE", external=self.external, model=model)


class ByOneEvaluator(Adoption, unittest.TestCase):
    row = "Adoption by an evaluator alone"

    def play(self):
        mallory = self.account()
        model = self.stands_alone(mallory)
        evaluator = self.account("evaluator", ["evaluator"], ["roster", "models"])
        made = evaluator.call("Registry.AdoptExternalModel", external=self.external, model=model, reason="same-model")
        self.refused(evaluator, "Stages.DecideRuling", "SAME_EVALUATOR", ruling=made["ruling"], confirm=True)


class ByEvaluatorForItself(Adoption, unittest.TestCase):
    """The evaluator owns a verified publisher, and would say itself that the hub's organisation is that one's."""
    row = "Adoption by an evaluator, of a name that it grants itself"

    def play(self):
        mallory = self.account("evaluator", ["evaluator"], ["models", "publishers", "roster"])
        model = self.stands_alone(mallory)
        self.verify("known-0")
        granted = dict(publisher="known-0", organisation="huggingface.co/Qwen", evidence="hub-file")
        self.refused(mallory, "Registry.SetNamespace", "OWN_PUBLISHER", **granted)
        self.refused(mallory, "Registry.AdoptExternalModel", "NO_NAMESPACE", external=self.external, model=model)
        accomplice = self.account("accomplice")
        joined(self.admin, "known-0", accomplice.account, "MEMBER_ROLE_OWNER", by=mallory)
        mallory.call("Access.RemoveMember", publisher="known-0", account=mallory.account)
        self.refused(mallory, "Registry.SetNamespace", "OWN_PUBLISHER", **granted)


class ByEvaluatorForAnother(Adoption, unittest.TestCase):
    """The same with a second account, which owns the publisher: who is behind it, the evaluator's word does not tell."""
    row = "Adoption by an evaluator, of a name that it grants a straw man"

    def play(self):
        evaluator, mallory = self.account("evaluator", ["evaluator"], ["roster"]), self.account()
        self.publishers(mallory, "known", 1)
        self.verify("known-0")
        model = self.register(mallory, "known-0/child", SKT, **self.upload(mallory, "child"))
        evaluator.call("Registry.SetNamespace", publisher="known-0", organisation="huggingface.co/Qwen", evidence="hub-file")
        mallory.call("Registry.AdoptExternalModel", external=self.external, model=model)


class OfOnesOwn(Adoption, unittest.TestCase):
    """The name is the publisher's own, on which strangers built; that the registered model is the same one is its word alone."""
    row = "Adoption by a verified publisher, of a name of its own"
    external = OWN
    license = "Apache-2.0"

    def play(self):
        mallory = self.account()
        self.publishers(mallory, "known", 1)
        self.verify("known-0")
        model = self.register(mallory, "known-0/child", SKT, license=self.license, **self.upload(mallory, "child"))
        self.admin.call("Registry.SetNamespace", publisher="known-0", organisation="huggingface.co/known-0", evidence="hub-file")
        mallory.call("Registry.AdoptExternalModel", external=self.external, model=model)


class OverALicense(OfOnesOwn):
    """What the holder of the name says to be the hub's model has a licence that whoever built on the hub's does not keep to."""
    row = "Adoption of a name of its own, onto a model with a strict licence"
    victim_lost_by = ("REASON_LICENSE_CONFLICT",)
    license = "LicenseRef-exaone-ai-model-1.1-nc"

    def prepare(self):
        maker = self.stranger("maker")
        self.publishers(maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")
        self.honest = [self.register(maker, "maker-0/m-%d" % i, SKT, on_hub(self.external.partition("/")[2]), relation="merge",
                                     **self.give(maker, "made", i)) for i in range(STRANGERS)]

    def measure(self):
        """Nothing is gained but what others lose."""
        self.play()
        return {name: (0, self.lost(rule)) for name, rule in self.rules().items()}


class OverALicenseThenRuled(OverALicense):
    """Two evaluators give the adoption up."""
    row = "The same, once two evaluators gave the adoption up"
    options = ("--evaluator-rest-hours", "0")

    def play(self):
        super().play()
        first, second = (self.stranger("evaluator", ["evaluator"], ["roster", "models"], by=by) for by in (None, self.stranger(
            "another admin", ["admin"], ["accounts", "tokens", "roster", "models"])))
        made = first.call("Registry.UnadoptExternalModel", external=self.external, model="known-0/child", reason="not-the-same")
        second.call("Stages.DecideRuling", ruling=made["ruling"], confirm=True)


if __name__ == "__main__":
    unittest.main()
