"""Front-running by a verified thief with claims that are older than the maker's but do not count, so that the maker counts, and nobody
misses anything until the cut-off. Seconds before, they are woken: by the manifest, by a transfer to the verified publisher, by a release
with another licence or made from another base model, and by handing a parent whose licence binds to somebody who is not verified."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import LICENSED, SKT, Attack, digest  # noqa: E402
from jokbo import Manifest, registered  # noqa: E402

EACH = 4
NOT_PROGRAMME = "skt/A.X-3.1-Light"


def stolen(number):
    """The maker's weights in an artifact of the thief's own: what it uploads is no copy of the maker's manifest."""
    return Manifest({"model.safetensors": "made %d" % number, "README.md": "theirs"})


class DormantClaims(Attack, unittest.TestCase):
    row = "Front-running, dormant until the cut-off"
    WAYS = ("manifest", "transfer", "licence", "base", "parent")

    def prepare(self):
        self.maker = self.stranger("maker")
        self.publishers(self.maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")

    def name(self, way, i):
        return "thief-%d/%s-%d" % (way == "transfer", way, i)

    def lay(self, number, way, i):
        """A claim to the maker's model of that number."""
        parent = {"base": NOT_PROGRAMME, "parent": "thief-0/limited"}.get(way, SKT)
        license = {"licence": "NOASSERTION"}.get(way, "Apache-2.0")
        if way != "manifest":
            self.bring(number)
        self.register(self.thief, self.name(way, i), parent, **stolen(number).named, license=license)

    def bring(self, number):
        stolen(number).upload(self.thief)
        self.cost["uploads"] += 1

    def wake(self, number, way, i):
        name = self.name(way, i)
        if way == "manifest":
            self.bring(number)
        elif way == "transfer":
            self.thief.call("Registry.TransferModel", name=name, new_name="thief-0/%s-%d" % (way, i))
        elif way != "parent":
            self.thief.call("Registry.PublishRelease", release=dict(
                LICENSED, name=name, version="2", license="Apache-2.0", relation="RELATION_FINETUNE", parents=[registered(SKT)],
                **stolen(number).named))

    def each(self):
        return [(w * EACH + i, way, i) for w, way in enumerate(self.WAYS) for i in range(EACH)]

    def play(self):
        self.thief = self.account("thief")
        self.publishers(self.thief, "thief", 2)
        self.verify("thief-0")
        self.register(self.thief, "thief-0/limited", SKT, license="LicenseRef-exaone-ai-model-1.1-nc", weights_sha256=digest("limited"))
        for one in self.each():
            self.lay(*one)
        self.honest = [self.register(self.maker, "maker-0/m-%d" % number, SKT, **self.give(self.maker, "made", number))
                       for number, _, _ in self.each()]
        self.assertEqual(self.lost({"policy": "competition"}), 0)
        for one in self.each():
            self.wake(*one)
        self.thief.call("Registry.TransferModel", name="thief-0/limited", new_name="thief-1/limited")

    def measure(self):
        self.play()
        return {name: (self.counted_of("thief-0", rule), self.lost(rule)) for name, rule in self.rules().items()}


if __name__ == "__main__":
    unittest.main()
