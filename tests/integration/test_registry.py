"""Registering, batches and releases, repeated requests and dry runs, as a client of the interface sees them."""
import hashlib
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import Case, Client, Failure, Shared, derivative, external, new_id, person, registered  # noqa: E402

RELATIONS = ("finetune", "adapter", "quantized", "merge", "distill", "convert", "prune", "draft")
SKT, SKT_2 = "skt/A.X-K1", "skt/A.X-K2"
SOLAR, EXAONE, K_EXAONE = "upstage/Solar-Open-100B", "LGAI-EXAONE/EXAONE-4.0-1.2B", "LGAI-EXAONE/K-EXAONE-236B-A23B"
MOTIF = "Motif-Technologies/Motif-3"


def setUpModule():
    Shared.open()


class Registering(Shared):
    def test_every_relation_stands_in_statement_and_log(self):
        base = self.model(SKT)["release"]
        for relation in RELATIONS:
            reply = self.register("alice/r-" + relation, SKT, relation=relation)
            release = reply["release"]
            self.assertEqual(release["relation"], "RELATION_" + relation.upper())
            self.assertEqual(hashlib.sha256(release["statement"].encode()).hexdigest(), release["lineage_hash"])
            self.assertEqual(release["statement"],
                             "jokbo/lineage/v1\nmodel alice/r-%s\nrelease 1\nrelation %s\nlicense Apache-2.0\n"
                             "license-text none\nartifact none\nweights none\nparent %s %s@initial\n"
                             % (relation, relation, base["lineage_hash"], SKT))
            self.assertEqual(reply["log_index"], reply["model"]["log_index"])
            self.assertEqual(int(reply["log_size"]), int(reply["log_index"]) + 1)
            self.assertEqual(reply["model"]["roots"], [{"name": SKT, "team": "sk-telecom", "depth": 1, "adopted": False,
                                                         "grade": "GRADE_UNSPECIFIED"}])
            entry = self.anyone.entries(int(reply["log_index"]), int(reply["log_size"]))
            self.assertEqual(len(entry), 1)
            self.assertIn(b"\nmodel alice/r-%s\n" % relation.encode(), entry[0])

    def test_several_parents_roots_and_depths(self):
        self.register("alice/deep-1", SKT)
        self.register("alice/deep-2", "alice/deep-1")
        self.register("alice/merged", "alice/deep-2", SOLAR, external("huggingface.co/some/one", "ab" * 20), SKT,
                      relation="merge")
        self.assertEqual(self.roots("alice/merged"), {SKT: 1, SOLAR: 1})
        self.register("alice/merged-child", "alice/merged")
        self.assertEqual(self.roots("alice/merged-child"), {SKT: 2, SOLAR: 2})
        parents = self.model("alice/merged")["release"]["parents"]
        self.assertEqual([p["lineage_hash"] for p in parents], sorted(p["lineage_hash"] for p in parents))
        outside = [p for p in parents if p["external"]]
        self.assertEqual([(p["name"], p["version"], p["adopted_by"]) for p in outside],
                         [("huggingface.co/some/one", "ab" * 20, "")])
        statement = "jokbo/lineage/v1\nexternal huggingface.co/some/one\nrevision %s\n" % ("ab" * 20)
        self.assertEqual(outside[0]["lineage_hash"], hashlib.sha256(statement.encode()).hexdigest())

    def test_a_path_ends_at_the_first_base(self):
        self.register("alice/of-solar", "upstage/SOLAR-10.7B-Instruct-v1.0")
        self.assertEqual(self.roots("alice/of-solar"), {"upstage/SOLAR-10.7B-Instruct-v1.0": 1})

    def test_names_are_kept_as_written_and_resolve_in_any_case(self):
        reply = self.register("ALICE/CamelCase", "SKT/a.x-k1")
        self.assertEqual(reply["model"]["name"], "alice/CamelCase")
        self.assertEqual(reply["release"]["parents"][0]["name"], SKT)
        self.assertEqual(self.model("Alice/CAMELcase")["log_index"], reply["log_index"])

    def test_parent_pinned_by_version_and_by_hash(self):
        first = self.register("alice/pin", SKT)["release"]["lineage_hash"]
        second = self.release("alice/pin", version="2")["release"]["lineage_hash"]
        self.assertNotEqual(first, second)
        for name, parent, wanted in (("by-default", "alice/pin", second), ("by-version", "alice/pin@1", first),
                                     ("by-hash", registered("alice/pin", first), first),
                                     ("by-both", registered("alice/pin@2", second), second)):
            pinned = self.register("alice/" + name, parent)["release"]["parents"]
            self.assertEqual([p["lineage_hash"] for p in pinned], [wanted], name)
        field = "derivative.parents[0].registered.lineage_hash"
        for parent in (registered("alice/pin@2", first), registered("alice/pin", "ab" * 32)):
            failure = self.wrong([field], "Registry.RegisterDerivative", derivative=derivative("alice/bad-pin", parent))
            self.assertIn(second, failure.fields[field])

    def test_missing_parents_name_the_nearest(self):
        field = "derivative.parents[0].registered.name"
        failure = self.wrong([field], "Registry.RegisterDerivative", derivative=derivative("alice/x", "skt/A.X-K11"))
        self.assertIn(SKT, failure.fields[field])
        failure = self.wrong([field], "Registry.RegisterDerivative", derivative=derivative("alice/x", SKT + "@2.0"))
        self.assertIn("2.0", failure.fields[field])

    def test_the_same_parent_twice(self):
        call = "Registry.RegisterDerivative"
        hash_ = self.model(SKT)["release"]["lineage_hash"]
        for parents in ([SKT, "SKT/A.x-k1"], [SKT, SKT + "@INITIAL"], [SKT, registered(SKT, hash_)]):
            self.wrong(["derivative.parents[1].kind"], call, derivative=derivative("alice/x", *parents))
        self.wrong(["derivative.parents[2].kind"], call, derivative=derivative(
            "alice/x", external("huggingface.co/a/b"), SKT, external("huggingface.co/A/B")))
        self.register("alice/two-revisions", SKT, external("huggingface.co/a/b", "ab" * 20),
                      external("huggingface.co/a/b"))

    def test_parents_that_are_none(self):
        call, at = "Registry.RegisterDerivative", "derivative.parents[0]."
        self.wrong([at + "kind"], call, derivative=derivative("alice/x", {}))
        self.wrong(["derivative.parents"], call, derivative=derivative("alice/x"))
        for path in ("./out", "/data/model", "../m/x", "~/m", "C:\\models", "file:///m"):
            self.assertIn("disk", self.wrong([at + "registered.name"], call,
                                             derivative=derivative("alice/x", path)).fields[at + "registered.name"])
        self.wrong([at + "external.name"], call, derivative=derivative("alice/x", external("/data/model")))
        for name in ("huggingface.co", "huggingface.co/", "HuggingFace.co/a/b", "nodots/a/b", "huggingface.co/a b",
                     "huggingface.co/a@b",
                     "huggingface.co/a/../b", "huggingface.co/%zz", "huggingface.co/" + "a" * 500):
            self.wrong([at + "external.name"], call, derivative=derivative("alice/x", external(name), SKT))
        for revision in ("main", "a" * 39, "A" * 40, "a" * 63):
            self.wrong([at + "external.revision"], call,
                       derivative=derivative("alice/x", external("huggingface.co/a/b", revision), SKT))

    def test_64_parents_and_not_65(self):
        parents = [external("huggingface.co/p/%d" % i) for i in range(63)] + [SKT]
        self.assertEqual(len(self.register("alice/many", *parents)["release"]["parents"]), 64)
        self.wrong(["derivative.parents"], "Registry.RegisterDerivative",
                   derivative=derivative("alice/x", *parents, external("huggingface.co/p/64")))

    def test_every_mistake_at_once(self):
        declared = derivative("alice/-x", "skt/nothing-here", external("huggingface.co/a b"), version=" 1",
                              license="Apache-2.O",
                              artifact_sha256="AB" * 32, weights_sha256="ab", license_text_sha256="0" * 63)
        at = "derivative."
        failure = self.wrong([at + f for f in ("name", "version", "license", "artifact_sha256", "weights_sha256",
                                               "license_text_sha256",
                              "parents[0].registered.name",
                              "parents[1].external.name")], "Registry.RegisterDerivative", derivative=declared)
        self.assertIn("-x", failure.fields["derivative.name"])
        self.wrong([at + "relation", at + "parents"], "Registry.RegisterDerivative",
                   derivative=derivative("alice/x", relation=None))
        self.wrong(["derivative"], "Registry.RegisterDerivative")
        unknown = derivative("alice/x", SKT)
        unknown["relation"] = 9
        self.assertIn("9", self.wrong([at + "relation"], "Registry.RegisterDerivative",
                                      derivative=unknown).fields[at + "relation"])

    def test_an_unknown_enum_hides_nothing(self):
        """Told with all other mistakes, and by itself a refusal too, of whatever kind the call is."""
        self.wrong(["derivative." + field for field in ("name", "version", "relation", "license", "artifact_sha256", "parents")],
                   "Registry.RegisterDerivative", derivative={"name": "x", "version": "v 1", "relation": 99,
                                                              "license": "Apache-2", "artifact_sha256": "zz"})
        self.wrong(["derivative.relation"], "Registry.RegisterDerivative",
                   derivative=dict(derivative("alice/unknown-enum", SKT), relation=99))
        self.wrong(["relation", "license_class", "after_log_index"], "Registry.ListModels", self.anyone, relation=99,
                   license_class=88, after_log_index=-1)
        self.wrong(["relation"], "Registry.ListModels", self.anyone, relation=99)
        self.wrong(["group_by[1]", "page_size"], "Evaluation.CountDerivatives", self.anyone, scope={"all": True},
                   group_by=["GROUPING_LICENSE", 99], page_size=-1)
        self.wrong(["direction"], "Registry.GetLineage", self.anyone, name=SKT, direction=99)
        self.wrong(["direction"], "Registry.GetLineage", self.anyone, name="alice/none", direction=99)
        self.wrong(["scopes[0]"], "Access.CreateToken", self.alice, scopes=[99])

    def test_no_path_to_a_base(self):
        failure = self.refused("FAILED_PRECONDITION", "NO_PATH_TO_BASE", "Registry.RegisterDerivative",
                               derivative=derivative("alice/x", external("huggingface.co/upstage/Solar-Open-100"),
                                                     external("huggingface.co/q/w")))
        found = {v["subject"] if "subject" in v else v["field"]: v["description"]
                 for d in ("PreconditionFailure",
                           "BadRequest") for v in failure.details.get(d, {}).get("violations", []) +
                 failure.details.get(d, {}).get("field_violations", [])}
        self.assertEqual(sorted(found), ["derivative.parents[0].external.name", "derivative.parents[1].external.name"])
        self.assertIn(SOLAR, found["derivative.parents[0].external.name"])

    def test_a_registered_model_is_no_external_parent(self):
        field = "derivative.parents[0].external.name"
        failure = self.wrong([field], "Registry.RegisterDerivative",
                             derivative=derivative("alice/x", external("huggingface.co/SKT/A.X-K1")))
        self.assertIn(SKT, failure.fields[field])

    def test_no_model_is_its_own_parent(self):
        at = "derivative.parents[0]."
        self.wrong([at + "registered.name"], "Registry.RegisterDerivative",
                   derivative=derivative("alice/itself", "ALICE/Itself"))
        self.wrong([at + "external.name"], "Registry.RegisterDerivative",
                   derivative=derivative("alice/itself", external("huggingface.co/Alice/Itself"), SKT))
        self.register("alice/own", SKT)
        for parent in ("alice/own", "alice/own@1", "alice/OWN"):
            self.wrong(["release.parents[0].registered.name"], "Registry.PublishRelease",
                       release=derivative("alice/own", parent, version="2"))

    def test_cycles(self):
        self.register("alice/c1", SKT)
        self.register("alice/c2", "alice/c1")
        self.register("alice/c3", "alice/c2")
        failure = self.wrong(["release.parents[1].registered.name"], "Registry.PublishRelease",
                             release=derivative("alice/c1", SKT, "alice/c3", version="2", relation="merge"))
        self.assertIn("cycle", failure.fields["release.parents[1].registered.name"])
        self.release("alice/c1", version="2")

    def test_the_identical_statement(self):
        weights = "1a" * 32
        first = self.register("alice/same", SKT, weights_sha256=weights)
        self.release("alice/same", version="2")
        failure = self.refused("ALREADY_EXISTS", "STATEMENT_EXISTS", "Registry.RegisterDerivative",
                               derivative=derivative("alice/same", SKT, weights_sha256=weights))
        self.assertEqual(failure.metadata["log_index"], first["log_index"])
        self.assertEqual(failure.metadata["lineage_hash"], first["release"]["lineage_hash"])
        for name in ("alice/same", "alice/SAME"):
            self.refused("ALREADY_EXISTS", "NAME_TAKEN", "Registry.RegisterDerivative", derivative=derivative(name, SKT))

    def test_publishers_that_are_not_there_or_not_ours(self):
        self.refused("NOT_FOUND", "PUBLISHER_NOT_FOUND", "Registry.RegisterDerivative",
                     derivative=derivative("carol/x", SKT))
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Registry.RegisterDerivative",
                     derivative=derivative("bob/x", SKT))
        self.assertEqual(self.model(SKT)["name"], SKT)  # the connection goes on

    def test_a_registrar_enters_publishers_as_it_goes(self):
        before = self.size()
        reply = self.register("someone-new/model", SKT, client=self.admin)
        self.assertEqual((int(reply["log_index"]), int(reply["log_size"])), (before + 1, before + 2))
        self.assertFalse(self.anyone.call("Registry.GetPublisher", name="someone-new")["claimed"])
        self.refused("FAILED_PRECONDITION", "NAME_RESERVED", "Registry.RegisterDerivative", self.admin,
                     derivative=derivative("up.stage/x", SKT))


