"""Lists, their filters and pages, lineage graphs, and reads that wait for the log to grow."""
import itertools
import os
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from counting import A4, SKT, SKT_2, SOLAR, SOLAR_2, History  # noqa: E402
from jokbo import ROOT, Case, Client, Failure, allowed, derivative, person  # noqa: E402


def setUpModule():
    History.open()


LISTS = {  # method: (where the items are, arguments, arguments of another question)
    "Registry.ListPublishers": ("publishers", {}, {"unclaimed": True}),
    "Registry.ListBaseModels": ("models", {}, {"team": "upstage"}),
    "Registry.ListTeams": ("teams", {}, None),
    "Registry.ListModels": ("models", {}, {"publisher": "alice"}),
    "Registry.ListDerivatives": ("models", {"model": SKT}, {"model": SOLAR}),
    "Registry.ListReleases": ("releases", {"model": "alice/adapter"}, {"model": "alice/nc"}),
    "Registry.ListAdoptions": ("adoptions", {"include_ended": True}, {"include_ended": True, "model": "alice/inside"}),
    "Registry.ListNamespaces": ("namespaces", {}, {"publisher": "paged"}),
    "Evaluation.ListCounted": ("derivatives", {"scope": {"all": True}}, {"scope": {"base_model": SKT}}),
    "Evaluation.ListPublisherCounts": ("publishers", {"scope": {"all": True}}, {"scope": {"all": True}, "newest_first": True}),
    "Stages.ListPolicies": ("policies", {}, None),
    "Stages.ListStages": ("stages", {}, None),
    "Stages.ListRulings": ("rulings", {}, {"pending": True}),
    "Stages.ListDisputes": ("disputes", {}, {"open": True}),
    "Access.ListAccounts": ("accounts", {}, None),
    "Access.ListTokens": ("tokens", {"account": "1"}, {"account": "2"}),
    "Access.ListMembers": ("members", {"publisher": "paged"}, {"publisher": "alice"}),
    "Access.ListPublisherRequests": ("requests", {}, {"pending": True}),
}


def policy(name):
    with open(os.path.join(ROOT, "registry", "data", "policies", "hub-like.policy")) as file:
        return file.read().replace("hub-like", name)


class Walks(Case):
    def walk(self, method, items, size, between=lambda: None, **fields):
        found, token, totals = [], "", set()
        while True:
            page = self.admin.call(method, page_size=size, page_token=token, **fields)
            self.assertLessEqual(len(page[items]), size)
            found += page[items]
            totals.add((page["total_size"], page.get("log_size")))
            token = page["next_page_token"]
            if not token:
                self.assertEqual(len(totals), 1, (method, totals))
                self.assertEqual(totals.pop()[0], len(found), method)
                return found
            self.assertEqual(len(page[items]), size)
            between()


