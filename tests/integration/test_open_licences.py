"""What the SPDX list itself tells of licences: under rule set 2 an open licence permits what `license-not-open` demands, without anybody's
facts about it. Rule set 1 knows the facts alone, so that what was counted under it stays. The book and tests/recount_policy.py, which
shares nothing with it, say the same."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import jokbo  # noqa: E402

AX = "skt/A.X-3.1-Light"
FIRST = """jokbo/policy/v1
name first
version 1
rules 1
late on
yanked on
excluded on
not-participating off
not-programme off
foreign-base off
relation on finetune adapter quantized merge distill convert prune draft
depth on 1000
self off
affiliate off
no-artifact off
no-license-text off
license-not-open on commercial YES derivatives YES redistribution YES
license-conflict off
naming off
unverified off
duplicate off
cap off
"""
SECOND = FIRST.replace("first", "second").replace("rules 1", "rules 2")
for line, more in (("yanked on", "\ngone off"), ("foreign-base off", "\nadopted-path off"), ("redistribution YES", " unknown fail"),
                   ("unverified off", "\nunattested off\nevidence off"), ("duplicate off", "\nnear-duplicate off")):
    SECOND = SECOND.replace(line, line + more)
# licence: whether it counts under rule set 1, under rule set 2, and what is said of it there where it does not
LICENSES = {
    "Apache-2.0": (True, True, None), "MPL-2.0": (False, True, None), "GPL-3.0-only": (False, True, None), "ISC": (False, True, None),
    "BSD-2-Clause": (False, True, None), "CC-BY-3.0": (False, True, None), "GPL-2.0-or-later OR LicenseRef-own": (False, True, None),
    "ISC AND MPL-2.0": (False, True, None), "ISC AND LicenseRef-own": (False, False, "unknown"), "CC-BY-NC-3.0": (False, False, "forbids"),
    "CC-BY-ND-2.0": (False, False, "forbids"), "LicenseRef-gemma": (False, False, "forbids"), "NOASSERTION": (False, False, "unknown"),
    "BSD-2-Clause-Views": (False, False, "unknown"),
}


class OpenLicences(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = jokbo.Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.start().load_roster()
        cls.admin = cls.server.client()
        cls.addClassCleanup(cls.admin.close)
        eve = jokbo.person(cls.admin, "eve", roles=["evaluator"], scopes=["roster"])
        cls.addClassCleanup(eve.close)
        for text in (FIRST, SECOND):
            eve.call("Stages.RecordPolicy", text=text)
        cls.names = {}
        for i, license in enumerate(LICENSES):
            cls.names["kim/m%d" % i] = license
            done = cls.server.jokbo("register", "--name", "kim/m%d" % i, "--parent", AX, "--license", license, "--no-receipt", "--yes")
            assert done.returncode == 0, done.stderr

    def test_what_counts(self):
        for policy, place in (("first", 0), ("second", 1)):
            listed = self.admin.call("Evaluation.ListCounted", scope={"base_model": AX}, rule={"policy": policy}, page_size=1000)["derivatives"]
            self.assertEqual({self.names[d["name"]] for d in listed}, {name for name, facts in LICENSES.items() if facts[place]}, policy)

    def test_why_not(self):
        for name, license in self.names.items():
            standing = self.admin.call("Evaluation.ExplainStanding", name=name, rule={"policy": "second"})
            details = [r["detail"] for root in standing["roots"] for r in root["reasons"]]
            wanted = LICENSES[license][2]
            self.assertEqual(details, [wanted] if wanted else [], license)

    def test_the_recount_agrees(self):
        key = os.path.join(self.server.data, "public", "log.vkey")
        script = os.path.join(jokbo.ROOT, "tests", "recount_policy.py")
        for policy, place in (("first", 0), ("second", 1)):
            done = subprocess.run([sys.executable, "-B", script, os.path.join(self.server.data, "public"), "--key", key, "--policy", policy, "--base", AX],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"\b%d\b" % sum(facts[place] for facts in LICENSES.values()))


if __name__ == "__main__":
    unittest.main()
