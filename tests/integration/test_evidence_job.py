"""Evidence of weights as the server computes it: what is compared, what is found of copies, noise, false parents and parts that
nobody declared, and from a verifier's challenge; each text is the one that tests/support/evidence.py makes of the same manifests."""
import datetime
import os
import shutil
import subprocess
import sys
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import evidence  # noqa: E402
import sketch  # noqa: E402
from examined import BASE, Examined, Model, layers, tensor, values  # noqa: E402
from jokbo import Client, Cluster, Server, confirmed, derivative, eventually, external, joined, person  # noqa: E402
from ruled import rules  # noqa: E402


class Found(Examined):
    def test_a_copy_under_another_name(self):
        original = self.add(layers(1))
        made = self.expect(original, ("parent", "none", self.base_parent()))
        self.assertEqual([m.grade for m in made.models], ["none"])
        sharded = [(name.replace("model.", "net."), *rest) for name, *rest in reversed(original.tensors)]
        copy = self.add(sorted(sharded), client=self.bob)
        made = self.expect(copy, ("parent", "none", self.base_parent()), ("other", "equal+alike", original))
        self.assertEqual((made.models[1].grade, made.figures()[1:]), ("same", ([original.hash], 1)))

    def test_a_copy_with_noise(self):
        original = self.add(layers(2))
        self.screened(original)
        noisy = self.add(layers(2, noise=0.005), client=self.bob)
        made = self.expect(noisy, ("parent", "none", self.base_parent()), ("other", "alike", original))
        self.assertEqual((made.models[1].grade, made.figures()[1:]), ("near", ([original.hash], 1)))
        shown = self.shown(noisy)
        self.assertEqual((shown["near"], self.named(shown["undeclared"])), ([original.name + "@1"], [(original.name + "@1", "NEAR")]))
        self.assertIn("\nNearly the same weights as %s@1.\n" % original.name, self.told(noisy))
        self.assertIn(("near", original.name + "@1", ""), self.rows(noisy, "kind", "model", "grade"))

    def test_a_false_parent(self):
        parent = self.add(layers(3))
        child = self.add(layers(4), parent, client=self.bob)
        made = self.expect(child, ("parent", "none", parent))
        self.assertEqual(made.models[0].grade, "contradicted")
        shown = self.shown(child)
        self.assertEqual(self.named(shown["parents"]), [(parent.name + "@1", "CONTRADICTED")])
        self.assertEqual(shown["parents"][0]["likeness"], {"equal": 0, "near": 0, "kin": 0, "comparable": 10000})
        self.assertEqual((shown["undeclared"], shown["near"], shown["challenges"], shown["from_scratch"]), ([], [], [], []))
        told = self.told(child)
        self.assertRegex(told, r"\n%s@1 +public sketches +[\d,]+ +contradicted +0\.00 %% +0\.00 %% +0\.00 %% +100\.00 %% +comparable, and" % parent.name)
        for line in ("Public sketches only find and screen", "No verifier has challenged it", "Nothing undeclared was found"):
            self.assertIn(line, told)
        self.assertEqual(self.server.jokbo_json("evidence", child.name + "@1", token=None)[1]["parents"][0]["grade"], "contradicted")

    def test_a_part_that_nobody_declared(self):
        parent, stranger = self.add(layers(5)), self.add([tensor("vision.blocks.0.w", values(61))] + layers(6, count=2))
        self.screened(stranger)
        child = self.add(layers(5, count=3, noise=0.1) + [tensor("vision.blocks.0.w", values(61))], parent, client=self.bob)
        made = self.expect(child, ("parent", "none", parent), ("other", "equal", stranger))
        self.assertEqual([(m.grade, m.is_undeclared()) for m in made.models], [("part", False), ("part", True)])
        shown = self.shown(child)["undeclared"]
        self.assertEqual(self.named(shown), [(stranger.name + "@1", "PART")])
        self.assertEqual([(p["part"], p["share"], p["likeness"]["equal"]) for p in shown[0]["parts"]], [("vision.blocks", 2500, 10000)])
        told = self.told(child)
        self.assertRegex(told, r"\nnot declared .*\n%s@1 +all +part +25\.00 %% .*\n +vision\.blocks +25\.00 %% +100\.00 %%" % stranger.name)
        self.assertIn("no verdict", told)
        self.assertEqual([row[1:] for row in self.rows(child, "kind", "model", "part", "share", "grade", "equal") if row[0] == "undeclared"],
                         [(stranger.name + "@1", "", "", "part", "2500"), (stranger.name + "@1", "vision.blocks", "2500", "", "10000")])
        grandchild = self.add(layers(5, count=3, noise=0.1), child, client=self.bob)
        self.expect(grandchild, ("parent", "none", child), ("ancestor", "none", parent))

    def test_references(self):
        model, name = Model("", layers(7)), "huggingface.co/org/" + self.next("r")
        self.registrar.upload("BLOB_KIND_MANIFEST", model.manifest.encode(), model.artifact)
        reference = self.registrar.call("Evidence.AddReference", external=name, artifact_sha256=model.artifact, source="invented")
        self.addCleanup(lambda: self.admin.call("Registry.WithdrawBlob", sha256=model.artifact, reason="over"))
        child = self.add(layers(7, noise=0.1))
        made = self.expect(child, ("parent", "none", self.base_parent()), ("other", "none", ("reference " + reference["log_index"], model)))
        self.assertEqual((made.models[1].grade, made.figures()[2]), ("kin", 1))
        self.assertEqual(self.named(self.shown(child)["undeclared"]), [(name, "KIN")])
        declared = self.add(layers(7, noise=0.1), BASE + "@initial", external(name), client=self.bob, relation="merge")
        parents = self.anyone.call("Registry.GetRelease", name=declared.name + "@1")["parents"]
        hashes = [p["lineage_hash"] for p in parents if p["external"]]
        entry, text = self.screened(declared)
        self.assertIn("compared parent none release %s sha256:%s kin" % (hashes[0], model.artifact), text)
        self.assertNotIn("reference", text)

    def test_withdrawn(self):
        original = self.add(layers(8))
        self.screened(original)
        self.admin.call("Registry.WithdrawBlob", sha256=original.artifact, reason="by court order")
        copy = self.add(layers(8, noise=0.002), client=self.bob)
        self.expect(copy, ("parent", "none", self.base_parent()))

    def test_a_base_model(self):
        """What is not of its own, by references that are older, younger, or of unknown age."""
        made = layers(9, count=3)
        now = datetime.datetime.fromisoformat(self.admin.call("Demo.GetClock")["time"][:19]) + datetime.timedelta(hours=1)
        self.admin.call("Demo.SetClock", time=now.isoformat() + "Z")
        for i, time in enumerate([None, "2020-01-01T00:00:00Z", now.isoformat() + "Z"]):
            model, fields = Model("", made[i:i + 1]), {"release_time": time} if time else {}
            self.registrar.upload("BLOB_KIND_MANIFEST", model.manifest.encode(), model.artifact)
            self.registrar.call("Evidence.AddReference", external="huggingface.co/org/base-%d" % i, artifact_sha256=model.artifact,
                                source="invented", **fields)
            self.addCleanup(self.admin.call, "Registry.WithdrawBlob", sha256=model.artifact, reason="over")
        base = Model(BASE, made)
        blob = self.registrar.upload("BLOB_KIND_MANIFEST", base.manifest.encode(), base.artifact)
        before = self.size()
        release = self.anyone.call("Registry.GetRelease", name=BASE + "@initial")
        owner = person(self.admin, "skt", scopes=["models", "publishers"])
        self.addCleanup(owner.close)
        joined(self.admin, "skt", owner.account, "MEMBER_ROLE_OWNER")
        self.release(BASE, client=owner, version="weights", license=release["license"], artifact_sha256=base.artifact,
                     weights_sha256=blob["weights_sha256"])
        base.hash = self.anyone.call("Registry.GetRelease", name=BASE + "@weights")["lineage_hash"]
        self.screened(base, before)
        found = self.shown(base)["from_scratch"]
        self.assertEqual([(m["name"], m["older"], m["grade"]) for m in found],
                         [("huggingface.co/org/base-%d" % i, i < 2, "GRADE_PART") for i in range(3)])
        told = self.told(base)
        self.assertIn("\nshares parts with ", told)
        self.assertNotIn("not declared", told)
        for i in range(3):
            self.assertRegex(told, r"\nhuggingface\.co/org/base-%d +all +part .* %s\n" % (i, "older, or its age is not known" if i < 2 else "younger"))
        self.assertEqual(sorted({row[1:] for row in self.rows(base, "kind", "model", "older") if row[0] == "from-scratch" and row[2]}),
                         [("huggingface.co/org/base-%d" % i, str(i < 2).lower()) for i in range(3)])
        child = self.add([made[0], *layers(10)[1:]], BASE + "@weights")
        self.assertEqual([(p["part"], p["likeness"]["equal"]) for p in self.shown_soon(child)["parents"][0]["parts"]], [("model.layers", 2500)])

    def shown_soon(self, model):
        self.screened(model)
        return self.shown(model)

    def test_nothing_is_known(self):
        self.register("alice/bare", BASE + "@initial")
        self.refused("FAILED_PRECONDITION", "NO_EVIDENCE", "Evidence.GetEvidence", self.anyone, model="alice/bare")
        told = self.told("alice/bare", code=4)
        self.assertIn("Nothing has been computed", told)
        self.assertIn("jokbo publish --manifest", told)
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", "Evidence.GetEvidence", self.anyone, model="alice/none")
        self.refused("NOT_FOUND", "RELEASE_NOT_FOUND", "Evidence.GetEvidence", self.anyone, model="alice/bare@9")
        self.wrong(["model"], "Evidence.GetEvidence", self.anyone, model="")


