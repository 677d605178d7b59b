"""Adoptions of external models: who holds which organisation of a hub, who may adopt and give up, rulings that a second evaluator
confirms, what hangs on an adoption and how policies of rule set 2 look at it, disputes about it; over gRPC and on the command line."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import Case, Client, Shared, accepted, confirmed, derivative, external, joined, new_id, person  # noqa: E402
from ruled import rules, text_of, word  # noqa: E402

SKT, SKT_2 = "skt/A.X-K1", "skt/A.X-K2"
SOLAR, SOLAR_2 = "upstage/Solar-Open-100B", "upstage/Solar-Open2-250B"
ADOPT, UNADOPT = "Registry.AdoptExternalModel", "Registry.UnadoptExternalModel"
SET, DECIDE, OPEN = "Registry.SetNamespace", "Stages.DecideRuling", "Stages.OpenDispute"
STATE, DENIED = "FAILED_PRECONDITION", "PERMISSION_DENIED"
PENDING, IN_FORCE, REJECTED, REPLACED = ("RULING_STATE_" + state for state in ("PENDING", "IN_FORCE", "REJECTED", "REPLACED"))
# Rule set 2 with all but a few reasons off; and the same where adoptions are left out.
OPEN_RULES = rules("adoptions-in", depth="on 2", self="on", affiliate="on", license_conflict="on", duplicate="on")
STRICT_RULES = OPEN_RULES.replace("adoptions-in", "adoptions-out").replace("adopted-path off", "adopted-path on")
DEEP_RULES = STRICT_RULES.replace("adoptions-out", "adoptions-out-deep").replace("depth on 2", "depth off")


def setUpModule():
    Adopting.open()


class Adopting(Shared):
    """bob is verified and holds an organisation; alice is neither. Every test has externals of its own."""
    made = 0

    @classmethod
    def open(cls):
        Shared.open()
        Case.eve, Case.una, Case.ivy = (person(Case.admin, name, ["evaluator"], scopes=["models", "roster"])
                                        for name in ("eve", "una", "ivy"))
        Case.rita = person(Case.admin, "rita", ["registrar"], scopes=["models", "roster"])
        Case.upstage = person(Case.admin, "team", ["team"], "upstage", scopes=["models"])
        Case.carol = person(Case.admin, "carol")
        Case.carol.call("Registry.CreatePublisher", name="carol")
        Case.admin.call("Registry.VerifyPublisher", name="bob", evidence="domain")
        Case.rita.call(SET, publisher="bob", organisation="huggingface.co/Bob-Org", evidence="hub-file")
        for text in (OPEN_RULES, STRICT_RULES, DEEP_RULES, text_of("hub-like")):
            Case.eve.call("Stages.RecordPolicy", text=text)

    @classmethod
    def next(cls, beginning):
        Adopting.made += 1
        return "%s%d" % (beginning, Adopting.made)

    def external(self, organisation="Bob-Org"):
        return "huggingface.co/%s/%s" % (organisation, self.next("Ex-"))

    def derivative(self, *parents, publisher="bob", **fields):
        client = {"alice": self.alice, "bob": self.bob, "carol": self.carol}[publisher]
        given = [external(p) if p.count("/") > 1 else p for p in parents or (SOLAR,)]
        return self.register(publisher + "/" + self.next("m-"), *given, client=client, **fields)["model"]["name"]

    def by_evaluators(self, external, model, method=ADOPT):
        """Ruled and confirmed; the index of the entry that changed lineage."""
        confirmed(self.eve, self.una, method, external=external, model=model, reason="its maker's page")
        return self.size() - 1

    def texts(self, start):
        return [entry.decode() for entry in self.anyone.entries(start, self.size())]

    def kinds_since(self, start):
        return [text.split("\n")[1].split(" ")[1] for text in self.texts(start)]

    def adoptions(self, **fields):
        return self.anyone.call("Registry.ListAdoptions", page_size=1000, min_log_size=self.size(), **fields)["adoptions"]

    def ruling(self, index):
        return next(r for r in self.anyone.call("Stages.ListRulings", page_size=1000, min_log_size=self.size())["rulings"]
                    if r["log_index"] == str(index))

    def run_ok(self, *arguments, client="admin", code=0):
        done = self.server.jokbo(*arguments, token=client.token if isinstance(client, Client) else client)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr


class Namespaces(Adopting):
    def set(self, client, publisher, organisation, **fields):
        return client.call(SET, publisher=publisher, organisation=organisation, **dict({"evidence": "letter"}, **fields))

    def listed(self, **fields):
        found = self.anyone.call("Registry.ListNamespaces", page_size=1000, min_log_size=self.size(), **fields)["namespaces"]
        return {one["organisation"]: (one["publisher"], one["held"]) for one in found}

    def test_nobody_grants_his_own_publisher_one(self):
        """To whoever made it, or is or was a member; to give it up is nobody else's business, and an invitation is nothing."""
        organisation, name = "huggingface.co/" + self.next("Org-"), self.next("Theirs-")
        self.alice.call("Registry.CreatePublisher", name=name)
        for client in (self.rita, self.eve):
            self.alice.call("Access.SetMember", publisher=name, account=client.account, role="MEMBER_ROLE_WRITER")
            self.set(client, name, organisation)
            self.set(client, name, organisation, end=True)
            accepted(self.admin, name, client.account)
            failure = self.refused(DENIED, "OWN_PUBLISHER", SET, client, publisher=name.lower(), organisation=organisation, evidence="letter")
            self.assertIn("--four-eyes off", failure.message)
            self.una.call(SET, publisher=name, organisation=organisation, evidence="letter")
            self.set(client, name, organisation, end=True)
            self.alice.call("Access.RemoveMember", publisher=name, account=client.account)
            self.refused(DENIED, "OWN_PUBLISHER", SET, client, publisher=name, organisation=organisation, evidence="letter")

    def test_the_hub_has_one_address(self):
        """hf.co/x would be another organisation than huggingface.co/x; what was written before can still be ended."""
        for host in ("hf.co", "www.huggingface.co", "huggingface.co:443"):
            right = "write huggingface.co/Bob-Org"
            refused = self.wrong(["organisation"], SET, self.rita, publisher="alice", organisation=host + "/Bob-Org", evidence="x")
            self.assertIn(right, refused.fields["organisation"])
            self.refused(STATE, "ALREADY_SO", SET, self.rita, publisher="alice", organisation=host + "/Bob-Org", evidence="x", end=True)
            refused = self.wrong(["external"], ADOPT, self.bob, external=host + "/Bob-Org/m", model="bob/m")
            self.assertIn(right + "/m", refused.fields["external"])
            self.refused("NOT_FOUND", "MODEL_NOT_FOUND", UNADOPT, self.bob, external=host + "/Bob-Org/m", model="bob/m")
            field = "derivative.parents[1].external.name"
            refused = self.wrong([field], "Registry.RegisterDerivative", derivative=derivative(
                "alice/m", SKT, external(host + "/Bob-Org/m"), relation="merge"))
            self.assertIn(right + "/m", refused.fields[field])

    def test_recorded_and_ended(self):
        for client, actor in ((self.rita, "registrar"), (self.eve, "evaluator")):
            organisation = "huggingface.co/" + self.next("Org-")
            made = self.set(client, "ALICE", organisation, details="seen on their page")
            index = self.size() - 1
            self.assertEqual((made["publisher"], made["organisation"], made["held"], made["evidence"], made["log_index"]),
                             ("alice", organisation, True, "letter", str(index)))
            text = self.texts(index)[0]
            self.assertIn("\nactor role %s\npublisher alice\norganisation %s\nevidence letter\ntext sha256:" % (actor, organisation), text)
            self.assertNotIn("their page", text)
            self.assertEqual(self.listed(publisher="alice")[organisation], ("alice", True))
            ended = self.set(client, "alice", organisation.lower(), end=True, evidence="letter of withdrawal")
            self.assertEqual((ended["held"], ended["evidence"]), (False, "letter of withdrawal"))
            self.assertNotIn(organisation, self.listed())
            self.assertEqual(self.listed(include_ended=True)[organisation], ("alice", False))

    def test_one_holds_it(self):
        organisation = "models.example:8443/" + self.next("a%40b")
        self.set(self.rita, "alice", organisation)
        self.refused(STATE, "ALREADY_SO", SET, self.eve, publisher="alice", organisation=organisation.upper().replace(
            "MODELS.EXAMPLE", "models.example"), evidence="again")
        held = self.refused(STATE, "HELD_BY_ANOTHER", SET, self.eve, publisher="bob", organisation=organisation, evidence="x")
        self.assertIn('"alice"', held.message)
        self.refused(STATE, "HELD_BY_ANOTHER", SET, self.eve, publisher="bob", organisation=organisation, evidence="x", end=True)
        self.set(self.eve, "alice", organisation, end=True)
        self.refused(STATE, "ALREADY_SO", SET, self.rita, publisher="alice", organisation=organisation, evidence="x", end=True)
        self.set(self.rita, "bob", organisation)
        self.assertEqual(self.listed(include_ended=True)[organisation], ("bob", True))
        self.assertNotIn(organisation, self.listed(publisher="alice", include_ended=True))

    def test_what_is_wrong(self):
        self.wrong(["publisher", "organisation", "evidence", "details"], SET, self.rita, publisher="a b", organisation="Qwen",
                   evidence="", details="x" * 4097)
        for organisation in ("", "huggingface.co", "huggingface.co/", "huggingface.co/a/b", "HuggingFace.co/a", "huggingface.co/..",
                             "huggingface.co/a@b", "huggingface.co/" + "a" * 500):
            self.wrong(["organisation"], SET, self.rita, publisher="bob", organisation=organisation, evidence="x")
        self.wrong(["evidence"], SET, self.rita, publisher="bob", organisation="hub.example/x", evidence="e" * 201)
        self.refused("NOT_FOUND", "PUBLISHER_NOT_FOUND", SET, self.rita, publisher="nobody", organisation="hub.example/x", evidence="x")
        self.refused("NOT_FOUND", "PUBLISHER_NOT_FOUND", "Registry.ListNamespaces", publisher="nobody")
        admin = person(self.admin, "an admin who judges nothing", ["admin"], scopes=["roster"])
        self.addCleanup(admin.close)
        for client in (self.alice, self.upstage, admin):
            self.refused(DENIED, "ROLE_REQUIRED", SET, client, publisher="alice", organisation="hub.example/x", evidence="x")

    def test_check_only_and_repeats(self):
        organisation, size, repeat = "hub.example/" + self.next("org"), self.size(), new_id()
        dry = self.set(self.rita, "alice", organisation, validate_only=True)
        self.assertEqual((dry["held"], dry["log_index"], dry["log_size"], self.size()), (True, "0", "0", size))
        first = self.set(self.rita, "alice", organisation, request_id=repeat)
        self.assertEqual(self.set(self.rita, "alice", organisation, request_id=repeat), first)
        self.assertEqual(self.size(), size + 1)
        self.refused(STATE, "ALREADY_SO", SET, self.rita, publisher="alice", organisation=organisation, evidence="letter",
                     validate_only=True)

    def test_earlier_sizes(self):
        """What is not recorded yet is nobody's: the list is as of its first page."""
        size = self.size()
        self.set(self.rita, "alice", "hub.example/" + self.next("paged"))
        first = self.anyone.call("Registry.ListNamespaces", page_size=1)
        self.set(self.rita, "alice", "hub.example/" + self.next("paged"))
        rest = self.anyone.call("Registry.ListNamespaces", page_size=1000, page_token=first["next_page_token"])
        self.assertEqual(len(rest["namespaces"]) + 1, first["total_size"])
        self.assertEqual((int(first["log_size"]), rest["log_size"]), (size + 1, first["log_size"]))

    def test_commands(self):
        name = self.next("Cmd-Org-")
        self.assertIn("evidence", self.run_ok("namespace", "set", "alice", "huggingface.co/" + name, client=self.rita, code=3))
        said = self.run_ok("namespace", "set", "alice", "https://huggingface.co/" + name, "--evidence", "hub-file", "--details", "d",
                           "--dry-run", client=self.rita)
        self.assertEqual(said, "would be: alice holds huggingface.co/%s.\n" % name)
        said = self.run_ok("namespace", "set", "alice", "https://huggingface.co/" + name, "--evidence", "hub-file", client=self.rita)
        self.assertEqual(said, "alice holds huggingface.co/%s.\n" % name)
        self.assertIn("The publisher holds", self.run_ok("namespace", "set", "alice", "huggingface.co/" + name, "--evidence", "x",
                                                         client=self.eve, code=4))
        self.assertIn(name, self.run_ok("namespace", "list", "--publisher", "alice", "--limit", "0", client=None))
        self.assertIn("no longer holds", self.run_ok("namespace", "end", "alice", "huggingface.co/" + name, "--evidence", "letter",
                                                     client=self.eve))
        self.assertNotIn(name, self.run_ok("namespace", "list", "--limit", "0", client=None))
        self.assertRegex(self.run_ok("namespace", "list", "--ended", "--limit", "0", client=None), name + " +alice +ended +letter")
        code, listed = self.server.jokbo_json("namespace", "list", "--ended", "--limit", "0", token=None)
        self.assertEqual((code, listed["total_size"]), (0, len(listed["namespaces"])))
        self.run_ok("namespace", "set", "alice", "huggingface.co/" + name, "--evidence", "x", client=self.alice, code=7)
        self.run_ok("namespace", "set", "alice", "no-host", "--evidence", "x", client=self.rita, code=2)


