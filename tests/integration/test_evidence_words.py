"""What weights show, wherever a model is told of: jokbo show, lists, claims, lineages and explanations, in words, as JSON and as CSV;
and the interface's fields that these come from."""
import csv
import datetime
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import evidence  # noqa: E402
import sketch  # noqa: E402
from examined import BASE, Examined, Model, layers, tensor, values  # noqa: E402
from models import disguised  # noqa: E402
from ruled import rules  # noqa: E402

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d KST"


class Words(Examined):
    def say(self, *words):
        """What the command line prints to somebody without an account."""
        done = self.server.jokbo(*words, token=None)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def weights(self, *words):
        """The lines of `show` about weights."""
        told = self.say("show", *words)
        return re.split(r"\n\n", told.split("\nWeights\n")[1])[0].rstrip("\n").split("\n")

    def rows(self, *words):
        return {row["name"]: row for row in csv.DictReader(self.say(*words, "--csv").splitlines())}

    def model(self, name):
        return self.anyone.call("Registry.GetModel", name=name)

    def shown(self, model):
        return self.model(model.name)["release"]["shown"]

    def index(self, model, attested=False):
        """The newest entry about its weights, as people read numbers."""
        found = [i for i, e in self.entries() if e["release"] == model.hash and (e["attest"] != "none") == attested]
        return "{:,}".format(found[-1])

    def later(self, days):
        now = datetime.datetime.fromisoformat(self.admin.call("Demo.GetClock")["time"][:19]) + datetime.timedelta(days=days)
        self.admin.call("Demo.SetClock", time=now.isoformat() + "Z")


