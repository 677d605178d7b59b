"""Whoever sees the digests that a maker is about to register, or reads them off a hub, registers them first. The maker is verified and
uploads its manifests; what is counted is the thief's own, and what the maker loses."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack, digest, facts  # noqa: E402

MODELS = 20


class FrontRunning(Attack):
    def prepare(self):
        self.maker = self.stranger("maker")
        self.publishers(self.maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")

    def known(self, i):
        """What the thief says of the i-th model."""
        return facts("made", i)

    def play(self):
        thief = self.account("thief")
        self.publishers(thief, "thief", 1)
        self.steal(thief)
        self.honest = [self.register(self.maker, "maker-0/m-%d" % i, SKT, **self.give(self.maker, "made", i))
                       for i in range(MODELS)]

    def steal(self, thief):
        self.register_many(thief, [("thief-0/m-%d" % i, [SKT], self.known(i)) for i in range(MODELS)])

    def measure(self):
        self.play()
        return {name: (self.counted_of("thief-0", rule), self.lost(rule)) for name, rule in self.rules().items()}


class ByWeights(FrontRunning, unittest.TestCase):
    row = "Front-running by weights"

    def known(self, i):
        """The maker's weights, in an artifact that nobody has."""
        return dict(facts("made", i), artifact_sha256=digest("artifact", i))


class ByArtifact(FrontRunning, unittest.TestCase):
    row = "Front-running by artifact"

    def known(self, i):
        return {"artifact_sha256": facts("made", i)["artifact_sha256"]}


class ByDigests(FrontRunning, unittest.TestCase):
    """By a verified thief who uploads nothing: the maker's own upload is to make its claims count."""
    row = "Front-running by both digests, without an upload"

    def steal(self, thief):
        self.verify("thief-0")
        super().steal(thief)


class ByDigestsOfOneWhoUploadsLater(ByDigests):
    """A maker who registers first and uploads then waits for its manifest just as the thief does, and came later."""
    row = "The same, of a maker who registers before it uploads"

    def play(self):
        thief = self.account("thief")
        self.publishers(thief, "thief", 1)
        self.steal(thief)
        self.honest = [self.register(self.maker, "maker-0/m-%d" % i, SKT, **facts("made", i)) for i in range(MODELS)]
        for i in range(MODELS):
            self.give(self.maker, "made", i)


class ByHubRecord(FrontRunning, unittest.TestCase):
    """A hub lists every file with its digest, so that manifests can be written of models that one never had."""
    row = "Front-running by hub record"

    def steal(self, thief):
        self.verify("thief-0")
        for i in range(MODELS):
            self.upload(thief, "made", i)
        super().steal(thief)


class ByHubRecordThenRuled(ByHubRecord):
    """The maker disputes, and two evaluators rule whose each is."""
    row = "The same, once two evaluators ruled on the origin"

    def play(self):
        super().play()
        first, second = self.two_evaluators()
        for i in range(MODELS):
            name = "maker-0/m-%d" % i
            self.maker.call("Stages.OpenDispute", model=name, subject="DISPUTE_SUBJECT_ORIGIN", against="thief-0/m-%d" % i,
                            text="We trained it.")
            ruling = first.call("Stages.Rule", kind="RULING_KIND_ORIGIN", model=name, reason="training-log")
            second.call("Stages.DecideRuling", ruling=ruling["log_index"], confirm=True)


if __name__ == "__main__":
    unittest.main()