class Publishers(Adopting):
    """A verified publisher within its own organisation, at once."""

    def test_at_once(self):
        there, model = self.external("BOB-ORG"), self.derivative()
        child = self.derivative(there, SKT, publisher="alice", relation="merge")
        before, text = self.size(), self.model(child)["release"]["statement"]
        reply = self.bob.call(ADOPT, external=there, model=model)
        self.assertEqual((reply["log_index"], reply["ruling"], reply["children"], reply["model"]["name"]), (str(before), "0", 1, model))
        self.assertEqual(self.texts(before)[0].split("\n", 3)[3], "actor publisher bob\nexternal %s\nmodel %s\n" % (there, model))
        self.assertEqual({r["name"]: (r["depth"], r["adopted"]) for r in self.model(child)["roots"]}, {SKT: (1, False), SOLAR: (2, True)})
        self.assertEqual(self.model(child)["release"]["statement"], text)
        self.assertIn(("adopted_path", SOLAR), self.kinds(child))
        again = self.refused("ALREADY_EXISTS", "ALREADY_ADOPTED", ADOPT, self.bob, external=there.lower(), model=self.derivative())
        self.assertIn("bound to %s since log entry %d" % (model, before), again.message)
        ended = self.bob.call(UNADOPT, external=there, model=model)
        self.assertEqual((ended["log_index"], ended["ruling"], ended["children"]), (str(self.size() - 1), "0", 1))
        self.assertEqual(self.texts(self.size() - 1)[0].split("\n", 3)[3],
                         "actor publisher bob\nexternal %s\nmodel %s\n" % (there, model))
        self.assertEqual(self.roots(child), {SKT: 1})
        self.assertNotIn("adopted_path", {kind for kind, _ in self.kinds(child)})
        self.bob.call(ADOPT, external=there, model=model)  # and may be adopted anew
        self.assertEqual(self.roots(child), {SKT: 1, SOLAR: 2})

    def test_who_may_not(self):
        mine, theirs, there = self.derivative(), self.derivative(publisher="alice"), self.external()
        admin = person(self.admin, "an admin who judges nothing", ["admin"], scopes=["models"])
        self.addCleanup(admin.close)
        for method in (ADOPT, UNADOPT):
            if method == UNADOPT:  # what is there to give up
                self.bob.call(ADOPT, external=there, model=mine)
            self.refused(DENIED, "NOT_A_MEMBER", method, self.alice, external=there, model=mine)
            for client in (self.upstage, self.rita, admin):
                self.refused(DENIED, "NOT_A_MEMBER", method, client, external=there, model=mine)
            self.refused("NOT_FOUND", "MODEL_NOT_FOUND", method, self.bob, external=there, model="bob/nothing")
            self.wrong(["external", "model", "reason", "text"], method, self.bob, external="w/h", model="x", reason="r" * 201,
                       text="t" * 4097)
        unverified = self.refused(STATE, "NOT_VERIFIED", ADOPT, self.alice, external=self.external(), model=theirs)
        self.assertIn('"alice" is not verified', unverified.message)
        for outside in (self.external("Alice-Org"), "huggingface.co/bob-org", "huggingface.co/" + self.next("one-segment-"),
                        "hub.example/Bob-Org/x", "huggingface.co/Bob-Org2/x"):
            refused = self.refused(STATE, "NO_NAMESPACE", ADOPT, self.bob, external=outside, model=mine)
            self.assertIn("jokbo namespace set", refused.message)

    def test_what_a_namespace_is_worth(self):
        """It has to be the publisher's own, and to hold still, when adopting. To give up takes neither it nor a verification."""
        organisation = self.next("Org-")
        there, model = self.external(organisation), self.derivative()
        self.rita.call(SET, publisher="alice", organisation="huggingface.co/" + organisation, evidence="x")
        self.refused(STATE, "NO_NAMESPACE", ADOPT, self.bob, external=there, model=model)
        self.rita.call(SET, publisher="alice", organisation="huggingface.co/" + organisation, evidence="x", end=True)
        self.rita.call(SET, publisher="bob", organisation="huggingface.co/" + organisation, evidence="x")
        self.bob.call(ADOPT, external=there, model=model)
        self.rita.call(SET, publisher="bob", organisation="huggingface.co/" + organisation, evidence="x", end=True)
        self.assertEqual([a["end_log_index"] for a in self.adoptions(external=there)], ["0"], "it stays until somebody ends it")
        self.admin.call("Registry.VerifyPublisher", name="bob", evidence="gone", undo=True)
        try:
            self.refused(STATE, "NOT_VERIFIED", ADOPT, self.bob, external=self.external(), model=model)
            self.bob.call(UNADOPT, external=there, model=model)
        finally:
            self.admin.call("Registry.VerifyPublisher", name="bob", evidence="domain")
        self.assertIn("\nkind unadopt\n", self.texts(self.size() - 2)[0])
        self.assertIn("\nactor publisher bob\n", self.texts(self.size() - 2)[0])
        self.refused(STATE, "NOT_ADOPTED", UNADOPT, self.bob, external=there, model=model)

    def test_who_holds_the_namespace_now(self):
        """Ends what was bound while another held it, and only once verified; nobody else's namespace does."""
        organisation = self.next("Org-")
        there, model = self.external(organisation), self.derivative()
        held = dict(organisation="huggingface.co/" + organisation, evidence="x")
        self.rita.call(SET, publisher="bob", **held)
        self.bob.call(ADOPT, external=there, model=model)
        self.rita.call(SET, publisher="bob", end=True, **held)
        self.rita.call(SET, publisher="carol", **held)
        for client in (self.carol, self.alice):
            self.refused(DENIED, "NOT_A_MEMBER", UNADOPT, client, external=there, model=model)
        self.admin.call("Registry.VerifyPublisher", name="carol", evidence="domain")
        try:
            self.refused(DENIED, "NOT_A_MEMBER", ADOPT, self.carol, external=self.external(organisation), model=model)
            self.refused(DENIED, "NOT_A_MEMBER", UNADOPT, self.alice, external=there, model=model)
            self.carol.call(UNADOPT, external=there, model=model)
            self.assertIn("\nactor publisher carol\nexternal %s\nmodel %s\n" % (there, model), self.texts(self.size() - 1)[0])
            mine = self.derivative(publisher="carol")
            self.carol.call(ADOPT, external=there, model=mine)
        finally:
            self.admin.call("Registry.VerifyPublisher", name="carol", evidence="gone", undo=True)
        self.assertEqual([a["model"] for a in self.adoptions(external=there) if a["end_log_index"] == "0"], [mine])

    def test_an_adoption_that_was_ruled_is_given_up(self):
        there, model = self.external("Elsewhere"), self.derivative(publisher="alice")
        self.by_evaluators(there, model)
        self.alice.call(UNADOPT, external=there, model=model)
        self.assertIn("\nactor publisher alice\n", self.texts(self.size() - 1)[0])

    def test_a_base_model_is_no_target(self):
        """Under which names a base lies on other hubs is roster data: not its team's, nor two evaluators', to say."""
        for client in (self.upstage, self.eve):
            self.refused(STATE, "TARGET_IS_BASE", ADOPT, client, external=self.external(), model=SOLAR, reason="x")

    def test_a_team_for_its_own_publisher(self):
        """It acts for it, and under the same conditions."""
        there, model = self.external("Team-Org"), "upstage/" + self.next("Solar-own-")
        self.register(model, SOLAR, client=self.upstage)
        self.refused(STATE, "NOT_VERIFIED", ADOPT, self.upstage, external=there, model=model)
        self.admin.call("Registry.VerifyPublisher", name="upstage", evidence="domain")
        self.refused(STATE, "NO_NAMESPACE", ADOPT, self.upstage, external=there, model=model)
        self.rita.call(SET, publisher="upstage", organisation="huggingface.co/Team-Org", evidence="hub-file")
        for method in (ADOPT, UNADOPT):
            self.upstage.call(method, external=there, model=model)
            self.assertIn("\nactor team upstage\nexternal %s\nmodel %s\n" % (there, model), self.texts(self.size() - 1)[0])

    def test_a_model_that_moves(self):
        """The present publisher gives it up, and who holds the namespace ends it; the adoption goes with the model."""
        there, model = self.external(), self.derivative()
        self.bob.call(ADOPT, external=there, model=model)
        moved = "alice/" + self.next("moved-")
        self.admin.call("Registry.TransferModel", name=model, new_name=moved)
        self.assertEqual([a["model"] for a in self.adoptions(external=there)], [moved])
        self.refused(DENIED, "NOT_A_MEMBER", UNADOPT, self.carol, external=there, model=moved)
        self.alice.call(UNADOPT, external=there, model=model)  # by a name that it had
        self.by_evaluators(there, moved)
        self.bob.call(UNADOPT, external=there, model=moved)
        self.assertIn("\nactor publisher bob\nexternal %s\nmodel %s\n" % (there, moved), self.texts(self.size() - 1)[0])

    def test_another_ones_adoption(self):
        there, one, other = self.external(), self.derivative(), self.derivative()
        self.bob.call(ADOPT, external=there, model=one)
        refused = self.refused(STATE, "NOT_ADOPTED", UNADOPT, self.bob, external=there, model=other)
        self.assertIn('"%s" has not adopted "%s"' % (other, there), refused.message)
        self.refused(STATE, "NOT_ADOPTED", UNADOPT, self.bob, external=self.external(), model=one)

    def test_check_only_and_repeats(self):
        there, model, size = self.external(), self.derivative(), self.size()
        for method in (ADOPT, UNADOPT):
            dry = self.bob.call(method, external=there, model=model, validate_only=True)
            self.assertEqual((dry["log_index"], dry["ruling"], self.size()), ("0", "0", size))
            repeat = new_id()
            first = self.bob.call(method, external=there, model=model, request_id=repeat)
            self.assertEqual(self.bob.call(method, external=there, model=model, request_id=repeat), first)
            self.assertEqual(self.size(), size + 1)
            size += 1
            self.refused("ALREADY_EXISTS" if method == ADOPT else STATE, "ALREADY_ADOPTED" if method == ADOPT else "NOT_ADOPTED", method,
                         self.bob, external=there, model=model, validate_only=True)

    def test_commands(self):
        there, model = self.external(), self.derivative()
        self.derivative(there, SKT, publisher="alice", relation="merge")
        url = "https://" + there
        self.assertIn("would be bound: %s is %s. Lineages of 1 model run" % (there, model),
                      self.run_ok("adopt", url, model, "--dry-run", client=self.bob))
        self.assertIn("bound: %s is %s." % (there, model), self.run_ok("adopt", url, model, client=self.bob))
        self.assertIn("would be freed", self.run_ok("unadopt", there, model, "--dry-run", client=self.bob))
        self.assertIn("freed: %s is no longer %s. Lineages of 1 model end there." % (there, model),
                      self.run_ok("unadopt", there, model, client=self.bob))
        self.run_ok("unadopt", there, model, client=self.bob, code=4)
        self.run_ok("adopt", there, model, client=self.alice, code=7)
        self.run_ok("adopt", "not-a-host", model, client=self.bob, code=2)
        told = self.run_ok("adopt", self.external("Elsewhere"), model, client=self.bob, code=4)
        self.assertIn("jokbo namespace set", told)