class Attested(Examined):
    def test_from_a_challenge(self):
        first, second = (person(self.admin, "judge", ["evaluator"], scopes=["models", "roster"]) for _ in range(2))
        confirmed(first, second, "Evidence.SetVerifier", verifier="lab", institution="A lab", reason="invented")
        lab = person(self.admin, "lab", ["verifier"], scopes=["models"], verifier="lab")
        parent = self.add(layers(20))
        child = self.add(layers(20, noise=0.1), parent, client=self.bob)
        challenge = lab.call("Evidence.ChallengeRelease", model=child.name, nonce="ab" * 32)
        key = challenge["key"]
        rows = [(m.hash, "sha256:" + m.artifact, evidence.manifest_of(m.tensors, lambda n: sketch.challenge_signs(bytes.fromhex(key), n)))
                for m in (child, parent)]
        text = evidence.challenge_text(child.hash, int(challenge["log_index"]), key, rows)
        digest = evidence.sha256(text.encode())
        lab.upload("BLOB_KIND_CHALLENGE", text.encode(), digest)
        attest = lab.call("Evidence.AttestRelease", challenge=challenge["log_index"], found_sha256=child.artifact, sketches_sha256=digest)
        index = attest["attest_index"]
        entry = eventually(lambda: [e for _, e in self.entries() if e["attest"] == index])[0]
        made = evidence.of_challenge(text, [parent.hash], int(index), int(entry["at"]))
        self.assertEqual(self.text(entry), made.text)
        self.assertEqual((entry["parents"], entry["release"]), (" ".join(made.figures()[0]), child.hash))
        self.assertEqual(made.models[0].grade, "kin")
        shown = self.shown(child)["challenges"]
        self.assertEqual([(c["challenge"]["log_index"], self.named(c["parents"])) for c in shown],
                         [(challenge["log_index"], [(parent.name + "@1", "KIN")])])
        told = self.told(child)
        self.assertRegex(told, r"\n%s@1 +lab +[\d,]+ +kin .* made from it\n" % parent.name)
        self.assertRegex(told, r"\n +%s +lab +agrees\n" % "{:,}".format(int(challenge["log_index"])))
        self.assertIn((parent.name + "@1", "lab", challenge["log_index"], "kin"), self.rows(child, "model", "verifier", "challenge", "grade"))
        for client in (first, second, lab):
            client.close()