class Paging(Walks, History):
    @classmethod
    def setUpClass(cls):
        cls.alice.call("Registry.CreatePublisher", name="paged")
        for i in range(4):
            cls.alice.call("Access.SetMember", publisher="paged", account=person(cls.admin, "member %d" % i).account,
                           role="MEMBER_ROLE_WRITER")
            cls.admin.call("Access.CreateToken", account=1, label="t%d" % i)
            cls.bob.call("Access.RequestPublisher", kind="PUBLISHER_REQUEST_KIND_CREATE",
                         publisher=("up-stage", "upstag.e", "ncsof.t", "sk-t")[i], evidence="mine")
        evaluator = person(cls.admin, "evaluator", ["evaluator"], scopes=["roster"])
        for name in ("nc", "of-nc", "exaone"):
            evaluator.call("Stages.RecordPolicy", text=policy("paged-" + name))
            evaluator.call("Stages.Rule", model="alice/" + name, reason="spam", text="이유 " + name)
            cls.alice.call("Stages.OpenDispute", model="alice/" + name, subject="DISPUTE_SUBJECT_STANDING", text=name)
            evaluator.call("Stages.PutStage", stage={
                "id": "paged-" + name, "title": name, "title_ko": name, "open_time": "2099-01-01T00:00:00Z",
                "cutoff_time": "2099-02-01T00:00:00Z", "policy": "paged-" + name, "teams": ["upstage"], "source": "invented"})
            evaluator.call("Registry.SetNamespace", publisher="paged", organisation="huggingface.co/" + name, evidence="letter")
        evaluator.close()

    @staticmethod
    def bare(items):
        return [{k: v for k, v in i.items() if k not in ("log_size", "etag", "release", "child_count",
                                                         "model_count")} for i in items]

    def test_table_is_whole(self):
        services = [self.anyone.pool.FindServiceByName("jokbo.v1." + s)
                    for s in ("Registry", "Evaluation", "Stages", "Log", "Access")]
        paged = {s.name + "." + m.name for s in services for m in s.methods
                 if "page_token" in m.input_type.fields_by_name}
        self.assertEqual(paged - {"Evaluation.CountDerivatives"}, set(LISTS))

    def test_pages_are_the_whole_without_overlap(self):
        for method, (items, fields, _) in LISTS.items():
            whole = self.admin.call(method, page_size=1000, **fields)
            self.assertEqual((whole["next_page_token"], whole["total_size"]), ("", len(whole[items])), method)
            self.assertGreater(len(whole[items]), 1, method)
            for size in (1, 3, len(whole[items]) - 1, len(whole[items])):
                self.assertEqual(self.bare(self.walk(method, items, size, **fields)), self.bare(whole[items]),
                                 (method, size))

    def test_the_newest_first_is_the_same_list_backwards(self):
        questions = [{}, {"include_yanked": True}, {"rule": {"policy": "paged-nc"}}, {"rule": {"policy": "paged-nc"}, "left_out": True},
                     {"group": {"grouping": "GROUPING_RELATION", "key": "finetune"}}]
        for question in questions:
            fields = {"scope": {"all": True}, **question}
            whole = self.anyone.call("Evaluation.ListCounted", page_size=1000, **fields)["derivatives"]
            self.assertGreater(len(whole), 0 if "left_out" in question else 2, question)
            for size in {1, 3, max(len(whole) - 1, 1), len(whole), 1000}:
                found = self.walk("Evaluation.ListCounted", "derivatives", size, newest_first=True, **fields)
                self.assertEqual(self.bare(found), self.bare(whole[::-1]), (question, size))
        token = self.admin.call("Evaluation.ListCounted", page_size=1, scope={"all": True})["next_page_token"]
        self.wrong(["page_token"], "Evaluation.ListCounted", self.admin, page_token=token, scope={"all": True}, newest_first=True)

    def test_a_plain_count_lists_those_that_it_leaves_out(self):
        self.alice.call("Registry.RegisterDerivative", derivative=derivative("paged/taken-back", SKT))
        yank = int(self.alice.call("Registry.YankRelease", name="paged/taken-back@1", reason="wrong")["yank_index"])
        fields = {"scope": {"base_model": SKT}}
        count = self.anyone.call("Evaluation.CountDerivatives", **fields)
        left = self.walk("Evaluation.ListCounted", "derivatives", 1, left_out=True, **fields)
        every = self.walk("Evaluation.ListCounted", "derivatives", 100, include_yanked=True, **fields)
        self.assertEqual(self.bare(left), self.bare([{**item, "reason": "REASON_YANKED"} for item in every if item["yanked"]]))
        self.assertEqual(len(left), int(count["registered"]) - int(count["counted"]))
        self.assertEqual((left[-1]["name"], int(left[-1]["yank_index"])), ("paged/taken-back", yank))
        self.assertEqual({int(item["yank_index"]) for item in every if not item["yanked"]}, {0})
        self.wrong(["include_yanked"], "Evaluation.ListCounted", left_out=True, include_yanked=True, **fields)

    def test_several_words_of_a_name(self):
        for name in ("Words-First.one", "first_words", "Words-only"):
            self.alice.call("Registry.RegisterDerivative", derivative=derivative("paged/" + name, SKT))
        for text, names in (("words FIRST", ["Words-First.one", "first_words"]), (" first  words paged ", ["Words-First.one", "first_words"]),
                            ("first one", ["Words-First.one"]), ("words-", ["Words-First.one", "Words-only"]), ("words absent", []), ("  ", []),
                            ("ords word w", ["Words-First.one", "first_words", "Words-only"]), (" ".join("abcdefghijklmnopqrstuvwxyz"), [])):
            found = self.walk("Registry.ListModels", "models", 2, name_contains=text, publisher="paged")
            self.assertEqual([item["name"] for item in found], ["paged/" + name for name in names], text)
        self.wrong(["name_contains"], "Registry.ListModels", name_contains="x" * 97)

    def test_models_the_newest_first(self):
        for fields in ({}, {"include_yanked": True}, {"publisher": "alice"}, {"derivatives_only": True}, {"after_log_index": 40}):
            whole = self.anyone.call("Registry.ListModels", page_size=1000, **fields)["models"]
            self.assertGreater(len(whole), 2, fields)
            for size in {1, 3, len(whole) - 1, len(whole)}:
                found = self.walk("Registry.ListModels", "models", size, newest_first=True, **fields)
                self.assertEqual(self.bare(found), self.bare(whole[::-1]), (fields, size))
        counted = self.anyone.call("Evaluation.CountDerivatives", scope={"all": True})["counted"]
        self.assertEqual(self.anyone.call("Registry.ListModels", derivatives_only=True)["total_size"], int(counted))

    def test_what_was_registered_since(self):
        """The moment itself is within; the same models are left out of both lists, and their publishers of the ranking."""
        whole = self.anyone.call("Registry.ListModels", page_size=1000, derivatives_only=True)["models"]
        for at in (0, 1, len(whole) // 2, len(whole) - 1):
            since, names = whole[at]["create_time"], [model["name"] for model in whole[at:]]
            for method, items, fields in (("Registry.ListModels", "models", {"derivatives_only": True}),
                                          ("Evaluation.ListCounted", "derivatives", {"scope": {"all": True}})):
                for newest_first in (False, True):
                    found = self.walk(method, items, 3, registered_since=since, newest_first=newest_first, **fields)
                    self.assertEqual([item["name"] for item in found], names[::-1] if newest_first else names, (method, at))
            ranked = self.anyone.call("Evaluation.ListPublisherCounts", scope={"all": True}, registered_since=since, page_size=1000)
            self.assertEqual(int(ranked["all"]["counted"]), len(names))
            self.assertEqual({row["publisher"]: int(row["counted"]) for row in ranked["publishers"]},
                             {p: sum(name.startswith(p + "/") for name in names) for p in {name.split("/")[0] for name in names}})
        late = {"registered_since": "2999-01-01T00:00:00Z"}
        self.assertEqual(self.anyone.call("Registry.ListModels", **late)["total_size"], 0)
        self.assertEqual(self.anyone.call("Evaluation.ListCounted", scope={"all": True}, **late)["total_size"], 0)
        self.assertEqual(self.anyone.call("Evaluation.ListPublisherCounts", scope={"all": True}, **late)["publishers"], [])

    def test_a_ranking_under_a_rule(self):
        """Each count is the one that CountDerivatives gives for the publisher."""
        for fields in ({"scope": {"all": True}}, {"scope": {"base_model": SKT}, "rule": {"policy": "paged-nc"}}, {"scope": {"team": "upstage"}}):
            groups = self.anyone.call("Evaluation.CountDerivatives", group_by=["GROUPING_PUBLISHER"], page_size=1000, **fields)
            ranked = self.anyone.call("Evaluation.ListPublisherCounts", page_size=1000, **fields)
            self.assertEqual({row["publisher"]: row["counted"] for row in ranked["publishers"]}, {g["key"]: g["count"] for g in groups["groups"]})
            counts = [int(row["counted"]) for row in ranked["publishers"]]
            self.assertEqual(counts, sorted(counts, reverse=True))
            self.assertEqual(ranked["all"]["counted"], groups["counted"])
            for row in ranked["teams"]:
                rule = {"rule": fields["rule"]} if "rule" in fields else {}
                alone = self.anyone.call("Evaluation.CountDerivatives", scope={"team": row["team"]}, **rule)
                self.assertEqual(row["count"], alone["counted"] if "all" in fields["scope"] else ranked["all"]["counted"])
            self.assertTrue(ranked["teams"])
            for row in [*ranked["publishers"], ranked["all"]]:
                self.assertEqual(sum(map(int, row["relations"].values())), int(row["counted"]))

    def test_page_sizes(self):
        for method, (items, fields, _) in LISTS.items():
            self.wrong(["page_size"], method, self.admin, page_size=-1, **fields)
            self.wrong(["page_size"], method, self.admin, page_size=-2**31, **fields)
            self.admin.call(method, page_size=2**31 - 1, **fields)

    def test_tokens_belong_to_their_question(self):
        for method, (items, fields, other) in LISTS.items():
            token = self.admin.call(method, page_size=1, **fields)["next_page_token"]
            self.assertTrue(token, method)
            if other is not None:
                self.wrong(["page_token"], method, self.admin, page_token=token, **other)
            for broken in ("x", "p1", "p2" + token[2:], token[:-1], token + "0",
                           token[:-1] + ("0" if token[-1] != "0" else "1"), "p1.-1.0." + token[-16:],
                           token.replace(".", ","), "p1.99999999999999999999.0." + token[-16:], "\u00e9" * 20):
                self.wrong(["page_token"], method, self.admin, page_token=broken, **fields)
            self.admin.call(method, page_size=2, page_token=token, **fields)  # the size of a page may change on the way
        members = self.admin.call("Access.ListMembers", publisher="paged", page_size=1)["next_page_token"]
        self.wrong(["page_token"], "Registry.ListTeams", page_token=members)


class Growing(Walks):
    """A server of its own, whose lists grow as they are read."""
    BASE = "LGAI-EXAONE/EXAONE-3.0-7.8B-Instruct"

    def test_pages_stay_while_writes_go_on(self):
        for i in range(8):
            self.register("alice/old-%d" % i, SKT)
        for i in range(2, 9):
            self.alice.call("Registry.PublishRelease", release=dict(name="alice/old-0", version=str(i)))
        number = itertools.count()

        def write():
            n = next(number)
            self.register("alice/new-%d" % n, SKT)
            self.alice.call("Registry.PublishRelease", release=dict(name="alice/old-0", version="w%d" % n))
            self.register("publisher-%d/new" % n, SKT, client=self.admin)
        for method in ("Registry.ListModels", "Registry.ListDerivatives", "Registry.ListReleases",
                       "Evaluation.ListCounted", "Registry.ListPublishers"):
            items, fields, _ = LISTS[method]
            fields = {"model": "alice/old-0"} if method == "Registry.ListReleases" else fields
            before = self.admin.call(method, page_size=1000, **fields)[items]
            names = [i.get("name") or i.get("version")
                     for i in self.walk(method, items, len(before) // 4, write, **fields)]
            self.assertEqual(names, [i.get("name") or i.get("version") for i in before], method)

    def test_whole_thousands_and_no_more(self):
        items = [derivative("alice/mass-%d" % i, self.BASE) for i in range(1000)]
        self.alice.call("Registry.BatchRegisterDerivatives", timeout=60, derivatives=items)
        self.register("alice/mass-1000", self.BASE)
        for method, fields in (("Registry.ListModels", {"name_contains": "mass-"}),
                               ("Registry.ListDerivatives", {"model": self.BASE}),
                               ("Evaluation.ListCounted", {"scope": {"base_model": self.BASE}})):
            where = LISTS[method][0]
            page = self.anyone.call(method, page_size=5000, **fields)
            self.assertEqual((len(page[where]), page["total_size"]), (1000, 1001))
            rest = self.anyone.call(method, page_size=5000, page_token=page["next_page_token"], **fields)
            self.assertEqual([i["name"] for i in rest[where]], ["alice/mass-1000"])
            self.assertEqual(len(self.anyone.call(method, **fields)[where]), 100)


class Filters(History):
    def names(self, **fields):
        reply = self.anyone.call("Registry.ListModels", page_size=1000, **fields)
        self.assertEqual(reply["total_size"], len(reply["models"]))
        for model in reply["models"]:
            self.assertEqual(model["release"]["statement"], "")
        return {m["name"] for m in reply["models"]}

    def test_models_by_filters(self):
        facts = {f["shown"]: (f, self.ledger.depths(m)) for m, f in self.ledger.models.items()}
        standing = {n: f for n, f in facts.items() if not f[0]["yanked"]}

        def those(wants, of=standing):
            return {n for n, (f, r) in of.items() if wants(n, f, r)}

        def mine(**fields):  # what this file's history made, not what other tests add
            return self.names(**fields) & set(facts)
        self.assertEqual(mine(), set(standing))
        self.assertEqual(mine(include_yanked=True), set(facts))
        self.assertEqual(self.names(publisher="BOB"), those(lambda n, f, r: n.startswith("bob/")))
        self.assertEqual(mine(root=SOLAR.lower()), those(lambda n, f, r: SOLAR in r))
        self.assertEqual(mine(team="upstage"), those(lambda n, f, r: "upstage" in {self.ledger.bases[b] for b in r}))
        self.assertEqual(mine(root=SOLAR, team="sk-telecom"), set())
        self.assertEqual(mine(relation="RELATION_MERGE"), those(lambda n, f, r: f["relation"] == "merge"))
        self.assertEqual(mine(license="MIT"), those(lambda n, f, r: f["license"] == "MIT"))
        self.assertEqual(mine(license="mit"), mine(license="MIT"))
        self.assertEqual(mine(license_class="LICENSE_CLASS_NON_COMMERCIAL"),
                         those(lambda n, f, r: f["license"] == "CC-BY-NC-4.0"))
        self.assertEqual(mine(name_contains="MERGE-"), those(lambda n, f, r: "merge-" in n))
        self.assertEqual(mine(finding="FINDING_KIND_AFFILIATE"),
                         those(lambda n, f, r: {self.ledger.bases[b] for b in r} & set(f["bound"])
                               and not n.startswith("upstage/")))
        self.assertEqual(mine(finding="FINDING_KIND_SELF"), {"upstage/Solar-own"})
        self.assertEqual(mine(finding="FINDING_KIND_YANKED", include_yanked=True),
                         those(lambda n, f, r: f["yanked"], facts))
        self.assertEqual(mine(finding="FINDING_KIND_DUPLICATE_WEIGHTS"), {"alice/same-weights"})
        self.assertEqual(mine(finding="FINDING_KIND_CONTESTED"), {"alice/same-weights"})
        declared = {m: self.ledger.depths(m, {}) for m in self.ledger.models}
        model_of = {f["shown"]: m for m, f in self.ledger.models.items()}
        self.assertEqual(mine(finding="FINDING_KIND_ADOPTED_PATH"), those(lambda n, f, r: set(r) - set(declared[model_of[n]])))
        self.assertEqual(mine(publisher="bob", relation="RELATION_MERGE", root=SOLAR, name_contains="team"),
                         {"bob/merge-team"})
        last = self.index_of_newest()
        self.assertEqual(self.names(after_log_index=last), set())
        self.assertEqual(len(self.names(after_log_index=last - 1)), 1)
        everything, middle = self.names(), last // 2
        before, after = self.names(before_log_index=middle), self.names(after_log_index=middle - 1)
        self.assertTrue(before and after)
        self.assertEqual((before & after, before | after), (set(), everything))
        self.assertEqual(self.names(before_log_index=last + 1), everything)
        self.assertEqual(self.names(after_log_index=middle, before_log_index=middle), set())

    def index_of_newest(self):
        models, token = [], ""
        while True:
            page = self.anyone.call("Registry.ListModels", page_size=1000, page_token=token)
            models, token = page["models"] or models, page["next_page_token"]
            if not token:
                return int(models[-1]["log_index"])

    def test_wrong_filters(self):
        call = "Registry.ListModels"
        self.wrong(["after_log_index"], call, after_log_index=-1)
        self.wrong(["before_log_index"], call, before_log_index=-1)
        self.wrong(["sha256"], call, sha256="abc")
        self.names(name_contains="x" * 96)
        self.wrong(["name_contains"], call, name_contains="x" * 97)
        for field, value in (("relation", 9), ("license_class", 6), ("finding", 13)):
            self.wrong([field], call, **{field: value})
        self.refused("NOT_FOUND", "TEAM_NOT_FOUND", call, team="nobody")
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", call, root="skt/none")
        self.refused("NOT_FOUND", "PUBLISHER_NOT_FOUND", call, publisher="nobody")
        self.refused("NOT_FOUND", "TEAM_NOT_FOUND", "Registry.ListBaseModels", team="nobody")
        self.assertEqual({m["base_facts"]["team"]
                          for m in self.anyone.call("Registry.ListBaseModels", team="upstage")["models"]}, {"upstage"})

    def derivatives(self, model, **fields):
        return [m["name"] for m in self.anyone.call("Registry.ListDerivatives", model=model, page_size=1000,
                                                    **fields)["models"]]

    def test_derivatives_of_a_model(self):
        chain = ["bob/d%d" % i for i in range(1, 19)]
        self.assertEqual(self.derivatives(A4), ["bob/d1"])
        self.assertEqual(self.derivatives(A4, transitive=True), [n for n in chain if n != "bob/d3"])
        self.assertEqual(self.derivatives(A4, transitive=True, include_yanked=True), chain)
        self.assertEqual(self.derivatives("bob/d2"), [])
        self.assertEqual(self.derivatives("bob/d2", include_yanked=True), ["bob/d3"])
        self.assertEqual(self.derivatives("bob/d18", transitive=True), [])
        inside = ["alice/outside", "alice/two-outside", "alice/two-more"]
        self.assertEqual(self.derivatives("alice/inside"), inside)
        self.assertEqual(self.derivatives("alice/inside", transitive=True), inside + ["bob/of-two-more"])
        self.assertEqual(self.derivatives("alice/finetune"), [])  # that adoption has ended
        self.assertEqual(self.derivatives(SKT_2, include_yanked=True), [])  # the release that was made from it is yanked
        self.assertEqual(self.derivatives("alice/PRUNE"), [])


class Lineage(History):
    def lineage(self, name, **fields):
        return self.anyone.call("Registry.GetLineage", name=name, **fields)

    @staticmethod
    def flat(reply):
        return {n["name"]: n["distance"] for n in reply["nodes"]}

    def test_up_down_and_both(self):
        up = self.lineage("bob/d3", direction="LINEAGE_DIRECTION_UP")
        self.assertEqual(self.flat(up), {"bob/d3@1": 0, "bob/d2@1": -1, "bob/d1@1": -2, A4 + "@initial": -3})
        self.assertEqual([n["parents"] for n in up["nodes"]], [[1], [2], [3], []])
        self.assertEqual([n["is_base"] for n in up["nodes"]], [False, False, False, True])
        self.assertEqual([n["yanked"] for n in up["nodes"]], [True, False, False, False])
        self.assertFalse(up["truncated"])
        down = self.lineage("bob/d16@1", direction="LINEAGE_DIRECTION_DOWN")
        self.assertEqual(self.flat(down), {"bob/d16@1": 0, "bob/d17@1": 1, "bob/d18@1": 2})
        both = self.lineage("bob/d17")
        self.assertEqual(self.flat(both), {"bob/d%d@1" % (17 + i): i for i in range(-5, 2)})
        self.assertTrue(both["truncated"])
        self.assertEqual(both["nodes"][0]["name"], "bob/d17@1")
        self.assertEqual(both["nodes"][0]["relation"], "RELATION_QUANTIZED")

    def test_outside_and_adoption(self):
        nodes = self.flat(self.lineage("alice/outside"))
        self.assertEqual(nodes, {"alice/outside@1": 0, SKT + "@initial": -1, "huggingface.co/o/ne": -1,
                                 "alice/inside@1": -2, SOLAR_2 + "@initial": -3})
        down = self.flat(self.lineage("alice/inside", direction="LINEAGE_DIRECTION_DOWN"))
        self.assertEqual(down, {"alice/inside@1": 0, "alice/outside@1": 1, "alice/two-outside@1": 1, "alice/two-more@1": 1,
                                "bob/of-two-more@1": 2})
        up = self.flat(self.lineage("bob/of-two-more", direction="LINEAGE_DIRECTION_UP"))
        self.assertEqual(up, {"bob/of-two-more@1": 0, "alice/two-more@1": -1, SOLAR_2 + "@initial": -1, "huggingface.co/t/wo": -2,
                              "alice/inside@1": -3})

    def test_a_merge_has_both(self):
        nodes = self.lineage("bob/merge-families", direction="LINEAGE_DIRECTION_UP")["nodes"]
        self.assertEqual(sorted(n["name"] for n in nodes[1:]), [SKT + "@initial", SOLAR + "@initial"])
        self.assertEqual(sorted(nodes[0]["parents"]), [1, 2])

    def test_bounds(self):
        for depth in (1, 2, 17):
            reply = self.lineage("bob/d18", direction="LINEAGE_DIRECTION_UP", max_depth=depth)
            self.assertEqual((len(reply["nodes"]), reply["truncated"]), (depth + 1, True))
        self.assertFalse(self.lineage("bob/d18", direction="LINEAGE_DIRECTION_UP", max_depth=18)["truncated"])
        for nodes in (1, 2, 18):
            reply = self.lineage("bob/d18", direction="LINEAGE_DIRECTION_UP", max_depth=64, max_nodes=nodes)
            self.assertEqual((len(reply["nodes"]), reply["truncated"]), (nodes, True))
            for node in reply["nodes"]:
                self.assertTrue(all(0 <= p < nodes for p in node["parents"]))
        whole = self.lineage(SKT, max_nodes=5000, max_depth=64)
        self.assertFalse(whole["truncated"])
        few = self.lineage(SKT, max_nodes=3)
        self.assertEqual((len(few["nodes"]), few["truncated"]), (3, True))
        call = "Registry.GetLineage"
        self.wrong(["max_depth", "max_nodes"], call, name=SKT, max_depth=65, max_nodes=5001)
        self.wrong(["max_depth", "max_nodes"], call, name=SKT, max_depth=-1, max_nodes=-1)
        self.wrong(["direction"], call, name=SKT, direction=3)
        self.refused("NOT_FOUND", "RELEASE_NOT_FOUND", call, name=SKT + "@9")


class LeastSize(History):
    @classmethod
    def setUpClass(cls):
        evaluator = person(cls.admin, "evaluator", ["evaluator"], scopes=["roster"])
        evaluator.call("Stages.RecordPolicy", text=policy("least"))
        evaluator.call("Stages.PutStage", stage=dict(
            id="least", title="Stage", title_ko="단계", open_time="2100-01-01T00:00:00Z", cutoff_time="2100-02-01T00:00:00Z",
            policy="least", teams=["upstage"], source="invented"))
        evaluator.close()

    def reads(self):
        needed = {"Registry.GetPublisher": {"name": "alice"}, "Registry.GetModel": {"name": SKT},
                  "Registry.ListDerivatives": {"model": SKT},
                  "Registry.GetLineage": {"name": SKT}, "Registry.GetRelease": {"name": SKT},
                  "Registry.ListReleases": {"model": SKT},
                  "Evaluation.CountDerivatives": {"scope": {"all": True}},
                  "Evaluation.ListCounted": {"scope": {"all": True}},
                  "Evaluation.ListPublisherCounts": {"scope": {"all": True}}, "Registry.Suggest": {"text": "a"},
                  "Evaluation.ExplainStanding": {"name": "bob/d18", "rule": {"policy": "least"}},
                  "Stages.GetPolicy": {"policy": "least"}, "Stages.GetStage": {"id": "least"}}
        for service in ("Registry", "Evaluation", "Stages", "Log", "Demo"):
            for method in self.anyone.pool.FindServiceByName("jokbo.v1." + service).methods:
                if "min_log_size" in method.input_type.fields_by_name:
                    name = service + "." + method.name
                    yield name, needed.get(name, {})

    def test_every_read_has_it(self):
        services = [self.anyone.pool.FindServiceByName("jokbo.v1." + s) for s in ("Registry", "Evaluation", "Stages", "Log", "Demo")]
        reads = {s.name + "." + m.name for s in services for m in s.methods if m.GetOptions().idempotency_level == 1}
        of_any_size = {"Registry.GetBlob", "Log.ReadEntries", "Log.WatchEntries", "Log.GetInclusionProof",
                       "Log.GetConsistencyProof", "Log.GetReceipt", "Evaluation.WatchCounts", "Stages.GetReport"}  # they name sizes themselves, or have none
        self.assertEqual(reads - {n for n, _ in self.reads()}, of_any_size)

    def test_sizes_that_are_there(self):
        size = self.size()
        for name, fields in self.reads():
            reply = self.anyone.call(name, min_log_size=size, **fields)
            self.assertEqual(int(reply["log_size"]), size, name)
            self.wrong(["min_log_size"], name, min_log_size=-1, **fields)
            self.wrong(["min_log_size"], name, min_log_size=2**32, **fields)

    def test_sizes_that_are_not_there_yet(self):
        size = self.size()
        for name, fields in itertools.islice(self.reads(), 0, None, 3):
            start = time.monotonic()
            with self.assertRaises(Failure) as caught:
                self.anyone.call(name, min_log_size=size + 1, timeout=0.5, **fields)
            self.assertEqual((caught.exception.code, caught.exception.reason), ("UNAVAILABLE", "BEHIND"), name)
            self.assertLess(time.monotonic() - start, allowed(0.6))

    def test_a_page_waits_for_the_size_of_the_first(self):
        """Another server than the one that gave the first page may be behind it."""
        first = self.anyone.call("Registry.ListModels", page_size=2)
        size = int(first["log_size"])
        ahead = first["next_page_token"].replace(".%d." % size, ".%d." % (size + 1))
        with self.assertRaises(Failure) as caught:
            self.anyone.call("Registry.ListModels", page_size=2, page_token=ahead, timeout=0.5)
        self.assertEqual((caught.exception.code, caught.exception.reason), ("UNAVAILABLE", "BEHIND"))
        self.roster(licenses=[dict(license="LicenseRef-page", commercial=2, derivatives=2, redistribution=2)])
        self.assertEqual(int(self.anyone.call("Registry.ListModels", page_token=ahead)["log_size"]), size + 1)

    def test_waiting_for_a_write(self):
        size, replies = self.size(), {}

        def wait(name, fields):
            client = Client(self.server.address)
            replies[name] = int(client.call(name, min_log_size=size + 1, timeout=20, **fields)["log_size"])
            client.close()
        waiting = [threading.Thread(target=wait, args=read) for read in itertools.islice(self.reads(), 0, 4)]
        for thread in waiting:
            thread.start()
        time.sleep(0.2)
        self.assertEqual(replies, {})
        self.roster(licenses=[dict(license="LicenseRef-wait", commercial=2, derivatives=2, redistribution=2)])
        for thread in waiting:
            thread.join(20)
        self.assertEqual(set(replies.values()), {size + 1})


if __name__ == "__main__":
    unittest.main()