class Evaluators(Adopting):
    """By a ruling, which takes effect when another evaluator confirms it."""

    def confirmed_adoption(self):
        there, model = self.external("Qwen"), self.derivative(publisher="alice")
        child = self.derivative(there, SKT, publisher="carol", relation="merge")
        size, text = self.size(), "그들의 저장소에\n적혀 있습니다."
        made = self.eve.call(ADOPT, external=there, model=model, reason="hub page", text=text)
        self.assertEqual((made["log_index"], made["ruling"], made["children"]), ("0", str(size), 1))
        written = self.texts(size)
        self.assertEqual(len(written), 1)
        self.assertIn("\nkind approve-adopt\n", written[0])
        self.assertIn("\nactor role evaluator\nexternal %s\nmodel %s\nreason hub page\nneeds-second yes\ntext sha256:" % (there, model),
                      written[0])
        self.assertNotIn("저장소", written[0])
        self.assertEqual((self.roots(child), self.adoptions(external=there)), ({SKT: 1}, []))
        ruling = self.ruling(size)
        self.assertEqual((ruling["kind"], ruling["external"], ruling["model"], ruling["state"], ruling["text"], ruling["restore"]),
                         ("RULING_KIND_ADOPT", there, model, PENDING, text, False))
        self.refused(DENIED, "SAME_EVALUATOR", DECIDE, self.eve, ruling=size, confirm=True)
        waits = self.refused(STATE, "RULING_PENDING", ADOPT, self.una, external=there.lower(), model=model, reason="another")
        self.assertEqual(waits.metadata["ruling"], str(size))
        before = self.size()
        done = self.una.call(DECIDE, ruling=size, confirm=True, text="seen")
        self.assertEqual((done["state"], done["decision_index"]), (IN_FORCE, str(before)))
        confirm, adopt = self.texts(before)
        self.assertIn("\nkind confirm\n", confirm)
        self.assertEqual(adopt.split("\n", 3)[3], "actor role evaluator\nexternal %s\nmodel %s\n" % (there, model))
        self.assertEqual(confirm.split("\n")[2], adopt.split("\n")[2], "one batch, one time")
        self.assertEqual(self.roots(child), {SKT: 1, SOLAR: 2})
        found = self.adoptions(external=there)
        self.assertEqual([(a["log_index"], a["actor"], a["model"], a["children"]) for a in found],
                         [(str(before + 1), "role evaluator", model, 1)])
        self.refused(STATE, "RULING_DECIDED", DECIDE, self.ivy, ruling=size, confirm=True)
        return there, model, child, size

    def test_ruled_and_confirmed(self):
        self.confirmed_adoption()

    def test_given_up_the_same_way(self):
        there, model, child, adopted = self.confirmed_adoption()
        made = self.una.call(UNADOPT, external=there, model=model, reason="it was another's")
        self.assertEqual(made["log_index"], "0")
        self.assertEqual(self.roots(child), {SKT: 1, SOLAR: 2})
        self.refused(STATE, "RULING_PENDING", UNADOPT, self.eve, external=there, model=model, reason="x")
        before = self.size()
        self.ivy.call(DECIDE, ruling=made["ruling"], confirm=True)
        self.assertEqual(self.kinds_since(before), ["confirm", "unadopt"])
        self.assertEqual(self.roots(child), {SKT: 1})
        self.assertEqual([self.ruling(i)["state"] for i in (adopted, made["ruling"])], [REPLACED, IN_FORCE])
        self.assertEqual(self.ruling(made["ruling"])["kind"], "RULING_KIND_UNADOPT")
        self.assertEqual([(a["end_log_index"]) for a in self.adoptions(external=there, include_ended=True)], [str(before + 1)])
        self.refused(STATE, "NOT_ADOPTED", UNADOPT, self.eve, external=there, model=model, reason="x")

    def test_rejected(self):
        there, model = self.external(), self.derivative(publisher="alice")
        made = self.eve.call(ADOPT, external=there, model=model, reason="x")
        before = self.size()
        self.assertEqual(self.una.call(DECIDE, ruling=made["ruling"])["state"], REJECTED)
        self.assertEqual(self.kinds_since(before), ["reject"])
        self.assertEqual(self.adoptions(external=there), [])
        self.refused(STATE, "RULING_DECIDED", DECIDE, self.una, ruling=made["ruling"], confirm=True)
        self.by_evaluators(there, model)  # may be ruled anew

    def test_no_longer_possible(self):
        """What stood in no way of a ruling may stand in the way of its confirmation: then nothing is written, and it can be rejected."""
        there, model, other = self.external(), self.derivative(), self.derivative()
        made = self.eve.call(ADOPT, external=there, model=other, reason="x")["ruling"]
        self.bob.call(ADOPT, external=there, model=model)
        self.impossible("ALREADY_EXISTS", "ALREADY_ADOPTED", made)
        end = self.eve.call(UNADOPT, external=there, model=model, reason="x")["ruling"]
        self.bob.call(UNADOPT, external=there, model=model)
        self.impossible(STATE, "NOT_ADOPTED", end)
        # a descendant that came meanwhile would be its own ancestor
        ring = self.derivative(publisher="alice")
        there = self.external("Ring")
        made = self.eve.call(ADOPT, external=there, model=ring, reason="x")["ruling"]
        self.release(ring, version="2", parents=[{"external": {"name": there}}, {"registered": {"name": SOLAR}}],
                     relation="RELATION_MERGE")
        self.impossible(STATE, "CYCLE", made)
        # a model that was put on the roster meanwhile
        listed = self.derivative(publisher="alice")
        made = self.eve.call(ADOPT, external=self.external("Listed"), model=listed, reason="x")["ruling"]
        facts = dict(team="upstage", from_scratch="ANSWER_NO", listed=True)
        self.admin.call("Registry.ApplyRoster", models=[dict(name=listed, facts=facts)])
        try:
            self.impossible(STATE, "TARGET_IS_BASE", made)
        finally:
            self.admin.call("Registry.ApplyRoster", models=[dict(name=listed, facts=dict(facts, listed=False))])

    def impossible(self, code, reason, ruling):
        self.refused(code, reason, DECIDE, self.una, ruling=ruling, confirm=True)
        self.assertEqual(self.ruling(ruling)["state"], PENDING)
        self.assertEqual(self.una.call(DECIDE, ruling=ruling)["state"], REJECTED)

    def test_it_became_possible_again(self):
        """A ruling that could not be confirmed may be once what stood in its way has ended."""
        there, model, other = self.external(), self.derivative(), self.derivative()
        made = self.eve.call(ADOPT, external=there, model=other, reason="x")["ruling"]
        self.bob.call(ADOPT, external=there, model=model)
        self.refused("ALREADY_EXISTS", "ALREADY_ADOPTED", DECIDE, self.una, ruling=made, confirm=True)
        self.bob.call(UNADOPT, external=there, model=model)
        self.una.call(DECIDE, ruling=made, confirm=True)
        self.assertEqual([a["model"] for a in self.adoptions(external=there)], [other])

    def test_a_reason_is_required(self):
        there, model = self.external(), self.derivative(publisher="alice")
        self.wrong(["reason"], ADOPT, self.eve, external=there, model=model)
        self.wrong(["reason"], ADOPT, self.eve, external=there, model=model, validate_only=True)
        self.wrong(["reason"], ADOPT, self.eve, external=there, model=model, reason="two\nlines")
        self.by_evaluators(there, model)
        self.wrong(["reason"], UNADOPT, self.eve, external=there, model=model)
        self.refused("ALREADY_EXISTS", "ALREADY_ADOPTED", ADOPT, self.eve, external=there, model=model, reason="x")

    def test_an_evaluator_who_is_a_member(self):
        """Without a reason it is the publisher who speaks; with one it would be the evaluator, who has no say on its own."""
        joined(self.admin, "bob", self.ivy.account)
        try:
            there, model, size = self.external(), self.derivative(), self.size()
            self.ivy.call(ADOPT, external=there, model=model)
            self.assertIn("\nactor publisher bob\n", self.texts(size)[0])
            self.refused(STATE, "NO_NAMESPACE", ADOPT, self.ivy, external=self.external("Elsewhere"), model=model)
            self.refused(DENIED, "OWN_PUBLISHER", ADOPT, self.ivy, external=self.external("Elsewhere"), model=model, reason="x")
        finally:
            self.admin.call("Access.RemoveMember", publisher="bob", account=self.ivy.account)

    def test_check_only_and_repeats(self):
        there, model, size = self.external(), self.derivative(publisher="alice"), self.size()
        dry = self.eve.call(ADOPT, external=there, model=model, reason="x", validate_only=True)
        self.assertEqual((dry["log_index"], dry["ruling"], dry["model"]["name"], self.size()), ("0", "0", model, size))
        repeat = new_id()
        first = self.eve.call(ADOPT, external=there, model=model, reason="x", request_id=repeat)
        self.assertEqual(self.eve.call(ADOPT, external=there, model=model, reason="x", request_id=repeat), first)
        self.assertEqual(self.kinds_since(size), ["approve-adopt"])
        repeat, size = new_id(), self.size()
        done = self.una.call(DECIDE, ruling=first["ruling"], confirm=True, request_id=repeat)
        self.assertEqual(self.una.call(DECIDE, ruling=first["ruling"], confirm=True, request_id=repeat), done)
        self.assertEqual(self.kinds_since(size), ["confirm", "adopt"])

    def test_adoptions_are_not_rule_s_business(self):
        self.wrong(["kind"], "Stages.Rule", self.eve, model=self.derivative(), kind=9, reason="x")
        for kind in ("RULING_KIND_ADOPT", "RULING_KIND_UNADOPT"):
            failure = self.wrong(["kind"], "Stages.Rule", self.eve, model=self.derivative(), kind=kind, reason="x")
            self.assertIn("adoptions have methods of their own", failure.fields["kind"])

    def test_commands(self):
        there, model = self.external("Llama"), self.derivative(publisher="alice")
        self.assertIn("reason", self.run_ok("adopt", there, model, client=self.eve, code=4))
        said = self.run_ok("adopt", there, model, "--reason", "its page", "--text", "이유", client=self.eve)
        index = said.split("entry ")[1].split(" ")[0]
        self.assertEqual(said, "The ruling of entry %s waits for a second evaluator: jokbo rule confirm %s\n" % (index, index))
        self.assertRegex(self.run_ok("rule", "list", "--pending", "--limit", "0", client=None), index + " +" + model + " +adopt +pending")
        self.run_ok("rule", "confirm", index, client=self.eve, code=7)
        shown = self.run_ok("rule", "confirm", index, client=self.una)
        for part in ("in force", "binds the external model to it", there, "이유"):
            self.assertIn(part, shown)
        self.assertIn(model, self.run_ok("adoption", "list", "--model", model, client=None))
        said = self.run_ok("unadopt", there, model, "--reason", "a mistake", client=self.una)
        index = said.split("entry ")[1].split(" ")[0]
        self.assertIn("frees the external model from it", self.run_ok("rule", "confirm", index, client=self.eve))
        self.assertIn("No adoption.", self.server.jokbo("adoption", "list", "--model", model, token=None).stderr)
        self.assertRegex(self.run_ok("adoption", "list", "--model", model, "--ended", client=None), r"ended by entry \d+")
        code, reply = self.server.jokbo_json("adopt", there, model, "--reason", "x", "--dry-run", token=self.eve.token)
        self.assertEqual((code, reply["log_index"], reply["ruling"]), (0, 0, 0))


