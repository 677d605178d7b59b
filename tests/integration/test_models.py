"""What happens to models that are there: names, yanks, adoption, findings; as a client of the interface sees it."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import Case, Client, Failure, Manifest, Shared, confirmed, derivative, external, joined, person, registered  # noqa: E402

SKT, SKT_2 = "skt/A.X-K1", "skt/A.X-K2"
SOLAR, EXAONE, K_EXAONE = "upstage/Solar-Open-100B", "LGAI-EXAONE/EXAONE-4.0-1.2B", "LGAI-EXAONE/K-EXAONE-236B-A23B"


def setUpModule():
    Shared.open()
    Case.eve, Case.una = (person(Case.admin, name, ["evaluator"], scopes=["models", "roster"]) for name in ("eve", "una"))


class Counted(Shared):
    def count(self, scope, size=None):
        as_of = {} if size is None else {"as_of": {"log_size": size}}
        return self.anyone.call("Evaluation.CountDerivatives", scope=scope, **as_of)

    def counted(self, scope, size=None):
        return int(self.count(scope, size)["counted"])


class Names(Shared):
    def test_publishers_without_regard_to_case(self):
        self.refused("ALREADY_EXISTS", "NAME_TAKEN", "Registry.CreatePublisher", self.bob, name="ALICE")
        self.refused("FAILED_PRECONDITION", "NAME_RESERVED", "Registry.CreatePublisher", self.bob, name="LG.AI_exaone")
        self.assertEqual(self.anyone.call("Registry.GetPublisher", name="Alice")["name"], "alice")
        with self.assertRaises(Failure) as caught:
            self.anyone.call("Registry.GetPublisher", name="nobody")
        self.assertEqual((caught.exception.code, caught.exception.reason), ("NOT_FOUND", "PUBLISHER_NOT_FOUND"))

    def test_unknown_models_name_the_nearest(self):
        for method, field in (("Registry.GetModel", "name"), ("Registry.GetLineage", "name"),
                              ("Registry.ListDerivatives", "model"),
                              ("Registry.ListReleases", "model"), ("Registry.GetRelease", "name")):
            with self.assertRaises(Failure) as caught:
                self.anyone.call(method, **{field: "upstage/Solar-Open-100"})
            self.assertEqual((caught.exception.code, caught.exception.reason), ("NOT_FOUND", "MODEL_NOT_FOUND"), method)
            self.assertIn(SOLAR, caught.exception.message, method)
        with self.assertRaises(Failure) as caught:
            self.anyone.call("Registry.GetRelease", name=SOLAR + "@none")
        self.assertEqual((caught.exception.code, caught.exception.reason), ("NOT_FOUND", "RELEASE_NOT_FOUND"))

    def test_rename(self):
        before = self.register("alice/before", SKT)
        after = self.alice.call("Registry.RenameModel", name="alice/before", new_name="alice/After")
        self.assertEqual((after["name"], after["former_names"], after["log_index"]),
                         ("alice/After", ["alice/before"], before["log_index"]))
        self.assertNotEqual(after["etag"], before["model"]["etag"])
        self.assertEqual(after["release"]["model"], "alice/before")  # a statement never changes
        self.assertEqual(self.model("ALICE/Before")["name"], "alice/After")
        self.assertEqual(self.anyone.call("Registry.GetRelease", name="alice/before@1")["lineage_hash"],
                         before["release"]["lineage_hash"])
        self.register("alice/of-before", "alice/before")
        self.assertEqual(self.model("alice/of-before")["release"]["parents"][0]["name"], "alice/After")
        self.alice.call("Registry.RenameModel", name="alice/before", new_name="alice/AFTER")
        self.assertEqual(self.model("alice/after")["former_names"], ["alice/After", "alice/before"])

    def test_names_are_never_given_out_again(self):
        self.register("alice/first", SKT)
        self.alice.call("Registry.RenameModel", name="alice/first", new_name="alice/second")
        self.register("alice/yanked", SKT)
        self.alice.call("Registry.YankRelease", name="alice/yanked@1", reason="x")
        self.register("alice/third", SKT)
        for name in ("alice/FIRST", "alice/second", "alice/Yanked"):
            self.refused("ALREADY_EXISTS", "NAME_TAKEN", "Registry.RegisterDerivative",
                         derivative=derivative(name, SOLAR))
            self.refused("ALREADY_EXISTS", "NAME_TAKEN", "Registry.RenameModel", name="alice/third", new_name=name)
        self.refused("ALREADY_EXISTS", "NAME_TAKEN", "Registry.RenameModel", name="alice/second", new_name="alice/first")
        self.refused("ALREADY_EXISTS", "SAME_NAME", "Registry.RenameModel", name="alice/second", new_name="alice/second")

    def test_wrong_renames(self):
        self.register("alice/stays", SKT)
        call = "Registry.RenameModel"
        self.wrong(["new_name"], call, name="alice/stays", new_name="bob/stays")
        self.wrong(["new_name"], call, name="alice/stays", new_name="alice/stays.git")
        self.wrong(["name", "new_name"], call, name="stays", new_name="")
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", call, name="alice/nope", new_name="alice/nope2")
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", call, self.bob, name="alice/stays", new_name="alice/gone")

    def test_etags(self):
        etag = self.register("alice/tagged", SKT)["model"]["etag"]
        self.assertEqual(self.model("alice/tagged")["etag"], etag)
        self.release("alice/tagged", version="2")
        call = dict(name="alice/tagged", new_name="alice/retagged")
        failure = self.refused("ABORTED", "ETAG_DIFFERS", "Registry.RenameModel", etag=etag, **call)
        now = self.model("alice/tagged")["etag"]
        self.assertIn(now, failure.message)
        self.refused("ABORTED", "ETAG_DIFFERS", "Registry.TransferModel", self.admin, etag=etag, name="alice/tagged",
                     new_name="bob/tagged")
        self.assertEqual(self.alice.call("Registry.RenameModel", etag=now, **call)["name"], "alice/retagged")

    def test_transfer(self):
        moved = self.register("alice/moves", SKT)["model"]
        call = "Registry.TransferModel"
        for client in (self.alice, self.bob):
            self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", call, client, name="alice/moves", new_name="bob/moves")
        self.wrong(["new_name"], call, name="alice/moves", new_name="Alice/moved")
        self.refused("NOT_FOUND", "PUBLISHER_NOT_FOUND", call, name="alice/moves", new_name="carol/moves")
        joined(self.admin, "bob", self.alice.account, by=self.bob)
        after = self.alice.call(call, name="alice/moves", new_name="bob/moves", etag=moved["etag"])
        self.bob.call("Access.RemoveMember", publisher="bob", account=self.alice.account)
        self.assertEqual((after["name"], after["former_names"], after["log_index"]),
                         ("bob/moves", ["alice/moves"], moved["log_index"]))
        self.refused("ALREADY_EXISTS", "NAME_TAKEN", "Registry.RegisterDerivative",
                     derivative=derivative("alice/moves", SOLAR))
        self.release("alice/moves", self.bob, version="2")
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Registry.PublishRelease",
                     release=dict(name="bob/moves", version="3"))
        back = self.admin.call(call, name="bob/moves", new_name="alice/moves-back")
        self.assertEqual(back["former_names"], ["bob/moves", "alice/moves"])
        self.assertIn(b"actor role admin", self.anyone.entries(self.size() - 1)[0])

    def test_a_writer_gives_nothing_away(self):
        """Only the receiver could give it back; renaming is undone by the next rename."""
        writer = person(self.admin, "of alice's", scopes=["models", "publishers"])
        self.addCleanup(writer.close)
        writer.call("Registry.CreatePublisher", name="pocket")
        joined(self.admin, "alice", writer.account, by=self.alice)
        self.register("alice/kept", SKT)
        move = dict(name="alice/kept", new_name="pocket/kept")
        failure = self.refused("PERMISSION_DENIED", "NOT_AN_OWNER", "Registry.TransferModel", writer, **move)
        self.assertIn("Only an owner of \"alice\"", failure.message)
        self.assertIn("jokbo publisher members alice", failure.message)
        writer.call("Registry.RenameModel", name="alice/kept", new_name="alice/kept-still")
        made = self.register("pocket/given", SKT, client=writer)["model"]  # an owner may give to where he writes
        self.assertEqual(writer.call("Registry.TransferModel", name=made["name"], new_name="alice/given")["name"], "alice/given")
        self.refused("PERMISSION_DENIED", "NOT_AN_OWNER", "Registry.TransferModel", writer, name="alice/given", new_name="pocket/back")
        root = int(self.admin.call("Access.GetCaller")["account"]["id"])
        joined(self.admin, "alice", root, by=self.alice)  # an admin who is a writer as well stays an admin
        self.admin.call("Registry.TransferModel", name="alice/kept", new_name="bob/kept")
        self.assertIn(b"actor role admin", self.anyone.entries(self.size() - 1)[0])

    def test_a_publisher_counts_its_models(self):
        owner = person(self.admin, "counter")
        owner.call("Registry.CreatePublisher", name="counter")
        self.register("counter/one", SKT, client=owner)
        self.register("counter/two", SKT, client=owner)
        self.assertEqual(self.anyone.call("Registry.GetPublisher", name="counter")["model_count"], 2)
        owner.call("Registry.RenameModel", name="counter/one", new_name="counter/uno")
        self.admin.call("Registry.TransferModel", name="counter/two", new_name="alice/from-counter")
        self.assertEqual(self.anyone.call("Registry.GetPublisher", name="counter")["model_count"], 1)


class Machines(Shared):
    """A token of a CI job lies on machines: whoever finds it takes nothing back by a release that says less, and decides."""

    def test_a_release_that_says_less(self):
        machine = Client(self.server.address, self.admin.call("Access.CreateToken", account=self.alice.account,
                                                              scopes=["TOKEN_SCOPE_PUBLISH"])["secret"])
        self.addCleanup(machine.close)
        full = {"weights_sha256": "1a" * 32, "artifact_sha256": "1b" * 32}
        self.register("alice/by-machine", SKT, client=machine, **full)
        publish = lambda client, version, **fields: client.call("Registry.PublishRelease", release=dict(  # noqa: E731
            name="alice/by-machine", version=version, license="Apache-2.0", **fields))
        for left_out in full:
            less = {field: value for field, value in full.items() if field != left_out}
            with self.assertRaises(Failure) as caught:
                publish(machine, "2", **less)
            self.assertEqual((caught.exception.code, caught.exception.reason), ("FAILED_PRECONDITION", "RELEASE_SAYS_LESS"))
            self.assertIn("release." + left_out, caught.exception.message)
        publish(machine, "2", **dict(full, weights_sha256="1c" * 32))
        publish(self.alice, "3")  # whose own token has the scope models
        publish(machine, "4")  # no less than the one before


class Yanks(Counted):
    def test_yank_and_back(self):
        scope = {"base_model": SKT_2}
        self.register("alice/y", SKT_2)
        self.register("alice/y-child", "alice/y")
        size, there = self.size(), self.count(scope)
        release = self.alice.call("Registry.YankRelease", name="Alice/Y@1", reason="wrong weights\nsecond line")
        self.assertTrue(release["yanked"])
        model = self.model("alice/y")
        self.assertTrue(model["yanked"] and model["release"]["yanked"])
        self.assertEqual(model["findings"][-1]["kind"], "FINDING_KIND_YANKED")
        gone = self.count(scope)
        self.assertEqual([int(gone[k]) - int(there[k]) for k in ("registered", "yanked", "counted", "direct",
                                                                 "transitive")], [0, 1, -1, -1, 0])
        self.assertFalse(self.model("alice/y-child")["yanked"])
        again = self.refused("FAILED_PRECONDITION", "ALREADY_YANKED", "Registry.YankRelease", name="alice/y@1", reason="x")
        yanked = self.anyone.call("Registry.GetRelease", name="alice/y@1")
        self.assertEqual(again.metadata["log_index"], yanked["yank_index"])
        as_then = dict(self.count(scope, size))
        self.assertEqual(as_then, there)
        self.assertFalse(self.alice.call("Registry.UnyankRelease", name="alice/y@1")["yanked"])
        self.refused("FAILED_PRECONDITION", "NOT_YANKED", "Registry.UnyankRelease", name="alice/y@1")
        self.assertEqual(self.count(scope)["counted"], there["counted"])
        self.assertEqual(self.model("alice/y")["findings"], [])
        entries = b"".join(self.anyone.entries(size))
        self.assertNotIn(b"wrong weights", entries)  # free text lies outside the log

    def test_a_new_release_makes_it_stand_again(self):
        self.register("alice/stands", SKT)
        self.alice.call("Registry.YankRelease", name="alice/stands@1", reason="x")
        self.release("alice/stands", version="2")
        model = self.model("alice/stands")
        self.assertEqual((model["yanked"], model["release"]["version"]), (False, "2"))

    def test_what_cannot_be_yanked(self):
        call = "Registry.YankRelease"
        self.register("alice/keep", SKT)
        self.wrong(["name"], call, name="alice/keep", reason="x")
        self.wrong(["name", "reason"], call, name="alice/keep@", reason="")
        self.refused("NOT_FOUND", "RELEASE_NOT_FOUND", call, name="alice/keep@2", reason="x")
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", call, name="alice/nope@1", reason="x")
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", call, self.bob, name="alice/keep@1", reason="x")


class Adoption(Counted):
    """What an adoption does to lineage. Who may adopt, and what stands between: test_adoption.py."""
    CALL = "Registry.AdoptExternalModel"

    def adopt(self, external, model):
        """By two evaluators; the index of the `adopt` entry."""
        confirmed(self.eve, self.una, self.CALL, external=external, model=model, reason="the maker's own page")
        return self.size() - 1

    def test_roots_and_depth_run_through_it(self):
        outside = external("huggingface.co/Out/Side", "cd" * 20)
        child = self.register("alice/ad-child", SKT, outside)["release"]
        self.register("alice/ad-grandchild", "alice/ad-child")
        self.register("bob/inside", SOLAR, client=self.bob)
        size, earlier = self.size(), self.counted({"base_model": SOLAR})
        self.admin.call("Registry.VerifyPublisher", name="bob", evidence="domain")
        self.eve.call("Registry.SetNamespace", publisher="bob", organisation="huggingface.co/OUT", evidence="hub-file")
        size = self.size()
        reply = self.bob.call(self.CALL, external="huggingface.co/out/side", model="bob/inside")
        self.assertEqual((reply["children"], int(reply["log_index"]), reply["model"]["name"]), (1, size, "bob/inside"))
        self.assertEqual(self.roots("alice/ad-child"), {SKT: 1, SOLAR: 2})
        self.assertEqual(self.roots("alice/ad-grandchild"), {SKT: 2, SOLAR: 3})
        self.assertEqual(self.counted({"base_model": SOLAR}), earlier + 2)
        self.assertEqual(self.counted({"base_model": SOLAR}, size), earlier)
        self.assertEqual(self.model("alice/ad-child")["release"]["lineage_hash"], child["lineage_hash"])
        self.assertEqual(self.anyone.call("Registry.GetRelease", name="alice/ad-child")["statement"], child["statement"])
        pinned = [p for p in self.model("alice/ad-child")["release"]["parents"] if p["external"]]
        self.assertEqual([(p["name"], p["adopted_by"]) for p in pinned], [("huggingface.co/Out/Side", "bob/inside")])
        listed = self.anyone.call("Registry.ListDerivatives", model="bob/inside", transitive=True)["models"]
        self.assertEqual([m["name"] for m in listed], ["alice/ad-child", "alice/ad-grandchild"])
        self.refused("ALREADY_EXISTS", "ALREADY_ADOPTED", self.CALL, self.bob, external="huggingface.co/OUT/side",
                     model="bob/inside")
        # a child that comes later, and one whose only way to a base it is
        self.register("alice/ad-later", external("huggingface.co/OUT/SIDE"))
        self.assertEqual(self.roots("alice/ad-later"), {SOLAR: 2})

    def test_who_may(self):
        self.register("bob/who", SOLAR, client=self.bob)
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", self.CALL, self.alice, external="huggingface.co/w/h",
                     model="bob/who")
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", self.CALL, self.bob, external="huggingface.co/w/h", model="bob/nope")
        self.wrong(["external", "model"], self.CALL, external="w/h", model="x")
        evaluator = self.eve.call(self.CALL, external="huggingface.co/w/h", model="bob/who", reason="x")
        self.assertEqual((evaluator["children"], evaluator["log_index"]), (0, "0"))

    def test_cycles(self):
        loop = external("huggingface.co/lo/op")
        self.register("alice/loop-1", SKT, loop)
        self.register("alice/loop-2", "alice/loop-1")
        for model in ("alice/loop-1", "alice/loop-2"):
            for client in (self.alice, self.eve):
                self.refused("FAILED_PRECONDITION", "CYCLE", self.CALL, client, external="huggingface.co/LO/OP", model=model,
                             reason="x")
        self.register("alice/loop-0", SKT)
        self.adopt("huggingface.co/lo/op", "alice/loop-0")
        for parent, field in ((loop, "external"), (registered("alice/loop-1"), "registered"),
                              (registered("alice/loop-2"), "registered")):
            self.wrong(["release.parents[1].%s.name" % field], "Registry.PublishRelease",
                       release=derivative("alice/loop-0", SKT, parent, version="2"))
        # through two adoptions
        self.register("alice/ring-a", SKT, external("huggingface.co/ring/b"))
        self.register("alice/ring-b", SKT, external("huggingface.co/ring/a"))
        self.adopt("huggingface.co/ring/a", "alice/ring-a")
        self.refused("FAILED_PRECONDITION", "CYCLE", self.CALL, self.eve, external="huggingface.co/ring/b", model="alice/ring-b",
                     reason="x")
        self.assertEqual(self.roots("alice/ring-b"), {SKT: 1})
        # once the first has ended, the second closes no ring any more
        confirmed(self.eve, self.una, "Registry.UnadoptExternalModel", external="huggingface.co/ring/a", model="alice/ring-a",
                  reason="x")
        self.adopt("huggingface.co/ring/b", "alice/ring-b")
        self.refused("FAILED_PRECONDITION", "CYCLE", self.CALL, self.eve, external="huggingface.co/ring/a", model="alice/ring-a",
                     reason="x")


class Findings(Counted):
    def test_self_and_affiliate(self):
        team = person(self.admin, "upstage", ["team"], "upstage")
        self.register("upstage/Solar-own", SOLAR, client=team, license="LicenseRef-upstage-solar")
        self.assertEqual(self.kinds("upstage/Solar-own"), {("self", SOLAR)})
        self.register("nota-ai/Solar-nota", SOLAR, SKT, client=self.admin, license="LicenseRef-upstage-solar")
        self.assertEqual(self.kinds("nota-ai/Solar-nota"), {("affiliate", SOLAR)})
        count = self.count({"base_model": SOLAR})
        counted = self.anyone.call("Evaluation.ListCounted", scope={"base_model": SOLAR})["derivatives"]
        self.assertEqual([d["name"] for d in counted if not d["independent"]],
                         ["upstage/Solar-own", "nota-ai/Solar-nota"])
        self.assertEqual(int(count["independent"]), int(count["counted"]) - 2)

    def test_licences(self):
        self.register("alice/lc", EXAONE)
        self.assertIn(("license_conflict", ""), self.kinds("alice/lc"))
        self.register("alice/EXAONE-nc", EXAONE, license="LicenseRef-exaone-ai-model-1.2-nc")
        self.register("alice/EXAONE-lc2", "alice/EXAONE-nc", license="MIT")
        self.assertEqual(self.kinds("alice/EXAONE-lc2"), {("license_conflict", "")})
        self.assertEqual(self.kinds("alice/EXAONE-nc"), set())
        self.register("alice/lu", SKT, license="")
        self.assertEqual(self.model("alice/lu")["release"]["license"], "NOASSERTION")
        self.assertEqual(self.kinds("alice/lu"), {("license_unknown", "")})
        self.register("alice/lu2", "alice/lu", license="MIT")
        self.assertEqual(self.kinds("alice/lu2"), {("license_unknown", "")})
        self.register("alice/lref", SKT, license="licenseref-my-own")
        self.assertEqual(self.kinds("alice/lref"), {("license_unknown", "")})
        self.register("alice/nd", SKT, license="cc-by-nd-4.0")
        self.assertEqual(self.model("alice/nd")["release"]["license"], "CC-BY-ND-4.0")
        self.register("alice/of-nd", "alice/nd", license="CC-BY-ND-4.0")
        self.assertEqual(self.kinds("alice/of-nd"), {("license_conflict", "")})
        self.register("alice/or", SKT, license="mit or gpl-2.0-only")
        self.assertEqual(self.model("alice/or")["release"]["license"], "MIT OR GPL-2.0-only")

    def test_licences_are_compared_as_spdx_compares_them(self):
        """Identifiers in any case, whatever way the expression is written."""
        held = {"CC-BY-SA-4.0": "alice/case-sa", "ISC OR GPL-3.0-or-later": "alice/case-or", "LicenseRef-Case-Mine": "alice/case-ref"}
        for license, name in held.items():
            self.register(name, SKT, license=license)
        for asked, name in (("CC-BY-SA-4.0", "alice/case-sa"), ("cc-by-sa-4.0", "alice/case-sa"), ("Cc-By-Sa-4.0", "alice/case-sa"),
                            ("isc or gpl-3.0-OR-later", "alice/case-or"), ("(ISC) OR (GPL-3.0-or-later)", "alice/case-or"),
                            ("licenseref-case-mine", "alice/case-ref"), ("LicenseRef-CASE-MINE", "alice/case-ref"),
                            ("CC-BY-SA-4", None), ("ISC", None), ("OR ISC", None)):
            with self.subTest(asked):
                reply = self.anyone.call("Registry.ListModels", publisher="alice", license=asked)
                self.assertEqual([model["name"] for model in reply.get("models", [])], [name] if name else [])

    def test_naming(self):
        mine = dict(license="LicenseRef-k-exaone")
        self.register("alice/K-EXAONE-mine", K_EXAONE, **mine)
        self.assertEqual(self.kinds("alice/K-EXAONE-mine"), set())
        self.register("alice/k_exaone.mine", K_EXAONE, **mine)
        self.assertEqual(self.kinds("alice/k_exaone.mine"), {("naming_literal", K_EXAONE)})
        self.register("alice/my-exaone", K_EXAONE, SOLAR, **mine)
        self.assertEqual(self.kinds("alice/my-exaone"), {(k, r) for k in ("naming_literal", "naming_lenient")
                                                         for r in (K_EXAONE, SOLAR)})
        self.alice.call("Registry.RenameModel", name="alice/my-exaone", new_name="alice/K-EXAONE-yours")
        self.assertEqual(self.kinds("alice/K-EXAONE-yours"), {(k, SOLAR) for k in ("naming_literal", "naming_lenient")})

    def test_weights(self):
        weights = "5e" * 32
        self.register("alice/w1", SKT, weights_sha256=weights)
        self.register("bob/w2", SKT, client=self.bob, weights_sha256=weights)
        self.assertEqual(self.kinds("alice/w1"), set())
        self.assertEqual(self.kinds("bob/w2"), {("duplicate_weights", ""), ("contested", "")})
        for finding in self.model("bob/w2")["findings"]:
            self.assertIn("alice/w1", finding["text"])
        self.register("alice/w3", "alice/w1", weights_sha256=weights)  # whose own it is, contests nothing
        self.assertEqual(self.kinds("alice/w3"), {("duplicate_weights", ""), ("ancestor_weights", "")})

    def test_an_artifact_is_unverified_until_its_manifest_comes(self):
        manifest = Manifest({"model.safetensors": "art"})
        self.register("alice/art", SKT, **manifest.named)
        self.assertEqual(self.kinds("alice/art"), {("unverified_artifact", "")})
        blob = manifest.upload(self.alice)
        self.assertEqual((blob["sha256"], blob["weights_sha256"], int(blob["size"])),
                         (manifest.digest, manifest.weights, len(manifest.bytes)))
        self.assertEqual(self.kinds("alice/art"), set())
        self.wrong(["derivative.weights_sha256"], "Registry.RegisterDerivative",
                   derivative=derivative("alice/art2", SKT, artifact_sha256=manifest.digest, weights_sha256="aa" * 32))


if __name__ == "__main__":
    unittest.main()