class Batches(Shared):
    CALL = "Registry.BatchRegisterDerivatives"

    def test_children_name_earlier_items(self):
        before = self.size()
        items = [derivative("alice/b%d" % i, "alice/b%d" % (i - 1) if i else SKT) for i in range(40)]
        reply = self.alice.call(self.CALL, derivatives=items)
        self.assertEqual([int(r["log_index"]) for r in reply["registrations"]], list(range(before, before + 40)))
        self.assertEqual([r["name"] for r in reply["registrations"]], ["alice/b%d" % i for i in range(40)])
        self.assertEqual(int(reply["log_size"]), before + 40)
        self.assertEqual(self.roots("alice/b39"), {SKT: 40})
        times = {e.split(b"\ntime ")[1].split(b"\n")[0] if b"\ntime " in e else e.split(b"\n")[2]
                 for e in self.anyone.entries(before, before + 40)}
        self.assertEqual(len(times), 1)

    def test_all_or_none_and_every_mistake(self):
        items = [derivative("alice/good-one", SKT), derivative("alice/bad", "skt/none"),
                 derivative("alice/good-one", SKT, version="2"),
                 derivative("alice/later", "alice/latest"), derivative("alice/latest", SKT), derivative("carol/c", SKT)]
        parent = "derivatives[%d].parents[0].registered.name"
        self.wrong([parent % 1, "derivatives[2]", parent % 3, "derivatives[5]"], self.CALL, derivatives=items)
        items = [derivative("alice/good-one", SKT), derivative("alice/bad", "skt/none", "skt/a b"),
                 derivative("alice/later", "alice/latest"),
                 derivative("alice/latest", SKT), derivative("alice/v", SKT, version="?"),
                 derivative("alice/l", SKT, license="Foo")]
        self.wrong([parent % 1, "derivatives[1].parents[1].registered.name", parent % 2, "derivatives[4].version",
                    "derivatives[5].license"],
                   self.CALL, derivatives=items)
        for name in ("good-one", "latest"):
            with self.assertRaises(Failure) as caught:
                self.model("alice/" + name)
            self.assertEqual(caught.exception.code, "NOT_FOUND")

    def test_a_child_of_a_wrong_item_is_not_blamed(self):
        self.wrong(["derivatives[0].license"], self.CALL,
                   derivatives=[derivative("alice/wp", SKT, license="Foo"), derivative("alice/wc", "alice/wp")])
        self.wrong(["derivatives[0].parents[0].registered.name"], self.CALL,
                   derivatives=[derivative("alice/wp", "skt/none"), derivative("alice/wc", "alice/WP")])

    def test_one_common_failure_keeps_its_code(self):
        items = [derivative("alice/again-%d" % i, SKT) for i in range(3)]
        first = self.alice.call(self.CALL, derivatives=items)["registrations"]
        failure = self.refused("ALREADY_EXISTS", "STATEMENT_EXISTS", self.CALL, derivatives=items)
        self.assertEqual(failure.metadata["log_index"], first[0]["log_index"])
        outside = external("huggingface.co/no/path")
        self.refused("FAILED_PRECONDITION", "NO_PATH_TO_BASE", self.CALL,
                     derivatives=[derivative("alice/n%d" % i, outside) for i in range(2)])
        self.refused("NOT_FOUND", "PUBLISHER_NOT_FOUND", self.CALL,
                     derivatives=[derivative("carol/n%d" % i, SKT) for i in range(2)])
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", self.CALL,
                     derivatives=[derivative("alice/n1", SKT), derivative("bob/n1", SKT)])

    def test_cycles_and_selves_inside(self):
        self.wrong(["derivatives[0].parents[0].registered.name"], self.CALL,
                   derivatives=[derivative("alice/s", "alice/s")])

    def test_a_registrars_indexes_are_contiguous(self):
        items = [derivative("fresh-%d/m" % (i % 3), SKT, version="1")
                 for i in range(3)] + [derivative("fresh-0/n", "fresh-2/m")]
        reply = self.admin.call(self.CALL, derivatives=items)
        indexes = [int(r["log_index"]) for r in reply["registrations"]]
        self.assertEqual(indexes, list(range(indexes[0], indexes[0] + 4)))
        self.assertEqual(int(reply["log_size"]), indexes[-1] + 1)

    def test_findings_come_along(self):
        reply = self.alice.call(self.CALL, derivatives=[derivative("alice/bf", EXAONE)])
        self.assertEqual({f["kind"] for f in reply["registrations"][0]["findings"]},
                         {"FINDING_KIND_LICENSE_CONFLICT", "FINDING_KIND_NAMING_LITERAL", "FINDING_KIND_NAMING_LENIENT"})


