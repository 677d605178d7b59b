"""Two evaluators who are two people: what one person with two accounts cannot do, and the time that must have passed. The rules one
by one are in unit/test_four_eyes.c; here they bind where rulings are made and confirmed."""
import datetime
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import BUILD, ROOT, Case, Client, Manifest, Server, accepted, derivative, eventually, external, joined, person  # noqa: E402

BASE = "skt/A.X-K1"
DENIED = "PERMISSION_DENIED"
IN_FORCE, REJECTED = "RULING_STATE_IN_FORCE", "RULING_STATE_REJECTED"


class Rulings(Case):
    made = 0

    def evaluator(self, by=None, roles=("evaluator",), scopes=("roster", "tokens")):
        client = person(by or self.admin, "an evaluator", roles, scopes=scopes)
        self.addCleanup(client.close)
        return client

    def another_admin(self):
        client = person(self.admin, "another admin", ["admin"], scopes=["accounts", "tokens", "roster"])
        self.addCleanup(client.close)
        return client

    def rule(self, client):
        """The index of a ruling about a new derivative, which waits for its second."""
        Rulings.made += 1
        name = "alice/ruled-%d" % Rulings.made
        self.register(name, BASE)
        return client.call("Stages.Rule", model=name, reason="spam")["log_index"]

    def decide(self, client, ruling, confirm=True):
        return client.call("Stages.DecideRuling", ruling=ruling, confirm=confirm)["state"]

    def stopped(self, reason, client, ruling, code=DENIED, confirm=True):
        failure = self.refused(code, reason, "Stages.DecideRuling", client, ruling=ruling, confirm=confirm)
        self.assertEqual([r["state"] for r in self.anyone.call("Stages.ListRulings", page_size=1000)["rulings"]
                          if r["log_index"] == ruling], ["RULING_STATE_PENDING"])
        return failure

    def update(self, account, by=None, **changes):
        by = by or self.admin
        found = next(a for a in by.call("Access.ListAccounts", page_size=1000)["accounts"]
                     if int(a["id"]) == getattr(account, "account", account))
        return by.call("Access.UpdateAccount", account=dict(found, **changes))

    def token(self, by, account, *scopes):
        made = by.call("Access.CreateToken", account=account, scopes=["TOKEN_SCOPE_" + s.upper() for s in scopes])
        client = Client(self.server.address, made["secret"])
        self.addCleanup(client.close)
        return client