COUNTING = rules("looked-at", unattested="on 1", evidence="on finetune=kin")


class Counted(Examined):
    """From the weights to the count: who counts only once a verifier has looked, and by what it found."""

    def reasons(self, model):
        told = self.anyone.call("Evaluation.ExplainStanding", name=model.name, rule={"policy": "looked-at"})
        return [r["reason"].removeprefix("REASON_") for root in told["roots"] for r in root["reasons"]]

    def test_who_counts(self):
        lab, judge = self.verifiers("lab")
        judge.call("Stages.RecordPolicy", text=COUNTING)
        base = self.weigh_base(layers(60))
        kin, other = self.add(layers(60, noise=0.1), BASE + "@weights"), self.add(layers(61), BASE + "@weights")
        self.assertEqual((self.reasons(kin), self.reasons(other)), (["UNATTESTED", "EVIDENCE"], ["UNATTESTED", "EVIDENCE"]))
        self.attest(lab, kin, base)
        self.attest(lab, other, base)
        self.assertEqual((self.reasons(kin), self.reasons(other)), ([], ["EVIDENCE"]))
        count = self.anyone.call("Evaluation.CountDerivatives", scope={"base_model": BASE}, rule={"policy": "looked-at"})
        self.assertEqual(count["counted"], "1")


