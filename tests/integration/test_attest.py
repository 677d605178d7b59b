"""`jokbo attest`: does a verifier come from a folder to an attestation that an independent implementation (support/evidence.py,
support/sketch.py) makes the same, byte by byte, and does anybody who checks it? Is what differs, what is a false parent, and what was
trained against the public signs told as it is? Is a challenge taken up again after an interruption, and no server believed that gives another
key than its log? A real server, and a proxy that lies."""
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unicodedata
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import evidence  # noqa: E402
import sketch  # noqa: E402
from jokbo import Case, confirmed, person  # noqa: E402
from liar import Liar  # noqa: E402
from models import changed, disguised, family, write_model  # noqa: E402

BASE = "skt/A.X-K1"
DONE, USAGE, REFUSED, NOT_FOUND, NOT_PERMITTED, UNAVAILABLE, LOCAL_FILE, NOT_VERIFIED = 0, 2, 4, 5, 7, 8, 9, 10


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Attest(Case):
    options = ("--demo",)
    made = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = tempfile.mkdtemp(prefix="jokbo-attest-")
        cls.addClassCleanup(shutil.rmtree, cls.root, True)
        cls.first, cls.second = (cls.some("an evaluator", "evaluator") for _ in range(2))
        parent, other = family("parent", layers=1), family("other", layers=1)
        for name, tensors in {"parent": parent, "tuned": changed(parent, 0.3), "other": other,
                              "disguised": [(n, r, disguised(v, p)) for (n, r, v), (_, _, p) in zip(other, parent)]}.items():
            write_model(cls.folder(name), tensors)

    @classmethod
    def some(cls, label, *roles, **fields):
        client = person(cls.admin, label, roles, scopes=("models", "roster"), **fields)
        cls.addClassCleanup(client.close)
        return client

    @classmethod
    def folder(cls, name):
        return os.path.join(cls.root, name)

    def setUp(self):
        """A verifier in effect, with a token of its own."""
        Attest.made += 1
        self.lab = "lab-%d" % Attest.made
        confirmed(self.first, self.second, "Evidence.SetVerifier", verifier=self.lab, institution="An institution", reason="invented")
        self.token = self.some(self.lab, "verifier", verifier=self.lab).token

    def weigh(self, weights, *parents):
        """A registered model with these weights, whose manifest is held."""
        return self.weigh_as(self.manifest(weights), *parents)

    def weigh_as(self, manifest, *parents):
        Attest.made += 1
        name, manifest = "alice/w%d" % Attest.made, manifest.encode()
        blob = self.alice.upload("BLOB_KIND_MANIFEST", manifest, sha256(manifest))
        self.register(name, *(parents or (BASE + "@initial",)), artifact_sha256=sha256(manifest), weights_sha256=blob["weights_sha256"])
        return name

    def manifest(self, name, key=None):
        signs = (lambda count: sketch.challenge_signs(bytes.fromhex(key), count)) if key else sketch.public_signs
        return sketch.manifest(self.folder(name), signs=signs)

    def jokbo(self, *arguments, expect=DONE, token=None, before=(), **env):
        home = tempfile.mkdtemp(dir=self.root)
        result = self.server.jokbo(*arguments, token=token or self.token, env=dict({"HOME": home, "JOKBO_HTTP": "http://" + self.server.http}, **env),
                                   timeout=120, before=before)
        self.assertEqual(result.returncode, expect, "%s\n%s%s" % (arguments, result.stdout[:4000], result.stderr))
        self.out, self.err = result.stdout, result.stderr
        return self.out

    def attest(self, *arguments, **more):
        return self.jokbo("attest", *arguments, **more)

    def challenges(self, model):
        return self.anyone.call("Evidence.ListChallenges", model=model)["challenges"]

    def entry(self, index):
        return dict(line.split(" ", 1) for line in self.anyone.entries(int(index), int(index) + 1)[0].decode().split("\n")[1:] if " " in line)

    def published(self, digest):
        with urllib.request.urlopen("http://%s/manifest/sha256/%s" % (self.server.http, digest), timeout=20) as reply:
            return reply.read()

    def hash_of(self, model):
        return self.anyone.call("Registry.GetRelease", name=model)["lineage_hash"]


