"""Evidence computed anew, where somebody asks for it: who may, when it is needed, how often, and that the wish survives a restart."""
import concurrent.futures
import datetime
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from examined import BASE, Examined, Model, layers  # noqa: E402
from jokbo import Client, Cluster, Server, derivative, eventually, person  # noqa: E402


class Renewing(Examined):
    def add_reference(self, seed, **noise):
        """A reference that shares its weights with the models of that seed."""
        model, name = Model("", layers(seed, **noise)), "huggingface.co/org/" + self.next("r")
        self.registrar.upload("BLOB_KIND_MANIFEST", model.manifest.encode(), model.artifact)
        return name, self.registrar.call("Evidence.AddReference", external=name, artifact_sha256=model.artifact, source="invented")

    def renew(self, client, model, **fields):
        return client.call("Evidence.RenewEvidence", model=model.name, **fields)

    def restart(self, evidence):
        """The server with its examiner on or off."""
        self.assertEqual(self.server.stop(), 0)
        self.server.options[self.server.options.index("--evidence") + 1] = evidence
        self.server.start()
        for name in ("anyone", "admin", "alice", "bob", "registrar"):
            before = getattr(self, name)
            before.close()
            setattr(type(self), name, self.server.client(before.token))

    def of(self, model):
        return [(index, int(entry["at"])) for index, entry in self.entries() if entry["release"] == model.hash]


class Renewed(Renewing):
    def test_a_new_reference(self):
        """Old evidence does not know a reference that came later; new evidence, once somebody asks for it, names it."""
        model = self.add(layers(1))
        first, _ = self.screened(model)
        self.assertEqual(self.shown(model)["renewal_size"], "0")
        name, reference = self.add_reference(1, noise=0.1)
        self.assertEqual(self.shown(model)["undeclared"], [])
        size = self.size()
        asked = self.renew(self.alice, model)
        self.assertEqual((asked["model"], asked["version"], asked["lineage_hash"]), (model.name, "1", model.hash))
        self.assertEqual((asked["at_size"], asked["renewal_size"], asked["log_size"]), (first["at"], str(size), str(size)))
        entry, text = self.screened(model, after=size)
        self.assertGreaterEqual(int(entry["at"]), size)
        self.assertIn("reference " + reference["log_index"], text)
        shown = eventually(lambda: [s for s in [self.shown(model)] if s["undeclared"]])[0]
        self.assertEqual((self.named(shown["undeclared"]), shown["renewal_size"]), ([(name, "KIN")], "0"))
        short = self.anyone.call("Evidence.GetEvidence", model=model.name, entry_only=True)
        self.assertEqual((short["at_size"], short["parents"][0]["grade"], short["undeclared"]),
                         (entry["at"], shown["parents"][0]["grade"], []))

    def test_a_new_reference_of_a_base_model(self):
        """An older model that somebody registers later puts in question whether the base model is made from scratch; asked anew, it is shown."""
        base = self.weigh_base(layers(3))
        self.screened(base)
        self.assertEqual(self.shown(base)["from_scratch"], [])
        older = Model("", [layers(3)[0], layers(4)[1]])
        self.registrar.upload("BLOB_KIND_MANIFEST", older.manifest.encode(), older.artifact)
        self.registrar.call("Evidence.AddReference", external="huggingface.co/org/older", artifact_sha256=older.artifact, source="invented",
                            release_time="2024-01-01T00:00:00Z")
        self.assertEqual(self.shown(base)["from_scratch"], [])
        done = self.server.jokbo("evidence", "renew", BASE + "@weights", "--wait", token=self.registrar.token)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"\nhuggingface\.co/org/older +all +part +25\.00 % .* older, or its age is not known\n")
        found = self.shown(base)["from_scratch"]
        self.assertEqual([(m["name"], m["older"], m["grade"], m["likeness"]["equal"]) for m in found], [("huggingface.co/org/older", True, "GRADE_PART", 2500)])
        done = self.server.jokbo("evidence", "renew", BASE + "@weights", token=self.registrar.token)
        self.assertEqual(done.returncode, 4, done.stderr)  # nothing has come since
        self.admin.call("Registry.WithdrawBlob", sha256=older.artifact, reason="over")

    def test_a_new_manifest(self):
        """A copy that came later, of which the original's evidence could know nothing."""
        original = self.add(layers(2))
        self.screened(original)
        copy = self.add(layers(2, noise=0.005), client=self.bob)
        size = self.size()
        self.renew(self.alice, original)
        entry, _ = self.screened(original, after=size)
        self.assertEqual(entry["near"], copy.hash)

    def test_without_need(self):
        model = self.add(layers(3))
        entry, _ = self.screened(model)
        self.register("bob/" + self.next("bare"), BASE + "@initial", client=self.bob)  # nothing to compare with
        for client in (self.alice, self.registrar):
            why = self.refused("FAILED_PRECONDITION", "RENEWAL_NOT_NEEDED", "Evidence.RenewEvidence", client, model=model.name)
            self.assertIn("at log size " + entry["at"], why.message)
        self.add(layers(33), client=self.bob)
        self.assertEqual(self.renew(self.registrar, model, validate_only=True)["renewal_size"], str(self.size()))
        self.assertEqual(self.shown(model)["renewal_size"], "0")

    def test_once_a_day(self):
        """Those who have a part in the release, not evaluators and registrars."""
        model = self.add(layers(4))
        self.screened(model)
        for seed in (40, 41):
            before = self.size()
            self.add_reference(seed)
            if seed == 41:
                why = self.refused("RESOURCE_EXHAUSTED", "RENEWAL_QUOTA", "Evidence.RenewEvidence", self.alice, model=model.name)
                self.assertIn("ask again in 14", why.message)  # hundred minutes and some
                self.renew(self.registrar, model)
            else:
                self.renew(self.alice, model)
            self.screened(model, after=before)
        self.add_reference(42)
        now = datetime.datetime.fromisoformat(self.admin.call("Demo.GetClock")["time"][:19]) + datetime.timedelta(hours=25)
        self.admin.call("Demo.SetClock", time=now.isoformat() + "Z")
        before = self.size()
        self.renew(self.alice, model)
        self.screened(model, after=before)

    def test_who_may(self):
        model = self.add(layers(5))
        self.screened(model)
        self.add_reference(50)
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Evidence.RenewEvidence", self.bob, model=model.name)
        judge = person(self.admin, "judge", ["evaluator"], scopes=["models"])
        self.addCleanup(judge.close)
        before = self.size()
        self.renew(judge, model)
        self.screened(model, after=before)

    def test_of_nothing(self):
        self.register("alice/bare", BASE + "@initial")
        why = self.refused("FAILED_PRECONDITION", "NO_EVIDENCE", "Evidence.RenewEvidence", model="alice/bare")
        self.assertIn("is not stored here", why.message)
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", "Evidence.RenewEvidence", model="alice/none")
        self.refused("NOT_FOUND", "RELEASE_NOT_FOUND", "Evidence.RenewEvidence", model="alice/bare@9")
        self.wrong(["model"], "Evidence.RenewEvidence", model="alice")