class OneEvaluator(Case):
    """With --four-eyes off a ruling takes effect at once, and the adoption stands behind it in the same batch."""
    options = ("--four-eyes", "off")

    def test_at_once(self):
        eve = person(self.admin, "eve", ["evaluator"], scopes=["models", "roster"])
        self.addCleanup(eve.close)
        self.register("alice/inside", SOLAR)
        self.register("bob/outside", external("huggingface.co/Qwen/Q"), SKT, client=self.bob, relation="merge")
        dry = eve.call(ADOPT, external="huggingface.co/Qwen/Q", model="alice/inside", reason="x", validate_only=True)
        self.assertEqual((dry["log_index"], dry["ruling"]), ("0", "0"))
        for method, kinds, roots in ((ADOPT, ["approve-adopt", "adopt"], {SKT: 1, SOLAR: 2}),
                                     (UNADOPT, ["approve-unadopt", "unadopt"], {SKT: 1})):
            size = self.size()
            reply = eve.call(method, external="huggingface.co/Qwen/Q", model="alice/inside", reason="its page")
            self.assertEqual((reply["ruling"], reply["log_index"], reply["children"]), (str(size), str(size + 1), 1))
            written = [entry.decode().split("\n") for entry in self.anyone.entries(size, self.size())]
            self.assertEqual([lines[1] for lines in written], ["kind " + kind for kind in kinds])
            self.assertEqual({lines[2] for lines in written}, {written[0][2]})
            self.assertIn("needs-second no", written[0])
            self.assertEqual(self.roots("bob/outside"), roots)
            self.refused(STATE, "RULING_DECIDED", DECIDE, eve, ruling=size, confirm=True)
        said = self.server.jokbo("adopt", "huggingface.co/Qwen/Q", "alice/inside", "--reason", "x", token=eve.token)
        self.assertIn("bound: huggingface.co/Qwen/Q is alice/inside.", said.stdout)