class Agrees(Attest):
    def test_text_is_the_independent_one(self):
        parent = self.weigh("parent")
        model = self.weigh("tuned", parent)
        answer = json.loads(self.attest(model, self.folder("tuned"), "--parent-dir", self.folder("parent"), "--json"))
        (challenge,) = self.challenges(model)
        self.assertEqual((challenge["state"], challenge["verifier"], challenge["differs"]), ("CHALLENGE_STATE_AGREES", self.lab, ""))
        entry = self.entry(challenge["attest_index"])
        key = challenge["key"]
        models = [(self.hash_of(name), "sha256:" + sha256(self.manifest(weights).encode()), self.manifest(weights, key))
                  for name, weights in ((model, "tuned"), (parent, "parent"))]
        wanted = evidence.challenge_text(models[0][0], int(challenge["log_index"]), key, models).encode()
        self.assertEqual(entry["sketches"], "sha256:" + sha256(wanted))
        self.assertEqual(self.published(sha256(wanted)), wanted)
        line = next(line for line in evidence.of_challenge(wanted.decode(), [models[1][0]], 0, 0).text.split("\n") if line.startswith("compared "))
        words = line.split(" ")
        (shown,) = answer["parents"]
        self.assertEqual([shown["parent"], shown["lineage_hash"], shown["grade"], *(shown["likeness"][k] for k in ("equal", "near", "kin", "comparable"))],
                         [parent + "@1", models[1][0], "kin", *map(int, words[7:11])])

    def test_for_people_and_anybody_checks(self):
        parent = self.weigh("parent")
        model = self.weigh("tuned", parent)
        self.attest(model + "@1", self.folder("tuned"), "--parent-dir", "%s=%s" % (parent, self.folder("parent")))
        self.assertRegex(self.out, r"Attested in log entry [\d,]+: %s@1 is what was registered\.\n" % model)
        self.assertRegex(self.out, r"%s@1 +kin .* made from it\n" % parent)
        index = self.challenges(model)[0]["log_index"]
        answer = json.loads(self.attest("--check", index, self.folder("tuned"), "--parent-dir", self.folder("parent"), "--json"))
        self.assertTrue(answer["verified"])
        checks = [(r["check"], r["state"]) for s in answer["subjects"] for r in s["checks"]]
        for wanted in ("inclusion", "signature", "root", "key", "text", "manifest", "sketches"):
            self.assertIn((wanted, "ok"), checks)
        self.assertEqual([p["grade"] for p in answer["parents"]], ["kin"])
        self.attest("--check", index, self.folder("parent"), expect=NOT_VERIFIED)
        self.assertIn("the files or tensors in %s are not those of the text" % self.folder("parent"), self.out)

    def test_false_parent(self):
        parent = self.weigh("parent")
        model = self.weigh("other", parent)
        self.attest(model, self.folder("other"), "--parent-dir", self.folder("parent"))
        self.assertRegex(self.out, r"%s@1 +contradicted .*not made from it, or changed beyond recognition\n" % parent)

    def test_trained_against_the_public_signs(self):
        parent = self.weigh("parent")
        model = self.weigh("disguised", parent)
        whole = sketch.compared(self.manifest("disguised"), self.manifest("parent"))[0][""]
        self.assertGreater(sum(whole[:3]), 0.9 * sum(whole[:6]))
        self.attest(model, self.folder("disguised"), "--parent-dir", self.folder("parent"))
        self.assertRegex(self.out, r"%s@1 +contradicted " % parent)

    def test_parents_without_weights_are_unproven(self):
        parent = self.weigh("parent")
        model = self.weigh("tuned", parent, BASE + "@initial")
        self.attest(model, self.folder("tuned"), "--parent-dir", "%s=%s" % (parent, self.folder("parent")),
                    "--parent-dir", "%s=%s" % (BASE, self.folder("other")))
        self.assertIn("%s@initial is left unproven, and %s is not read" % (BASE, self.folder("other")), self.err)
        self.assertRegex(self.out, r"%s@initial +unproven .*its weights are not in the challenge text\n" % BASE)


    def test_a_name_in_another_unicode_form(self):
        """As one system writes it and another one does not: it is the same file, by the name that was registered."""
        name = unicodedata.normalize("NFC", "\ud55c\uad6d\uc5b4-\u00e9.safetensors")
        for of in ("composed", "decomposed"):
            shutil.copytree(self.folder("tuned"), self.folder(of))
        os.rename(self.folder("composed/model-0.safetensors"), os.path.join(self.folder("composed"), name))
        os.rename(self.folder("decomposed/model-0.safetensors"), os.path.join(self.folder("decomposed"), unicodedata.normalize("NFD", name)))
        with open(self.folder("decomposed/aaa.md"), "w", encoding="utf-8") as f:
            f.write("not listed\n")
        model = self.weigh("composed")
        self.attest(model, self.folder("decomposed"))
        (challenge,) = self.challenges(model)
        self.assertEqual(challenge["state"], "CHALLENGE_STATE_AGREES")
        wanted = evidence.challenge_text(self.hash_of(model), int(challenge["log_index"]), challenge["key"], [
            (self.hash_of(model), "sha256:" + sha256(self.manifest("composed").encode()), self.manifest("composed", challenge["key"]))])
        self.assertEqual(self.published(challenge["sketches_sha256"]).decode(), wanted)
        self.attest("--check", challenge["log_index"], self.folder("decomposed"))
        self.assertIn("the same byte by byte", self.out)


