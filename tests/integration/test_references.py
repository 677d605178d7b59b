"""References: manifests of models that are not registered, recorded by registrars and evaluators to compare others with."""
import hashlib
import os
import sys
import unittest
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import Case, Manifest, joined, person  # noqa: E402

DENIED, MISSING = "PERMISSION_DENIED", "NOT_FOUND"
ADD, LIST = "Evidence.AddReference", "Evidence.ListReferences"


class References(Case):
    options = ("--demo",)
    made = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registrar = cls.some("registrar")
        cls.evaluator = cls.some("evaluator")

    @classmethod
    def some(cls, *roles, **fields):
        client = person(cls.admin, "somebody", roles, scopes=["models", "roster"], **fields)
        cls.addClassCleanup(client.close)
        return client

    def request(self, **fields):
        """With a manifest of its own, which is uploaded."""
        References.made += 1
        word = "r%d" % References.made
        manifest = Manifest({"a.safetensors": word}, [word])
        manifest.upload(self.alice)
        return dict(dict(external="huggingface.co/org/" + word, artifact_sha256=manifest.digest, source="Hub, by jokbo digest"), **fields)

    def listed(self, external=""):
        return [(r["external"], r["revision"], r["artifact_sha256"]) for r in self.anyone.call(LIST, external=external)["references"]]

    def test_added(self):
        request = self.request(revision="ab" * 20, release_time="2025-03-01T00:00:00Z")
        made = self.registrar.call(ADD, **request)
        index = self.size() - 1
        self.assertEqual(made, dict(request, log_index=str(index), withdrawn=False, log_size=str(index + 1)))
        lines = self.anyone.entries(index)[0].decode().split("\n")
        self.assertEqual([lines[1]] + lines[3:], [
            "kind reference", "actor role registrar", "external " + request["external"], "revision " + "ab" * 20,
            "artifact sha256:" + request["artifact_sha256"], "released 2025-03-01T00:00:00.000000Z", "source Hub, by jokbo digest", ""])
        self.assertEqual(self.listed(request["external"].upper().replace("HUGGINGFACE.CO", "huggingface.co")),
                         [(request["external"], "ab" * 20, request["artifact_sha256"])])
        plain = self.request()
        made = self.evaluator.call(ADD, **plain)
        self.assertEqual((made["revision"], made.get("release_time")), ("", None))
        self.assertIn(b"\nactor role evaluator\n", self.anyone.entries(self.size() - 1)[0])

    def test_replaced(self):
        request, other = self.request(), self.request()
        self.registrar.call(ADD, **request)
        failure = self.refused("ALREADY_EXISTS", "REFERENCE_EXISTS", ADD, self.registrar, **dict(request, source="elsewhere"))
        self.assertEqual(failure.metadata["log_index"], str(self.size() - 1))
        dated = dict(request, release_time="2025-03-01T00:00:00Z")
        self.registrar.call(ADD, **dated)  # more is known of it
        self.registrar.call(ADD, **dict(request, revision="cd" * 20))  # of another revision: another one
        newest = dict(request, artifact_sha256=other["artifact_sha256"])
        self.registrar.call(ADD, **newest)
        self.assertEqual(self.listed(request["external"]), [(request["external"], "cd" * 20, request["artifact_sha256"]),
                                                             (request["external"], "", other["artifact_sha256"])])
        self.assertEqual(self.listed("huggingface.co/org/none"), [])

    def test_withdrawn(self):
        request = self.request()
        self.registrar.call(ADD, **request)
        self.admin.call("Registry.WithdrawBlob", sha256=request["artifact_sha256"], reason="a test")
        self.assertTrue(self.anyone.call(LIST, external=request["external"])["references"][0]["withdrawn"])
        self.refused(MISSING, "BLOB_NOT_FOUND", ADD, self.registrar, **dict(request, source="again"))

    def test_repeated_and_only_checked(self):
        request, before = self.request(request_id=str(uuid.uuid4())), self.size()
        dry = self.registrar.call(ADD, validate_only=True, **dict(request, request_id=""))
        self.assertEqual((dry["log_index"], dry["log_size"], self.size()), ("0", "0", before))
        made = self.registrar.call(ADD, **request)
        self.assertEqual((self.registrar.call(ADD, **request), self.size()), (made, before + 1))

    def test_wrong_fields(self):
        self.wrong(["external", "artifact_sha256", "source"], ADD, self.registrar)
        self.wrong(["external", "revision", "artifact_sha256", "source"], ADD, self.registrar, external="no host", revision="main",
                   artifact_sha256="x", source="x" * 201)
        self.wrong(["external"], ADD, self.registrar, **self.request(external="hf.co/org/name"))
        self.wrong(["release_time"], ADD, self.registrar, **self.request(release_time="2100-01-01T00:00:00Z"))
        self.wrong(["external"], LIST, self.anyone, external="no host")
        self.refused(MISSING, "BLOB_NOT_FOUND", ADD, self.registrar, **self.request(artifact_sha256="1" * 64))

    def test_no_other_kind_of_blob(self):
        text = b"a licence"
        digest = hashlib.sha256(text).hexdigest()
        self.alice.upload("BLOB_KIND_LICENSE_TEXT", text, digest)
        self.refused(MISSING, "BLOB_NOT_FOUND", ADD, self.registrar, **self.request(artifact_sha256=digest))

    def test_nobody_of_a_team(self):
        """What stands as older than a rival's base model takes something from that team."""
        for roles in (["registrar"], ["evaluator"]):
            client = self.some("team", *roles, team="upstage")
            self.refused(DENIED, "OWN_TEAM", ADD, client, **self.request())
        member = self.some("registrar")
        joined(self.admin, "upstage", member.account)
        self.refused(DENIED, "OWN_TEAM", ADD, member, **self.request())

    def test_command_line(self):
        manifest = Manifest({"a.safetensors": "typed"})
        path, name = os.path.join(self.server.data, "typed.manifest"), "huggingface.co/org/typed"
        with open(path, "wb") as file:
            file.write(manifest.bytes)

        def run(*arguments, code=0, token=self.registrar.token):
            done = self.server.jokbo("reference", *arguments, token=token)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            return done.stdout if code == 0 else done.stderr
        add = ["add", name + "@" + "ab" * 20, path, "--released", "2025-03-01"]
        self.assertIn("--source", run(*add, code=3))
        before = self.size()
        self.assertIn("would be recorded: ", run(*add, "--source", "Hub", "--dry-run"))
        self.assertEqual(self.size(), before)
        self.assertEqual(run(*add, "--source", "Hub"), "recorded: %s@%s, manifest %s.\n" % (name, "ab" * 20, manifest.digest))
        self.assertRegex(run("list", name, token=None), r"%s@(ab)+ +2025-03-01 00:00 KST +Hub" % name)
        rows = run("list", "https://" + name, "--csv", token=None).splitlines()
        self.assertEqual(rows, ["log_index,external,revision,artifact_sha256,release_time,source,withdrawn",
                                "%d,%s,%s,%s,2025-02-28T15:00:00.000000Z,Hub,false" % (before, name, "ab" * 20, manifest.digest)])
        code, found = self.server.jokbo_json("reference", "list", name, token=None)
        self.assertEqual((code, [r["artifact_sha256"] for r in found["references"]]), (0, [manifest.digest]))
        self.assertEqual(run("list", "huggingface.co/org/none", token=None), "")
        self.assertIn("host/id", run("add", "typed", path, "--source", "Hub", code=2))

    def test_pages(self):
        for _ in range(3):
            self.registrar.call(ADD, **self.request())
        whole, found, token = self.listed(), [], ""
        while True:
            page = self.anyone.call(LIST, page_size=2, page_token=token)
            self.assertEqual(page["total_size"], len(whole))
            found += [(r["external"], r["revision"], r["artifact_sha256"]) for r in page["references"]]
            token = page["next_page_token"]
            if not token:
                break
        self.assertEqual(found, whole)


if __name__ == "__main__":
    unittest.main()