class Effects(Adopting):
    """What counts, how deep, by which licences and ancestors, with adoptions and without them."""
    IN, OUT = {"policy": "adoptions-in"}, {"policy": "adoptions-out"}

    def setUp(self):
        """alice/inside of Solar is adopted for `there`; a merge of it with SKT, one of it alone, and a child of that."""
        self.there = self.external("Effects")
        self.inside = self.derivative(SOLAR, publisher="alice")
        self.both = self.derivative(self.there, SKT, publisher="carol", relation="merge")
        self.before = self.size()
        self.entry = self.by_evaluators(self.there, self.inside)
        self.alone = self.derivative(self.there, publisher="carol")
        self.child = self.derivative(self.alone, publisher="carol")

    def explain(self, name, rule, size=None):
        told = self.anyone.call("Evaluation.ExplainStanding", name=name, rule=rule, as_of={"log_size": size or self.size()})
        return {one["root"]["name"]: {word(f["reason"]): f for f in one["reasons"]} for one in told["roots"]}

    def reasons(self, name, rule, size=None):
        return {root: sorted(facts) for root, facts in self.explain(name, rule, size).items()}

    def count(self, scope, size=None, **fields):
        found = self.anyone.call("Evaluation.CountDerivatives", scope=scope, as_of={"log_size": size or self.size()}, **fields)
        return {k: int(found[k]) for k in ("registered", "counted", "direct", "transitive", "adopted")} | {
            word(r["reason"]): int(r["count"]) for r in found["left_out"] if r["count"] != "0"}

    def grown(self, scope, since, **fields):
        """What a count has gained since a size."""
        then, now = self.count(scope, since, **fields), self.count(scope, **fields)
        return {k: now.get(k, 0) - then.get(k, 0) for k in {*then, *now} if now.get(k, 0) != then.get(k, 0)}

    def test_counts(self):
        solar, everything = {"base_model": SOLAR}, {"all": True}
        plain = {"registered": 3, "counted": 3, "transitive": 3, "adopted": 3}
        self.assertEqual(self.grown(solar, self.before), plain)
        self.assertEqual(self.grown({"team": "upstage"}, self.before), plain)
        self.assertEqual(self.grown(everything, self.before), {"registered": 2, "counted": 2, "transitive": 2, "adopted": 2})
        self.assertEqual(self.grown({"base_model": SKT}, self.before), {})
        # the child is three steps from Solar, and the policies count two
        self.assertEqual(self.grown(solar, self.before, rule=self.IN),
                         {"registered": 3, "counted": 2, "transitive": 2, "adopted": 2, "depth": 1})
        self.assertEqual(self.grown(solar, self.before, rule=self.OUT), {"registered": 3, "adopted-path": 3})
        self.assertEqual(self.grown(everything, self.before, rule=self.OUT), {"registered": 2, "adopted-path": 2})
        self.by_evaluators(self.there, self.inside, UNADOPT)
        for rule in ({}, {"rule": self.IN}, {"rule": self.OUT}):
            self.assertEqual(self.grown(solar, self.before, **rule), {})
        self.assertEqual(self.roots(self.alone), {})  # a derivative no longer, until something leads to a base again

    def test_earlier_sizes_stay(self):
        size = self.size()
        asked = [(scope, rule) for scope in ({"all": True}, {"base_model": SOLAR}, {"team": "upstage"})
                 for rule in ({}, {"rule": self.IN}, {"rule": self.OUT})]
        then = [self.count(scope, n, **rule) for scope, rule in asked for n in (self.before, self.entry, size)]
        self.by_evaluators(self.there, self.inside, UNADOPT)
        self.by_evaluators(self.there, self.derivative(SOLAR_2, publisher="alice"))
        self.assertEqual([self.count(scope, n, **rule) for scope, rule in asked for n in (self.before, self.entry, size)], then)

    def test_explained(self):
        fact = self.explain(self.both, self.OUT)[SOLAR]["adopted-path"]
        self.assertEqual((int(fact["log_index"]), fact["other"]), (self.entry, self.inside))
        self.assertIn("reached only through an adoption by " + self.inside, fact["fact"])
        self.assertIn("연결", fact["fact_ko"])
        self.assertEqual(self.reasons(self.both, self.OUT), {SKT: [], SOLAR: ["adopted-path"]})
        self.assertEqual(self.reasons(self.both, self.IN), {SKT: [], SOLAR: []})
        # over a step that is declared, the same adoption is named
        fact = self.explain(self.child, self.OUT)[SOLAR]["adopted-path"]
        self.assertEqual((int(fact["log_index"]), fact["other"]), (self.entry, self.inside))
        self.assertEqual(self.reasons(self.child, self.IN), {SOLAR: ["depth"]})
        said = self.run_ok("explain", self.both, "--policy", "adoptions-out", client=None)
        for part in ("adopted-path", "through an adoption by " + self.inside, "entry %d" % self.entry):
            self.assertIn(part, said)

    def test_lists(self):
        def listed(**fields):
            found = self.anyone.call("Evaluation.ListCounted", scope={"base_model": SOLAR}, page_size=1000,
                                     as_of={"log_size": self.size()}, **fields)["derivatives"]
            return {d["name"]: d for d in found if d["name"] in (self.both, self.alone, self.child)}
        self.assertEqual(set(listed()), {self.both, self.alone, self.child})
        self.assertEqual({r["adopted"] for d in listed().values() for r in d["roots"]}, {True})
        for one in listed().values():
            self.assertIn("FINDING_KIND_ADOPTED_PATH", one["findings"])
        self.assertEqual(set(listed(rule=self.OUT)), set())
        self.assertEqual(set(listed(rule=self.OUT, reason="REASON_ADOPTED_PATH")), {self.both, self.alone, self.child})
        self.assertEqual(set(listed(rule=self.IN)), {self.both, self.alone})
        self.assertEqual(set(listed(rule=self.IN, reason="REASON_DEPTH")), {self.child})
        found = {m["name"] for m in self.anyone.call("Registry.ListModels", finding="FINDING_KIND_ADOPTED_PATH", page_size=1000)["models"]}
        self.assertLessEqual({self.both, self.alone, self.child}, found)
        self.assertIn(self.alone, self.run_ok("count", SOLAR, "--policy", "adoptions-out", "--because", "adopted-path", "--limit", "0",
                                              client=None))
        self.assertRegex(self.run_ok("count", SOLAR, client=None), r"(?m)^by adoption only +[1-9]")
        self.assertIn(SOLAR + ", depth 2 (upstage), by an adoption only", self.run_ok("show", self.both, client=None))

    def test_depth_without_adoptions(self):
        """A declared way of four steps, and an adopted one of two: each policy takes its own."""
        way = SOLAR
        for _ in range(3):
            way = self.derivative(way, publisher="carol")
        model = self.derivative(way, self.there, publisher="carol", relation="merge")
        self.assertEqual({r["name"]: (r["depth"], r["adopted"]) for r in self.model(model)["roots"]}, {SOLAR: (2, False)})
        self.assertEqual(self.reasons(model, self.IN), {SOLAR: []})
        self.assertEqual(self.reasons(model, self.OUT), {SOLAR: ["depth"]})
        self.assertIn("4 steps from " + SOLAR, self.explain(model, self.OUT)[SOLAR]["depth"]["fact"])
        depths = {}
        for name, rule in (("in", self.IN), ("out", self.OUT)):
            told = self.anyone.call("Evaluation.ExplainStanding", name=model, rule=rule, as_of={"log_size": self.size()})
            depths[name] = told["roots"][0]["root"]["depth"]
        self.assertEqual(depths, {"in": 2, "out": 4})

    def test_a_list_agrees_with_its_groups(self):
        """By depth, and by who is independent, as the policy looks at it: a declared way of four steps, an adopted one of two."""
        way = SOLAR
        for _ in range(3):
            way = self.derivative(way, publisher="carol")
        deep = self.derivative(way, self.there, publisher="carol", relation="merge")
        for rule, depth in ((self.IN, 2), ({"policy": "adoptions-out-deep"}, 4)):
            for scope in ({"all": True}, {"base_model": SOLAR}, {"team": "upstage"}):
                as_of = {"log_size": self.size()}
                count = self.anyone.call("Evaluation.CountDerivatives", scope=scope, rule=rule, as_of=as_of, group_by=["GROUPING_DEPTH"])
                for group in count["groups"]:
                    listed = self.anyone.call("Evaluation.ListCounted", scope=scope, rule=rule, as_of=as_of, page_size=1000,
                                              group={"grouping": "GROUPING_DEPTH", "key": group["key"]})
                    self.assertEqual(listed["total_size"], int(group["count"]), (rule, scope, group["key"]))
                    self.assertEqual({str(d["depth"]) for d in listed["derivatives"]}, {group["key"]})
                    self.assertEqual(deep in [d["name"] for d in listed["derivatives"]], group["key"] == str(depth))
                listed = self.anyone.call("Evaluation.ListCounted", scope=scope, rule=rule, as_of=as_of, page_size=1000)
                self.assertEqual(sum(d["independent"] for d in listed["derivatives"]), int(count["independent"]), (rule, scope))
        told = self.anyone.call("Evaluation.ExplainStanding", name=self.both, rule=self.OUT, as_of={"log_size": self.size()})
        self.assertEqual({one["root"]["name"]: one["root"]["depth"] for one in told["roots"]}, {SKT: 1, SOLAR: 0})
        listed = self.anyone.call("Evaluation.ListCounted", scope={"all": True}, rule=self.OUT, as_of=as_of, page_size=1000)
        both = next(d for d in listed["derivatives"] if d["name"] == self.both)
        self.assertEqual(({r["name"]: r["depth"] for r in both["roots"]}, both["depth"]), ({SKT: 1, SOLAR: 0}, 1))

    def test_licences_without_adoptions(self):
        """What an adopted model permits binds by way of the adoption alone; without it the external is unknown, which is no conflict."""
        restricted = self.derivative(SOLAR, publisher="alice", license="CC-BY-NC-4.0")
        there = self.external("Effects")
        model = self.derivative(there, SKT, publisher="carol", relation="merge", license="MIT")
        self.by_evaluators(there, restricted)
        self.assertEqual(self.reasons(model, self.IN)[SKT], ["license-conflict"])
        self.assertEqual(self.explain(model, self.IN)[SKT]["license-conflict"]["other"], restricted)
        self.assertEqual(self.reasons(model, self.OUT), {SKT: [], SOLAR: ["adopted-path"]})

    def test_ancestors_without_adoptions(self):
        """Weights that are an adopted ancestor's make a duplicate, but not where adoptions are left out."""
        weights = "%064x" % self.size()
        ancestor = self.derivative(SOLAR, publisher="alice", weights_sha256=weights)
        confirmed(self.eve, self.una, "Stages.Rule", model=ancestor, reason="spam", text="so that it does not stand, nor go first")
        there = self.external("Effects")
        model = self.derivative(there, SKT, publisher="carol", relation="merge", weights_sha256=weights)
        self.assertEqual(self.reasons(model, self.IN)[SKT], [])
        self.by_evaluators(there, ancestor)
        self.assertEqual(self.reasons(model, self.IN)[SKT], ["duplicate"])
        self.assertIn("ancestor", self.explain(model, self.IN)[SKT]["duplicate"]["fact"])
        self.assertEqual(self.reasons(model, self.OUT)[SKT], [])

    def test_first_rules_know_nothing_of_it(self):
        """Under rule set 1 an adoption leads to a root as any path does."""
        self.assertEqual(self.reasons(self.both, {"policy": "hub-like"}), {SKT: [], SOLAR: []})