class Unanswerable(Attest):
    """A challenge is written once, so not where it is known before that it cannot be answered."""

    def refused(self, words, expect, *arguments, **more):
        self.attest(*arguments, expect=expect, **more)
        self.assertIn(words, self.out + self.err)
        self.assertEqual(self.challenges(arguments[0]), [])

    def test_manifest_of_version_1_without_tensors(self):
        whole = sketch.manifest(self.folder("tuned"), version=1)
        files = "".join(line + "\n" for line in whole.split("\n") if line.startswith(("jokbo/", "file ")))
        headless = "".join(line + "\n" for line in whole.split("\n") if line and not line.startswith("header "))
        for text in (files, headless):
            self.refused("does not list all headers and tensors", NOT_VERIFIED, self.weigh_as(text), self.folder("tuned"))
            parent = self.weigh_as(text)
            model = self.weigh("tuned", parent)
            self.refused("without its --parent-dir it stays unproven", NOT_VERIFIED, model, self.folder("tuned"), "--parent-dir", self.folder("tuned"))
        model = self.weigh_as(whole, parent)
        self.attest(model, self.folder("tuned"))
        self.assertEqual(self.challenges(model)[0]["state"], "CHALLENGE_STATE_AGREES")

    def test_manifest_of_version_1_of_an_unsound_file(self):
        os.mkdir(self.folder("unsound"))
        with open(self.folder("unsound/model.safetensors"), "wb") as f:
            f.write(b"no header")
        manifest = "jokbo/manifest/v1\nfile %s 9 model.safetensors\n" % sha256(b"no header")
        self.refused("of sound files", NOT_VERIFIED, self.weigh_as(manifest), self.folder("unsound"))

    def test_a_file_that_may_not_be_read(self):
        """Root may read everything, unless it gives that right up."""
        before = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
        if before and subprocess.run([*before, "true"], capture_output=True).returncode:
            self.skipTest("root cannot give up rights here")
        folder = shutil.copytree(self.folder("tuned"), self.folder("closed"))
        os.mkdir(folder + "/sub")
        parent = self.weigh("tuned")
        model = self.weigh("tuned", parent)
        for name, mode in (("model-0.safetensors", 0o644), ("sub", 0o755)):
            os.chmod(os.path.join(folder, name), 0)
            self.refused("could not be read, nothing was written: %s: Permission denied" % name, LOCAL_FILE, model, folder, "--yes", before=before)
            self.refused("could not be read", LOCAL_FILE, model, self.folder("tuned"), "--parent-dir", folder, before=before)
            os.chmod(os.path.join(folder, name), mode)

    def test_a_manifest_that_is_not_served_now(self):
        """It is there, and would prove the parent tomorrow."""
        parent = self.weigh("parent")
        model = self.weigh("tuned", parent)
        status = 0
        absent, real = sha256(self.manifest("parent").encode()), self.server.http

        class Served(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path.endswith(absent):
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                with urllib.request.urlopen("http://%s%s" % (real, self.path), timeout=20) as reply:
                    data = reply.read()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *arguments):
                pass

        web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Served)
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(web.server_close)
        self.addCleanup(web.shutdown)
        asked = {"JOKBO_HTTP": "http://127.0.0.1:%d" % web.server_address[1]}
        for status in (503, 429):
            self.refused("%s answers %d" % (absent, status), UNAVAILABLE, model, self.folder("tuned"), "--parent-dir", self.folder("parent"), **asked)
        status = 410
        self.attest(model, self.folder("tuned"), "--parent-dir", self.folder("parent"), **asked)
        self.assertIn("%s@1 is left unproven, and %s is not read" % (parent, self.folder("parent")), self.err)


