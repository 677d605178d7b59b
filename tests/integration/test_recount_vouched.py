"""tests/recount_vouched.py refuses what the formats do not allow of entries on weights, each time with the rest of the tiny log before it, and
keeps of those that fit what counting needs."""
import datetime
import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(HERE, "..")]
import recount  # noqa: E402
import recount_policy  # noqa: E402
import tiny_log  # noqa: E402

ZEROS = "0" * 64


class VouchedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.story = tiny_log.Story()

    def index(self, kind, number=0):
        """Of the entry of that kind, the first, second …"""
        return [i for i, data in enumerate(self.story.entries) if b"\nkind %s\n" % kind.encode() in data][number]

    def label(self, name):
        return self.story.labels["@" + name]

    def before(self, index):
        known = recount_policy.Fold()
        for data in self.story.entries[:index]:
            known.apply(data)
        return known

    def refused(self, index, pattern, new, words):
        """The entry with a piece of it replaced cannot follow there, though as it is it can."""
        data = self.story.entries[index].decode()
        changed = re.sub(pattern, new, data, count=1, flags=re.M)
        self.assertNotEqual(changed, data, pattern)
        known = self.before(index)
        with self.assertRaisesRegex(recount.Wrong, words, msg=changed):
            known.apply(changed.encode())
        self.before(index).apply(data.encode())

    def test_verifiers(self):
        self.refused(self.index("verifier"), "^institution .*", "institution  x", "without space")
        self.refused(self.index("verifier-end"), "^verifier .*", "verifier etri", "no verifier etri")
        known = self.before(self.label("challenge"))
        self.assertEqual(known.verifiers, {"kisti": ("Institute of Science and Technology Information", self.label("challenge") - 1)})
        self.assertEqual(self.before(self.label("challenge") - 1).verifiers, {"kisti": None})  # it waits for a second evaluator
        self.assertEqual(self.before(len(self.story.entries)).verifiers, {"kisti": None})

    def test_challenges(self):
        at = self.label("challenge")
        self.refused(at, "^actor .*", "actor verifier etri", "is no verifier")
        self.refused(at, "^actor .*", "actor role evaluator", "is no verifier")
        self.refused(at, "^actor .*", "actor verifier ETRI", "form")
        self.refused(at, "^release .*", "release " + ZEROS, "no release")
        bare = self.story.hash_of("lab/Solar-mid@1")
        self.refused(self.label("late-challenge"), "^release .*", "release " + bare, "names no artifact")
        self.refused(at, "^nonce .*", "nonce none", "form")
        self.refused(self.index("challenge-again"), "^verifier .*", "verifier etri", "no verifier etri")
        self.refused(self.index("challenge-again"), "^release .*", "release " + ZEROS, "no release")

    def test_attestations(self):
        at = self.label("attest")
        self.refused(at, "^challenge .*", "challenge %d" % (at - 2), "is no challenge")
        self.refused(at, "^actor .*", "actor verifier etri", "another's")
        self.refused(at, "^sketches .*", "sketches none", "has sketches")
        late = recount_policy.moment(self.before(at).times[self.label("challenge")])
        for seconds, fits in ((7 * 86400, True), (7 * 86400 + 1, False)):
            when = (late + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            data, known = re.sub(b"(?m)^time .*", b"time " + when.encode(), self.story.entries[at]), self.before(at)
            if fits:
                known.apply(data)
            else:
                self.assertRaisesRegex(recount.Wrong, "7 days", known.apply, data)
        known = self.before(at + 1)
        self.assertTrue(known.attests[at].agrees)
        with self.assertRaisesRegex(recount.Wrong, "answered already"):
            known.apply(self.story.entries[at])
        self.assertFalse(self.before(len(self.story.entries)).attests[self.index("attest", 1)].agrees)

    def test_evidence(self):
        at, screened = self.label("proof"), self.label("screened")
        self.refused(at, "^at .*", "at %d" % (at + 1), "at is no size")
        self.refused(at, "^at .*", "at %d" % self.label("attest"), "rests on")
        self.refused(at, "^attest .*", "attest %d" % self.label("challenge"), "rests on")
        self.refused(at, "^parents .*", "parents none", "parents are others")
        self.refused(at, "^parents [0-9a-f]*", "parents " + ZEROS, "parents are others")
        self.refused(at, "=kin/120/4000/9900/9950", "=kin/120/4000/9951/9950", "shares")
        self.refused(at, "=kin/", "=like/", "is no grade")
        self.refused(at, "^near (.*)", r"near \1 \1", "hashes")
        self.refused(at, "^release .*", "release " + ZEROS, "no release")
        self.refused(screened, "^parents (.*) (.*)", r"parents \2 \1", "parents are others")
        self.refused(screened, "^attest .*", "attest %d" % self.label("attest"), "rests on")  # which is of another release
        known = self.before(len(self.story.entries))
        proof, = known.evidence[known.attests[self.label("attest")].challenge.release]
        self.assertEqual((proof.attest.made, proof.grades), (self.label("attest"), [["kin", "120", "4000", "9900", "9950"]]))

    def test_references(self):
        withdrawn = self.index("withdrawn")
        self.refused(withdrawn, "^artifact .*", "artifact " + tiny_log.digest("reference manifest 3"), "not held")
        known = self.before(withdrawn + 1)
        self.assertEqual(list(known.kept.values()), [True, False])
        with self.assertRaisesRegex(recount.Wrong, "not held"):
            known.apply(self.story.entries[withdrawn])


if __name__ == "__main__":
    unittest.main()