class Lists(Adopting):
    def test_what_is_told(self):
        there, model = self.external(), self.derivative(SOLAR, SKT, relation="merge")
        self.derivative(there, SKT, publisher="alice", relation="merge")
        self.derivative(there, SOLAR_2, publisher="carol", relation="merge")
        index = int(self.bob.call(ADOPT, external=there, model=model)["log_index"])
        one, = self.adoptions(external=there.lower())
        self.assertEqual((one["external"], one["model"], one["log_index"], one["actor"], one["end_log_index"], one["children"],
                          one["open_disputes"]), (there, model, str(index), "publisher bob", "0", 2, []))
        self.assertEqual({r["name"]: (r["team"], r["depth"]) for r in one["roots"]}, {SOLAR: ("upstage", 1), SKT: ("sk-telecom", 1)})
        self.assertTrue(one["create_time"])
        self.bob.call(UNADOPT, external=there, model=model)
        self.assertEqual(self.adoptions(external=there), [])
        one, = self.adoptions(external=there, include_ended=True)
        self.assertEqual(one["end_log_index"], str(self.size() - 1))

    def test_filters(self):
        solar, skt = self.derivative(SOLAR), self.derivative(SKT)
        first = self.bob.call(ADOPT, external=self.external(), model=solar)["log_index"]
        second = self.bob.call(ADOPT, external=self.external(), model=skt)["log_index"]
        third = self.bob.call(ADOPT, external=self.external(), model=solar)["log_index"]
        self.bob.call(UNADOPT, external=self.adoptions(after_log_index=int(third) - 1)[0]["external"], model=solar)

        def found(**fields):
            return [a["log_index"] for a in self.adoptions(**fields) if int(a["log_index"]) >= int(first)]
        self.assertEqual(found(), [first, second])
        self.assertEqual(found(include_ended=True), [first, second, third])
        self.assertEqual(found(model=solar.upper()), [first])
        self.assertEqual(found(model=solar, include_ended=True), [first, third])
        self.assertEqual(found(team="sk-telecom"), [second])
        self.assertEqual(found(team="upstage", include_ended=True), [first, third])
        self.assertEqual(found(team="upstage", model=skt), [])
        self.assertEqual(found(after_log_index=int(first), include_ended=True), [second, third])
        self.refused("NOT_FOUND", "TEAM_NOT_FOUND", "Registry.ListAdoptions", team="nobody")
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", "Registry.ListAdoptions", model="bob/nothing")
        self.wrong(["after_log_index"], "Registry.ListAdoptions", after_log_index=-1)
        self.wrong(["external"], "Registry.ListAdoptions", external="no-host")

    def test_claims(self):
        """A team sees what is adopted onto its family, and the disputes that are open."""
        there, model = self.external(), self.derivative(SOLAR)
        self.bob.call(ADOPT, external=there, model=model)
        self.derivative(there, SKT, publisher="alice", relation="merge")
        shown = self.run_ok("claims", "--team", "upstage", "--limit", "0", client=None)
        self.assertIn("Adoptions that lead to its base models:", shown)
        self.assertRegex(shown, there + " +" + model + " +publisher bob +1 +" + SOLAR)
        opened = self.upstage.call(OPEN, subject="DISPUTE_SUBJECT_ADOPTION", model=model, external=there, text="not theirs")
        shown = self.run_ok("claims", "--limit", "0", client=self.upstage)
        self.assertEqual(shown, self.run_ok("claims", "--team", "upstage", "--limit", "0", client=None), "its own team")
        self.assertNotIn(there, self.run_ok("claims", "--team", "lg-ai-research", "--limit", "0", client=self.upstage))
        self.assertIn("jokbo claims TEAM", self.run_ok("claims", client=self.bob, code=3))
        self.assertIn("jokbo claims TEAM", self.run_ok("claims", client=None, code=3))
        self.assertIn("Disputes that are open:", shown)
        self.assertRegex(shown, "%s +%s +adoption of %s +team upstage" % (opened["log_index"], model, there))
        self.assertRegex(shown, there + " .*disputed")
        code, told = self.server.jokbo_json("claims", "--team", "upstage", "--limit", "0", token=None)
        self.assertIn(there, [a["external"] for a in told["adoptions"]])
        self.assertIn(int(opened["log_index"]), [d["log_index"] for d in told["disputes"]])
        self.assertIn(model, [m["name"] for m in told["models"]])
        self.assertNotIn(there, self.run_ok("claims", "--team", "lg-ai-research", "--limit", "0", client=None))
        after = str(self.size())
        self.assertNotIn(there, self.run_ok("adoption", "list", "--team", "upstage", "--after", after, "--limit", "0", client=None))