class Differs(Attest):
    def test_attested_only_when_asked_for(self):
        model = self.weigh("tuned")
        self.attest(model, self.folder("other"), expect=NOT_VERIFIED)
        self.assertIn("--yes attests that it differs", self.err)
        self.assertEqual(self.challenges(model), [])
        self.attest(model, self.folder("other"), "--yes")
        self.assertIn("is not what was registered.", self.out)
        (challenge,) = self.challenges(model)
        self.assertEqual((challenge["state"], challenge["found_sha256"], challenge["sketches_sha256"]),
                         ("CHALLENGE_STATE_DIFFERS", sha256(self.manifest("other").encode()), ""))
        self.assertTrue(challenge["differs"].startswith("file: model-0.safetensors: "), challenge["differs"])
        self.attest("--check", challenge["log_index"], expect=NOT_FOUND)
        self.assertIn("published no challenge text", self.err)

    def test_a_person_is_asked(self):
        model = self.weigh("tuned")
        terminal = self.server.on_terminal("attest", model, self.folder("other"), token=self.token,
                                           env={"HOME": self.root, "JOKBO_HTTP": "http://" + self.server.http})
        terminal.expect("Attest, for ever, that it is not what was registered?")
        terminal.type("n")
        terminal.expect("Nothing was written.")
        terminal.finish()
        self.assertEqual(terminal.code, DONE)
        self.assertEqual(self.challenges(model), [])

    def test_parents_that_stay_unproven_are_named_before(self):
        parents = [self.weigh("parent"), self.weigh("other")]
        model = self.weigh("tuned", *parents)
        terminal = self.server.on_terminal("attest", model, self.folder("tuned"), "--parent-dir", "%s=%s" % (parents[0], self.folder("parent")),
                                           token=self.token, env={"HOME": self.root, "JOKBO_HTTP": "http://" + self.server.http})
        terminal.expect("%s@1 stays unproven: its weights were not read" % parents[1])
        terminal.expect("Challenge it, and attest, for ever, that it is?")
        terminal.type("n")
        terminal.finish()
        self.assertEqual(self.challenges(model), [])
        self.attest(model, self.folder("tuned"), "--parent-dir", "%s=%s" % (parents[0], self.folder("parent")))
        self.assertNotIn(parents[0] + "@1 stays unproven", self.err)

    def test_parents_do_not_matter_then(self):
        """A wrong folder of a parent's keeps nobody from saying that the release differs."""
        model = self.weigh("tuned", self.weigh("parent"))
        self.attest(model, self.folder("other"), "--parent-dir", self.folder("other"), "--yes")
        self.assertEqual(self.challenges(model)[0]["state"], "CHALLENGE_STATE_DIFFERS")
        self.assertNotIn("unproven", self.err)

    def test_a_folder_that_has_no_manifest(self):
        """Only once it is agreed is it asked for, and before anything is written."""
        model = self.weigh("tuned")
        folder = shutil.copytree(self.folder("tuned"), self.folder("damaged"))
        with open(folder + "/model-0.safetensors", "r+b") as f:
            f.write(b"\377" * 8)
        self.attest(model, folder, expect=NOT_VERIFIED)
        self.attest(model, folder, "--yes", expect=REFUSED)
        self.assertIn("the folder has no manifest", self.err)
        self.assertEqual(self.challenges(model), [])

    def test_a_parents_folder(self):
        parent = self.weigh("parent")
        model = self.weigh("tuned", parent)
        self.attest(model, self.folder("tuned"), "--parent-dir", self.folder("other"), "--yes", expect=NOT_VERIFIED)
        self.assertIn("does not have the weights of %s@1, which is registered as a parent: nothing was written" % parent, self.err)
        self.assertEqual(self.challenges(model), [])


