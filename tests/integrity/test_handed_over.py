"""More publishers than an account may make: those that are full are handed to another account."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack, digest  # noqa: E402
from jokbo import joined  # noqa: E402


class HandedOver(Attack, unittest.TestCase):
    row = "Handed-over publishers"

    def play(self):
        mallory, accomplice = self.account(), self.account("accomplice")
        for i in range(20):
            name, = self.publishers(mallory, "crowd-%d" % i, 1)
            self.register(accomplice_of(self, mallory, accomplice, name), name + "/m", SKT, artifact_sha256=digest(name))
        for i in range(20):
            self.refused(mallory, "Registry.CreatePublisher", "PUBLISHERS_QUOTA", name="more-%d" % i)


def accomplice_of(attack, mallory, accomplice, name):
    """Who owns the publisher once it is handed over."""
    joined(attack.admin, name, accomplice.account, "MEMBER_ROLE_OWNER", by=mallory)
    mallory.call("Access.RemoveMember", publisher=name, account=mallory.account)
    return accomplice


if __name__ == "__main__":
    unittest.main()