class Disputes(Adopting):
    def setUp(self):
        """bob's model is adopted, alice has a child of it, carol has nothing to do with it."""
        self.there, self.model = self.external(), self.derivative(SOLAR)
        self.derivative(self.there, SKT, publisher="alice", relation="merge")
        self.bob.call(ADOPT, external=self.there, model=self.model)

    def open(self, client, **fields):
        return client.call(OPEN, **self.request(**fields))

    def request(self, **fields):
        return dict({"subject": "DISPUTE_SUBJECT_ADOPTION", "model": self.model, "external": self.there, "text": "그들의 것이 아닙니다."},
                    **fields)

    def test_opened_and_resolved(self):
        size = self.size()
        made = self.open(self.upstage)
        self.assertEqual((made["subject"], made["model"], made["external"], made["actor"], made["against"], made["text"]),
                         ("DISPUTE_SUBJECT_ADOPTION", self.model, self.there, "team upstage", "", "그들의 것이 아닙니다."))
        text, = self.texts(size)
        self.assertIn("\nkind dispute-adoption\n", text)
        self.assertIn("\nactor team upstage\nexternal %s\nmodel %s\nstage none\ntext sha256:" % (self.there, self.model), text)
        again = self.refused("ALREADY_EXISTS", "DISPUTE_OPEN", OPEN, self.upstage, **self.request())
        self.assertEqual(again.metadata["log_index"], made["log_index"])
        other = self.open(self.alice)
        self.assertEqual(other["actor"], "publisher alice")
        one, = self.adoptions(external=self.there)
        self.assertEqual(one["open_disputes"], [made["log_index"], other["log_index"]])
        self.eve.call("Stages.ResolveDispute", dispute=made["log_index"], outcome="DISPUTE_OUTCOME_UPHELD", text="so it is")
        one, = self.adoptions(external=self.there)
        self.assertEqual(one["open_disputes"], [other["log_index"]])
        self.open(self.upstage)
        # what follows from it is a ruling of its own
        self.by_evaluators(self.there, self.model, UNADOPT)
        self.refused(STATE, "NOT_ADOPTED", OPEN, self.upstage, **self.request())

    def test_who_may(self):
        for client in (self.carol, self.bob, self.admin):
            self.refused(DENIED, "NOT_CONCERNED", OPEN, client, **self.request())
        skt = person(self.admin, "other team", ["team"], "sk-telecom", scopes=["models"])
        self.addCleanup(skt.close)
        self.refused(DENIED, "NOT_CONCERNED", OPEN, skt, **self.request())
        self.open(self.alice)

    def test_lists(self):
        made = self.open(self.upstage)["log_index"]

        def found(**fields):
            return made in [d["log_index"] for d in self.anyone.call("Stages.ListDisputes", page_size=1000, **fields)["disputes"]]
        self.assertEqual([found(), found(team="upstage"), found(team="sk-telecom"), found(model=self.model), found(open=True)],
                         [True, True, False, True, True])
        self.refused("NOT_FOUND", "TEAM_NOT_FOUND", "Stages.ListDisputes", team="nobody")

    def test_every_mistake(self):
        self.wrong(["external"], OPEN, self.upstage, **self.request(external=""))
        self.wrong(["external"], OPEN, self.upstage, **self.request(external="no-host"))
        self.wrong(["against", "ruling"], OPEN, self.upstage, **self.request(against=SOLAR, ruling=5))
        self.wrong(["external"], OPEN, self.upstage, **self.request(subject="DISPUTE_SUBJECT_PARENT"))
        self.wrong(["subject"], OPEN, self.upstage, **self.request(subject=6, external=""))
        self.refused(STATE, "NOT_ADOPTED", OPEN, self.upstage, **self.request(external=self.external()))
        self.refused("NOT_FOUND", "STAGE_NOT_FOUND", OPEN, self.upstage, **self.request(stage="nothing"))

    def test_commands(self):
        said = self.run_ok("dispute", "open", self.model, "--about", "adoption", "--external", "https://" + self.there, "--text", "no",
                           client=self.upstage)
        for part in ("about", "adoption", "external model", self.there, "team upstage", ": open"):
            self.assertIn(part, said)
        self.assertIn(self.there, self.run_ok("dispute", "list", "--team", "upstage", "--pending", "--limit", "0", client=None))
        self.run_ok("dispute", "open", self.model, "--about", "adoption", "--text", "no", client=self.upstage, code=4)


if __name__ == "__main__":
    unittest.main()
