"""What the command line answers to a person: one word for one number, and what is asked before something is done for ever."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import Case, Shared  # noqa: E402

BASE = "upstage/Solar-Open-100B"


def setUpModule():
    Shared.open()


class Answers(Shared):
    def run_as(self, *arguments, code=0, token="admin", **options):
        done = self.server.jokbo(*arguments, token=token, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def said(self, *arguments, **options):
        return self.run_as(*arguments, **options).stdout


class Numbers(Answers):
    """Wherever "derivatives" stands, it is what `count` says of the same model."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Case.register(cls, "alice/one", BASE, client=cls.alice)
        Case.register(cls, "alice/two", "alice/one", client=cls.alice)
        cls.alice.call("Registry.PublishRelease", release={"name": "alice/one", "version": "2"})
        Case.register(cls, "alice/gone", BASE, client=cls.alice)
        cls.alice.call("Registry.YankRelease", name="alice/gone@1", reason="broken")

    def test_of_a_base_model(self):
        counted = int(self.anyone.call("Evaluation.CountDerivatives", scope={"base_model": BASE})["counted"])
        self.assertEqual(counted, 2)
        self.assertIn("%s: 2 derivatives" % BASE, self.said("count", BASE))
        shown = self.said("show", BASE)
        self.assertRegex(shown, r"(?m)^derivatives +2$")
        self.assertRegex(shown, r"(?m)^children +3$")
        self.assertRegex(self.said("roster", "show"), r"(?m)^%s .* 2$" % re.escape(BASE))
        self.assertEqual(self.server.jokbo_json("show", BASE)[1]["counted"], counted)
        of_all = {base["name"]: base["counted"] for base in self.server.jokbo_json("roster", "show")[1]["models"]}
        self.assertEqual((of_all[BASE], sum(of_all.values())), (counted, counted))

    def test_of_a_derivative(self):
        shown = self.said("show", "alice/one")
        self.assertRegex(shown, r"(?m)^children +1$")
        self.assertNotIn("derivatives", shown)
        self.assertEqual((self.model("alice/one")["child_count"], self.model(BASE)["child_count"]), (1, 3))


if __name__ == "__main__":
    unittest.main()