class Releases(Shared):
    CALL = "Registry.PublishRelease"

    def counted(self, base, size=None):
        as_of = {} if size is None else {"as_of": {"log_size": size}}
        return int(self.anyone.call("Evaluation.CountDerivatives", scope={"base_model": base}, **as_of)["counted"])

    def test_what_is_left_out_is_inherited(self):
        self.register("alice/rel", SKT, external("huggingface.co/later/registered"), relation="merge")
        reply = self.release("alice/rel", version="2", license="MIT")
        self.assertEqual(reply["release"]["relation"], "RELATION_MERGE")
        self.assertEqual(reply["release"]["license"], "MIT")
        self.assertEqual(reply["model"]["release_count"], 2)
        first = self.anyone.call("Registry.GetRelease", name="alice/rel@1")
        self.assertEqual(first["parents"], reply["release"]["parents"])
        # a parent's later release, its yank, or a model of the external's name change nothing of what is inherited
        self.register("later/registered", SKT, client=self.admin)
        third = self.release("alice/rel", version="3", license="MIT")["release"]
        self.assertEqual([p["lineage_hash"] for p in third["parents"]], [p["lineage_hash"] for p in first["parents"]])
        listed = self.anyone.call("Registry.ListReleases", model="alice/rel")
        self.assertEqual([r["version"] for r in listed["releases"]], ["1", "2", "3"])
        self.assertEqual(listed["total_size"], 3)

    def test_an_inherited_parent_may_be_yanked(self):
        self.register("alice/parent", SKT)
        child = self.register("alice/child", "alice/parent")["release"]
        self.alice.call("Registry.YankRelease", name="alice/parent@1", reason="broken")
        again = self.release("alice/child", version="2")["release"]
        self.assertEqual(again["parents"], child["parents"])
        self.wrong(["derivative.parents[0].registered.name"], "Registry.RegisterDerivative",
                   derivative=derivative("alice/x", "alice/parent"))

    def test_the_newest_decides(self):
        self.register("alice/decides", SKT)
        size = self.size()
        self.release("alice/decides", version="0.1", relation="RELATION_QUANTIZED", license="MIT",
                     parents=[registered(SOLAR)])
        self.assertEqual(self.roots("alice/decides"), {SOLAR: 1})
        self.assertEqual(self.anyone.call("Registry.GetRelease", name="alice/decides")["version"], "0.1")
        before = self.counted(SKT, size)
        self.assertEqual(self.counted(SKT, size), before)
        self.assertEqual(self.counted(SKT), before - 1)
        self.alice.call("Registry.YankRelease", name="alice/decides@0.1", reason="wrong parent")
        self.assertEqual(self.roots("alice/decides"), {SKT: 1})
        self.assertEqual(self.counted(SKT), before)

    def test_versions_and_repeats(self):
        self.register("alice/ver", SKT, version="v1.0-RC")
        exact = dict(name="alice/ver", version="v1.0-RC", license="Apache-2.0")
        failure = self.refused("ALREADY_EXISTS", "STATEMENT_EXISTS", self.CALL, release=exact)
        self.assertEqual(failure.metadata["log_index"], self.model("alice/ver")["log_index"])
        for version in ("v1.0-RC", "V1.0-rc"):
            self.refused("ALREADY_EXISTS", "VERSION_TAKEN", self.CALL,
                         release=dict(name="alice/ver", version=version, license="MIT"))
        self.alice.call("Registry.YankRelease", name="alice/ver@v1.0-RC", reason="x")
        self.refused("ALREADY_EXISTS", "VERSION_TAKEN", self.CALL,
                     release=dict(name="alice/ver", version="V1.0-RC", license="MIT"))
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", self.CALL, release=dict(name="alice/none", version="2"))
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", self.CALL, self.bob,
                     release=dict(name="alice/ver", version="2"))
        self.wrong(["release"], self.CALL)
        self.assertEqual(self.anyone.call("Registry.GetRelease", name="alice/ver@V1.0-rc")["version"], "v1.0-RC")

    def test_a_base_models_releases_are_its_teams(self):
        team = person(self.admin, "motif", ["team"], "motif")
        rival = person(self.admin, "skt", ["team"], "sk-telecom")
        for client in (self.alice, rival, self.admin):
            self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", self.CALL, client, release=dict(name=MOTIF, version="1.1"))
        reply = self.release(MOTIF, team, version="1.1", license="Apache-2.0", weights_sha256="77" * 32)
        self.assertEqual(reply["release"]["relation"], "RELATION_UNSPECIFIED")
        self.assertEqual(reply["release"]["parents"], [])
        self.assertIn(b"actor team motif", self.anyone.entries(int(reply["log_index"]), int(reply["log_size"]))[0])
        self.wrong(["release.parents"], self.CALL, team, release=dict(name=MOTIF, version="1.2",
                                                                      parents=[registered(SKT)]))
        self.wrong(["release.relation"], self.CALL, team,
                   release=dict(name=MOTIF, version="1.2", relation="RELATION_FINETUNE"))
        self.wrong(["release.parents", "release.relation"], self.CALL, team,
                   release=dict(name=MOTIF, version="1.2", relation="RELATION_FINETUNE", parents=[registered(SKT)]))
        child = self.register("alice/motif-child", registered(MOTIF), weights_sha256="77" * 32)
        self.assertEqual([p["version"] for p in child["release"]["parents"]], ["1.1"])
        self.assertIn(("ancestor_weights", ""), self.kinds("alice/motif-child"))


