"""Counts under a rule: every count, list and explanation against tests/recount_policy.py over the same log's entries, at the present
and as of earlier sizes and times, over gRPC and on the command line; watches; what follows from verifications and affiliations;
and what must never change."""
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import grpc

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(HERE, "..")]
import jokbo  # noqa: E402
import recount  # noqa: E402
import recount_policy  # noqa: E402
import ruled  # noqa: E402
from google.protobuf import json_format  # noqa: E402
from jokbo import Case, Failure, Manifest, Server, Shared, derivative, external, person  # noqa: E402
from public import published  # noqa: E402
from recount_policy import REASONS  # noqa: E402
from ruled import kind_of, reason_of, text_of, told, word  # noqa: E402

READY = ("hub-like", "direct", "independent", "open-source", "strict", "competition", "census", "evidence")
SKT, SKT_2, A4 = "skt/A.X-K1", "skt/A.X-K2", "skt/A.X-4.0"
SOLAR, EXAONE = "upstage/Solar-Open-100B", "LGAI-EXAONE/EXAONE-4.0-1.2B"
HARSH = """jokbo/policy/v1
name harsh
version 1
rules 1
late on
yanked on
excluded on
not-participating on
not-programme on
foreign-base on unknown-fails
relation on finetune adapter merge quantized
depth on 2
self on
affiliate on
no-artifact on
no-license-text on
license-not-open on commercial YES
license-conflict on
naming on literal
unverified on
duplicate on
cap on 2
"""
SECOND = HARSH.replace("harsh", "second").replace("rules 1", "rules 2")  # every reason of rule set 2 that there is
for line, more in (("yanked on", "\ngone off"), ("unknown-fails", "\nadopted-path on"), ("no-artifact on", " held"), ("YES", " unknown fail"),
                   ("unverified on", "\nunattested off\nevidence off"), ("duplicate on", "\nnear-duplicate off")):
    SECOND = SECOND.replace(line, line + more)
WHOLE = {"artifact_sha256": "aa" * 32, "license_text_sha256": "bb" * 32}


def grouping_of(text):
    return "GROUPING_" + text.upper().replace("-", "_")


def setUpModule():
    Rules.open()