class Commands(Renewing):
    def renewed(self, *arguments, code=0):
        done = self.server.jokbo("evidence", "renew", *arguments, token=self.alice.token)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def test_waits_for_it(self):
        model = self.add(layers(6))
        entry, _ = self.screened(model)
        self.assertIn("no reference, manifest", self.renewed(model.name, code=4).stderr)
        name, _ = self.add_reference(6, noise=0.1)
        size = self.size()
        would = self.renewed(model.name, "--dry-run").stdout
        self.assertIn("would be computed anew, at size %d or a larger one" % size, would)
        done = self.renewed(model.name + "@1", "--wait")
        self.assertIn("The evidence of %s@1, made at log size %s, will be computed anew" % (model.name, entry["at"]), done.stderr)
        self.assertRegex(done.stdout, r"\n%s +all +kin " % name)
        self.assertEqual(len(self.of(model)), 2)
        self.add_reference(7)
        self.assertIn("ask again in", self.renewed(model.name, "--wait", code=8).stderr)

    def test_json(self):
        model = self.add(layers(8))
        self.screened(model)
        self.add_reference(8, noise=0.1)
        code, shown = self.server.jokbo_json("evidence", "renew", model.name, "--wait", token=self.alice.token)
        self.assertEqual((code, [m["grade"] for m in shown["undeclared"]], shown["renewal_size"]), (0, ["kin"], 0))