class Independence(Rulings):
    def test_two_whom_a_third_made(self):
        first, second = self.evaluator(), self.evaluator(self.another_admin())
        self.assertEqual(self.decide(second, self.rule(first)), IN_FORCE)
        self.assertEqual(self.decide(first, self.rule(second)), IN_FORCE)
        self.assertEqual(self.decide(first, self.rule(second), confirm=False), REJECTED)

    def test_an_admin_alone_gains_nothing(self):
        """The account of the first start is admin and evaluator: its second is made, given the role, and given a token by it."""
        ruling, creature = self.rule(self.admin), self.evaluator()
        self.stopped("EVALUATOR_LATER", creature, ruling)  # made after the fact
        ruling = self.rule(self.admin)
        self.stopped("CREATED_BY_OTHER", creature, ruling)
        self.stopped("SAME_EVALUATOR", self.admin, ruling)
        other = self.another_admin()
        given = self.evaluator(other, roles=())
        self.update(given, roles=["ROLE_EVALUATOR"])
        self.stopped("GRANTED_BY_ONE", given, self.rule(self.admin))
        honest = self.evaluator(other)
        ruling = self.rule(self.admin)
        taken_over = self.token(self.admin, honest.account, "roster", "tokens")
        self.stopped("TOKEN_BY_OTHER", taken_over, ruling)
        self.stopped("TOKEN_BY_OTHER", self.token(taken_over, 0, "roster"), ruling)  # nor with a child of that token
        self.assertEqual(self.decide(honest, ruling), IN_FORCE)

    def test_nobody_vouches_for_his_own_publisher(self):
        fields = dict(name="admins-own", evidence="domain")
        self.admin.call("Registry.CreatePublisher", name="admins-own")
        self.refused(DENIED, "OWN_PUBLISHER", "Registry.VerifyPublisher", self.admin, **fields)
        other = self.another_admin()
        self.assertTrue(other.call("Registry.VerifyPublisher", **fields)["verified"])
        self.assertFalse(self.admin.call("Registry.VerifyPublisher", undo=True, **fields)["verified"])  # to give it up
        joined(self.admin, "admins-own", other.account, "MEMBER_ROLE_OWNER")  # handed over, and left
        self.admin.call("Access.RemoveMember", publisher="admins-own", account=self.admin.call("Access.GetCaller")["account"]["id"])
        self.refused(DENIED, "OWN_PUBLISHER", "Registry.VerifyPublisher", self.admin, **fields)
        registrar = self.evaluator(roles=("registrar",), scopes=("publishers",))
        registrar.call("Registry.CreatePublisher", name="unclaimed", on_behalf=True)
        for kind, name in (("CREATE", "mistralai"), ("CLAIM", "unclaimed")):
            asked = self.admin.call("Access.RequestPublisher", kind="PUBLISHER_REQUEST_KIND_" + kind, publisher=name, evidence="x")
            decision = dict(id=asked["id"], evidence="letter")
            self.refused(DENIED, "OWN_PUBLISHER", "Access.DecidePublisherRequest", self.admin, approve=True, **decision)
            if kind == "CLAIM":
                other.call("Access.DecidePublisherRequest", approve=True, **decision)
            else:
                self.admin.call("Access.DecidePublisherRequest", approve=False, **decision)

    def test_nobody_judges_his_own(self):
        """An evaluator who belongs, or belonged, to the publisher, or acts for a team, whatever family it is."""
        member, one, two = self.evaluator(), self.evaluator(), self.evaluator(self.another_admin())
        of_team = person(self.admin, "of team", ["evaluator", "team"], "sk-telecom", scopes=["roster"])
        self.addCleanup(of_team.close)
        bob = self.register("bob/judged", "upstage/Solar-Open-100B", client=self.bob)["model"]["name"]
        later = self.rule(one)
        name = "alice/ruled-%d" % Rulings.made
        dispute = self.alice.call("Stages.OpenDispute", model=name, subject="DISPUTE_SUBJECT_STANDING", text="no")["log_index"]
        resolve = dict(dispute=dispute, outcome="DISPUTE_OUTCOME_DISMISSED", text="no")
        self.alice.call("Access.SetMember", publisher="alice", account=member.account, role="MEMBER_ROLE_WRITER")
        accepted(self.admin, "alice", member.account)
        for left in (False, True):
            if left:
                self.alice.call("Access.RemoveMember", publisher="alice", account=member.account)
            for client, reason in ((member, "OWN_PUBLISHER"), (of_team, "OWN_TEAM")):
                self.stopped(reason, client, later, confirm=True)
                self.stopped(reason, client, later, confirm=False)
                self.refused(DENIED, reason, "Stages.ResolveDispute", client, **resolve)
                self.refused(DENIED, reason, "Stages.Rule", client, model=name, reason="spam")
        member.call("Stages.Rule", model=bob, reason="spam", validate_only=True)
        self.refused(DENIED, "OWN_TEAM", "Stages.Rule", of_team, model=bob, reason="spam")  # a rival's
        two.call("Stages.ResolveDispute", **resolve)
        self.assertEqual(self.decide(two, later), IN_FORCE)

    def test_nobody_judges_for_a_team(self):
        """Nor who is or was a member of a team's publisher: all teams are rivals."""
        judge = self.evaluator()
        name = self.register("bob/for-no-team", "upstage/Solar-Open-100B", client=self.bob)["model"]["name"]
        judge.call("Stages.Rule", model=name, reason="spam", validate_only=True)
        joined(self.admin, "skt", judge.account)
        for left in (False, True):
            if left:
                self.admin.call("Access.RemoveMember", publisher="skt", account=judge.account)
            self.refused(DENIED, "OWN_TEAM", "Stages.Rule", judge, model=name, reason="spam")

    def test_who_acted_for_a_team_once(self):
        """Whatever roles the account is given afterwards, and for however many teams it was."""
        one, two = self.evaluator(), self.evaluator(self.another_admin())
        ruling = self.rule(one)
        name = "alice/ruled-%d" % Rulings.made
        judge = person(self.admin, "of a team once", ["team"], "sk-telecom", scopes=["roster"])
        self.addCleanup(judge.close)
        self.update(judge, roles=["ROLE_TEAM", "ROLE_EVALUATOR"], team="upstage")
        self.assertEqual(self.update(judge, roles=["ROLE_EVALUATOR"], team="")["acted_for"], ["sk-telecom", "upstage"])
        self.assertEqual(self.update(judge, roles=[])["acted_for"], ["sk-telecom", "upstage"])
        self.update(judge, roles=["ROLE_EVALUATOR"])
        for confirm in (True, False):
            self.stopped("OWN_TEAM", judge, self.rule(one), confirm=confirm)
        self.refused(DENIED, "OWN_TEAM", "Stages.Rule", judge, model=name, reason="rival")
        dispute = self.alice.call("Stages.OpenDispute", model=name, subject="DISPUTE_SUBJECT_STANDING", text="no")["log_index"]
        self.refused(DENIED, "OWN_TEAM", "Stages.ResolveDispute", judge, dispute=dispute, outcome="DISPUTE_OUTCOME_DISMISSED", text="no")
        policy = pathlib.Path(ROOT, "registry/data/policies/direct.policy").read_text(encoding="utf-8")
        self.refused(DENIED, "OWN_TEAM", "Stages.RecordPolicy", judge, text=policy)
        self.refused(DENIED, "OWN_TEAM", "Registry.SetNamespace", judge, publisher="alice", organisation="huggingface.co/a", evidence="x")
        self.assertEqual(self.decide(two, ruling), IN_FORCE)

    def test_nobody_judges_who_gains_by_it(self):
        """Whose model has the same content as another's has no say about that one, in whatever way: weights, or artifact."""
        judge, one, two = self.evaluator(scopes=("roster", "models", "publishers")), self.evaluator(), self.evaluator(self.another_admin())
        judge.call("Registry.CreatePublisher", name="thief")
        for i, content in enumerate((dict(weights_sha256="a1" * 32), dict(artifact_sha256="a2" * 32))):
            maker, free = "bob/made-%d" % i, "bob/free-%d" % i
            self.register(maker, BASE, client=self.bob, **content)
            self.register("thief/took-%d" % i, BASE, client=judge, **content)
            self.register(free, BASE, client=self.bob)
            ruling = one.call("Stages.Rule", model=maker, kind="RULING_KIND_ORIGIN", reason="made it")["log_index"]
            for confirm in (True, False):
                self.stopped("OWN_PUBLISHER", judge, ruling, confirm=confirm)
            for kind in ("ORIGIN", "EXCLUDE"):
                self.refused(DENIED, "OWN_PUBLISHER", "Stages.Rule", judge, model=maker, kind="RULING_KIND_" + kind, reason="mine")
            dispute = self.bob.call("Stages.OpenDispute", model=maker, subject="DISPUTE_SUBJECT_STANDING", text="no")["log_index"]
            self.refused(DENIED, "OWN_PUBLISHER", "Stages.ResolveDispute", judge, dispute=dispute,
                         outcome="DISPUTE_OUTCOME_DISMISSED", text="no")
            judge.call("Stages.Rule", model=free, reason="spam", validate_only=True)
            self.assertEqual(self.decide(two, ruling), IN_FORCE)

    def test_nobody_chooses_his_judges_away(self):
        """Who takes up what an evaluator's model had before is judged by that one as before; but not about whose it is."""
        judge, two = self.evaluator(scopes=("roster", "models", "publishers")), self.evaluator(self.another_admin())
        judge.call("Registry.CreatePublisher", name="of-a-judge")
        old, new = (Manifest({"model.safetensors": word}) for word in ("the judge's", "the judge's later"))
        self.register("of-a-judge/own", BASE, client=judge, **old.named)
        self.release("of-a-judge/own", judge, version="2", **new.named)
        old.upload(judge)
        name = "bob/suspect"
        for i, content in enumerate((dict(weights_sha256="b7" * 32), old.named, new.named)):  # also what it has left behind
            if i:
                self.release(name, self.bob, version=str(i + 1), **content)
            else:
                self.register(name, BASE, client=self.bob, **content)
            judge.call("Stages.Rule", model=name, kind="RULING_KIND_EXCLUDE", reason="invented", validate_only=True)
            if i:
                self.refused(DENIED, "OWN_PUBLISHER", "Stages.Rule", judge, model=name, kind="RULING_KIND_ORIGIN", reason="x")
        dispute = self.bob.call("Stages.OpenDispute", model=name, subject="DISPUTE_SUBJECT_STANDING", text="no")["log_index"]
        ruling = two.call("Stages.Rule", model=name, reason="invented")["log_index"]
        self.assertEqual(self.decide(judge, ruling), IN_FORCE)
        judge.call("Stages.ResolveDispute", dispute=dispute, outcome="DISPUTE_OUTCOME_DISMISSED", text="no")
        self.release("of-a-judge/own", judge, version="3", **old.named)  # whose claim has come to be the later one
        self.release(name, self.bob, version="4", **old.named)
        judge.call("Stages.Rule", model=name, kind="RULING_KIND_RESTORE", reason="x", validate_only=True)
        self.release("of-a-judge/own", judge, version="4", weights_sha256="b8" * 32)
        self.release("of-a-judge/own", judge, version="5", **old.named)
        self.refused(DENIED, "OWN_PUBLISHER", "Stages.Rule", judge, model=name, kind="RULING_KIND_RESTORE", reason="x")

    def test_nobody_judges_a_set_of_files_that_is_his(self):
        judge = self.evaluator(scopes=("roster", "models", "publishers"))
        judge.call("Registry.CreatePublisher", name="thief-of-files")
        for name, client in (("bob/files", self.bob), ("thief-of-files/took", judge)):
            manifest = Manifest({"model.safetensors": "the same", "README.md": name}, tensors=[name])
            self.register(name, BASE, client=client, **manifest.named)
            manifest.upload(client)
        self.refused(DENIED, "OWN_PUBLISHER", "Stages.Rule", judge, model="bob/files", reason="spam")

    def test_nobody_judges_what_was_his(self):
        """A model that went to another publisher: its former one's members made it."""
        judge = self.evaluator(scopes=("roster", "models", "publishers"))
        judge.call("Registry.CreatePublisher", name="former")
        self.register("former/moved", BASE, client=judge)
        self.admin.call("Registry.TransferModel", name="former/moved", new_name="bob/moved")
        self.refused(DENIED, "OWN_PUBLISHER", "Stages.Rule", judge, model="bob/moved", reason="spam")

    def test_who_gains_by_an_adoption(self):
        """An external is adopted: its derivatives come to count."""
        judge, one = (self.evaluator(scopes=("roster", "models", "publishers")) for _ in range(2))
        judge.call("Registry.CreatePublisher", name="heir")
        self.register("bob/adopter", BASE, client=self.bob)
        self.register("heir/child", BASE, external("huggingface.co/x/parent"), client=judge)
        ask = dict(external="huggingface.co/x/parent", model="bob/adopter", reason="same-model")
        self.refused(DENIED, "OWN_PUBLISHER", "Registry.AdoptExternalModel", judge, **ask)
        one.call("Registry.AdoptExternalModel", **ask)

    def test_who_rejects_is_as_independent(self):
        """One person with two accounts does not reject for both of them either; who came later does, or nobody might be left."""
        first = self.evaluator()
        creature = self.evaluator(self.evaluator(roles=("admin", "evaluator"), scopes=("roster", "accounts", "tokens")))
        maker = self.evaluator(roles=("admin", "evaluator"), scopes=("roster", "accounts", "tokens"))
        made = self.evaluator(maker)
        ruling = self.rule(maker)
        self.stopped("CREATED_BY_OTHER", made, ruling, confirm=False)
        taken_over = self.token(maker, first.account, "roster")
        self.stopped("TOKEN_BY_OTHER", taken_over, ruling, confirm=False)
        self.assertEqual(self.decide(creature, ruling, confirm=False), REJECTED)
        late = self.rule(first)
        self.assertEqual(self.decide(self.evaluator(self.another_admin()), late, confirm=False), REJECTED)

    def test_an_admin_does_not_confirm(self):
        first, other = self.evaluator(), self.another_admin()
        both = self.evaluator(other, roles=("admin", "evaluator"))
        ruling = self.rule(first)
        self.stopped("ADMIN_CONFIRMS", both, ruling)
        self.stopped("ADMIN_CONFIRMS", self.admin, ruling)
        self.assertEqual(self.decide(self.evaluator(other), self.rule(both)), IN_FORCE)
        self.stopped("ADMIN_CONFIRMS", both, ruling, confirm=False)  # nor rejects: that is to decide, too

    def test_who_gave_itself_the_role(self):
        other = self.another_admin()
        self.update(other, by=other, roles=["ROLE_ADMIN", "ROLE_EVALUATOR"])
        name = "alice/self-made"
        self.register(name, BASE)
        self.refused(DENIED, "GRANTED_BY_ONE", "Stages.Rule", other, model=name, reason="spam")

    def test_who_ruled_is_no_evaluator_any_more(self):
        """What is not confirmed yet goes with the right to say it; it can be rejected, and ruled anew by another."""
        second = self.evaluator(self.another_admin())
        for changes in (dict(roles=[]), dict(disabled=True), dict(roles=["ROLE_EVALUATOR", "ROLE_TEAM"], team="upstage")):
            first = self.evaluator()
            ruling = self.rule(first)
            self.update(first, **changes)
            self.stopped("RULER_GONE", second, ruling, code="FAILED_PRECONDITION")
            self.assertEqual(self.decide(second, ruling, confirm=False), REJECTED)
        first = self.evaluator()
        ruling = self.rule(first)
        joined(self.admin, "skt", first.account)
        self.stopped("RULER_GONE", second, ruling, code="FAILED_PRECONDITION")

    def test_the_role_is_given_after_the_ruling(self):
        first, second = self.evaluator(), self.evaluator()
        ruling = self.rule(first)
        self.update(second, roles=[])
        self.stopped("ROLE_REQUIRED", second, ruling)
        self.update(second, roles=["ROLE_EVALUATOR"])
        self.stopped("EVALUATOR_LATER", second, ruling)
        self.assertEqual(self.decide(second, self.rule(first)), IN_FORCE)

    def test_what_an_older_version_kept(self):
        """Accounts and rulings from before these records: readable, and taken for unknown."""
        first, second = self.evaluator(), self.evaluator()
        ruling = self.rule(first)
        url = "host=%s/run port=5432 dbname=jokbo user=jokbo" % self.server.data
        third = self.evaluator(self.another_admin())
        for statement in ("update record set value = value - 'grants' - 'created_by' where key = 'account/%d'" % second.account,
                          "update record set value = value - 'acted_for' where key = 'account/%d'" % third.account,
                          "update record set value = value - 'token' - 'granted_by' where key = 'ruling/%s'" % ruling,
                          "update record set value = value - 'made_by' - 'made_with' where key like 'token/%'"):
            subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement], check=True, timeout=60)
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        for client in (first, second, third, self.anyone, self.alice, self.bob, self.admin):
            client.close()
            client.__init__(self.server.address, client.token)
        self.stopped("TEAMS_UNKNOWN", third, self.rule(first))  # nobody knows whether it acted for one
        self.update(third, label="another label")
        self.stopped("TEAMS_UNKNOWN", third, self.rule(first))
        for roles in ([], ["ROLE_EVALUATOR"]):
            self.update(third, roles=roles)
        self.assertEqual(self.decide(third, self.rule(first)), IN_FORCE)
        self.stopped("RULER_UNKNOWN", second, ruling, code="FAILED_PRECONDITION")
        self.stopped("GRANT_UNKNOWN", second, self.rule(first))
        self.update(second, roles=[])
        self.update(second, roles=["ROLE_EVALUATOR"])
        self.assertEqual(self.decide(second, self.rule(first)), IN_FORCE)
        self.assertEqual(self.decide(second, ruling, confirm=False), REJECTED)