class Damaged(Examined):
    options = (*Examined.options, "--metrics", "127.0.0.1:0")

    def sql(self, text):
        return subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.server.data + "/run", "-U", "jokbo", "-d", "jokbo",
                               "-c", text], check=True, capture_output=True, text=True, timeout=60).stdout.strip()

    def waiting(self):
        with urllib.request.urlopen("http://%s/metrics" % self.server.metrics, timeout=20) as reply:
            lines = dict(line.rsplit(" ", 1) for line in reply.read().decode().splitlines() if not line.startswith("#"))
        return int(lines["jokbo_evidence_waiting"])

    def test_a_damaged_parent(self):
        """Evidence waits until the bytes are restored, and says then what it says of them; others go on meanwhile."""
        parent = self.add(layers(70))
        self.screened(parent)
        of_parent = "blob_chunk set bytes = decode('%s', 'hex') where digest = decode('%s', 'hex')"
        kept = self.sql("select encode(bytes, 'hex') from blob_chunk where digest = decode('%s', 'hex')" % parent.artifact)
        self.sql("update " + of_parent % ("00" + kept[2:], parent.artifact))
        children = [self.add(layers(70, noise=0.1 + i), parent, client=self.bob) for i in range(2)]
        other = self.add(layers(71))
        self.screened(other)
        eventually(lambda: self.waiting() == 2)
        self.assertEqual(self.server.log().count("event=manifest-damaged sha256=" + parent.artifact), 1)
        self.assertEqual([e for _, e in self.entries() if e["release"] in [child.hash for child in children]], [])
        self.sql("update " + of_parent % (kept, parent.artifact))
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        self.anyone.close()
        type(self).anyone = self.server.client(None)
        for child in children:
            entry, _ = self.screened(child)
            self.assertIn(parent.hash + "=", entry["parents"])
            self.assertNotIn("none", entry["parents"])