class Requests(Shared):
    def test_the_same_request_gives_the_same_reply(self):
        request = dict(derivative=derivative("alice/req", SKT), request_id=new_id())
        first = self.alice.call("Registry.RegisterDerivative", **request)
        size = self.size()
        self.alice.call("Registry.PublishRelease", release=dict(name="alice/req", version="2"))
        self.assertEqual(self.alice.call("Registry.RegisterDerivative", **request), first)
        self.assertEqual(self.size(), size + 1)
        used = request["request_id"]
        failure = self.refused("INVALID_ARGUMENT", "REQUEST_ID_REUSED", "Registry.RegisterDerivative", None,
                               ["request_id"],
                               derivative=derivative("alice/req-2", SKT), request_id=used)
        self.assertIn("request", failure.message)
        self.refused("INVALID_ARGUMENT", "REQUEST_ID_REUSED", "Registry.YankRelease", None, ["request_id"],
                     name="alice/req@2", reason="x", request_id=used)
        # another account's request_id is its own
        bobs = self.bob.call("Registry.RegisterDerivative", derivative=derivative("bob/req", SKT), request_id=used)
        self.assertEqual(bobs["model"]["name"], "bob/req")

    def test_failed_and_dry_calls_use_no_request_id_up(self):
        used = new_id()
        with self.assertRaises(Failure):
            self.alice.call("Registry.RegisterDerivative", derivative=derivative("alice/f", "skt/none"), request_id=used)
        self.alice.call("Registry.RegisterDerivative", derivative=derivative("alice/f", SKT), request_id=used,
                        validate_only=True)
        self.alice.call("Registry.RegisterDerivative", derivative=derivative("alice/f", SKT), request_id=used)

    def test_what_is_no_request_id(self):
        for text in ("1", "0" * 8 + "-0000-0000-0000-" + "0" * 12, new_id() + "0", new_id().replace("-", "_")):
            self.wrong(["request_id"], "Registry.RegisterDerivative", derivative=derivative("alice/x", SKT),
                       request_id=text)

    def test_it_outlives_a_restart(self):
        calls = [("Registry.RegisterDerivative", dict(derivative=derivative("alice/re-%d" % i, SKT), request_id=new_id()))
                 for i in range(3)]
        calls.append(("Registry.CreatePublisher", dict(name="alice-2", request_id=new_id())))
        calls.append(("Registry.BatchRegisterDerivatives", dict(derivatives=[derivative("alice/re-b", SKT)],
                                                                request_id=new_id())))
        calls.append(("Registry.YankRelease", dict(name="alice/re-0@1", reason="x", request_id=new_id())))
        replies = [self.alice.call(method, **fields) for method, fields in calls]
        counts = self.anyone.call("Evaluation.ListCounts")
        size = self.size()
        self.assertEqual(Case.server.stop(), 0)
        Case.server.start()
        tokens = {name: getattr(Case, name).token for name in ("admin", "alice", "bob", "anyone")}
        for name, token in tokens.items():
            account = getattr(getattr(Case, name), "account", None)
            setattr(Case, name, Client(Case.server.address, token))
            getattr(Case, name).account = account
        self.assertEqual(self.size(), size)
        for (method, fields), reply in zip(calls, replies):
            self.assertEqual(self.alice.call(method, **fields), reply, method)
        self.assertEqual(self.size(), size)
        self.assertEqual(self.anyone.call("Evaluation.ListCounts"), counts)


