"""`jokbo attest --check` of a file: does a challenge text that an independent implementation made (support/evidence.py, support/sketch.py)
hold against the weights that it is of, and give the grades that the format gives? Is each sketch that the weights do not have found out?
No server."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import evidence  # noqa: E402
import sketch  # noqa: E402
from jokbo import BUILD  # noqa: E402
from models import changed, disguised, family, write_model  # noqa: E402

DONE, USAGE, REFUSED, LOCAL_FILE, NOT_VERIFIED = 0, 2, 4, 9, 10
KEY = hashlib.sha256(b"key").digest()


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Case(unittest.TestCase):
    maxDiff = 3000

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="jokbo-attest-")
        cls.addClassCleanup(shutil.rmtree, cls.root, True)
        parent = family("parent", layers=1)
        for name, tensors in {"parent": parent, "tuned": changed(parent, 0.3), "other": family("other", layers=1)}.items():
            cls.write(name, tensors)
        cls.write("disguised", [(n, r, disguised(v, p)) for (n, r, v), (_, _, p) in zip(family("other", layers=1), parent)])

    @classmethod
    def write(cls, name, tensors):
        return write_model(os.path.join(cls.root, name), tensors)

    def folder(self, name):
        return os.path.join(self.root, name)

    def sketched(self, name, key=KEY):
        return sketch.manifest(self.folder(name), signs=lambda count: sketch.challenge_signs(key, count))

    def text(self, *names, key=KEY):
        """The challenge text of these folders, the release first, in a file. The lineage hash of each is that of its name."""
        models = [(sha256(name), "sha256:" + sha256(sketch.manifest(self.folder(name))), self.sketched(name, key)) for name in names]
        return self.put(evidence.challenge_text(models[0][0], 41, key.hex(), models))

    def put(self, text):
        handle, path = tempfile.mkstemp(dir=self.root)
        with open(handle, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def check(self, text, *more, expect=DONE):
        env = {"HOME": self.root + "/home", "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "JOKBO_SERVER": "127.0.0.1:1"}
        command = [os.path.join(BUILD, "jokbo"), "attest", "--check", text, *more]
        result = subprocess.run(command, env=env, capture_output=True, timeout=120, text=True)
        self.assertEqual(result.returncode, expect, "%s\n%s%s" % (more, result.stdout[:3000], result.stderr))
        self.out, self.err = result.stdout, result.stderr
        return self.out

    def grades(self, text):
        """Of each parent in the file, by the other implementation: {lineage hash: [grade, its four shares]}."""
        with open(text, encoding="utf-8") as f:
            made = f.read()
        release, models = evidence.read_challenge(made)
        lines = evidence.of_challenge(made, [p for p in models if p != release], 0, 0).text.split("\n")
        words = [line.split(" ") for line in lines if line.startswith("compared ")]
        return {w[4]: [w[6], *map(int, w[7:11])] for w in words}

    def results(self, answer, check):
        return [(r["state"], r["text"]) for r in answer["subjects"][-1]["checks"] if r["check"] == check]


class Holds(Case):
    def test_made_anew_from_the_weights(self):
        text = self.text("tuned", "parent")
        answer = json.loads(self.check(text, self.folder("tuned"), "--parent-dir", self.folder("parent"), "--json"))
        self.assertTrue(answer["verified"])
        self.assertEqual((answer["release"], answer["challenge"], answer["key"]), (sha256("tuned"), 41, KEY.hex()))
        self.assertEqual([state for state, _ in self.results(answer, "sketches")], ["ok", "ok"])
        self.assertEqual({p["lineage_hash"]: [p["grade"], *(p["likeness"][k] for k in ("equal", "near", "kin", "comparable"))]
                          for p in answer["parents"]}, self.grades(text))
        self.assertEqual(answer["parents"][0]["grade"], "kin")

    def test_for_people(self):
        out = self.check(self.text("tuned", "parent"), self.folder("tuned"))
        self.assertIn("made anew from %s, the same byte by byte" % self.folder("tuned"), out)
        self.assertIn("the log is asked", out)
        self.assertRegex(out, r"%s +kin +\d.* made from it\n" % sha256("parent"))

    def test_several_parents_by_hash(self):
        text = self.text("tuned", "parent", "other")
        parents = ["%s=%s" % (sha256(name), self.folder(name)) for name in ("parent", "other")]
        answer = json.loads(self.check(text, self.folder("tuned"), "--parent-dir", parents[0], "--parent-dir", parents[1], "--json"))
        self.assertEqual([state for state, _ in self.results(answer, "sketches")], ["ok", "ok", "ok"])
        self.assertEqual({p["lineage_hash"]: p["grade"] for p in answer["parents"]}, {sha256("parent"): "kin", sha256("other"): "contradicted"})

    def test_what_is_not_listed_is_no_part(self):
        folder = shutil.copytree(self.folder("tuned"), tempfile.mkdtemp(dir=self.root) + "/=a")
        text = self.text("tuned", "parent")
        with open(folder + "/README.md", "w") as f:
            f.write("# a card\n")
        self.check(text, folder, "--parent-dir", self.folder("parent"))

    def test_trained_against_the_public_signs(self):
        """By the public sketches, which everybody knows before, it is kin of a parent with which it has nothing in common."""
        public = sketch.compared(*(sketch.manifest(self.folder(name)) for name in ("disguised", "parent")))
        whole = public[0][""]
        self.assertGreater(sum(whole[:3]), 0.9 * sum(whole[:6]))
        out = self.check(self.text("disguised", "parent"), self.folder("disguised"), "--parent-dir", self.folder("parent"))
        self.assertRegex(out, r"%s +contradicted .*not made from it, or changed beyond recognition" % sha256("parent"))

    def test_without_parents(self):
        self.assertIn("No parent to be compared with.", self.check(self.text("tuned")))


class Fails(Case):
    def failing(self, text, *more):
        answer = json.loads(self.check(text, *more, "--json", expect=NOT_VERIFIED))
        self.assertEqual((answer["verified"], answer["reason"]), (False, "NOT_VERIFIED"))
        return self.results(answer, "sketches")

    def test_a_sketch_of_other_weights(self):
        """Whoever wants to be kin of the parent takes its sketch."""
        with open(self.text("other", "parent"), encoding="utf-8") as f:
            text = f.read()
        wanted = "model.layers.0.mlp.up_proj.weight"
        sketches = [line for line in text.split("\n") if line.startswith("sketch ") and wanted in line]
        self.assertEqual(len(sketches), 2)
        forged = self.put(text.replace(*sketches, 1))
        self.assertEqual(self.grades(forged)[sha256("parent")][0], "part")
        results = self.failing(forged, self.folder("other"), "--parent-dir", self.folder("parent"))
        self.assertEqual(results[0], ("failed", "%s: 1 of 5 are not those of the weights in %s, the first of tensor %s"
                                      % (sha256("other"), self.folder("other"), wanted)))
        self.assertEqual(results[1][0], "ok")

    def test_sketches_under_another_key(self):
        """Such as the public one that he knew before."""
        with open(self.text("tuned", "parent", key=hashlib.sha256(b"mine").digest()), encoding="utf-8") as f:
            text = f.read()
        path = self.put(text.replace(hashlib.sha256(b"mine").hexdigest(), KEY.hex()))
        results = self.failing(path, self.folder("tuned"), "--parent-dir", self.folder("parent"))
        self.assertEqual([text.split(": ")[1].split(" are")[0] for _, text in results], ["5 of 5", "5 of 5"])

    def test_other_weights(self):
        results = self.failing(self.text("tuned", "parent"), self.folder("other"))
        self.assertEqual(results, [("failed", "%s: the files or tensors in %s are not those of the text" % (sha256("tuned"), self.folder("other")))])

    def test_a_file_that_is_missing(self):
        folder = tempfile.mkdtemp(dir=self.root)
        with open(folder + "/README.md", "w") as f:
            f.write("# a card\n")
        self.check(self.text("tuned", "parent"), folder, expect=LOCAL_FILE)
        self.assertIn("holds no file", self.err)


class Refused(Case):
    def refused(self, words, expect, *more):
        self.check(*more, expect=expect)
        self.assertIn(words, self.err)

    def test_words(self):
        one, two = self.text("tuned", "parent"), self.text("tuned", "parent", "other")
        tuned, parent = self.folder("tuned"), self.folder("parent")
        self.refused("give NAME=DIR, with one of the release's parents: " + ", ".join(sorted((sha256("parent"), sha256("other")))), USAGE,
                     two, tuned, "--parent-dir", parent)
        self.refused("it has none", USAGE, self.text("tuned"), tuned, "--parent-dir", parent)
        self.refused("has two folders", USAGE, one, tuned, "--parent-dir", parent, "--parent-dir", tuned)
        self.refused("x=%s: it is no folder" % parent, LOCAL_FILE, one, tuned, "--parent-dir", "x=" + parent)
        self.refused("%s: it is no folder" % one, LOCAL_FILE, one, one)

    def test_text(self):
        with open(self.text("tuned", "parent"), encoding="utf-8") as f:
            text = f.read()
        self.refused('Line 3 of the challenge text, "challenge -1", must be', REFUSED, self.put(text.replace("challenge 41", "challenge -1")))
        self.refused("there is no such file, and it is no log index", LOCAL_FILE, self.root + "/none")


if __name__ == "__main__":
    unittest.main()