class Uploaded(Examined):
    options = ("--demo", "--evidence", "off", "--evidence-pause-ms", "0")

    def test_the_text_is_there_already(self):
        """Somebody who knew what the text would be uploaded it as a licence's: it is the evidence's from then on."""
        model = self.add(layers(80))
        size, base = self.size(), self.base_parent()
        rows = [("parent", "none", base[0], "none", None)]
        text = evidence.Evidence(model.hash, "sha256:" + model.artifact, size, model.manifest, rows).text.encode()
        digest = evidence.sha256(text)
        before = self.bob.upload("BLOB_KIND_LICENSE_TEXT", text, digest)
        self.assertEqual(self.server.stop(), 0)
        self.server.options[self.server.options.index("off")] = "on"
        self.server.start()
        self.anyone.close()
        type(self).anyone = self.server.client(None)
        entry, served = self.screened(model)
        self.assertEqual((entry["evidence"], served.encode()), ("sha256:" + digest, text))
        blob = self.anyone.call("Registry.GetBlob", sha256=digest)
        self.assertEqual((blob["kind"], blob["create_time"]), ("BLOB_KIND_EVIDENCE", before["create_time"]))


class Restarted(Examined):
    def test_killed_in_the_midst(self):
        """However often the server is killed, each release has its evidence once, and the log goes on."""
        models = [self.add(layers(30 + i, count=1), client=(self.alice, self.bob)[i % 2]) for i in range(6)]
        for _ in range(4):
            seen = len(self.entries())
            eventually(lambda: len(self.entries()) > seen or len(self.entries()) == len(models))
            self.server.kill()
            self.server.start()
            self.anyone.close()
            type(self).anyone = self.server.client(None)
        for model in models:
            self.screened(model)
        done = [entry["release"] for _, entry in self.entries()]
        self.assertEqual(sorted(done), sorted(model.hash for model in models))
        self.assertEqual(self.server.stop(), 0)
        self.server.start()


class TwoServers(unittest.TestCase):
    def make_server(self, cluster):
        server = Server("--database", cluster.url, "--origin", "registry.test/log", "--evidence", "on", "--evidence-pause-ms", "0")
        server.options += ["--client-config", os.path.join(server.data, "client.config")]
        self.addCleanup(server.close)
        return server

    def test_each_release_once(self):
        """Both compute what is due; of each release one of them writes it."""
        cluster = Cluster()
        self.addCleanup(cluster.close)
        cluster.start().create_database()
        first, second = self.make_server(cluster), self.make_server(cluster)
        subprocess.run([first.binary, "migrate", "--database", cluster.url], check=True, capture_output=True, timeout=60)
        first.start()
        shutil.copy2(os.path.join(first.data, "log.key"), second.data)
        second.start()
        clients = [Client(server.address, first.token) for server in (first, second)]
        for client in clients:
            self.addCleanup(client.close)
        first.load_roster()
        clients[0].call("Registry.CreatePublisher", name="acme")
        hashes = []
        for i in range(6):
            model = Model("acme/m%d" % i, layers(40 + i, count=1))
            blob = clients[i % 2].upload("BLOB_KIND_MANIFEST", model.manifest.encode(), model.artifact)
            made = clients[i % 2].call("Registry.RegisterDerivative", derivative=derivative(
                model.name, BASE + "@initial", artifact_sha256=model.artifact, weights_sha256=blob["weights_sha256"]))
            hashes.append(made["release"]["lineage_hash"])

        def done():
            texts = [entry.decode().split("\n") for entry in clients[0].entries()]
            return [t[4].split(" ")[1] for t in texts if t[1] == "kind evidence"]
        eventually(lambda: len(done()) >= len(hashes))
        for server in (first, second):  # whatever they were at has ended by then
            self.assertEqual(server.stop(), 0)
        first.start()
        clients[0].close()
        clients[0] = Client(first.address, first.token)
        self.addCleanup(clients[0].close)
        self.assertEqual(sorted(done()), sorted(hashes))


if __name__ == "__main__":
    unittest.main()