class Restarted(Renewing):
    def test_a_wish_survives(self):
        """While nobody computes it waits, and says so; then it is computed once, with what came until then."""
        models = [self.add(layers(60 + i)) for i in range(2)]
        for model in models:
            self.screened(model)
        self.restart("off")
        self.add_reference(60, noise=0.1)
        size = self.size()
        for _ in range(2):  # asking again is no other wish
            self.assertEqual(self.renew(self.alice, models[0])["renewal_size"], str(size))
        self.assertEqual(self.size(), size)
        name, _ = self.add_reference(60, noise=0.2)
        self.assertEqual(self.renew(self.alice, models[0])["renewal_size"], str(size))
        self.assertEqual(self.renew(self.registrar, models[0])["renewal_size"], str(size + 1))
        self.assertEqual(self.shown(models[0])["renewal_size"], str(size + 1))
        self.assertIn("It waits to be computed anew, at log size %d or a larger one." % (size + 1), self.told(models[0]))
        self.restart("on")
        eventually(lambda: self.shown(models[0])["renewal_size"] == "0")
        self.assertIn((name, "KIN"), self.named(self.shown(models[0])["undeclared"]))
        self.restart("on")
        self.screened(self.add(layers(69), client=self.bob))  # it has looked at everything by then
        self.assertEqual([len(self.of(model)) for model in models], [2, 1])

    def test_withdrawn_while_it_waits(self):
        """Nothing waits then; if the manifest is brought again, evidence is due by itself."""
        model = self.add(layers(70))
        self.screened(model)
        self.restart("off")
        self.add_reference(70, noise=0.1)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.server.jokbo, "evidence", "renew", model.name, "--wait", token=self.alice.token)
            eventually(lambda: self.shown(model)["renewal_size"] != "0")
            self.admin.call("Registry.WithdrawBlob", sha256=model.artifact, reason="by court order")
            done = waiting.result()
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("nothing is computed of %s@1 any more" % model.name, done.stderr)
        self.assertEqual(self.shown(model)["renewal_size"], "0")
        self.refused("FAILED_PRECONDITION", "NO_EVIDENCE", "Evidence.RenewEvidence", model=model.name)
        self.restart("on")
        self.screened(self.add(layers(79), client=self.bob))
        self.assertEqual(len(self.of(model)), 1)


class TwoServers(unittest.TestCase):
    def start(self, cluster, evidence, key=None):
        server = Server("--database", cluster.url, "--origin", "registry.test/log", "--evidence", evidence, "--evidence-pause-ms", "0")
        server.options += ["--client-config", os.path.join(server.data, "client.config")]
        self.addCleanup(server.close)
        if key:
            shutil.copy2(key, server.data)
        else:
            subprocess.run([server.binary, "migrate", "--database", cluster.url], check=True, capture_output=True, timeout=60)
        server.start()
        return server

    def add(self, client, name, seed):
        model = Model(name, layers(seed, count=1))
        blob = client.upload("BLOB_KIND_MANIFEST", model.manifest.encode(), model.artifact)
        made = client.call("Registry.RegisterDerivative", derivative=derivative(
            name, BASE + "@initial", artifact_sha256=model.artifact, weights_sha256=blob["weights_sha256"]))
        return made["release"]["lineage_hash"]

    def test_another_computes_it(self):
        """The wish is told to one server, and fulfilled by the one that computes."""
        cluster = Cluster()
        self.addCleanup(cluster.close)
        cluster.start().create_database()
        first = self.start(cluster, "off")
        self.start(cluster, "on", os.path.join(first.data, "log.key"))
        client = Client(first.address, first.token)
        self.addCleanup(client.close)
        first.load_roster()
        client.call("Registry.CreatePublisher", name="acme")

        def made(hash):
            texts = [entry.decode().split("\n") for entry in client.entries()]
            return [t for t in texts if t[1] == "kind evidence" and t[4] == "release " + hash]
        old = self.add(client, "acme/old", 80)
        eventually(lambda: made(old))
        new = self.add(client, "acme/new", 81)
        eventually(lambda: made(new))
        self.assertEqual(len(made(old)), 1)
        asked = client.call("Evidence.RenewEvidence", model="acme/old")
        eventually(lambda: len(made(old)) == 2)
        self.assertGreaterEqual(int(made(old)[1][6].removeprefix("at ")), int(asked["renewal_size"]))


if __name__ == "__main__":
    unittest.main()