class Lies(Attest):
    """And an honest server afterwards: the challenge that is open is answered, though its nonce was kept nowhere."""

    def lied(self, name, lie, words):
        model = self.weigh("tuned")
        liar = Liar(self.server)
        self.addCleanup(liar.close)
        liar.lies[name] = lie
        self.attest(model, self.folder("tuned"), JOKBO_SERVER=liar.address, expect=NOT_VERIFIED)
        self.assertIn(words, self.out + self.err)
        (challenge,) = self.challenges(model)
        self.assertEqual(challenge["state"], "CHALLENGE_STATE_OPEN")
        self.attest(model, self.folder("tuned"))
        self.assertIn("it is taken up again", self.err)
        (again,) = self.challenges(model)
        self.assertEqual((again["log_index"], again["state"]), (challenge["log_index"], "CHALLENGE_STATE_AGREES"))

    def test_another_key(self):
        def lie(reply):
            reply.key = "ab" * 32
        self.lied("Evidence.ChallengeRelease", lie, "the server gives the key " + "ab" * 32 + ", and the log's proofs another")

    def test_another_root(self):
        """From which the key would follow that somebody trained against."""
        def lie(reply):
            reply.first_root_hash = b"\1" * 32
        self.lied("Log.GetConsistencyProof", lie, "the server's proof does not lead from its root")

    def test_receipt_of_another_entry(self):
        other = self.anyone.call("Log.GetReceipt", log_index=3)["receipt"]

        def lie(reply):
            reply.receipt = other
        self.lied("Log.GetReceipt", lie, "it is of log entry 3")

    def test_another_entry(self):
        def lie(reply):
            if len(reply.entries) == 1:
                reply.entries[0] = reply.entries[0].replace(b"nonce ", b"nonce 0")[:-2] + b"\n"
        self.lied("Log.ReadEntries", lie, "FAILED")


class Refused(Attest):
    def test_words(self):
        model = self.weigh("tuned")
        self.attest(model, expect=USAGE)
        self.assertIn("give MODEL[@RELEASE] and the folder DIR", self.err)
        self.attest(model, self.folder("tuned"), token=self.server.token, expect=NOT_PERMITTED)
        self.assertIn("acts for no verifier", self.err)
        self.attest("--check", "3", expect=NOT_VERIFIED)
        self.assertIn("the entry is no challenge, but of kind", self.out)
        answer = json.loads(self.attest("--check", "3", "--json", expect=NOT_VERIFIED))
        self.assertEqual({k: answer[k] for k in ("verified", "reason", "release", "challenge", "key", "parents")},
                         {"verified": False, "reason": "NOT_VERIFIED", "release": None, "challenge": None, "key": None, "parents": []})
        self.attest("--check", "999999", expect=NOT_FOUND)


if __name__ == "__main__":
    unittest.main()
