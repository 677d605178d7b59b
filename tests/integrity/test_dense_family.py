"""A family with so many ways through it that whoever looks at all ancestors of many of its models would be busy for ever: to stop
others' writes and counts, and the closing of stages."""
import os
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack, digest  # noqa: E402
from jokbo import Client, Failure, derivative  # noqa: E402

FACTOR = float(os.environ.get("JK_TIMEOUT_FACTOR", "1"))
WIDE = 64  # parents of a release, at most
LINKS = 8192  # parents above a release, all together
AT_ONCE = 5  # seconds that anybody else waits, at most
ROUNDS = 5


class DenseFamily(Attack, unittest.TestCase):
    row = "A dense family"

    def play(self):
        self.mallory = self.account()
        self.publishers(self.mallory, "dense", 1)
        top = self.layer("top", [SKT], 2 * WIDE, weights=True)
        layer = self.layer("a", top[:WIDE], WIDE)  # 64 + 64 parents are above each
        layer = self.layer("b", layer, WIDE)  # 64 + 64 * 64 + 64
        self.too_wide(layer)
        self.below = layer[:4]
        self.others_go_on()
        self.layer("leaf", self.below, 2 * WIDE, weights=True)  # half of them are copies
        self.others_go_on()

    def layer(self, stem, parents, count, weights=False):
        return self.register_many(self.mallory, [
            ("dense-0/%s-%d" % (stem, i), parents, {"weights_sha256": digest("weights", i)} if weights else {}) for i in range(count)])

    def too_wide(self, layer):
        """Another layer would have 64 + 64 * 64 + 64 * 64 + 64 above each, so it is refused, also as a further release, and tried only."""
        wide = derivative("dense-0/c", *layer)
        self.mallory.call("Registry.RegisterDerivative", derivative=derivative("dense-0/d", SKT))
        for method, fields in (("RegisterDerivative", {"derivative": wide}), ("BatchRegisterDerivatives", {"derivatives": [wide]}),
                               ("RegisterDerivative", {"derivative": wide, "validate_only": True}),
                               ("PublishRelease", {"release": derivative("dense-0/d", *layer, version="2")})):
            with self.assertRaises(Failure) as caught:
                self.mallory.call("Registry." + method, **fields)
            self.assertEqual(caught.exception.code, "INVALID_ARGUMENT")
            (field, said), = caught.exception.fields.items()
            self.assertTrue(field.endswith("parents"), field)
            self.assertIn("%d parents above them" % LINKS, said)

    def others_go_on(self):
        """While a thousand are tried together, over and over, and counts are made of a log that grows."""
        self.stopped, self.failed = threading.Event(), []
        tried = [derivative("dense-0/try-%d" % i, *self.below, weights_sha256=digest("pair", i // 2)) for i in range(1000)]
        count = dict(scope={"team": self.team}, rule={"policy": "competition"})
        attackers = [threading.Thread(target=self.insist, args=(None, "Evaluation.CountDerivatives", count)) for _ in range(2)]
        attackers.append(threading.Thread(target=self.insist, args=(self.mallory.token, "Registry.BatchRegisterDerivatives",
                                                                    dict(derivatives=tried, validate_only=True))))
        for attacker in attackers:
            attacker.start()
        try:
            honest = self.stranger()
            for i in range(ROUNDS):
                self.in_time(honest, "Registry.CreatePublisher", name="honest-%d-%d" % (self.size(), i))
                self.in_time(self.anyone, "Registry.GetModel", name=SKT)
                self.in_time(self.anyone, "Evaluation.CountDerivatives", min_log_size=self.size(), **count)
        finally:
            self.stopped.set()
            for attacker in attackers:
                attacker.join()
        self.assertEqual(self.failed, [])

    def insist(self, token, method, fields):
        client = Client(self.server.address, token)
        while not self.stopped.is_set() and not self.failed:
            try:
                client.call(method, timeout=60, **fields)
            except Failure as failure:
                self.failed.append((method, failure.code, failure.message))
        client.close()

    def in_time(self, client, method, **fields):
        started = time.monotonic()
        client.call(method, timeout=60, **fields)
        self.assertLess(time.monotonic() - started, AT_ONCE * FACTOR, method)


if __name__ == "__main__":
    unittest.main()