class Rules(Shared):
    options = ("--four-eyes", "off", "--writes-per-day", "100000")
    STAGE = {"id": "one", "title": "One", "title_ko": "하나", "open_time": "2090-01-01T00:00:00Z",
             "cutoff_time": "2090-02-01T00:00:00Z", "policy": "harsh", "teams": ["sk-telecom", "upstage"], "source": "invented"}
    RULES = [{"policy": name} for name in (*READY, "harsh", "second")] + [{"stage": "one"}]

    @classmethod
    def open(cls):
        Case.options = cls.options
        Shared.open()
        Case.eve = person(Case.admin, "eve", ["evaluator"], scopes=["models", "roster"])
        for name in READY:
            Case.eve.call("Stages.RecordPolicy", text=text_of(name))
        Case.eve.call("Stages.RecordPolicy", text=HARSH)
        Case.eve.call("Stages.RecordPolicy", text=SECOND)
        Case.eve.call("Stages.PutStage", stage=cls.STAGE)
        Case.known = []  # the log's entries
        cls.write()

    @classmethod
    def add(cls, name, *parents, client=None, whole=True, **facts):
        facts = dict(WHOLE if whole else {}, **facts)
        given = [external(p) if p.count("/") > 1 else p for p in parents]
        (client or Case.alice).call("Registry.RegisterDerivative", derivative=derivative(name, *given, **facts))
        return name

    @classmethod
    def write(cls):
        """Something for each reason, and merges that stand for one root and not for another."""
        add, alice, bob, admin = cls.add, Case.alice, Case.bob, Case.admin
        for name in ("alice", "bob"):
            admin.call("Registry.VerifyPublisher", name=name, evidence="domain")
        Case.carol = person(admin, "carol")
        for name in ("carol", "own-lab", "partner"):
            Case.carol.call("Registry.CreatePublisher", name=name)
        add("alice/first", SKT, weights_sha256="11" * 32)
        add("bob/second", SKT, weights_sha256="11" * 32, client=bob)
        add("bob/third", SOLAR, weights_sha256="11" * 32, client=bob)
        add("bob/copy", "alice/first", weights_sha256="11" * 32, client=bob)
        add("alice/gone", SKT)
        alice.call("Registry.YankRelease", name="alice/gone@1", reason="x")
        add("alice/spam", SKT)
        Case.eve.call("Stages.Rule", model="alice/spam", reason="spam")
        add("alice/pardoned", SKT)
        Case.eve.call("Stages.Rule", model="alice/pardoned", reason="spam")
        Case.eve.call("Stages.Rule", model="alice/pardoned", reason="a mistake", restore=True)
        add("alice/old-base", A4)
        add("bob/distilled", SKT, relation="distill", client=bob)
        add("bob/deep-2", "bob/second", client=bob)
        add("bob/deep-3", "bob/deep-2", client=bob)
        add("bob/bare", SKT, client=bob, whole=False)
        add("alice/nc", SKT, license="CC-BY-NC-4.0")
        add("alice/of-nc", "alice/nc")
        add("alice/none", SKT, license="NOASSERTION")
        add("bob/MyExaone", EXAONE, client=bob, license="LicenseRef-exaone-ai-model-1.2-nc")
        add("bob/solar-lower", SOLAR, client=bob)
        add("bob/Solar-good", SOLAR, client=bob)
        add("carol/plain", SKT, client=Case.carol)
        for i in range(4):
            add("carol/more-%d" % i, SKT_2, client=Case.carol, weights_sha256="%02d" % (20 + i) * 32)
        add("own-lab/tune", SKT, client=Case.carol)
        add("partner/quant", SKT, SOLAR, client=Case.carol, relation="merge")
        add("alice/merged", SKT, EXAONE, relation="merge", license="LicenseRef-exaone-ai-model-1.2-nc")
        add("alice/Solar-merge", SOLAR, A4, relation="merge")
        team = next(t for t in Case.anyone.call("Registry.ListTeams")["teams"] if t["id"] == "sk-telecom")
        admin.call("Registry.ApplyRoster", operations=[{"institution": "Nota", "publisher": "partner"}], teams=[
            {k: team[k] for k in ("id", "name", "name_ko", "join_time")} |
            {"publishers": ["own-lab"], "affiliations": [{"institution": "Nota", "from_time": "2020-01-01T00:00:00Z"}]}])
        cls.write_second()

    @classmethod
    def hold(cls, name, *parents, manifest=None, **facts):
        """With a manifest that the registry holds, of its own where none is given."""
        manifest = manifest or Manifest({"model.safetensors": name})
        cls.add(name, *parents, **manifest.named, **facts)
        manifest.upload(facts.get("client") or Case.alice)
        return manifest

    @classmethod
    def write_second(cls):
        """Something for what rule set 2 alone knows: held manifests, equal artifacts and files, adoptions, rulings on pairs and origin."""
        bob, carol, eve = Case.bob, Case.carol, Case.eve
        shared = Manifest({"one.gguf": "one", "two.gguf": "two"})
        cls.hold("carol/held-early", SKT, manifest=shared, client=carol)
        cls.hold("bob/held-first", SKT, manifest=shared, client=bob)
        cls.hold("alice/held-same-files", SKT_2, manifest=Manifest({"1.gguf": "one", "2.gguf": "two"}, []))
        for number in range(3):
            cls.hold("alice/held-%d" % number, SKT)
        gone = cls.hold("alice/held-once", SKT)
        Case.admin.call("Registry.WithdrawBlob", sha256=gone.digest, reason="a mistake")
        cls.hold("alice/K-EXAONE-held-merge", SKT, SOLAR, relation="merge", license="LicenseRef-upstage-solar")
        eve.call("Stages.Rule", model="alice/K-EXAONE-held-merge", root=SOLAR, reason="not made from it")
        eve.call("Stages.Rule", model="bob/held-first", kind="RULING_KIND_ORIGIN", reason="trained there")
        cls.hold("alice/held-inside", SOLAR)
        cls.hold("bob/held-outside", SKT_2, "huggingface.co/o/ne", client=bob, relation="merge")
        eve.call("Registry.AdoptExternalModel", external="huggingface.co/o/ne", model="alice/held-inside", reason="its own page")
        cls.hold("bob/held-adopted", "huggingface.co/o/ne", client=bob)

    # ---- asking ----

    def count(self, scope, rule, **fields):
        return self.anyone.call("Evaluation.CountDerivatives", scope=scope, rule=rule, **fields)

    def now(self, scope, rule, **fields):
        """The count that holds for the whole log."""
        return self.count(scope, rule, min_log_size=self.size(), **fields)

    def listed(self, scope, rule, **fields):
        found, token = [], ""
        fields.setdefault("as_of", {"log_size": self.size()})
        while True:
            page = self.anyone.call("Evaluation.ListCounted", scope=scope, rule=rule, page_size=7, page_token=token, **fields)
            found += page["derivatives"]
            token = page["next_page_token"]
            if not token:
                self.assertEqual(page["total_size"], len(found))
                return found

    def explain(self, name, rule, **fields):
        fields.setdefault("as_of", {"log_size": self.size()})
        return self.anyone.call("Evaluation.ExplainStanding", name=name, rule=rule, **fields)

    @staticmethod
    def left_out(count):
        return {word(r["reason"]): int(r["count"]) for r in count["left_out"]}

    # ---- the recount ----

    def entries(self):
        size = self.size()
        if len(Case.known) < size:
            Case.known += self.anyone.entries(len(Case.known), size)
        return Case.known[:size]

    def folded(self, size):
        known = recount_policy.Fold()
        for entry in self.entries()[:size]:
            known.apply(entry)
        return known

    def recounts(self, size, rules):
        """A recount_policy.Standing for each rule. One that is recorded later is taken as it was first recorded."""
        latest, known = self.folded(self.size()), self.folded(size)
        counts, found = recount_policy.Counts(known), []
        for rule in rules:
            if "policy" in rule:
                found.append(recount_policy.Standing(counts, latest.find_policy(rule["policy"])))
            else:
                stage = known.stages.get(rule["stage"]) or recount.parse_entry(next(
                    e for e in self.entries() if b"\nkind stage\n" in e)).fields
                policy = latest.policies[stage["policy"].partition(":")[2]]
                found.append(recount_policy.Standing(counts, policy, set(stage["teams"].split(" "))))
        return found

    def compare(self, scope, standing, count):
        self.assertEqual(told(count), ruled.counted(standing, scope))