class OpenStages(Rulings):
    """Teams of a stage that is open: one proposes, another makes it so."""
    made = 0

    def setUp(self):
        super().setUp()
        OpenStages.made += 1
        policy = pathlib.Path(ROOT, "registry/data/policies/hub-like.policy").read_text(encoding="utf-8")
        if not self.anyone.call("Stages.ListPolicies")["policies"]:
            self.admin.call("Stages.RecordPolicy", text=policy)
        self.first, self.second, self.third = self.evaluator(), self.evaluator(self.another_admin()), self.evaluator(self.another_admin())
        now = datetime.datetime.now(datetime.timezone.utc)
        moment = lambda **after: (now + datetime.timedelta(**after)).isoformat()  # noqa: E731
        self.stage = {"id": "open-%d" % OpenStages.made, "title": "Stage", "title_ko": "단계", "open_time": moment(minutes=-1),
                      "cutoff_time": moment(days=30), "policy": "hub-like", "teams": ["sk-telecom", "upstage"], "source": "invented"}
        self.first.call("Stages.PutStage", stage=self.stage)
        self.before = self.size()

    def put(self, client, *teams, **fields):
        """The teams that stand, and those that are proposed."""
        made = client.call("Stages.PutStage", stage=dict(self.stage, teams=list(teams)), **fields)
        if not fields:
            shown = self.anyone.call("Stages.GetStage", id=self.stage["id"])
            self.assertEqual((made["teams"], made["proposed_teams"], "propose_time" in made),
                             (shown["teams"], shown["proposed_teams"], "propose_time" in shown))
        return made["teams"], made["proposed_teams"]

    BOTH, ONE, OTHER = ["sk-telecom", "upstage"], ["upstage"], ["sk-telecom"]

    def test_two(self):
        self.assertEqual(self.put(self.first, *self.ONE, validate_only=True), (self.BOTH, self.ONE))
        self.assertEqual(self.put(self.first, *self.BOTH), (self.BOTH, []), "a check alone proposed something")
        self.assertEqual(self.put(self.first, *self.ONE), (self.BOTH, self.ONE))
        self.assertEqual(self.put(self.first, *self.ONE), (self.BOTH, self.ONE), "one evaluator is one")
        self.assertEqual(self.size(), self.before, "a proposal entered the log")
        self.assertEqual(self.put(self.second, *self.ONE), (self.ONE, []))
        self.assertEqual(self.size(), self.before + 1)
        self.assertEqual(self.put(self.second, *self.BOTH), (self.ONE, self.BOTH), "and so is the other")

    def test_another_proposal_takes_its_place(self):
        self.put(self.first, *self.ONE)
        self.assertEqual(self.put(self.second, *self.OTHER), (self.BOTH, self.OTHER))
        self.assertEqual(self.put(self.first, *self.ONE), (self.BOTH, self.ONE))
        self.assertEqual(self.put(self.third, *self.ONE), (self.ONE, []))

    def test_withdrawn(self):
        self.put(self.first, *self.ONE)
        self.assertEqual(self.put(self.second, *self.BOTH), (self.BOTH, []))
        self.assertEqual(self.put(self.second, *self.ONE), (self.BOTH, self.ONE), "what was withdrawn was confirmed")

    def test_independent_ones(self):
        admin = self.evaluator(roles=("admin", "evaluator"), scopes=("roster", "accounts", "tokens"))
        creature = self.evaluator(admin)
        self.put(admin, *self.ONE)
        ask = dict(stage=dict(self.stage, teams=self.ONE))
        for client, reason in ((creature, "CREATED_BY_OTHER"), (self.admin, "ADMIN_CONFIRMS"), (self.evaluator(), "EVALUATOR_LATER")):
            self.refused(DENIED, reason, "Stages.PutStage", client, **ask)
        self.assertEqual(self.put(self.second, *self.ONE), (self.ONE, []))

    def test_who_acts_for_a_team(self):
        judge = person(self.admin, "of team", ["evaluator", "team"], "upstage", scopes=["roster"])
        self.addCleanup(judge.close)
        for left in (False, True):
            if left:
                self.update(judge, roles=["ROLE_EVALUATOR"], team="")
            for stage in (dict(self.stage, teams=self.ONE), dict(self.stage, id="of-a-team")):
                self.refused(DENIED, "OWN_TEAM", "Stages.PutStage", judge, stage=stage)

    def test_who_is_no_evaluator_any_more(self):
        self.put(self.first, *self.ONE)
        self.update(self.first, roles=[])
        self.assertEqual(self.anyone.call("Stages.GetStage", id=self.stage["id"])["proposed_teams"], [])
        self.assertEqual(self.put(self.second, *self.ONE), (self.BOTH, self.ONE))

    def test_who_has_come_to_a_team(self):
        self.put(self.first, *self.ONE)
        self.update(self.first, roles=["ROLE_EVALUATOR", "ROLE_TEAM"], team="upstage")
        self.assertEqual(self.anyone.call("Stages.GetStage", id=self.stage["id"])["proposed_teams"], [])
        self.assertEqual(self.put(self.second, *self.ONE), (self.BOTH, self.ONE))

    def test_it_outlives_a_restart(self):
        self.put(self.first, *self.ONE)
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        for client in (self.first, self.second, self.third, self.anyone, self.alice, self.bob, self.admin):
            client.close()
            client.__init__(self.server.address, client.token)
        self.assertEqual(self.put(self.second, *self.ONE), (self.ONE, []))

    def test_on_the_command_line(self):
        run = lambda client, *words: self.server.jokbo("stage", "put", self.stage["id"], *words, token=client.token).stdout  # noqa: E731
        said = run(self.first, "--teams", "upstage")
        self.assertRegex(said, r"teams +sk-telecom, upstage\nproposed +upstage\n")
        command = "jokbo stage put %s --teams upstage\n" % self.stage["id"]
        self.assertIn("another evaluator confirms them with\n  " + command, said)
        said = run(self.third)  # without options: as it stands, which withdraws it
        self.assertRegex(said, r"\nNote: the teams proposed on .* are proposed no longer: upstage\.\n$")
        self.assertNotIn("another evaluator", said)
        run(self.first, "--teams", "sk-telecom")
        said = run(self.second, "--teams", "upstage", "--dry-run")
        self.assertRegex(said, r"\nNote: the teams proposed on .* would be proposed no longer: sk-telecom\.\n$")
        said = run(self.first, "--teams", "upstage")
        self.assertRegex(said, r"\nNote: the teams proposed on .* are proposed no longer: sk-telecom\.\n$")
        self.assertNotIn("no longer", run(self.first, "--teams", "upstage"), "it is the same")
        said = run(self.second, "--teams", "upstage")
        self.assertRegex(said, r"teams +upstage\n")
        self.assertNotIn("proposed", said)


