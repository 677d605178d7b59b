"""Counts at the present and at every earlier size and time, against a naive ledger of the same history."""
import bisect
import datetime
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from counting import A4, EXAONE, GROUPINGS, MOTIF, NUMBERS, SKT, SKT_2, SOLAR, SOLAR_2  # noqa: E402
from counting import History, groups, key, numbers  # noqa: E402


def setUpModule():
    History.open()


class Counting(History):
    def count(self, scope, **fields):
        return self.anyone.call("Evaluation.CountDerivatives", scope=scope, group_by=["GROUPING_" + g for g in GROUPINGS],
                                page_size=1000, **fields)

    def check(self, scope, count, expected):
        wanted, wanted_groups = expected
        at = "%s at %s" % (scope, count["log_size"])
        self.assertEqual(numbers(count), wanted, at)
        found = groups(count)
        for grouping in GROUPINGS:
            kept = {k: n for k, n in found[grouping].items() if n}
            self.assertEqual(kept, wanted_groups[grouping], at + " by " + grouping)
            self.assertEqual(sum(kept.values()), wanted["counted"], at)

    def expected(self, scope, size):
        step = max(s for s in self.steps if s <= size)
        return self.steps[step].get(key(scope))

    def test_now(self):
        for scope in self.scopes():
            self.check(scope, self.count(scope), self.ledger.count(scope))

    def test_at_every_size_that_the_ledger_knows(self):
        for size in sorted(self.steps):
            for name, expected in self.steps[size].items():
                scope = dict([name])
                if name[1] in (SKT, SKT_2, A4, SOLAR, SOLAR_2, EXAONE, MOTIF, "bob/d5") or name[0] != "base_model":
                    count = self.count(scope, as_of={"log_size": size})
                    self.assertEqual(int(count["log_size"]), size)
                    self.check(scope, count, expected)

    def test_before_anything(self):
        for size in (0, 1, self.start):
            for scope in ({"all": True}, {"base_model": SKT}):
                count = self.count(scope, as_of={"log_size": size})
                self.assertEqual((numbers(count), int(count["log_size"])), ({n: 0 for n in NUMBERS}, size))
                self.assertEqual([g for g in count["groups"] if g["count"] != "0"], [])
        self.assertNotIn("log_time", self.count({"all": True}, as_of={"log_size": 0}))

    def test_hand_counted(self):
        """The ledger above could err as the server does: a few numbers by hand."""
        self.assertEqual(self.steps[self.start + 9][("base_model", SOLAR)][0]["counted"], 1)  # bob/merge-families
        self.assertEqual(self.steps[self.start + 9][("base_model", SKT)][0]["counted"], 9)
        self.assertEqual(self.steps[self.start + 9][("all", True)][0]["counted"], 9)
        self.assertEqual(self.steps[self.start + 10][("team", "upstage")][0]["counted"], 2)
        d = {b: numbers(self.count({"base_model": b})) for b in (A4, "bob/d5")}
        self.assertEqual([d[A4][n] for n in ("registered", "yanked", "counted", "direct")], [18, 1, 17, 1])
        self.assertEqual(groups(self.count({"base_model": A4}))["DEPTH"]["16+"], 3)
        self.assertEqual(d["bob/d5"]["registered"], 0)
        self.assertEqual([numbers(self.count(s))["adopted"] for s in ({"base_model": SOLAR_2}, {"all": True}, {"base_model": SKT})],
                         [3, 1, 0])  # a merge of two families hangs on an adoption for one of them alone

    def test_every_relation_and_class_has_its_line(self):
        found = groups(self.count({"base_model": MOTIF}))
        self.assertEqual(len(found["RELATION"]), 8)
        self.assertEqual(sorted(found["HUB_RELATION"]), ["adapter", "finetune", "merge", "quantized"])
        self.assertEqual(sorted(found["LICENSE_CLASS"]), ["conditional", "no-derivatives", "non-commercial", "open",
                                                          "unknown"])

    def test_list_counts_agrees(self):
        for size in [None] + sorted(self.steps)[::6]:
            as_of = {"as_of": {"log_size": size}} if size is not None else {}
            listed = self.anyone.call("Evaluation.ListCounts", **as_of)
            by_scope = {key(c["scope"]): c for c in listed["bases"] + listed["teams"] + [listed["all"]]}
            expected = self.steps[size or max(self.steps)]
            self.assertEqual({k for k in by_scope if k[0] == "base_model"}, {k for k in expected if k[0] == "base_model"})
            for scope, count in by_scope.items():
                if scope in expected:
                    self.assertEqual(numbers(count), expected[scope][0], (scope, size))
                self.assertEqual(count["log_size"], listed["log_size"])
        order = [c["scope"]["base_model"] for c in listed["bases"]]
        self.assertEqual(order, [b for b in self.ledger.bases])

    def test_a_correction_counts_only_later(self):
        names = {n: self.listed_as({"team": "upstage"}, as_of={"log_size": s}) for n,
                 s in (("before", self.before_correction), ("after", self.size()))}
        for when, bound in (("before", "aff-open/solar"), ("after", "aff-ended/solar")):
            found = {d["name"]: d for d in names[when]}
            self.assertFalse(found[bound]["independent"])
            self.assertIn("FINDING_KIND_AFFILIATE", found[bound]["findings"])
        self.assertTrue({d["name"]: d for d in names["before"]}["aff-ended/solar"]["independent"])

    def test_licence_facts_count_from_their_entry_on(self):
        before = self.size()
        was = {k: self.count({"all": True}, as_of={"log_size": before})[k] for k in ("groups", "license_clean")}
        self.roster(licenses=[dict(license="LicenseRef-mine", commercial=4, derivatives=4, redistribution=4)])
        try:
            now = groups(self.count({"all": True}))["LICENSE_CLASS"]
            then = self.count({"all": True}, as_of={"log_size": before})
            self.assertEqual({k: then[k] for k in was}, was)
            self.assertEqual(now["open"], groups(then)["LICENSE_CLASS"]["open"] + 1)
            self.assertEqual(int(self.count({"all": True})["license_clean"]), int(was["license_clean"]) + 1)
        finally:
            self.roster(licenses=[dict(license="LicenseRef-mine", commercial=2, derivatives=2, redistribution=2)])
        self.assertEqual({k: self.count({"all": True})[k] for k in was}, was)

    # ---- times ----

    def entry_times(self):
        return [re.search(rb"^time (\S+)$", e, re.M).group(1).decode() for e in self.anyone.entries()]

    @staticmethod
    def after(moment, nanos):
        whole = datetime.datetime.strptime(moment[:19], "%Y-%m-%dT%H:%M:%S")
        total = int(moment[20:-1].ljust(9, "0")) + nanos
        whole += datetime.timedelta(seconds=total // 10**9)
        return whole.strftime("%Y-%m-%dT%H:%M:%S") + ".%09dZ" % (total % 10**9)

    def test_as_of_times_between_entries(self):
        times = self.entry_times()
        self.assertEqual(times, sorted(times))
        for i in sorted({0, 1, self.start, len(times) - 1} | set(range(self.start, len(times), 7))):
            for nanos, find in ((0, bisect.bisect_left), (1, bisect.bisect_right), (999, bisect.bisect_right),
                                (1000, bisect.bisect_right), (-1000, None)):
                moment = self.after(times[i], nanos)
                size = find(times, times[i]) if find else bisect.bisect_left(times, moment[:26] + "Z")
                for method, at in (("CountDerivatives", lambda r: r), ("ListCounts", lambda r: r["all"]),
                                   ("ListCounted", None)):
                    if method != "CountDerivatives" and nanos not in (0, 1):
                        continue
                    scope = {} if method == "ListCounts" else {"scope": {"all": True}}
                    reply = self.anyone.call("Evaluation." + method, as_of={"time": moment}, **scope)
                    self.assertEqual(int(reply["log_size"]), size, (method, moment))
                    if size >= self.start:
                        wanted = self.expected({"all": True}, size)[0]
                        self.assertEqual(reply["total_size"] if at is None else int(at(reply)["counted"]),
                                         wanted["counted"])

    def test_times_that_are_none(self):
        future = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=5)
        for method, scope in (("CountDerivatives", {"scope": {"all": True}}), ("ListCounts", {}),
                              ("ListCounted", {"scope": {"all": True}})):
            self.wrong(["as_of.time"], "Evaluation." + method, as_of={"time": future.strftime("%Y-%m-%dT%H:%M:%SZ")},
                       **scope)
            self.wrong(["as_of.time"], "Evaluation." + method, as_of={"time": "0001-01-01T00:00:00Z"}, **scope)
            for size in (-1, self.size() + 1, 2**40):
                self.wrong(["as_of.log_size"], "Evaluation." + method, as_of={"log_size": size}, **scope)
            self.wrong(["as_of"], "Evaluation." + method, as_of={}, **scope)
        now = self.anyone.call("Evaluation.ListCounts", as_of={"time": "1990-01-01T00:00:00Z"})
        self.assertEqual((now["log_size"], now["bases"], now["teams"], now["all"]["counted"]), ("0", [], [], "0"))

    # ---- wrong questions ----

    def test_scopes(self):
        for method in ("CountDerivatives", "ListCounted"):
            call = "Evaluation." + method
            self.wrong(["scope"], call)
            self.wrong(["scope"], call, scope={})
            self.wrong(["scope"], call, scope={"all": False})
            self.refused("NOT_FOUND", "TEAM_NOT_FOUND", call, scope={"team": "nobody"})
            self.assertIn(SOLAR, self.refused("NOT_FOUND", "MODEL_NOT_FOUND", call,
                                              scope={"base_model": "upstage/Solar-Open-100"}).message)
            self.refused("NOT_FOUND", "NOT_A_BASE_MODEL", call, scope={"base_model": "alice/nc"})
        self.assertEqual(self.count({"base_model": "SKT/a.x-k1"})["scope"], {"base_model": SKT})

    def test_groupings(self):
        call, scope = "Evaluation.CountDerivatives", {"scope": {"all": True}}
        self.wrong(["group_by"], call, group_by=["GROUPING_DEPTH", "GROUPING_DEPTH"], **scope)
        self.wrong(["group_by"], call, group_by=["GROUPING_UNSPECIFIED"], **scope)
        failure = self.refused("INVALID_ARGUMENT", "INVALID_FIELD", call, group_by=[9], **scope)
        self.assertTrue([f for f in failure.fields if f.startswith("group_by")], failure.fields)
        for fields in ({}, {"group_by": ["GROUPING_DEPTH"]}, {"group_by": ["GROUPING_PUBLISHER", "GROUPING_LICENSE"]}):
            self.wrong(["page_token"], call, page_token="p1.1.1.0123456789abcdef", **fields, **scope)
            self.wrong(["page_size"], call, page_size=-1, **fields, **scope)

    # ---- publishers and licences, paged ----

    def test_groups_by_pages(self):
        for grouping in ("PUBLISHER", "LICENSE"):
            whole = self.ledger.count({"all": True})[1][grouping]
            token, found, size = "", [], None
            while True:
                page = self.anyone.call("Evaluation.CountDerivatives", scope={"all": True},
                                        group_by=["GROUPING_" + grouping], page_size=2, page_token=token)
                self.assertLessEqual(len(page["groups"]), 2)
                found += [(g["key"], int(g["count"])) for g in page["groups"]]
                self.assertEqual(page["log_size"], size or page["log_size"])
                size, token = page["log_size"], page["next_page_token"]
                if not token:
                    break
                self.roster(licenses=[dict(license="LicenseRef-p%d" % len(found), commercial=2, derivatives=2,
                                           redistribution=2)])  # the log goes on
            self.assertEqual(dict(found), whole)
            self.assertEqual(len(found), len(whole))
            self.assertEqual([n for _, n in found], sorted((n for _, n in found), reverse=True))

    # ---- the derivatives behind a count ----

    def listed_as(self, scope, **fields):
        found, token = [], ""
        while True:
            page = self.anyone.call("Evaluation.ListCounted", scope=scope, page_size=7, page_token=token, **fields)
            found += page["derivatives"]
            token = page["next_page_token"]
            if not token:
                self.assertEqual(page["total_size"], len(found))
                return found

    def test_counted_lists_agree_with_counts(self):
        for scope in ({"all": True}, {"team": "upstage"}, {"base_model": SKT}, {"base_model": A4}):
            members = {self.ledger.models[m]["shown"]: (m, r) for m, r in self.ledger.members(scope)}
            every = self.listed_as(scope, include_yanked=True)
            self.assertEqual([d["name"] for d in every], sorted(members, key=lambda n: self.index_of(n)))
            standing = self.listed_as(scope)
            self.assertEqual([d["name"] for d in standing], [d["name"] for d in every if not d["yanked"]])
            for item in every:
                model, roots = members[item["name"]]
                facts = self.ledger.models[model]
                self.assertEqual({r["name"]: r["depth"] for r in item["roots"]}, roots)
                self.assertEqual((item["depth"], item["publisher"], item["yanked"], item["license"], item["relation"]),
                                 (min(roots.values()), facts["shown"].split("/")[0], facts["yanked"], facts["license"],
                                  "RELATION_" + facts["relation"].upper()))
                self.assertEqual(item["independent"], any(self.ledger.bases[r] not in facts["bound"] for r in roots))
                self.assertEqual(item["yanked"], "FINDING_KIND_YANKED" in item["findings"])
            for group in self.count(scope)["groups"]:
                inside = self.listed_as(scope, group={"grouping": group["grouping"], "key": group["key"]})
                self.assertEqual(len(inside), int(group["count"]), (scope, group))

    def index_of(self, name):
        return int(self.anyone.call("Registry.GetModel", name=name)["log_index"])

    def test_counted_lists_at_earlier_sizes(self):
        for size in sorted(self.steps)[1::9]:
            for scope in ({"all": True}, {"base_model": SOLAR}):
                wanted, wanted_groups = self.expected(scope, size)
                self.assertEqual(len(self.listed_as(scope, as_of={"log_size": size})), wanted["counted"])
                self.assertEqual(len(self.listed_as(scope, as_of={"log_size": size}, include_yanked=True)),
                                 wanted["registered"])
                for publisher, count in wanted_groups["PUBLISHER"].items():
                    self.assertEqual(len(self.listed_as(scope, as_of={"log_size": size},
                                                        group={"grouping": "GROUPING_PUBLISHER",
                                                               "key": publisher})), count)

    def test_wrong_groups(self):
        call, scope = "Evaluation.ListCounted", {"scope": {"all": True}}
        self.wrong(["group.grouping"], call, group={"key": "x"}, **scope)
        for grouping in GROUPINGS:
            self.assertEqual(self.listed_as({"all": True}, group={"grouping": "GROUPING_" + grouping, "key": "no such"}),
                             [])


if __name__ == "__main__":
    unittest.main()