class Family(Words):
    """A base model with weights, one made from it, one that is not, and one made from each of these."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scene = cls("make_scene")
        cls.addClassCleanup(cls.scene.doCleanups)
        cls.scene.make_scene()

    def make_scene(self):
        cls = type(self)
        cls.lab, cls.judge = self.verifiers("lab")
        cls.base = self.weigh_base(layers(60))
        cls.bare = self.register("alice/bare", BASE + "@weights")
        cls.kin = self.add(layers(60, noise=0.1), BASE + "@weights", name="alice/kin")
        cls.other = self.add(layers(61), BASE + "@weights", name="bob/other", client=self.bob)
        cls.below = self.add(layers(61, noise=0.1), cls.other, name="bob/below", client=self.bob)
        cls.seen = self.add(layers(60, noise=0.2), BASE + "@weights", name="alice/seen")
        for model in (cls.base, cls.kin, cls.other, cls.below, cls.seen):
            self.screened(model)
        self.attest(cls.lab, cls.kin, cls.base)
        self.attest(cls.lab, cls.other, cls.base)
        self.attest(cls.lab, cls.below, cls.other)

    def test_a_model_without_a_manifest(self):
        self.assertEqual(self.weights("alice/bare"), ["  Nothing was compared: the release names no manifest."])
        self.assertEqual(self.weights("alice/bare@1"), ["  Nothing was compared: the release names no manifest."])
        self.assertNotIn("shown", self.model("alice/bare")["release"])
        self.assertIsNone(self.server.jokbo_json("show", "alice/bare", token=None)[1]["release"]["shown"])

    def test_what_only_public_sketches_show(self):
        told = self.weights("alice/seen")
        self.assertRegex(told[0], r"^  Public sketches, which only find and screen, were compared in log entry %s, %s:$"
                         % (self.index(self.seen), TIME))
        self.assertEqual(told[1], "    kin toward %s@weights: made from it" % BASE)
        self.assertEqual(told[-2:], ["  No verifier has challenged it: nothing of this is proven.",
                                     "  The parts and shares: jokbo evidence alice/seen@1"])
        shown = self.shown(self.seen)
        self.assertEqual((shown["grade"], shown["attested_index"], shown["agree"], shown["open"]), ("GRADE_KIN", "0", [], 0))
        parent = self.model("alice/seen")["release"]["parents"][0]
        self.assertEqual((parent["screened"], parent["attested"]), ("GRADE_KIN", "GRADE_UNSPECIFIED"))
        self.assertEqual(self.model("alice/seen")["roots"][0]["grade"], "GRADE_UNSPECIFIED")

    def test_what_a_challenge_shows(self):
        told = "\n".join(self.weights("alice/kin"))
        self.assertRegex(told, r"\n  Verified by lab: it is what was registered\.\n"
                               r"  Verifiers' challenges, which count, were compared in log entry %s, %s:\n"
                               r"    kin toward %s@weights: made from it\n"
                               r"  Toward the base model %s, by the weakest step of the best path: kin\.\n"
                         % (self.index(self.kin, True), TIME, BASE, BASE))
        self.assertNotIn("No verifier", told)
        shown = self.shown(self.kin)
        self.assertEqual((shown["grade"], shown["agree"], shown["differ"], shown["open"], shown["abandoned"]), ("GRADE_KIN", ["lab"], [], 0, 0))
        self.assertEqual("{:,}".format(int(shown["attested_index"])), self.index(self.kin, True))
        self.assertEqual("{:,}".format(int(shown["screened_index"])), self.index(self.kin))
        release = self.anyone.call("Registry.GetRelease", name="alice/kin@1")
        self.assertEqual(([p["attested"] for p in release["parents"]], release["shown"]), (["GRADE_KIN"], shown))

    def test_a_root_is_as_near_as_the_weakest_step(self):
        told = "\n".join(self.weights("bob/below"))
        self.assertIn("\n    kin toward bob/other@1: made from it\n", told)
        self.assertIn("Toward the base model %s, by the weakest step of the best path: contradicted." % BASE, told)
        self.assertEqual(self.model("bob/below")["roots"][0]["grade"], "GRADE_CONTRADICTED")
        self.assertEqual(self.shown(self.below)["grade"], "GRADE_KIN")

    def test_a_base_model(self):
        told = "\n".join(self.weights(BASE))
        self.assertIn("; it declares no parent.", told)
        self.assertNotIn("Toward", told)

    def test_lists(self):
        words = {"alice/kin": ("kin", "attested"), "bob/other": ("contradicted", "attested"), "bob/below": ("kin", "attested"),
                 "alice/seen": ("kin", "screened")}
        told, rows = self.say("list", "--limit", "0"), self.rows("list", "--limit", "0")
        counted = self.say("count", BASE, "--list"), self.rows("count", BASE, "--list")
        self.assertRegex(told, r"^ *index +model .* findings +weights *\n")
        for name, (grade, kind) in words.items():
            self.assertRegex(told, r"\n.* %s .* %s, %s\n" % (name, grade, kind))
            self.assertRegex(counted[0], r"\n.* %s .* %s, %s\n" % (name, grade, kind))
            self.assertEqual((rows[name]["grade"], rows[name]["attested_index"] != "0"), (grade, kind == "attested"))
            self.assertEqual(rows[name]["attested"], str(kind == "attested").lower())
            self.assertEqual((counted[1][name]["grade"], counted[1][name]["attested"]), (grade, str(kind == "attested").lower()))
        self.assertEqual((rows["alice/bare"]["grade"], rows["alice/bare"]["screened_index"], counted[1]["alice/bare"]["grade"]), ("", "", ""))
        self.assertEqual(rows["alice/bare"]["attested"], "")
        self.assertEqual([row["attested"] for row in csv.DictReader(self.say("releases", "alice/kin", "--csv").splitlines())], ["true"])
        self.assertNotIn("weights", self.say("list", "--contains", "bare").split("\n")[0])
        self.assertNotIn("weights", self.say("releases", "alice/bare"))
        self.assertRegex(self.say("releases", "alice/kin"), r"weights\n.*kin, attested\n")
        self.assertRegex(self.say("lineage", "bob/below", "--up"), r"bob/other@1  finetune, .*, weights: contradicted, attested\n")
        self.assertRegex(self.say("list", "--derivatives-of", BASE), r" alice/seen .* kin, screened\n")

    def test_one_grade_only(self):
        self.assertEqual(set(self.rows("list", "--grade", "contradicted")), {"bob/other"})
        self.assertEqual(set(self.rows("list", "--grade", "kin", "--publisher", "alice")), {"alice/kin", "alice/seen"})
        self.assertEqual(set(self.rows("list", "--grade", "same")), set())
        page = self.anyone.call("Registry.ListModels", grade="GRADE_KIN", page_size=1)
        self.assertEqual((page["total_size"], page["models"][0]["name"]), (3, "alice/kin"))
        self.wrong(["grade"], "Registry.ListModels", self.anyone, grade=8)
        self.assertEqual(self.server.jokbo("list", "--grade", "good", token=None).returncode, 2)
        self.assertEqual(self.server.jokbo("list", "--grade", "kin", "--derivatives-of", BASE, token=None).returncode, 2)

    def test_claims(self):
        told = self.say("claims", "sk-telecom")
        self.assertRegex(told, r"\nTheir weights have nothing in common with a declared parent's:\n.*entry.*\n"
                               r"bob/other +%s@weights +lab +%s +%s\nThat is no verdict" % (BASE, self.index(self.other, True), TIME))
        self.assertEqual([m["name"] for m in self.server.jokbo_json("claims", "sk-telecom", token=None)[1]["contradicted"]], ["bob/other"])
        after = self.size()
        self.assertIn("\nbob/other ", self.say("claims", "sk-telecom", "--after", str(after)))  # though registered before
        self.assertNotIn("nothing in common", self.say("claims", "lg-ai-research"))
        self.assertEqual(self.rows("claims", "sk-telecom")["bob/other"]["grade"], "contradicted")

    def test_an_explanation_names_the_entry(self):
        self.judge.call("Stages.RecordPolicy", text=rules("weighed", evidence="on finetune=kin"))
        told = self.say("explain", "bob/other", "--policy", "weighed")
        self.assertIn("evidence  (entry %s)" % self.index(self.other, True).replace(",", ""), told)
        self.assertIn("the grade of its weights toward %s is contradicted" % BASE, told)


class Found(Words):
    def test_copies_and_undeclared_kin(self):
        first = self.add(layers(2))
        self.screened(first)
        noisy = self.add(layers(2, noise=0.005), client=self.bob)
        self.screened(noisy)
        told = "\n".join(self.weights(noisy.name))
        self.assertIn("\n  1 model shares parts with it, and it does not declare that.\n  %s@1 has nearly the same weights.\n" % first.name, told)
        shown = self.shown(noisy)
        self.assertEqual((shown["undeclared"], shown["near"], shown["nearest"], shown["grade"]), ("1", 1, first.name + "@1", "GRADE_NONE"))
        third = self.add(layers(2, noise=0.003), client=self.bob)
        self.screened(third)
        self.assertIn("\n  %s@1 and 1 other release have nearly the same weights.\n" % first.name, "\n".join(self.weights(third.name)))

    def test_what_was_trained_against_the_public_signs(self):
        """Public sketches say that it is nearly its parent; a challenge, that the two are strangers. Each is told beside the other."""
        lab, judge = self.verifiers("lab")
        parent = self.add(layers(80, count=2))
        made = [tensor("model.layers.%d.w" % i, disguised(values(8100 + i), values(8000 + i))) for i in range(2)]
        model = self.add(made, parent, client=self.bob)
        self.screened(model)
        screened = r"\n%s@1 +public sketches +[\d,]+ +near +0\.00 %% +100\.00 %%" % parent.name
        self.assertRegex(self.say("evidence", model.name), screened)
        self.assertEqual(self.shown(model)["grade"], "GRADE_NEAR")
        self.attest(lab, model, parent)
        told = self.say("evidence", model.name)
        self.assertRegex(told, screened)
        self.assertRegex(told, r"\n%s@1 +lab +[\d,]+ +contradicted +0\.00 %% +0\.00 %% +0\.00 %% +100\.00 %%" % parent.name)
        self.assertRegex(self.say("list", "--grade", "contradicted"), r" %s .* contradicted, attested\n" % model.name)
        self.assertRegex(self.say("claims", "sk-telecom"), r"\n%s +%s@1 +lab +%s " % (model.name, parent.name, self.index(model, True)))
        judge.call("Stages.RecordPolicy", text=rules("unmasked", evidence="on finetune=kin"))
        self.assertIn("%s does not count: evidence\n" % model.name, self.say("explain", model.name, "--policy", "unmasked"))

    def test_a_near_copy_is_explained(self):
        (judge,) = self.verifiers()
        first = self.add(layers(83))
        self.screened(first)
        copy = self.add(layers(83, noise=0.005), client=self.bob)
        self.screened(copy)
        judge.call("Stages.RecordPolicy", text=rules("no-copies", near_duplicate="on"))
        told = self.say("explain", copy.name, "--policy", "no-copies")
        self.assertIn("%s does not count: near-duplicate\n" % copy.name, told)
        self.assertIn("its weights are nearly those of %s, which goes first\n" % first.name, told)
        self.assertIn("먼저인 %s과(와) 가중치가 거의 같음\n" % first.name, told)
        self.assertIn("%s counts\n" % first.name, self.say("explain", first.name, "--policy", "no-copies"))
        judge.call("Stages.RecordPolicy", text=rules("copies"))
        diff = self.say("policy", "diff", "copies", "no-copies")
        self.assertRegex(diff, r"(?m)^%s +counts +near-duplicate +near-duplicate$" % copy.name)
        self.assertNotIn("\n%s " % first.name, diff)

    def test_a_manifest_that_is_not_here(self):
        missing = Model("alice/" + self.next("m"), layers(3))
        self.register(missing.name, BASE + "@initial", artifact_sha256=missing.artifact)
        self.assertEqual(self.weights(missing.name), ["  Nothing was compared: its manifest is not stored here, or lists other weights."])
        self.assertEqual(self.weights(missing.name + "@1"), ["  Nothing was compared: its manifest is not stored here, or its turn has not come."])


class Silent(Words):
    def test_who_attests_without_the_parents_hides_nothing(self):
        lab, _ = self.verifiers("lab")
        parent = self.add(layers(70))
        false = self.add(layers(71), parent, client=self.bob, name="bob/silent")
        self.screened(false)
        self.attest(lab, false)
        self.assertEqual([p["attested"] for p in self.model("bob/silent")["release"]["parents"]], ["GRADE_NONE"])
        self.assertEqual(self.shown(false)["grade"], "GRADE_CONTRADICTED")
        self.assertRegex(self.say("list", "--grade", "contradicted"), r" bob/silent .* contradicted, screened\n")
        row = self.rows("list", "--grade", "contradicted")["bob/silent"]  # an attestation is there, and says nothing of the grade
        self.assertEqual((row["attested"], row["attested_index"] != "0"), ("false", True))
        self.assertRegex(self.say("count", BASE, "--list"), r" bob/silent .* contradicted, screened\n")
        self.assertRegex(self.say("lineage", "bob/silent", "--up"), r"bob/silent@1  finetune, .*, weights: contradicted, screened\n")
        self.assertRegex(self.say("claims", "sk-telecom"), r"\nbob/silent +%s@1 +public sketches +%s " % (parent.name, self.index(false)))


class Challenged(Words):
    def test_challenges_that_wait_that_nobody_answers_and_that_differ(self):
        lab, school, _ = self.verifiers("lab", "school")
        model = self.add(layers(4))
        self.screened(model)
        lab.call("Evidence.ChallengeRelease", model=model.name, nonce="ab" * 32)
        unproven = "No verifier has found it to be what was registered: nothing of this is proven.\n"
        self.assertIn("\n  1 challenge waits for a verifier's answer.\n  " + unproven, "\n".join(self.weights(model.name)))
        self.assertRegex(self.say("evidence", model.name), r"\n +[\d,]+ +lab +open\n" + unproven)
        self.later(6.99)
        self.assertIn("\n  1 challenge waits for a verifier's answer.\n", "\n".join(self.weights(model.name)))
        self.later(0.02)
        self.assertIn("\n  1 challenge was abandoned: no verifier answered within 7 days.\n  " + unproven, "\n".join(self.weights(model.name)))
        self.assertRegex(self.say("evidence", model.name), r"\n +[\d,]+ +lab +abandoned\n" + unproven)
        self.assertRegex(self.say("challenges", model.name), r"\n +[\d,]+ +lab +%s@1 +abandoned " % model.name)
        self.assertEqual((self.shown(model)["open"], self.shown(model)["abandoned"]), (0, 1))
        listed = self.anyone.call("Registry.ListModels", name_contains=model.name.split("/")[1])["models"]
        self.assertEqual([m["release"]["shown"]["abandoned"] for m in listed], [1])
        challenge = school.call("Evidence.ChallengeRelease", model=model.name, nonce="ab" * 32)
        found = Model("", layers(5))
        school.upload("BLOB_KIND_MANIFEST", found.manifest.encode(), found.artifact)
        school.call("Evidence.AttestRelease", challenge=challenge["log_index"], found_sha256=found.artifact, differs="other weights")
        told = "\n".join(self.weights(model.name))
        self.assertIn("\n  Found to be something else than what was registered, by school.\n", told)
        self.assertNotIn("Verified by", told)
        self.assertIn("\n  " + unproven, told)
        self.assertEqual((self.shown(model)["differ"], self.shown(model)["agree"]), (["school"], []))


class Uncomputed(Words):
    options = ("--demo", "--evidence", "off", "--evidence-pause-ms", "0")

    def test_what_was_attested_before_it_was_compared(self):
        lab, _ = self.verifiers("lab")
        model = self.add(layers(6, count=1))
        self.assertEqual(self.weights(model.name), ["  Nothing was compared: its turn has not come."])
        challenge = lab.call("Evidence.ChallengeRelease", model=model.name, nonce="ab" * 32)
        signs = bytes.fromhex(challenge["key"])
        rows = [(model.hash, "sha256:" + model.artifact,
                 evidence.manifest_of(model.tensors, lambda n: sketch.challenge_signs(signs, n)))]
        text = evidence.challenge_text(model.hash, int(challenge["log_index"]), challenge["key"], rows)
        digest = evidence.sha256(text.encode())
        lab.upload("BLOB_KIND_CHALLENGE", text.encode(), digest)
        lab.call("Evidence.AttestRelease", challenge=challenge["log_index"], found_sha256=model.artifact, sketches_sha256=digest)
        self.assertEqual(self.weights(model.name),
                         ["  Its public sketches were not compared.", "  Verified by lab: it is what was registered.",
                          "  What the challenge shows has not been computed yet.", "  The parts and shares: jokbo evidence %s@1" % model.name])


if __name__ == "__main__":
    unittest.main()