class ValidateOnly(Shared):
    def dry(self, method, client=None, **fields):
        size = self.size()
        reply = (client or self.alice).call(method, validate_only=True, **fields)
        self.assertEqual(self.size(), size, method)
        return reply

    def test_it_says_what_would_be_and_writes_nothing(self):
        declared = derivative("alice/dry", EXAONE)
        reply = self.dry("Registry.RegisterDerivative", derivative=declared)
        self.assertEqual([reply["log_index"], reply["log_size"], reply["model"]["log_index"],
                          reply["release"]["log_index"]], ["0"] * 4)
        self.assertIn("FINDING_KIND_LICENSE_CONFLICT", {f["kind"] for f in reply["model"]["findings"]})
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", "Registry.GetModel", name="alice/dry")
        real = self.alice.call("Registry.RegisterDerivative", derivative=declared)
        self.assertEqual(real["release"]["lineage_hash"], reply["release"]["lineage_hash"])
        self.assertEqual(real["model"]["roots"], reply["model"]["roots"])
        self.assertEqual(real["model"]["findings"], reply["model"]["findings"])
        second = self.dry("Registry.PublishRelease", release=dict(name="alice/dry", version="2"))
        self.assertEqual((second["release"]["log_index"], second["model"]["log_index"], second["model"]["release_count"]),
                         ("0", real["log_index"], 2))
        self.assertEqual(self.model("alice/dry")["release_count"], 1)

    def test_every_write(self):
        self.register("alice/dry-w", SKT)
        batch = self.dry("Registry.BatchRegisterDerivatives",
                         derivatives=[derivative("alice/d1", SKT), derivative("alice/d2", "alice/d1")])
        self.assertEqual([r["log_index"] for r in batch["registrations"]] + [batch["log_size"]], ["0"] * 3)
        self.assertTrue(self.dry("Registry.YankRelease", name="alice/dry-w@1", reason="x")["yanked"])
        self.assertFalse(self.model("alice/dry-w")["yanked"])
        self.assertEqual(self.dry("Registry.RenameModel", name="alice/dry-w", new_name="alice/dry-x")["name"],
                         "alice/dry-x")
        self.assertEqual(self.dry("Registry.TransferModel", self.admin, name="alice/dry-w", new_name="bob/dry-x")["name"],
                         "bob/dry-x")
        self.assertEqual(self.model("alice/dry-w")["name"], "alice/dry-w")
        evaluator = person(self.admin, "evaluator", ["evaluator"], scopes=["models", "roster"])
        adopted = self.dry("Registry.AdoptExternalModel", evaluator, external="huggingface.co/dr/y", model="alice/dry-w", reason="x")
        self.assertEqual((adopted["log_index"], adopted["ruling"]), ("0", "0"))
        space = self.dry("Registry.SetNamespace", evaluator, publisher="alice", organisation="huggingface.co/dr", evidence="letter")
        self.assertEqual((space["log_index"], space["held"]), ("0", True))
        self.assertEqual(self.anyone.call("Registry.ListNamespaces")["namespaces"], [])
        self.assertEqual(self.dry("Registry.CreatePublisher", name="dry-publisher")["log_index"], "0")
        self.assertTrue(self.dry("Registry.VerifyPublisher", self.admin, name="alice", evidence="domain")["verified"])
        roster = self.dry("Registry.ApplyRoster", self.admin,
                          licenses=[dict(license="MIT-0", commercial=4, derivatives=4, redistribution=4)])
        self.assertEqual((len(roster["changes"]), roster["first_log_index"], roster["log_size"]), (1, "0", "0"))
        for method, name in (("Registry.GetPublisher", "dry-publisher"), ("Registry.GetModel", "alice/dry-x"),
                             ("Registry.GetModel", "alice/d1")):
            self.refused("NOT_FOUND", method.split("Get")[1].upper() + "_NOT_FOUND", method, name=name)
        self.assertFalse(self.anyone.call("Registry.GetPublisher", name="alice")["verified"])

    def test_mistakes_show_as_in_earnest(self):
        self.wrong(["derivative.parents[0].registered.name"], "Registry.RegisterDerivative",
                   derivative=derivative("alice/x", "skt/none"), validate_only=True)
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Registry.RegisterDerivative",
                     derivative=derivative("bob/x", SKT), validate_only=True)


if __name__ == "__main__":
    unittest.main()
