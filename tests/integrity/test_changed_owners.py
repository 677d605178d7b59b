"""A verified publisher is sold; and it is lent."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack  # noqa: E402
from jokbo import joined  # noqa: E402


class ChangedOwners(Attack, unittest.TestCase):
    row = "A verified publisher changes hands"

    def play(self):
        seller, mallory = self.account("seller"), self.account()
        self.publishers(seller, "sold", 1)
        self.verify("sold-0")
        joined(self.admin, "sold-0", mallory.account, "MEMBER_ROLE_OWNER", by=seller)
        seller.call("Access.RemoveMember", publisher="sold-0", account=seller.account)
        self.register_many(mallory, [("sold-0/m-%d" % i, [SKT], self.upload(mallory, i))
                                     for i in range(20)])


class Lent(Attack, unittest.TestCase):
    row = "A verified publisher is lent"

    def play(self):
        lender, mallory = self.account("lender"), self.account()
        self.publishers(lender, "lent", 1)
        self.verify("lent-0")
        joined(self.admin, "lent-0", mallory.account, "MEMBER_ROLE_WRITER", by=lender)
        self.register_many(mallory, [("lent-0/m-%d" % i, [SKT], self.upload(mallory, i)) for i in range(20)])


if __name__ == "__main__":
    unittest.main()