class Rest(Rulings):
    """24 hours, by a demo's clock, which can be set."""
    options = ("--demo", "--evaluator-rest-hours", "24")

    def wait(self, **time):
        shown = self.admin.call("Demo.GetClock")["time"].rstrip("Z")[:19]
        moment = datetime.datetime.fromisoformat(shown) + datetime.timedelta(**time)
        self.admin.call("Demo.SetClock", time=moment.isoformat() + "Z")

    def test_a_new_evaluator_rests(self):
        first, second = self.evaluator(), self.evaluator()
        self.register("alice/too-early", BASE)
        failure = self.refused(DENIED, "EVALUATOR_RESTS", "Stages.Rule", first, model="alice/too-early", reason="spam")
        self.assertIn("may rule, confirm and reject from", failure.message)
        from_then = datetime.datetime.fromisoformat(failure.metadata["from"].replace("Z", "+00:00"))
        granted = next(grant["since_time"] for grant in first.call("Access.GetCaller")["account"]["grants"])
        self.assertEqual(from_then - datetime.datetime.fromisoformat(granted.replace("Z", "+00:00")),
                         datetime.timedelta(hours=24))
        self.wait(hours=23, minutes=50)
        self.refused(DENIED, "EVALUATOR_RESTS", "Stages.Rule", first, model="alice/too-early", reason="spam")
        self.wait(minutes=11)
        ruling, late = self.rule(first), self.evaluator()
        for confirm in (True, False):
            self.stopped("EVALUATOR_RESTS", late, ruling, confirm=confirm)
        self.assertEqual(self.decide(second, ruling), IN_FORCE)
        waiting = self.rule(first)
        self.wait(hours=25)
        self.stopped("EVALUATOR_LATER", late, ruling=self.early)  # it had no role when that was ruled
        self.assertEqual(self.decide(late, waiting), IN_FORCE)
        self.update(second, roles=[])
        self.update(second, roles=["ROLE_EVALUATOR"])
        self.stopped("EVALUATOR_RESTS", second, self.early)

    def test_an_open_stage_is_not_changed_by_a_new_evaluator(self):
        """It takes no team out at the last moment, and neither puts a stage nor records a policy."""
        old = self.evaluator()
        self.wait(hours=25)
        new, now = self.evaluator(), self.admin.call("Demo.GetClock")["time"]
        at = datetime.datetime.fromisoformat(now.rstrip("Z")[:19])
        moment = lambda **after: (at + datetime.timedelta(**after)).isoformat() + "Z"  # noqa: E731
        policy = pathlib.Path(ROOT, "registry/data/policies/hub-like.policy").read_text(encoding="utf-8")
        self.refused(DENIED, "EVALUATOR_RESTS", "Stages.RecordPolicy", new, text=policy)
        self.admin.call("Stages.RecordPolicy", text=policy)  # the first account, which was there before anybody
        stage = {"id": "rest-stage", "title": "Stage", "title_ko": "단계", "open_time": moment(hours=1), "cutoff_time": moment(days=30),
                 "policy": "hub-like", "teams": ["sk-telecom", "upstage"], "source": "invented"}
        self.refused(DENIED, "EVALUATOR_RESTS", "Stages.PutStage", new, stage=stage)
        old.call("Stages.PutStage", stage=stage)
        stage["teams"] = ["sk-telecom"]
        self.refused(DENIED, "EVALUATOR_RESTS", "Stages.PutStage", new, stage=stage)
        old.call("Stages.PutStage", stage=stage)
        self.wait(hours=2)
        other = dict(stage, teams=["upstage"])
        self.refused(DENIED, "EVALUATOR_RESTS", "Stages.PutStage", new, stage=other)
        self.assertEqual(old.call("Stages.PutStage", stage=other)["proposed_teams"], ["upstage"])
        for said in (other, stage):  # neither confirms nor withdraws
            self.refused(DENIED, "EVALUATOR_RESTS", "Stages.PutStage", new, stage=said)
        self.wait(hours=25)
        self.assertEqual(new.call("Stages.PutStage", stage=other)["teams"], ["upstage"])

    def test_stages_and_revisions_are_no_flood(self):
        """A cut-off is an hour ahead; of a report there is a revision a minute, and none where nothing has happened."""
        at = datetime.datetime.fromisoformat(self.admin.call("Demo.GetClock")["time"].rstrip("Z")[:19])
        moment = lambda **after: (at + datetime.timedelta(**after)).isoformat() + "Z"  # noqa: E731
        policy = pathlib.Path(ROOT, "registry/data/policies/direct.policy").read_text(encoding="utf-8")
        self.admin.call("Stages.RecordPolicy", text=policy)
        stage = {"id": "flood", "title": "Stage", "title_ko": "단계", "open_time": moment(minutes=1), "cutoff_time": moment(minutes=59),
                 "policy": "direct", "teams": ["upstage"], "source": "invented"}
        self.wrong(["stage.cutoff_time"], "Stages.PutStage", self.admin, stage=stage)
        self.admin.call("Stages.PutStage", stage=dict(stage, cutoff_time=moment(minutes=70)))
        self.wait(minutes=71)
        eventually(lambda: self.anyone.call("Stages.GetStage", id="flood")["closings"])
        close = lambda: self.admin.call("Stages.CloseStage", stage="flood", text="again")["revision"]  # noqa: E731
        self.assertEqual(close(), 1)  # as nothing has happened since
        self.register("alice/since-the-closing", BASE)
        self.refused("RESOURCE_EXHAUSTED", "REVISION_TOO_SOON", "Stages.CloseStage", self.admin, stage="flood", text="again")
        self.wait(minutes=2)
        self.assertEqual((close(), close()), (2, 2))

    def test_a_new_evaluator_resolves_no_dispute(self):
        self.register("alice/disputed", BASE)
        dispute = self.alice.call("Stages.OpenDispute", model="alice/disputed", subject="DISPUTE_SUBJECT_STANDING", text="no")["log_index"]
        fields = dict(dispute=dispute, outcome="DISPUTE_OUTCOME_DISMISSED", text="no")
        new = self.evaluator()
        self.refused(DENIED, "EVALUATOR_RESTS", "Stages.ResolveDispute", new, **fields)
        self.wait(hours=25)
        new.call("Stages.ResolveDispute", **fields)

    def test_a_token_that_another_made_rests(self):
        """An admin cannot rule in the name of evaluators at once; who has a token makes the next ones."""
        first, second = self.evaluator(), self.evaluator(self.another_admin())
        self.wait(hours=25)
        others = self.token(self.admin, first.account, "roster", "tokens"), self.token(self.admin, second.account, "roster", "tokens")
        own = self.token(second, 0, "roster")
        self.register("alice/in-their-names", BASE)
        for client in (others[0], self.token(others[0], 0, "roster")):
            failure = self.refused(DENIED, "TOKEN_RESTS", "Stages.Rule", client, model="alice/in-their-names", reason="spam")
            self.assertIn("from", failure.metadata)
        ruling = self.rule(first)
        for confirm in (True, False):
            self.stopped("TOKEN_RESTS", others[1], ruling, confirm=confirm)
        self.assertEqual(self.decide(own, ruling), IN_FORCE)
        ruling = self.rule(first)
        self.wait(hours=25)
        self.assertEqual(self.decide(others[1], ruling), IN_FORCE)

    def test_a_namespace_is_no_new_evaluators_to_give(self):
        fields = dict(publisher="alice", organisation="huggingface.co/alice", evidence="letter")
        first, registrar = self.evaluator(), self.evaluator(roles=("registrar",))
        self.refused(DENIED, "EVALUATOR_RESTS", "Registry.SetNamespace", first, **fields)
        registrar.call("Registry.SetNamespace", **fields)  # whose word that is at once
        self.refused(DENIED, "EVALUATOR_RESTS", "Registry.SetNamespace", first, end=True, **fields)
        self.wait(hours=25)
        self.refused(DENIED, "TOKEN_RESTS", "Registry.SetNamespace", self.token(self.admin, first.account, "roster"), end=True, **fields)
        first.call("Registry.SetNamespace", end=True, **fields)

    def test_who_was_an_admin_until_lately(self):
        other = self.another_admin()
        first, second = self.evaluator(), self.evaluator(other, roles=("admin", "evaluator"))
        self.wait(hours=25)
        ruling = self.rule(first)
        self.stopped("ADMIN_CONFIRMS", second, ruling)
        self.update(second, roles=["ROLE_EVALUATOR"])
        self.stopped("LATELY_ADMIN", second, ruling)
        self.update(second, label="another label", roles=["ROLE_EVALUATOR"])
        self.stopped("LATELY_ADMIN", second, ruling)
        self.wait(hours=25)
        self.assertEqual(self.decide(second, ruling), IN_FORCE)

    def setUp(self):
        """A ruling that waits, from before all that a test makes."""
        if not hasattr(Rest, "early"):
            elder = person(self.admin, "an elder", ["evaluator"], scopes=["roster"])
            self.wait(hours=25)
            Rest.early = self.rule(elder)
            elder.close()

    def test_nothing_is_said_at_the_start(self):
        self.assertNotIn("evaluator-rest-short", self.server.log())
        self.assertNotIn("four-eyes-off", self.server.log())


