"""Whoever may write for a publisher moves its models to one of his own, where they would count for it."""
import contextlib
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack  # noqa: E402
from jokbo import Failure, joined  # noqa: E402


class TakenByAWriter(Attack, unittest.TestCase):
    row = "Taken away by a writer"

    def prepare(self):
        self.maker = self.stranger("maker")
        self.publishers(self.maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")
        self.honest = [self.register(self.maker, "maker-0/m-%d" % i, SKT, **self.give(self.maker, i)) for i in range(20)]

    def play(self):
        mallory = self.account()
        self.publishers(mallory, "pocket", 1)
        self.verify("pocket-0")
        joined(self.admin, "maker-0", mallory.account, "MEMBER_ROLE_WRITER", by=self.maker)
        for i, name in enumerate(self.honest):
            with contextlib.suppress(Failure):
                mallory.call("Registry.TransferModel", name=name, new_name="pocket-0/m-%d" % i)

    def worth(self, policy):
        return self.counted_of("pocket-0", self.rules()[policy])


if __name__ == "__main__":
    unittest.main()