class Counting(Rules):
    maxDiff = 4000

    def test_every_rule_and_scope(self):
        """The present, and earlier sizes and times."""
        head = self.size()
        met = {rules: set() for rules in REASONS}
        group_by = [grouping_of(grouping) for grouping in recount.GROUPINGS]
        for size in (head, head // 2, head - 7, head - 15):
            standings = self.recounts(size, self.RULES)
            for rule, standing in zip(self.RULES, standings):
                for scope in ruled.scopes_of(standing.counts.fold):
                    with self.subTest(size=size, rule=rule, scope=scope):
                        past = self.count(scope, rule, as_of={"log_size": size}, group_by=group_by, page_size=1000)
                        self.compare(scope, standing, past)
                        if size == head == self.size():
                            present = self.count(scope, rule, group_by=group_by, page_size=1000, min_log_size=head)
                            self.assertEqual(present, past)
                        self.assertEqual(int(past["registered"]), int(past["counted"]) + sum(self.left_out(past).values()))
                for row in standing.rows:
                    met[standing.policy.rules].update(*row.reasons.values(), ["counts"] if standing.stands(row) else [])
        met[2].add("not-participating")  # of the teams of a stage with a policy of rule set 2: test_recount_policy.py
        met[2].update(("gone", "near-duplicate"))  # of what a census brought in, and no longer found; of what was examined
        for rules, reasons in REASONS.items():
            self.assertEqual(met[rules], set(reasons) - {"late"} | {"counts"}, "a reason that nothing here has")

    def test_as_of_a_time(self):
        entries = self.entries()
        for index in (len(entries) - 3, len(entries) // 2):
            moment = recount.parse_entry(entries[index]).time
            size = sum(recount.parse_entry(entry).time < moment for entry in entries)
            for rule in ({"policy": "direct"}, {"stage": "one"}):
                then = self.count({"all": True}, rule, as_of={"time": moment})
                self.assertEqual(int(then["log_size"]), size)
                self.assertEqual(then, self.count({"all": True}, rule, as_of={"log_size": size}))
        self.wrong(["as_of.time"], "Evaluation.CountDerivatives", scope={"all": True}, rule={"policy": "direct"},
                   as_of={"time": "2090-01-01T00:00:00Z"})
        self.wrong(["as_of.log_size"], "Evaluation.CountDerivatives", scope={"all": True}, rule={"policy": "direct"},
                   as_of={"log_size": self.size() + 1})

    def test_lists(self):
        """Those that count and those that do not, with all their reasons; one by one as the recount has them."""
        size = self.size()
        rules = [{"policy": "harsh"}, {"stage": "one"}, {"policy": "independent"}, {"policy": "second"}, {"policy": "competition"}]
        for rule, standing in zip(rules, self.recounts(size, rules)):
            for scope in ({"all": True}, {"team": "sk-telecom"}, {"base_model": SOLAR}):
                with self.subTest(rule=rule, scope=scope):
                    self.compare_lists(scope, rule, standing, {"log_size": size})

    def compare_lists(self, scope, rule, standing, as_of):
        _, inside = standing.counts.scope(*kind_of(scope))
        rows = [(row, standing.place(row, inside)) for row in standing.rows]
        for which, wanted in [({}, lambda place: place == ""), ({"left_out": True}, lambda place: place)] + [
                ({"reason": reason_of(reason)}, lambda place, reason=reason: place == reason) for reason in standing.policy.on]:
            found = self.listed(scope, rule, as_of=as_of, **which)
            told = [(one["name"], int(one["log_index"]), one["lineage_hash"], word(one["reason"]) if one["reason"] !=
                     "REASON_UNSPECIFIED" else "", one["depth"],
                     {r["root"]: [word(x) for x in r["reasons"]] for r in one["root_reasons"]}) for one in found]
            self.assertEqual(told, [
                (row.model.name, row.model.index, row.release.hash, place,
                 min(filter(None, (depth for root, depth in row.roots.items() if inside(root))), default=0),
                 {root.name: reasons for root, reasons in row.reasons.items() if inside(root)})
                for row, place in rows if place is not None and wanted(place)], which)
            depths = {row.model.name: {root.name: depth or 0 for root, depth in row.roots.items()} for row, _ in rows}
            for one in found:
                self.assertEqual({r["name"]: r["depth"] for r in one["roots"]},
                                 {r["name"]: depths[one["name"]][r["name"]] for r in one["roots"]})
                self.assertEqual([r["root"] for r in one["root_reasons"]], [r["name"] for r in one["roots"]])

    def test_groups_of_a_list(self):
        size = {"log_size": self.size()}
        for rule in ({"policy": "independent"}, {"policy": "competition"}):
            count = self.count({"all": True}, rule, as_of=size, group_by=ruled.GROUP_BY)
            for group in count["groups"]:
                if int(group["count"]):
                    found = self.listed({"all": True}, rule, as_of=size, group={"grouping": group["grouping"], "key": group["key"]})
                    self.assertEqual(len(found), int(group["count"]), group)

    def test_pages_stay(self):
        """A list goes on as of the size of its first page, and a token belongs to its request."""
        scope, rule = {"all": True}, {"policy": "hub-like"}
        whole = self.listed(scope, rule)
        first = self.anyone.call("Evaluation.ListCounted", scope=scope, rule=rule, page_size=5, min_log_size=self.size())
        self.add("alice/between-pages", SKT)
        self.alice.call("Registry.YankRelease", name="alice/first@1", reason="x")
        try:
            rest = self.anyone.call("Evaluation.ListCounted", scope=scope, rule=rule, page_size=1000,
                                    page_token=first["next_page_token"], min_log_size=first["log_size"])
            self.assertEqual([d["name"] for d in first["derivatives"] + rest["derivatives"]], [d["name"] for d in whole])
            self.assertEqual((rest["log_size"], rest["total_size"]), (first["log_size"], len(whole)))
        finally:
            self.alice.call("Registry.UnyankRelease", name="alice/first@1")
        for other in ({"rule": {"policy": "direct"}}, {"rule": {"stage": "one"}}, {"scope": {"team": "upstage"}}, {"left_out": True}):
            self.wrong(["page_token"], "Evaluation.ListCounted", **{"scope": scope, "rule": rule, **other},
                       page_token=first["next_page_token"])

    def test_pages_of_groups(self):
        scope, rule = {"all": True}, {"policy": "hub-like"}
        whole = self.now(scope, rule, group_by=["GROUPING_PUBLISHER"])
        found, token = [], ""
        while True:
            page = self.count(scope, rule, group_by=["GROUPING_PUBLISHER"], page_size=2, page_token=token,
                              min_log_size=whole["log_size"])
            self.assertEqual(page["log_size"], whole["log_size"])
            found += page["groups"]
            token = page["next_page_token"]
            if not token:
                break
        self.assertEqual(found, whole["groups"])
        self.assertGreater(len(found), 2)

    def test_refused(self):
        everything = {"all": True}
        self.refused("NOT_FOUND", "POLICY_NOT_FOUND", "Evaluation.CountDerivatives", scope=everything, rule={"policy": "x"})
        self.refused("NOT_FOUND", "POLICY_NOT_FOUND", "Evaluation.CountDerivatives", scope=everything, rule={"policy": "harsh@2"})
        self.refused("NOT_FOUND", "STAGE_NOT_FOUND", "Evaluation.CountDerivatives", scope=everything, rule={"stage": "x"})
        self.wrong(["rule"], "Evaluation.CountDerivatives", scope=everything, rule={})
        self.wrong(["reason"], "Evaluation.ListCounted", scope=everything, left_out=True, reason="REASON_SELF")
        self.wrong(["include_yanked"], "Evaluation.ListCounted", scope=everything, include_yanked=True,
                   rule={"policy": "harsh"})
        self.wrong(["reason"], "Evaluation.ListCounted", scope=everything, rule={"policy": "harsh"}, reason=24)
        self.wrong(["name", "rule"], "Evaluation.ExplainStanding")
        self.refused("FAILED_PRECONDITION", "NOT_A_DERIVATIVE", "Evaluation.ExplainStanding", name=SKT,
                     rule={"policy": "harsh"})
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", "Evaluation.ExplainStanding", name="a/b", rule={"policy": "harsh"})
        self.refused("NOT_FOUND", "POLICY_NOT_FOUND", "Evaluation.ExplainStanding", name="alice/first", rule={"policy": "x"})

    def test_never_changed_afterwards(self):
        """Earlier sizes, as they were, whatever comes after: registrations, another team in the stage, a ruling, a yank."""
        size, scopes = self.size(), [{"all": True}, {"base_model": SOLAR}, {"team": "upstage"}]
        asked = [(s, r, n) for s in scopes for r in self.RULES for n in (0, size // 2, size - 3, size)]
        before = [self.count(s, r, as_of={"log_size": n}) for s, r, n in asked]
        self.add("alice/another", SKT)
        self.eve.call("Stages.PutStage", stage=dict(self.STAGE, teams=["sk-telecom"]))
        try:
            solar = self.now({"base_model": SOLAR}, {"stage": "one"})
            stood = [r for r in ("yanked", "excluded", "not-participating")]
            self.assertEqual(sum(self.left_out(solar)[r] for r in stood), int(solar["registered"]))
            self.eve.call("Stages.Rule", model="bob/Solar-good", reason="spam")
            self.alice.call("Registry.YankRelease", name="alice/merged@1", reason="x")
            self.assertEqual([self.count(s, r, as_of={"log_size": n}) for s, r, n in asked], before)
        finally:
            self.eve.call("Stages.PutStage", stage=self.STAGE)
            self.eve.call("Stages.Rule", model="bob/Solar-good", reason="a mistake", restore=True)
            self.alice.call("Registry.UnyankRelease", name="alice/merged@1")

    def test_another_family(self):
        """A derivative of other weights and another publisher changes no number of a family that it does not belong to."""
        scopes = [{"base_model": SOLAR}, {"team": "upstage"}, {"base_model": EXAONE}]
        before = [self.now(s, r) for s in scopes for r in self.RULES]
        dana = person(self.admin, "dana")
        dana.call("Registry.CreatePublisher", name="dana")
        self.add("dana/other-family", SKT, client=dana, weights_sha256="5e" * 32, artifact_sha256="5f" * 32)
        after = [self.now(s, r) for s in scopes for r in self.RULES]
        for was, is_now in zip(before, after):
            for count in (was, is_now):
                count.pop("log_size"), count.pop("log_time")
            self.assertEqual(was, is_now)

    def test_next_in_line(self):
        """The first of equals is yanked, the next excluded: the one after it counts from that very entry on; and back again."""
        rule, scope = {"policy": "direct"}, {"all": True}
        for name in ("alice/equal-1", "alice/equal-2", "alice/equal-3"):
            self.add(name, SKT, weights_sha256="77" * 32)

        def equals(size):
            return [d["name"] for d in self.listed(scope, rule, as_of={"log_size": size}) if "/equal-" in d["name"]]
        before = self.size()
        self.assertEqual(equals(before), ["alice/equal-1"])
        self.alice.call("Registry.YankRelease", name="alice/equal-1@1", reason="x")
        self.eve.call("Stages.Rule", model="alice/equal-2", reason="spam")
        self.eve.call("Stages.Rule", model="alice/equal-2", reason="a mistake", restore=True)
        self.assertEqual([equals(before + i) for i in range(4)],
                         [["alice/equal-1"], ["alice/equal-2"], ["alice/equal-3"], ["alice/equal-2"]])


class Explaining(Rules):
    RULE = {"stage": "one"}

    def entry(self, index):
        return self.anyone.entries(int(index), int(index) + 1)[0].decode()

    def fact(self, name, reason, rule=None, root=None):
        standing = self.explain(name, rule or self.RULE)
        facts = {word(f["reason"]): f for r in standing["roots"] if root in (None, r["root"]["name"])
                 for f in r["reasons"]}
        self.assertIn(reason, facts, name)
        self.assertTrue(facts[reason]["fact"])
        self.assertTrue(re.search("[가-힣]", facts[reason]["fact_ko"]), facts[reason]["fact_ko"])
        return facts[reason]

    def test_each_reason_names_its_entry(self):
        bare, digest = "register\n.*^model bob/bare$", "1" * 64
        for name, reason, root, pattern, said, other in (
                ("alice/gone", "yanked", None, "kind yank$", "yanked", ""),
                ("alice/spam", "excluded", None, "kind exclude\n.*^model alice/spam$", "ruling", ""),
                ("bob/MyExaone", "not-participating", None, "kind stage$", "lg-ai-research", ""),
                ("alice/old-base", "not-programme", None, "kind base\n.*^model %s$" % A4, A4, ""),
                ("alice/old-base", "foreign-base", None, "kind base\n.*^model %s$" % A4, A4, ""),
                ("bob/distilled", "relation", None, "kind register\n.*^model bob/distilled$", "distill", ""),
                ("bob/deep-3", "depth", None, "kind register\n.*^model bob/deep-3$", "3 steps", ""),
                ("own-lab/tune", "self", None, "kind team-publisher\n.*^publisher own-lab$", "sk-telecom", ""),
                ("partner/quant", "affiliate", SKT, "kind (affiliation|operates)\n.*^institution Nota$", "sk-telecom", ""),
                ("bob/bare", "no-artifact", None, bare, "artifact", ""),
                ("bob/bare", "no-license-text", None, bare, "licence text", ""),
                ("alice/none", "license-not-open", None, "kind register\n.*^model alice/none$", "NOASSERTION", ""),
                ("alice/of-nc", "license-conflict", None, "kind register\n.*^model alice/of-nc$", "CC-BY-NC-4.0", "alice/nc"),
                ("bob/solar-lower", "naming", None, "kind register\n.*^model bob/solar-lower$", SOLAR, ""),
                ("carol/plain", "unverified", None, "kind publisher\n.*^publisher carol$", "carol", ""),
                ("bob/second", "duplicate", None, "kind register\n.*^model alice/first$", "alice/first", "alice/first"),
                ("bob/copy", "duplicate", None, "kind register\n.*^model alice/first$", "ancestor", "alice/first")):
            with self.subTest(name=name, reason=reason):
                fact = self.fact(name, reason, root=root)
                self.assertRegex(self.entry(fact["log_index"]), "(?ms)" + pattern, digest)
                self.assertIn(said, fact["fact"])
                self.assertEqual(fact["other"], other)

    def test_each_new_reason_names_its_entry(self):
        """Under rule set 2: what it adds, and what it words otherwise."""
        for name, reason, root, pattern, said, other, detail in (
                ("bob/held-outside", "adopted-path", SOLAR, "kind adopt$", "through an adoption by alice/held-inside", "alice/held-inside", ""),
                ("bob/held-adopted", "adopted-path", None, "kind adopt$", SOLAR, "alice/held-inside", ""),
                ("alice/K-EXAONE-held-merge", "excluded", SOLAR, "kind exclude-root\n.*^root %s$" % SOLAR, "ruling", "", ""),
                ("alice/spam", "excluded", None, "kind exclude\n.*^model alice/spam$", "ruling", "", ""),
                ("bob/second", "no-artifact", None, "kind register\n.*^model bob/second$", "is not held", "", ""),
                ("bob/bare", "no-artifact", None, "kind register\n.*^model bob/bare$", "names no artifact", "", ""),
                ("alice/held-once", "no-artifact", None, "kind withdrawn$", "is not held", "", ""),
                ("alice/none", "license-not-open", None, "kind register\n.*^model alice/none$", "is not known", "", "unknown"),
                ("alice/nc", "license-not-open", None, "kind register\n.*^model alice/nc$", "does not permit", "", "forbids")):
            with self.subTest(name=name, reason=reason):
                fact = self.fact(name, reason, {"policy": "second"}, root)
                self.assertRegex(self.entry(fact["log_index"]), "(?ms)" + pattern)
                self.assertIn(said, fact["fact"])
                self.assertEqual((fact["other"], fact["detail"]), (other, detail))
        # for its other root the pair that no ruling is about has no such reason
        self.assertNotIn("excluded", self.reasons_of("alice/K-EXAONE-held-merge", SKT))
        self.assertNotIn("adopted-path", self.reasons_of("bob/held-outside", SKT_2))
        # by the same files, of which an origin ruling speaks
        fact = self.fact("alice/held-same-files", "duplicate", {"policy": "competition"})
        self.assertRegex(self.entry(fact["log_index"]), "(?ms)kind origin\n.*^model bob/held-first$")
        self.assertEqual((fact["other"], "goes first" in fact["fact"]), ("bob/held-first", True))

    def reasons_of(self, name, root):
        standing = self.explain(name, {"policy": "second"})
        return {word(f["reason"]) for r in standing["roots"] if r["root"]["name"] == root for f in r["reasons"]}

    def test_a_copy_that_goes_first(self):
        """The earliest of equals may be an ancestor's copy that does not count itself; it is named all the same."""
        self.add("alice/struck", SKT, weights_sha256="88" * 32)
        Case.eve.call("Stages.Rule", model="alice/struck", reason="spam")
        self.add("alice/copy-of-struck", "alice/struck", weights_sha256="88" * 32)
        self.add("bob/after-both", SKT, client=Case.bob, weights_sha256="88" * 32)
        fact = self.fact("alice/copy-of-struck", "duplicate", {"policy": "independent"})
        self.assertEqual((fact["other"], "ancestor" in fact["fact"]), ("alice/struck", True))
        fact = self.fact("bob/after-both", "duplicate", {"policy": "independent"})
        self.assertEqual(fact["other"], "alice/copy-of-struck")
        self.assertIn("model alice/copy-of-struck\n", self.entry(fact["log_index"]))

    def test_cap(self):
        capped = self.listed({"all": True}, {"policy": "harsh"}, reason="REASON_CAP")[0]["name"]
        publisher = capped.split("/")[0]
        counted = [d["name"] for d in self.listed({"all": True}, {"policy": "harsh"}) if d["publisher"] == publisher]
        fact = self.fact(capped, "cap", {"policy": "harsh"})
        self.assertEqual((len(counted), fact["other"]), (2, counted[-1]))
        self.assertIn("model %s\n" % counted[-1], self.entry(fact["log_index"]))

    def test_what_came_later_is_named(self):
        """A licence's facts, an unverification, an adoption: the reason follows from them, and not before."""
        self.add("alice/mine", SKT, license="LicenseRef-mine-too", license_text_sha256="bb" * 32)
        facts = dict(license="LicenseRef-mine-too", commercial="PERMISSION_YES", derivatives="PERMISSION_YES",
                     redistribution="PERMISSION_YES")
        self.admin.call("Registry.ApplyRoster", licenses=[facts])
        size = self.size()
        self.admin.call("Registry.ApplyRoster", licenses=[dict(facts, commercial="PERMISSION_NO")])
        self.assertRegex(self.entry(self.fact("alice/mine", "license-not-open")["log_index"]), "(?m)^commercial NO$")
        then = self.explain("alice/mine", self.RULE, as_of={"log_size": size})
        self.assertNotIn("REASON_LICENSE_NOT_OPEN", [f["reason"] for f in then["roots"][0]["reasons"]])
        self.admin.call("Registry.VerifyPublisher", name="alice", evidence="gone", undo=True)
        try:
            self.assertRegex(self.entry(self.fact("alice/mine", "unverified")["log_index"]), "kind unverify")
        finally:
            self.admin.call("Registry.VerifyPublisher", name="alice", evidence="domain")

    def test_it_counts_and_disputes(self):
        standing = self.explain("alice/first", {"policy": "hub-like"})
        self.assertTrue(standing["counts"])
        self.assertEqual((standing["reason"], standing["roots"][0]["reasons"]), ("REASON_UNSPECIFIED", []))
        opened = self.alice.call("Stages.OpenDispute", subject="DISPUTE_SUBJECT_STANDING", model="alice/spam", text="no")
        index = opened["log_index"]
        size = self.size()
        self.assertEqual(self.explain("alice/spam", self.RULE)["open_disputes"], [index])
        Case.eve.call("Stages.ResolveDispute", dispute=index, outcome="DISPUTE_OUTCOME_DISMISSED", text="yes")
        self.assertEqual(self.explain("alice/spam", self.RULE)["open_disputes"], [])
        self.assertEqual(self.explain("alice/spam", self.RULE, as_of={"log_size": size})["open_disputes"], [index])


class Following(Rules):
    """What verification and affiliation do to standing, by gRPC and by command: from their entry on, and by the time of registration."""
    RULE = {"policy": "harsh"}

    def reasons(self, name, size=None, root=SKT):
        standing = self.explain(name, self.RULE, as_of={"log_size": size or self.size()})
        return {word(f["reason"]) for r in standing["roots"] if r["root"]["name"] == root for f in r["reasons"]}

    def test_verification(self):
        """With the kind of evidence in the entry, the details outside; taken back; each from its entry on."""
        self.carol.call("Registry.CreatePublisher", name="erin")
        self.add("erin/tuned", SKT, client=self.carol)
        sizes = [self.size()]
        self.admin.call("Registry.VerifyPublisher", name="erin", evidence="business-registration", details="a number")
        sizes.append(self.size())
        done = self.server.jokbo("publisher", "unverify", "erin", "--evidence", "registration expired")
        self.assertEqual(done.returncode, 0, done.stderr)
        sizes.append(self.size())
        done = self.server.jokbo("publisher", "verify", "erin", "--evidence", "domain", "--details", "a TXT record")
        self.assertEqual(done.returncode, 0, done.stderr)
        sizes.append(self.size())
        self.assertEqual(["unverified" in self.reasons("erin/tuned", size) for size in sizes], [True, False, True, False])
        written = [entry.decode() for entry in self.entries()[sizes[0]:sizes[-1]]]
        self.assertEqual([re.findall("^(?:kind|evidence) (.*)$", text, re.M) for text in written],
                         [["verify", "business-registration"], ["unverify", "registration expired"], ["verify", "domain"]])
        self.assertEqual([re.search("^text (.)", text, re.M).group(1) for text in written], ["s", "n", "s"])
        self.assertFalse([text for text in written if "number" in text or "TXT" in text])
        self.assertEqual([p["verified"] for p in [self.anyone.call("Registry.GetPublisher", name="erin")]], [True])

    def moment(self, around_s):
        at = time.time() + around_s
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".%06dZ" % int(at % 1 * 1e6)

    def team(self, **facts):
        team = next(t for t in self.anyone.call("Registry.ListTeams")["teams"] if t["id"] == "sk-telecom")
        return dict({k: team[k] for k in ("id", "name", "name_ko", "join_time")}, **facts)

    def roster(self, text):
        """By the command."""
        path = os.path.join(self.server.data, "own-roster.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = self.server.jokbo("roster", "apply", path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_affiliation_at_registration(self):
        """Who registers within the affiliation's time is an affiliate, who does before or after it is not."""
        self.carol.call("Registry.CreatePublisher", name="lab-x")
        self.add("lab-x/before", SKT, client=self.carol)
        time.sleep(0.01)
        start, end = self.moment(0), self.moment(1.5)
        self.admin.call("Registry.ApplyRoster", evidence="a page",
                        operations=[{"institution": "Lab X", "publisher": "lab-x"}],
                        teams=[self.team(affiliations=[{"institution": "Lab X", "from_time": start, "until_time": end}])])
        self.add("lab-x/within", SKT, client=self.carol)
        while self.moment(0) <= end:
            time.sleep(0.05)
        self.add("lab-x/after", SKT, client=self.carol)
        size = self.size()
        names = ("lab-x/before", "lab-x/within", "lab-x/after")
        self.assertEqual(["affiliate" in self.reasons(name) for name in names], [False, True, False])
        # a correction: it began a day earlier and goes on; earlier sizes keep what the log knew then
        self.admin.call("Registry.ApplyRoster", evidence="another page", teams=[
            self.team(affiliations=[{"institution": "Lab X", "from_time": self.moment(-86400)}])])
        self.assertEqual(["affiliate" in self.reasons(name) for name in names], [True, True, True])
        self.assertEqual(["affiliate" in self.reasons(name, size) for name in names], [False, True, False])
        self.assertEqual(["affiliate" in self.reasons(name, root=SKT_2) for name in names], [False] * 3)  # no root of theirs

    def test_affiliation_by_command(self):
        """The same from a roster file, dates at 00:00 of +09:00; whose end lies in the past no longer binds."""
        self.carol.call("Registry.CreatePublisher", name="lab-y")
        self.add("lab-y/one", SKT, client=self.carol)
        self.assertNotIn("affiliate", self.reasons("lab-y/one"))
        text = ("teams:\n  - id: sk-telecom\n    name: SK Telecom\n    name_ko: SK텔레콤\n    joined: \"2025-08-04\"\n"
                "    affiliates: [{name: Lab Y, from: \"2025-09-01\"%s}]\n    operates: {Lab Y: [{name: lab-y, from: \"2025-10-01\"%s}]}\n")
        sizes = []
        for affiliated, operated, holds in (("", "", True), (", until: \"2025-12-01\"", "", False), ("", "", True),
                                            ("", ", until: \"2025-12-01\"", False)):
            self.roster(text % (affiliated, operated))
            sizes.append((self.size(), holds))
            self.assertEqual("affiliate" in self.reasons("lab-y/one"), holds)
        self.assertEqual([("affiliate" in self.reasons("lab-y/one", size)) for size, _ in sizes], [holds for _, holds in sizes])
        bond = self.entries()[sizes[0][0] - 2:sizes[0][0]]
        self.assertTrue(any(b"\nfrom 2025-08-31T15:00:00.000000Z\n" in entry for entry in bond), bond)

    def test_own_publisher(self):
        """A publisher of the team's own counts for other teams' models, and not for its own."""
        self.carol.call("Registry.CreatePublisher", name="second-lab")
        self.add("second-lab/skt", SKT, client=self.carol)
        self.add("second-lab/Solar-x", SOLAR, client=self.carol)
        size = self.size()
        self.admin.call("Registry.ApplyRoster", evidence="a page", teams=[self.team(publishers=["second-lab"])])
        self.assertEqual(["self" in self.reasons("second-lab/skt", n) for n in (size, self.size())], [False, True])
        self.assertNotIn("self", self.reasons("second-lab/Solar-x", root=SOLAR))


class Watching(Rules):
    def watch(self, **fields):
        request, stub = self.anyone.stub("Evaluation.WatchCounts")
        stream = stub(json_format.ParseDict(fields, request()), timeout=30)
        self.addCleanup(stream.cancel)
        return stream

    def test_changes_and_nothing_else(self):
        """Another family's registration is no message; taken up again, a watch begins with the present count."""
        for rule in ({}, {"rule": {"policy": "direct"}}, {"rule": {"stage": "one"}}):
            now = self.anyone.call("Evaluation.CountDerivatives", scope={"base_model": SKT}, min_log_size=self.size(), **rule)
            stream = self.watch(scope={"base_model": SKT}, **rule)
            first = next(stream)
            self.assertEqual(self.anyone.as_dict(first), now)
            self.add("alice/solar-%d" % self.size(), SOLAR)
            self.add("alice/watched-%d" % self.size(), SKT)
            size, second = self.size(), next(stream)
            self.assertEqual(second.registered, first.registered + 1)
            self.assertEqual(second.log_size, size)
            again = self.anyone.call("Evaluation.CountDerivatives", scope={"base_model": SKT}, min_log_size=size, **rule)
            self.assertEqual(self.anyone.as_dict(second), again)
            resumed = next(self.watch(scope={"base_model": SKT}, **rule))
            self.assertEqual(resumed.counted, second.counted)
            self.assertGreaterEqual(resumed.log_size, size)

    def test_a_ruling_is_seen(self):
        """What changes a count without a registration."""
        stream = self.watch(scope={"all": True}, rule={"policy": "direct"})
        name = self.add("alice/seen-excluded-%d" % self.size(), SKT)
        seen = next(stream)
        while seen.log_size < self.size():
            seen = next(stream)
        self.eve.call("Stages.Rule", model=name, reason="spam")
        after = next(stream)
        self.assertEqual((after.registered, after.counted, after.log_size), (seen.registered, seen.counted - 1, self.size()))

    def test_ten_a_second(self):
        stream, got = self.watch(scope={"all": True}, rule={"policy": "hub-like"}), []
        got.append(next(stream))
        started, made = time.monotonic(), 0
        while time.monotonic() < started + 1.5:
            self.add("bob/fast-%d" % made, SKT, client=self.bob)
            made += 1
        while got[-1].counted < got[0].counted + made:
            got.append(next(stream))
        took = time.monotonic() - started
        self.assertLess(len(got), 12 * took + 6)
        self.assertGreater(len(got), 3)
        self.assertEqual(got[-1].log_size, self.size())
        self.assertEqual([c.log_size for c in got], sorted({c.log_size for c in got}), "sizes go forward")

    def test_refused(self):
        for fields, code in (({}, "INVALID_ARGUMENT"), ({"scope": {"all": True}, "rule": {}}, "INVALID_ARGUMENT"),
                             ({"scope": {"team": "nobody"}}, "NOT_FOUND"),
                             ({"scope": {"all": True}, "rule": {"policy": "nobody"}}, "NOT_FOUND")):
            with self.assertRaises(grpc.RpcError) as caught:
                next(self.watch(**fields))
            self.assertEqual(caught.exception.code().name, code)


@contextlib.contextmanager
def watching(server, *words):
    """`jokbo watch`, and its standard output; killed at the end, and after 30 s whatever happens."""
    process = subprocess.Popen([os.path.join(jokbo.BUILD, "jokbo"), "watch", *words], stdout=subprocess.PIPE, text=True,
                               env={"JOKBO_SERVER": server.address, "HOME": server.data, "LC_ALL": "C.UTF-8"})
    timer = threading.Timer(30, process.kill)
    timer.start()
    try:
        yield process.stdout
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


class Commands(Rules):
    def test_count(self):
        """To the byte what the recount prints from the public files; and the tables."""
        folder = published(self.server, self.size())
        key = self.anyone.call("Log.GetCheckpoint")["verifier_key"]
        size = str(self.size())
        by = [text for grouping in recount.GROUPINGS for text in ("--by", grouping)]
        for rule in (["--stage", "one"], ["--policy", "harsh"], ["--policy", "strict@1"]):
            for scope, own in ((["--all"], ["--all"]), ([SKT], ["--base", SKT]), (["--team", "upstage"], ["--team", "upstage"])):
                told = self.server.jokbo("count", *scope, *rule, *by, "--as-of", size, "--json")
                found = subprocess.run([sys.executable, "-B", os.path.join(HERE, "..", "recount_policy.py"), folder, "--key", key,
                                        *own, *rule, *by, "--as-of", size], capture_output=True, text=True, timeout=60)
                self.assertEqual((found.returncode, found.stderr), (0, ""))
                self.assertEqual(told.stdout, found.stdout)
        table = self.server.jokbo("count", "--all", "--policy", "harsh").stdout
        for reason in ("license-conflict", "cap"):
            self.assertIn(reason, table)
        self.assertIn("sk-telecom", self.server.jokbo("count", "--policy", "direct").stdout)

    def test_lists(self):
        code, listed = self.server.jokbo_json("count", SKT, "--stage", "one", "--because", "self", "--limit", "0")
        names = [d["name"] for d in self.listed({"base_model": SKT}, {"stage": "one"}, reason="REASON_SELF")]
        self.assertEqual((code, [d["name"] for d in listed["derivatives"]]), (0, names))
        self.assertIn("own-lab/tune", names)
        left = self.server.jokbo("count", "--all", "--policy", "harsh", "--left-out", "--limit", "0").stdout
        self.assertRegex(left, "alice/old-base .*not-programme, foreign-base")
        for wrong in (["count", "--all", "--left-out"], ["count", "--policy", "direct", "--list"],
                      ["count", "--all", "--policy", "direct", "--stage", "one"], ["explain", "alice/first"]):
            self.assertEqual(self.server.jokbo(*wrong).returncode, 2, wrong)

    def test_explain(self):
        text = self.server.jokbo("explain", "bob/copy", "--stage", "one").stdout
        self.assertIn("its weights are those of its ancestor alice/first", text)
        self.assertIn("조상 모델 alice/first", text)
        self.assertNotIn("조상", self.server.jokbo("explain", "bob/copy", "--stage", "one", "--lang", "en").stdout)
        code, standing = self.server.jokbo_json("explain", "bob/copy", "--policy", "harsh@1")
        asked = self.explain("bob/copy", {"policy": "harsh"}, as_of={"log_size": standing["log_size"]})
        self.assertEqual((code, standing["counts"], standing["reason"]), (0, asked["counts"], word(asked["reason"])))
        self.assertEqual([[(word(f["reason"]), f["fact"], int(f["log_index"])) for f in r["reasons"]] for r in asked["roots"]],
                         [[(f["reason"], f["fact"], f["log_index"]) for f in r["reasons"]] for r in standing["roots"]])

    def test_policy_in_a_file(self):
        """One that is recorded counts like its name, wherever a server is asked; of one that is not, what to do is told."""
        with tempfile.TemporaryDirectory(prefix="jokbo-test-") as folder:
            known, new = os.path.join(folder, "known.policy"), os.path.join(folder, "new.policy")
            for path, text in ((known, HARSH), (new, HARSH.replace("harsh", "unheard"))):
                with open(path, "w") as file:
                    file.write("# a comment, which is no part of the policy\n" + text)
            size = str(self.size())
            for scope in ([], ["--all"], ["--all", "--list"]):
                count = ["count", *scope, "--as-of", size, "--policy"]
                by_file, by_name = self.server.jokbo(*count, known), self.server.jokbo(*count, "harsh@1")
                self.assertEqual((by_file.returncode, by_file.stdout), (0, by_name.stdout), by_file.stderr)
            self.assertEqual(self.server.jokbo("policy", "show", known).stdout, self.server.jokbo("policy", "show", "harsh").stdout)
            for command in (["count"], ["count", "--all"], ["count", "--all", "--left-out"], ["watch"], ["policy", "show"],
                            ["stage", "put", "another", "--title", "Another", "--title-ko", "하나", "--opens", "2090-01-01", "--cut-off",
                             "2090-02-01", "--teams", "upstage", "--source", "invented"]):
                option = [] if command[0] == "policy" else ["--policy"]
                found = self.server.jokbo(*command, *option, new)
                self.assertEqual((found.returncode, found.stdout), (5, ""), command)
                self.assertIn("the policy in %s is not recorded" % new, found.stderr)
                self.assertIn("jokbo policy record " + new, found.stderr)
                self.assertEqual(self.server.jokbo(*command, *option, folder + "/none").returncode, 9, command)
            self.assertIn('No policy "nobody" is recorded', self.server.jokbo("count", "--policy", "nobody").stderr)

    def test_watch(self):
        for options in ([], ["--json"]):
            with watching(self.server, SKT, "--stage", "one", *options) as lines:
                first = lines.readline()
                self.add("alice/seen-%d" % self.size(), SKT)
                second = lines.readline()
                self.assertIn(SKT, first)
                self.assertTrue(second)
                self.assertNotEqual(first, second)


class Resuming(unittest.TestCase):
    def test_server_restarted(self):
        """A wall display goes on when the server comes back, and is told what it missed, once."""
        with Server() as server:
            server.load_roster()
            admin = server.client()
            alice = person(admin, "alice")
            alice.call("Registry.CreatePublisher", name="alice")
            person(admin, "eve", ["evaluator"], scopes=["roster"]).call("Stages.RecordPolicy", text=text_of("direct"))
            with watching(server, "--all", "--policy", "direct") as lines:
                self.assertRegex(lines.readline(), "counted 0")
                alice.call("Registry.RegisterDerivative", derivative=derivative("alice/one", SKT))
                self.assertRegex(lines.readline(), "counted 1")
                server.stop()
                server.options += ["--listen", server.address]
                server.start()
                again = jokbo.Client(server.address, alice.token)
                again.call("Registry.RegisterDerivative", derivative=derivative("alice/two", SKT))
                self.assertRegex(lines.readline(), "counted 2")
                again.close()
            admin.close()
            alice.close()


if __name__ == "__main__":
    unittest.main()