class SingleUser(Rulings):
    options = ("--four-eyes", "off", "--evaluator-rest-hours", "0")

    def test_one_account_is_enough_and_it_is_said(self):
        self.register("alice/alone", BASE)
        self.assertEqual(self.admin.call("Stages.Rule", model="alice/alone", reason="spam")["state"], IN_FORCE)
        for event in ("four-eyes-off", "evaluator-rest-short"):
            self.assertRegex(self.server.log(), r"(?m)^.*level=warn.*%s" % event)

    def test_one_account_vouches_for_its_own(self):
        self.admin.call("Registry.CreatePublisher", name="alone")
        self.assertTrue(self.admin.call("Registry.VerifyPublisher", name="alone", evidence="domain")["verified"])
        self.assertTrue(self.admin.call("Registry.SetNamespace", publisher="alone", organisation="huggingface.co/alone", evidence="x")["held"])
        asked = self.admin.call("Access.RequestPublisher", kind="PUBLISHER_REQUEST_KIND_CREATE", publisher="Qwen", evidence="x")
        self.assertEqual(self.admin.call("Access.DecidePublisherRequest", id=asked["id"], approve=True)["state"],
                         "PUBLISHER_REQUEST_STATE_APPROVED")


class AfterRecovery(Rulings):
    """The database is lost, and the log comes back from what was published; the private records do not."""

    def recover(self):
        self.assertEqual(self.server.stop(), 0)  # which publishes all
        self.assertEqual(self.server.left_running(), [])
        shutil.rmtree(os.path.join(self.server.data, "postgresql"))
        done = subprocess.run([os.path.join(BUILD, "jokbod"), "recover", "--data", self.server.data, "--from",
                               os.path.join(self.server.data, "public")], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.server.start()
        self.admin.close()
        self.anyone.close()
        type(self).admin, type(self).anyone = self.server.client(), Client(self.server.address)

    def test_it_fails_closed(self):
        first = self.evaluator()
        ruling = self.rule(first)
        self.admin.call("Registry.VerifyPublisher", name="alice", evidence="domain")
        size = self.size()
        self.recover()
        self.assertEqual(self.size(), size)
        eve, una, owner = self.evaluator(), self.evaluator(), person(self.admin, "alice again", scopes=["models", "publishers"])
        self.addCleanup(owner.close)
        for client in (eve, una):
            self.stopped("RULER_UNKNOWN", client, ruling, code="FAILED_PRECONDITION")
        self.assertEqual(self.decide(eve, ruling, confirm=False), REJECTED)
        model = "alice/ruled-%d" % Rulings.made
        anew = eve.call("Stages.Rule", model=model, reason="spam")["log_index"]
        self.assertEqual(self.decide(una, anew), IN_FORCE)
        self.assertTrue(self.anyone.call("Registry.GetPublisher", name="alice")["verified"])
        granted = dict(publisher="alice", organisation="huggingface.co/alice", evidence="letter")
        failure = self.refused("FAILED_PRECONDITION", "HANDS_UNKNOWN", "Registry.SetNamespace", self.admin, **granted)
        self.assertIn("jokbo publisher add-member alice ACCOUNT --role owner", failure.message)
        self.admin.call("Access.SetMember", publisher="alice", account=owner.account, role="MEMBER_ROLE_WRITER")
        self.refused("FAILED_PRECONDITION", "HANDS_UNKNOWN", "Registry.SetNamespace", self.admin, **granted)  # invited is not there
        reply = joined(self.admin, "alice", owner.account)
        self.assertIn("owners-unknown", reply["notice"])
        self.assertFalse(self.anyone.call("Registry.GetPublisher", name="alice")["verified"])
        self.assertIn(b"\nevidence owners-unknown\n", self.anyone.entries(self.size() - 1)[0])
        self.admin.call("Registry.SetNamespace", **granted)
        owner.call("Registry.RegisterDerivative", derivative=derivative("alice/goes-on", BASE))


if __name__ == "__main__":
    unittest.main()
