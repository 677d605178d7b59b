"""Proofs, receipts and following over gRPC, checked by an auditor that knows only the entries and the published formats."""
import base64
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import auditor  # noqa: E402
from jokbo import Case, derivative, new_id  # noqa: E402

BASE = "skt/A.X-K1"


def decoded(values):
    return [base64.b64decode(value) for value in values]


class Proofs(Case):
    options = ("--writes-per-day", "100000")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for batch in range(2):
            cls.alice.call("Registry.BatchRegisterDerivatives", request_id=new_id(), timeout=60, derivatives=[
                derivative("alice/m-%d-%d" % (batch, i), BASE) for i in range(300)])
        cls.audit = auditor.Audit(cls.anyone)
        cls.audit.follow(cls.anyone)
        cls.data = cls.audit.read(cls.anyone, 0, cls.audit.tree.size)
        cls.leaves = [auditor.sha256(b"\0" + data) for data in cls.data]
        cls.last = cls.audit.tree.size  # sizes up to here are known to the auditor
        edges = {1, 2, 3, 4, 5, 7, 8, 9, 255, 256, 257, 511, 512, 513, cls.last - 1, cls.last}
        cls.sizes = sorted(size for size in edges | set(random.Random(7).sample(range(1, cls.last + 1), 40))
                           if size <= cls.last)

    def inclusion(self, **fields):
        return self.anyone.call("Log.GetInclusionProof", **fields)

    def check_inclusion(self, proof, index, size):
        self.assertEqual((int(proof["log_index"]), int(proof["tree_size"])), (index, size))
        leaf, root = base64.b64decode(proof["leaf_hash"]), base64.b64decode(proof["root_hash"])
        self.assertEqual(leaf, self.leaves[index])
        self.assertEqual(root, self.audit.tree.roots[size])
        self.assertEqual(auditor.inclusion_root(leaf, index, size, decoded(proof["hashes"])), root)

    def test_inclusion(self):
        """Of the first and last entries, those beside each power of two, and some between, in trees of many sizes."""
        chance = random.Random(11)
        for size in self.sizes:
            near = {0, 1, size // 2, size - 1, chance.randrange(size), chance.randrange(size)}
            for index in sorted(index for index in near | {255, 256, 257} if index < size):
                with self.subTest(size=size, index=index):
                    self.check_inclusion(self.inclusion(log_index=index, tree_size=size), index, size)

    def test_every_entry_in_the_present_tree(self):
        for index in range(self.last):
            self.check_inclusion(self.inclusion(log_index=index, tree_size=self.last), index, self.last)

    def test_size_zero_is_the_present(self):
        proof = self.inclusion(log_index=0)
        self.assertEqual(int(proof["tree_size"]), self.size())
        self.assertGreaterEqual(int(proof["tree_size"]), self.last)

    def test_inclusion_by_hash(self):
        for index, entry in enumerate(self.audit.entries):
            if entry.body.startswith(auditor.STATEMENT) and index % 25 == 0:
                proof = self.inclusion(lineage_hash=entry.lineage_hash, tree_size=self.last)
                self.check_inclusion(proof, index, self.last)

    def test_consistency(self):
        for second in self.sizes:
            for first in sorted({0, 1, second - 1, second, *(s for s in self.sizes[::5] if s < second)}):
                with self.subTest(first=first, second=second):
                    proof = self.anyone.call("Log.GetConsistencyProof", first_size=first, second_size=second)
                    self.assertEqual((int(proof["first_size"]), int(proof["second_size"])), (first, second))
                    roots = decoded([proof["first_root_hash"], proof["second_root_hash"]])
                    self.assertEqual(roots, [self.audit.tree.roots[first], self.audit.tree.roots[second]])
                    auditor.check_consistency(first, roots[0], second, roots[1], decoded(proof["hashes"]))

    def test_a_wrong_proof_would_be_found(self):
        proof = self.anyone.call("Log.GetConsistencyProof", first_size=5, second_size=self.last)
        hashes, roots = decoded(proof["hashes"]), [self.audit.tree.roots[size] for size in (5, self.last)]
        for at in range(len(hashes)):
            wrong = list(hashes)
            wrong[at] = bytes([wrong[at][0] ^ 1]) + wrong[at][1:]
            with self.assertRaises(auditor.Wrong):
                auditor.check_consistency(5, roots[0], self.last, roots[1], wrong)
        self.assertRaises(auditor.Wrong, auditor.check_consistency, 5, roots[0], self.last, roots[1], hashes[:-1])
        self.assertRaises(auditor.Wrong, auditor.check_consistency, 5, roots[0], self.last, roots[1], hashes + hashes[:1])

    def test_refused_proofs(self):
        """One past each edge."""
        size = self.size()
        absent = "ab" * 32
        ask, grow, receipt = "Log.GetInclusionProof", "Log.GetConsistencyProof", "Log.GetReceipt"
        self.wrong(["log_index"], ask, self.anyone)
        self.wrong(["log_index"], ask, self.anyone, log_index=-1)
        self.wrong(["log_index"], ask, self.anyone, log_index=size)
        self.wrong(["log_index"], ask, self.anyone, log_index=2**63 - 1)
        self.wrong(["log_index"], ask, self.anyone, log_index=7, tree_size=7)
        self.wrong(["tree_size"], ask, self.anyone, log_index=0, tree_size=-1)
        self.wrong(["lineage_hash"], ask, self.anyone, lineage_hash="")
        self.wrong(["lineage_hash"], ask, self.anyone, lineage_hash="AB" * 32)
        self.wrong(["lineage_hash"], ask, self.anyone, lineage_hash="00" * 32)
        newest = next(e for e in reversed(self.audit.entries) if e.body.startswith(auditor.STATEMENT))
        self.wrong(["lineage_hash"], ask, self.anyone, lineage_hash=newest.lineage_hash, tree_size=5)
        for beyond in (size + 1, 2**32, 2**63 - 1):
            failure = self.refused("OUT_OF_RANGE", "SIZE_BEYOND_LOG", ask, self.anyone, log_index=0, tree_size=beyond)
            self.assertEqual(failure.metadata["log_size"], str(size))
            self.refused("OUT_OF_RANGE", "SIZE_BEYOND_LOG", grow, self.anyone, first_size=1, second_size=beyond)
            self.refused("OUT_OF_RANGE", "SIZE_BEYOND_LOG", grow, self.anyone, first_size=beyond, second_size=1)
        for method in (ask, receipt):
            failure = self.refused("NOT_FOUND", "RELEASE_NOT_FOUND", method, self.anyone, lineage_hash=absent)
            self.assertEqual(failure.details["ResourceInfo"]["resource_name"], absent)
        self.wrong(["first_size"], grow, self.anyone, first_size=-1)
        self.wrong(["second_size"], grow, self.anyone, second_size=-1)
        self.wrong(["first_size"], grow, self.anyone, first_size=8, second_size=7)
        self.wrong(["log_index"], receipt, self.anyone)
        self.wrong(["log_index"], receipt, self.anyone, log_index=-1)
        for beyond in (size, 2**32, 2**63 - 1):
            self.refused("NOT_FOUND", "ENTRY_NOT_FOUND", receipt, self.anyone, log_index=beyond)

    def check_receipt(self, reply, index):
        found, hashes, note = auditor.receipt_parts(reply["receipt"])
        self.assertEqual((found, int(reply["log_index"])), (index, index))
        origin, size, root = auditor.checkpoint(note)
        self.assertEqual(origin, self.audit.origin)
        self.assertEqual(auditor.inclusion_root(self.leaves[index], index, size, hashes), root)
        self.assertLessEqual(int(reply["published_size"]), size)
        return note, size

    def test_receipt_of_each_entry(self):
        notes = {}
        for index in range(self.last):
            note, size = self.check_receipt(self.anyone.call("Log.GetReceipt", log_index=index), index)
            notes[note] = size
        for note, size in notes.items():
            self.audit.verifier.verify(note)
            self.assertGreaterEqual(size, self.last)

    def test_receipt_by_hash(self):
        made = self.register("alice/with-receipt", BASE)
        index = int(made["log_index"])
        self.audit.follow(self.anyone)
        self.leaves.extend(auditor.sha256(b"\0" + data) for data in
                           self.audit.read(self.anyone, len(self.leaves), self.audit.tree.size))
        reply = self.anyone.call("Log.GetReceipt", lineage_hash=made["release"]["lineage_hash"])
        note, _ = self.check_receipt(reply, index)
        self.audit.check_note(note)


if __name__ == "__main__":
    unittest.main()
