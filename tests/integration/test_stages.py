"""Policies, stages, rulings and disputes: the methods with their limits, and the commands, on a server of their own."""
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import jokbo  # noqa: E402
from jokbo import ROOT, Case, Client, new_id, person  # noqa: E402

FOLDER = os.path.join(jokbo.ROOT, "registry", "data", "policies")
BASE, OTHER_BASE = "upstage/Solar-Open-100B", "skt/A.X-K1"
ENTRY = "FAILED_PRECONDITION"


def ready(name):
    with open(os.path.join(FOLDER, name + ".policy")) as file:
        return file.read()


def after(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def wait_until(text):
    """A little past the moment: the database's clock is this machine's."""
    time.sleep(max(0, seconds(text) - time.time()) + 0.05)


class Stages(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.eve = person(cls.admin, "eve", ["evaluator"], scopes=["roster"])
        cls.una = person(cls.admin, "una", ["evaluator"], scopes=["roster"])
        cls.team = person(cls.admin, "team", ["team"], "upstage", scopes=["models"])
        cls.count = 0
        cls.eve.call("Stages.RecordPolicy", text=ready("hub-like"))

    @classmethod
    def next(cls, beginning):
        cls.count += 1
        return "%s%d" % (beginning, cls.count)

    def derivative(self, base=BASE, publisher="alice"):
        name = publisher + "/" + self.next("model-")
        self.register(name, base, client=self.alice if publisher == "alice" else self.bob)
        return name

    def policy_text(self, name=None, version=1):
        name = name or self.next("policy-")
        return ready("hub-like").replace("hub-like", name).replace("version 1", "version %d" % version)

    def stage(self, opens=3600, cutoff=7200, **fields):
        stage = dict({"id": self.next("stage-"), "title": "Stage", "title_ko": "단계", "open_time": after(opens),
                      "cutoff_time": after(cutoff), "policy": "hub-like", "teams": ["upstage", "sk-telecom"],
                      "source": "invented"}, **fields)
        return {k: v for k, v in stage.items() if v is not None}

    def put(self, stage, **fields):
        return self.eve.call("Stages.PutStage", stage=stage, **fields)

    def rule(self, model=None, client=None, **fields):
        return (client or self.eve).call("Stages.Rule", model=model or self.derivative(),
                                         **dict({"reason": "spam"}, **fields))

    def last_entry(self):
        return self.anyone.entries(self.size() - 1)[-1].decode()


class Policies(Stages):
    def test_recorded_once(self):
        text = self.policy_text("mine")
        made = self.eve.call("Stages.RecordPolicy", text=text + "# a comment\n")
        self.assertEqual((made["name"], made["version"], made["log_index"]), ("mine", 1, str(self.size() - 1)))
        self.assertNotIn("#", made["text"])
        self.assertTrue(self.last_entry().endswith(made["text"]))
        self.assertIn("role evaluator", self.last_entry())
        self.assertIn("정책", made["explanation_ko"])
        again = self.refused("ALREADY_EXISTS", "POLICY_EXISTS", "Stages.RecordPolicy", self.una, text=text)
        self.assertEqual(again.metadata["log_index"], made["log_index"])
        self.refused("ALREADY_EXISTS", "POLICY_VERSION_TAKEN", "Stages.RecordPolicy", self.eve,
                     text=text.replace("depth off", "depth on 3"))
        self.assertTrue(self.una.call("Stages.RecordPolicy", text=self.policy_text("mine", 2))["proposed"])
        second = self.eve.call("Stages.RecordPolicy", text=self.policy_text("mine", 2))
        for asked, version in (("mine", 2), ("mine@1", 1), ("mine@2", 2), (made["sha256"], 1)):
            self.assertEqual(self.anyone.call("Stages.GetPolicy", policy=asked)["version"], version)
        self.assertEqual(second["version"], 2)
        for asked in ("nobody", "mine@3", "mine@", "mine@0", "", "0" * 64, "mine@99999999999999999999"):
            self.refused("NOT_FOUND", "POLICY_NOT_FOUND", "Stages.GetPolicy", policy=asked)

    def test_a_further_version_takes_two(self):
        """Who counts by the name gets the newest: nobody puts another in its place alone, nor beside what another proposes."""
        name, get = self.next("further-"), lambda: self.anyone.call("Stages.GetPolicy", policy=name)["version"]
        self.eve.call("Stages.RecordPolicy", text=self.policy_text(name))
        size, text = self.size(), self.policy_text(name, 2)
        for version in (1000000, 3):
            gap = self.refused("FAILED_PRECONDITION", "POLICY_VERSION_GAP", "Stages.RecordPolicy", self.eve, text=self.policy_text(name, version))
            self.assertEqual(gap.metadata["next"], "2")
        for _ in range(2):
            proposed = self.eve.call("Stages.RecordPolicy", text=text)
            self.assertEqual((proposed["proposed"], proposed["log_index"], proposed["version"]), (True, "0", 2))
            self.assertIn("version 2\n", proposed["text"])
        self.refused("PERMISSION_DENIED", "ADMIN_CONFIRMS", "Stages.RecordPolicy", self.admin, text=text)
        other = text.replace("depth off", "depth on 3")
        self.assertTrue(self.una.call("Stages.RecordPolicy", text=other)["proposed"], "another text confirmed the first")
        self.assertTrue(self.eve.call("Stages.RecordPolicy", text=text)["proposed"], "a proposal that was replaced was confirmed")
        self.assertEqual((get(), self.size()), (1, size))
        made = self.una.call("Stages.RecordPolicy", text=text)
        self.assertEqual((made["proposed"], int(made["log_index"]), get()), (False, size, 2))

    def test_names_of_ready_policies(self):
        """They begin with the texts that come with Jokbo."""
        for path in sorted(pathlib.Path(ROOT, "registry/data/policies").glob("*.policy")):
            text = path.read_text(encoding="utf-8")
            if path.stem in ("hub-like", "competition", "competition-2"):
                continue  # which other tests here record, and the one that only follows another
            for changed in (text.replace("version 1\n", "version 2\n"), re.sub("cap o.*", "cap on 7", text)):
                self.assertNotEqual(changed, text, path)
                self.refused("FAILED_PRECONDITION", "POLICY_READY", "Stages.RecordPolicy", self.eve, text=changed)
            self.assertFalse(self.eve.call("Stages.RecordPolicy", text=text, validate_only=True)["proposed"])

    def test_every_mistake_at_once(self):
        wrong = self.policy_text("Upper").replace("depth off", "depth on 1001").replace("cap off\n", "")
        lines = wrong.split("\n")
        self.wrong(["line %d" % (1 + lines.index("name Upper")), "line %d" % (1 + lines.index("depth on 1001")), "name", "cap"],
                   "Stages.RecordPolicy", self.eve, text=wrong)
        comment = "#" * (16384 - len(self.policy_text("long")) - 1) + "\n"
        self.eve.call("Stages.RecordPolicy", text=self.policy_text("long") + comment, validate_only=True)
        self.refused("INVALID_ARGUMENT", "POLICY_TOO_LARGE", "Stages.RecordPolicy", self.eve,
                     text=self.policy_text("long") + "#" + comment)

    def test_check_only_and_repeats(self):
        before, text, repeat = self.size(), self.policy_text(), new_id()
        dry = self.eve.call("Stages.RecordPolicy", text=text, validate_only=True)
        self.assertEqual((dry["log_index"], dry["log_size"], self.size()), ("0", "0", before))
        first = self.eve.call("Stages.RecordPolicy", text=text, request_id=repeat)
        self.assertEqual(self.eve.call("Stages.RecordPolicy", text=text, request_id=repeat), first)
        self.wrong(["request_id"], "Stages.RecordPolicy", self.eve, text=text, request_id="x")

    def test_pages(self):
        for _ in range(3):
            self.eve.call("Stages.RecordPolicy", text=self.policy_text())
        whole = self.anyone.call("Stages.ListPolicies", page_size=1000)
        found, token = [], ""
        while True:
            page = self.anyone.call("Stages.ListPolicies", page_size=2, page_token=token)
            found += page["policies"]
            token = page["next_page_token"]
            if not token:
                break
        self.assertEqual([p["sha256"] for p in found], [p["sha256"] for p in whole["policies"]])
        self.assertEqual(whole["total_size"], len(found))
        self.wrong(["page_size"], "Stages.ListPolicies", self.anyone, page_size=-1)
        self.wrong(["page_token"], "Stages.ListPolicies", self.anyone, page_token="x")


class PutStage(Stages):
    def test_created_amended_and_fixed(self):
        stage = self.stage(opens=1.5, cutoff=3)
        made = self.put(stage)
        self.assertEqual((made["policy"], made["teams"]), ("hub-like@1", ["sk-telecom", "upstage"]))
        self.assertEqual(self.last_entry().split("\n")[-3:-1], ["teams sk-telecom upstage", "source invented"])
        before = self.size()
        self.assertEqual(self.put(stage)["log_index"], made["log_index"], "the same again is no entry")
        self.assertEqual(self.size(), before)
        other = self.put(dict(stage, title="Another title", etag=made["etag"]))
        self.assertNotEqual(other["etag"], made["etag"])
        self.refused("ABORTED", "ETAG_DIFFERS", "Stages.PutStage", self.eve, stage=dict(stage, etag=made["etag"]))
        wait_until(stage["open_time"])
        self.refused(ENTRY, "STAGE_FIXED", "Stages.PutStage", self.eve, stage=stage)
        changed = dict(stage, title="Another title", teams=["lg-ai-research", "sk-telecom"])  # one left, one joined late
        self.assertEqual(self.put(changed)["proposed_teams"], changed["teams"])
        left = self.una.call("Stages.PutStage", stage=changed)
        self.assertEqual(left["teams"], ["lg-ai-research", "sk-telecom"])
        wait_until(stage["cutoff_time"])
        for late in (stage, dict(stage, cutoff_time=after(7200))):
            told = self.refused(ENTRY, "STAGE_FIXED", "Stages.PutStage", self.eve, stage=dict(late, title="Another title"))
            self.assertIn("is past its cut-off and cannot change any more", told.message)
        self.assertEqual(self.anyone.call("Stages.GetStage", id=stage["id"])["teams"], ["lg-ai-research", "sk-telecom"])

    def test_an_etag_of_what_is_not_there(self):
        self.refused("ABORTED", "ETAG_DIFFERS", "Stages.PutStage", self.eve, stage=self.stage(etag="1-0"))

    def test_every_mistake_at_once(self):
        self.wrong(["stage"], "Stages.PutStage", self.eve)
        self.wrong(["stage.id", "stage.title", "stage.title_ko", "stage.open_time", "stage.cutoff_time", "stage.policy",
                    "stage.teams", "stage.source"], "Stages.PutStage", self.eve, stage={})
        self.wrong(["stage.id", "stage.title", "stage.cutoff_time", "stage.dispute_end_time", "stage.teams",
                    "stage.teams[0]"], "Stages.PutStage", self.eve,
                   stage=self.stage(7201, 7200, id="Stage", title="two\nlines", teams=["LG", "skt", "skt"],
                                    dispute_end_time=after(60)))

    def test_one_past_each_limit(self):
        many = ["team-%d" % i for i in range(65)]
        good = dict(id="s" * 63, title="t" * 200, title_ko="가" * 66 + "ab", source="s" * 200)
        self.put(self.stage(**good), validate_only=True)
        for field, value in (("id", "s" * 64), ("title", "t" * 201), ("title_ko", "가" * 67), ("source", "s" * 201),
                             ("teams", many), ("teams", [])):
            self.wrong(["stage." + field], "Stages.PutStage", self.eve, stage=self.stage(**{field: value}))
        self.refused("NOT_FOUND", "TEAM_NOT_FOUND", "Stages.PutStage", self.eve, stage=self.stage(teams=many[:64]))

    def test_what_is_not_there(self):
        self.refused("NOT_FOUND", "POLICY_NOT_FOUND", "Stages.PutStage", self.eve, stage=self.stage(policy="hub-like@9"))
        failure = self.refused("NOT_FOUND", "TEAM_NOT_FOUND", "Stages.PutStage", self.eve,
                               stage=self.stage(teams=["sk-telecom", "nobody", "neither"]))
        self.assertIn("nobody, neither", failure.message)
        self.refused("NOT_FOUND", "STAGE_NOT_FOUND", "Stages.GetStage", id="nothing")
        self.refused(ENTRY, "STAGE_FIXED", "Stages.PutStage", self.eve, stage=self.stage(-20, -10))

    def test_a_policy_of_the_second_rule_set(self):
        """Closing by it is test_recount_policy.py's subject."""
        self.eve.call("Stages.RecordPolicy", text=ready("competition"))
        made = self.put(self.stage(policy="competition"))
        self.assertEqual(made["policy"], "competition@1")

    def test_check_only(self):
        stage, before = self.stage(), self.size()
        dry = self.put(stage, validate_only=True)
        self.assertEqual((dry["log_index"], self.size()), ("0", before))
        self.refused("NOT_FOUND", "STAGE_NOT_FOUND", "Stages.GetStage", id=stage["id"])

    def test_list_and_times(self):
        moment = after(9000)[:-1] + "Z"
        made = self.put(self.stage(dispute_end_time=moment))
        self.assertEqual(seconds(made["dispute_end_time"]), seconds(moment))
        listed = self.anyone.call("Stages.ListStages")
        self.assertIn(made["id"], [stage["id"] for stage in listed["stages"]])
        self.assertEqual(listed["log_size"], str(self.size()))


class FourEyes(Stages):
    def excluded(self, name):
        return [r for r in self.anyone.call("Stages.ListRulings", model=name)["rulings"]
                if r["state"] == "RULING_STATE_IN_FORCE" and not r["restore"]]

    def test_a_second_evaluator(self):
        name, text = self.derivative(), "복제된 가중치입니다.\nSecond line."
        made = self.rule(name, text=text)
        self.assertEqual((made["state"], made["text"], made["restore"]), ("RULING_STATE_PENDING", text, False))
        self.assertIn("needs-second yes", self.last_entry())
        self.assertNotIn("복제", "".join(e.decode() for e in self.anyone.entries()))
        index = made["log_index"]
        for confirm in (True, False):
            self.refused("PERMISSION_DENIED", "SAME_EVALUATOR", "Stages.DecideRuling", self.eve, ruling=index, confirm=confirm)
        self.assertEqual(self.excluded(name), [])
        waits = self.refused(ENTRY, "RULING_PENDING", "Stages.Rule", self.una, model=name, reason="spam")
        self.assertEqual(waits.metadata["ruling"], index)
        done = self.una.call("Stages.DecideRuling", ruling=index, confirm=True, text="seen", request_id=new_id())
        self.assertEqual((done["state"], done["text"], done["decision_index"]),
                         ("RULING_STATE_IN_FORCE", text, str(self.size() - 1)))
        self.refused(ENTRY, "RULING_DECIDED", "Stages.DecideRuling", self.una, ruling=index, confirm=True)
        self.refused(ENTRY, "ALREADY_SO", "Stages.Rule", self.eve, model=name, reason="spam")
        back = self.rule(name, self.una, restore=True, reason="mistaken")
        self.eve.call("Stages.DecideRuling", ruling=back["log_index"], confirm=True)
        states = [r["state"] for r in self.anyone.call("Stages.ListRulings", model=name)["rulings"]]
        self.assertEqual(states, ["RULING_STATE_REPLACED", "RULING_STATE_IN_FORCE"])
        self.refused(ENTRY, "ALREADY_SO", "Stages.Rule", self.eve, model=name, reason="spam", restore=True)

    def test_rejected(self):
        made = self.rule()
        self.assertIn(made["log_index"], [r["log_index"] for r in
                                          self.anyone.call("Stages.ListRulings", pending=True)["rulings"]])
        done = self.una.call("Stages.DecideRuling", ruling=made["log_index"])
        self.assertEqual(done["state"], "RULING_STATE_REJECTED")
        self.assertEqual(self.excluded(made["model"]), [])
        self.rule(made["model"])  # may be ruled anew

    def test_the_same_person_with_another_token(self):
        token = self.admin.call("Access.CreateToken", account=self.eve.account, scopes=["TOKEN_SCOPE_ROSTER"])["secret"]
        other = Client(self.server.address, token)
        self.addCleanup(other.close)
        self.refused("PERMISSION_DENIED", "SAME_EVALUATOR", "Stages.DecideRuling", other,
                     ruling=self.rule()["log_index"], confirm=True)

    def restart(self):
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        for client in (self.eve, self.una, self.anyone, self.alice, self.bob, self.admin, self.team):
            client.close()
            client.__init__(self.server.address, client.token)

    def test_who_ruled_is_lost(self):
        """A log that was recovered from its public files has no private records: nobody can be shown to be the second."""
        made, other = self.rule(), self.rule()
        url = "host=%s/run port=5432 dbname=jokbo user=jokbo" % self.server.data
        subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c",
                        "delete from record where key = 'ruling/%s'" % made["log_index"]], check=True, timeout=60)
        self.restart()
        for client in (self.eve, self.una):
            self.refused(ENTRY, "RULER_UNKNOWN", "Stages.DecideRuling", client, ruling=made["log_index"], confirm=True)
        self.eve.call("Stages.DecideRuling", ruling=made["log_index"])
        self.refused("PERMISSION_DENIED", "SAME_EVALUATOR", "Stages.DecideRuling", self.eve, ruling=other["log_index"])

    def test_who_ruled_outlives_a_restart(self):
        made = self.rule()
        self.restart()
        self.refused("PERMISSION_DENIED", "SAME_EVALUATOR", "Stages.DecideRuling", self.eve,
                     ruling=made["log_index"], confirm=True)
        self.una.call("Stages.DecideRuling", ruling=made["log_index"], confirm=True)

    def test_what_can_be_ruled(self):
        self.refused(ENTRY, "NOT_A_DERIVATIVE", "Stages.Rule", self.eve, model=BASE, reason="spam")
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", "Stages.Rule", self.eve, model="alice/none", reason="spam")
        name = self.derivative()
        self.wrong(["model", "reason", "text"], "Stages.Rule", self.eve, model="x", text="t" * 4097)
        self.wrong(["reason"], "Stages.Rule", self.eve, model=name, reason="r" * 201)
        self.rule(name, reason="r" * 200, text="t" * 4096, validate_only=True)
        self.wrong(["ruling", "text"], "Stages.DecideRuling", self.una, ruling=-1, text="t" * 4097)
        for index in (0, 10 ** 12, self.size()):
            self.refused("NOT_FOUND", "RULING_NOT_FOUND", "Stages.DecideRuling", self.una, ruling=index, confirm=True)
        dry = self.rule(name, validate_only=True)
        self.assertEqual((dry["log_index"], self.anyone.call("Stages.ListRulings", model=name)["rulings"]), ("0", []))

    def test_pages(self):
        made = [self.rule()["log_index"] for _ in range(3)]
        first = self.anyone.call("Stages.ListRulings", pending=True, page_size=1)
        rest = self.anyone.call("Stages.ListRulings", pending=True, page_size=1, page_token=first["next_page_token"])
        self.assertLess(int(first["rulings"][0]["log_index"]), int(rest["rulings"][0]["log_index"]))
        self.assertGreaterEqual(first["total_size"], len(made))
        self.wrong(["page_token"], "Stages.ListRulings", self.anyone, page_token=first["next_page_token"])
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", "Stages.ListRulings", model="alice/none")

    def test_a_renamed_model_keeps_its_rulings(self):
        made = self.rule()
        self.alice.call("Registry.RenameModel", name=made["model"], new_name=made["model"] + "-new")
        found = self.anyone.call("Stages.ListRulings", model=made["model"])["rulings"]
        self.assertEqual([r["model"] for r in found], [made["model"] + "-new"])


class OneEvaluator(Stages):
    options = ("--four-eyes", "off")

    def test_takes_effect_at_once(self):
        made = self.rule()
        self.assertEqual(made["state"], "RULING_STATE_IN_FORCE")
        self.assertIn("needs-second no", self.last_entry())
        self.refused(ENTRY, "RULING_DECIDED", "Stages.DecideRuling", self.una, ruling=made["log_index"], confirm=True)
        self.refused(ENTRY, "ALREADY_SO", "Stages.Rule", self.una, model=made["model"], reason="spam")
        self.rule(made["model"], restore=True)
        self.rule(made["model"])


class Disputes(Stages):
    def open(self, client, model, subject="PARENT", **fields):
        return client.call("Stages.OpenDispute", subject="DISPUTE_SUBJECT_" + subject, model=model,
                           **dict({"text": "not so"}, **fields))

    def refused_open(self, code, reason, client, model, subject="PARENT", **fields):
        return self.refused(code, reason, "Stages.OpenDispute", client, subject="DISPUTE_SUBJECT_" + subject, model=model,
                            **dict({"text": "not so"}, **fields))

    def test_opened_and_resolved(self):
        name = self.derivative()
        made = self.open(self.team, name, text="만들지 않았습니다.")
        self.assertEqual((made["actor"], made["text"], made["outcome"]),
                         ("team upstage", "만들지 않았습니다.", "DISPUTE_OUTCOME_UNSPECIFIED"))
        self.assertIn("actor team upstage", self.last_entry())
        again = self.refused_open("ALREADY_EXISTS", "DISPUTE_OPEN", self.team, name)
        self.assertEqual(again.metadata["log_index"], made["log_index"])
        self.open(self.alice, name)  # another side
        done = self.eve.call("Stages.ResolveDispute", dispute=made["log_index"], outcome="DISPUTE_OUTCOME_UPHELD",
                             text="옳습니다")
        self.assertEqual((done["outcome"], done["text"], done["resolution_text"], done["resolution_index"]),
                         ("DISPUTE_OUTCOME_UPHELD", "만들지 않았습니다.", "옳습니다", str(self.size() - 1)))
        self.refused(ENTRY, "DISPUTE_RESOLVED", "Stages.ResolveDispute", self.una, dispute=made["log_index"],
                     outcome="DISPUTE_OUTCOME_DISMISSED", text="no")
        listed = self.anyone.call("Stages.ListDisputes", model=name)["disputes"]
        self.assertEqual(listed[0], dict(done, log_size=listed[0]["log_size"]))
        still = self.anyone.call("Stages.ListDisputes", model=name, open=True)["disputes"]
        self.assertEqual([d["actor"] for d in still], ["publisher alice"])
        self.open(self.team, name)  # once it is resolved it may be said anew

    def test_who_may(self):
        mine, other = self.derivative(), self.derivative(OTHER_BASE)
        self.refused_open("PERMISSION_DENIED", "NOT_CONCERNED", self.bob, mine)
        self.refused_open("PERMISSION_DENIED", "NOT_CONCERNED", self.team, other)
        self.refused_open("PERMISSION_DENIED", "NOT_CONCERNED", self.eve_with_models(), mine)
        self.refused_open(ENTRY, "NOT_A_DERIVATIVE", self.team, BASE)
        self.refused_open("NOT_FOUND", "MODEL_NOT_FOUND", self.team, "alice/none")

    def eve_with_models(self):
        client = person(self.admin, "eva", ["evaluator"], scopes=["models"])
        self.addCleanup(client.close)
        return client

    def test_about_a_ruling(self):
        made, other = self.rule(), self.rule()
        opened = self.open(self.alice, made["model"], "RULING", ruling=made["log_index"])
        self.assertEqual((opened["ruling"], opened["subject"]), (made["log_index"], "DISPUTE_SUBJECT_RULING"))
        self.refused_open("NOT_FOUND", "RULING_NOT_FOUND", self.alice, made["model"], "RULING", ruling=other["log_index"])
        self.refused_open("NOT_FOUND", "RULING_NOT_FOUND", self.alice, made["model"], "RULING", ruling=10 ** 12)

    def test_until_the_deadline(self):
        stage = self.stage(0.5, 1, dispute_end_time=after(2.5))
        self.put(stage)
        name = self.derivative()
        self.assertEqual(self.open(self.team, name, "STANDING", stage=stage["id"])["stage"], stage["id"])
        wait_until(stage["dispute_end_time"])
        self.refused_open(ENTRY, "DISPUTE_TIME_OVER", self.alice, name, "STANDING", stage=stage["id"])
        self.open(self.alice, name, "STANDING")  # without a stage there is no end
        self.refused_open("NOT_FOUND", "STAGE_NOT_FOUND", self.alice, name, "PARENT", stage="nothing")

    def test_every_mistake_at_once(self):
        self.wrong(["subject", "model", "ruling", "stage", "text"], "Stages.OpenDispute", self.team, model="x", ruling=5,
                   stage="A")
        name = self.derivative()
        self.wrong(["ruling"], "Stages.OpenDispute", self.team, subject="DISPUTE_SUBJECT_RULING", model=name, text="x")
        self.wrong(["text"], "Stages.OpenDispute", self.team, subject="DISPUTE_SUBJECT_PARENT", model=name, text="x" * 4097)
        self.open(self.team, name, text="x" * 4096)
        self.wrong(["dispute", "outcome", "text"], "Stages.ResolveDispute", self.eve, dispute=-1)
        self.wrong(["text"], "Stages.ResolveDispute", self.eve, dispute=1, outcome="DISPUTE_OUTCOME_UPHELD", text="x" * 4097)
        self.refused("NOT_FOUND", "DISPUTE_NOT_FOUND", "Stages.ResolveDispute", self.eve, dispute=1,
                     outcome="DISPUTE_OUTCOME_UPHELD", text="x")


class Commands(Stages):
    def run_ok(self, *arguments, client="admin", code=0):
        token = client.token if isinstance(client, Client) else client
        done = self.server.jokbo(*arguments, token=token)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def test_policies(self):
        path = os.path.join(FOLDER, "strict.policy")
        self.derivative()
        said = self.run_ok("policy", "check", path, client=None)
        self.assertIn("Policy strict, version 1", said)
        self.assertIn("정책 strict, 버전 1", said)
        self.assertIn("counted today", said)
        self.assertRegex(said, r"(?m)^all +\d+ +\d+ +0$")
        self.assertNotIn("정책", self.run_ok("policy", "check", path, "--lang", "en", "--offline", client=None))
        alone = self.server.jokbo("policy", "check", path, "--timeout", "2", "--server", "127.0.0.1:1", token=None)
        self.assertEqual(alone.returncode, 0, alone.stderr)
        self.assertIn("explained, but not tried out", alone.stderr)
        self.assertNotIn("counted today", alone.stdout)
        self.run_ok("policy", "record", path, client=self.alice, code=7)
        self.assertIn("strict@1", self.run_ok("policy", "record", path, client=self.eve))
        before = self.size()
        self.assertIn("strict@1", self.run_ok("policy", "record", path, client=self.una))
        self.assertEqual(self.size(), before)
        self.assertIn("strict@1", self.run_ok("policy", "list"))
        code, shown = self.server.jokbo_json("policy", "show", "strict")
        self.assertEqual((code, shown["version"]), (0, 1))
        self.run_ok("policy", "show", "nothing", code=5)

    def test_check_and_diff_agree_with_the_server(self):
        name = self.derivative()
        code, check = self.server.jokbo_json("policy", "check", os.path.join(FOLDER, "hub-like.policy"), token=None)
        self.assertEqual(code, 0)
        everything = check["counts"][-1]
        plain = self.anyone.call("Evaluation.CountDerivatives", scope={"all": True})
        self.assertEqual((everything["registered"], everything["counted_today"], everything["counted"], check["log_size"]),
                         (int(plain["registered"]), int(plain["counted"]), int(plain["counted"]), self.size()))
        for row in check["counts"]:
            self.assertEqual(row["registered"], row["counted"] + sum(row["left_out"].values()), row)
        code, diff = self.server.jokbo_json("policy", "diff", "hub-like", os.path.join(FOLDER, "strict.policy"), "--limit",
                                            "0", token=None)
        self.assertEqual((code, diff["counted_before"], diff["counted_after"]), (0, everything["counted"], 0))
        self.assertEqual(len(diff["changes"]), diff["changed"])
        mine = [change for change in diff["changes"] if change["name"] == name][0]
        self.assertEqual(mine["before"], {"counts": True, "reason": None, "roots": [{"root": BASE, "reasons": []}]})
        self.assertIn("no-artifact", mine["after"]["roots"][0]["reasons"])
        people = self.run_ok("policy", "diff", "hub-like", os.path.join(FOLDER, "strict.policy"), "--limit", "1")
        self.assertRegex(people, r"(?m)^\S+/\S+ +counts +(\S+) +\S.*$")
        self.assertIn("it shows no artifact", people)
        same = self.run_ok("policy", "diff", "hub-like", "hub-like@1")
        self.assertIn("0 change standing", same)

    def test_a_policy_file_with_mistakes(self):
        with tempfile.NamedTemporaryFile("w", suffix=".policy") as file:
            file.write(ready("hub-like").replace("cap off", "cap on 0").replace("depth off", "deep off"))
            file.flush()
            told = self.run_ok("policy", "check", file.name, code=4)
            self.assertIn("cap", told)
            self.assertIn("depth: is missing", told)
        self.run_ok("policy", "check", "/nowhere/x.policy", code=9)

    def test_stages(self):
        name = self.next("stage-")
        made = self.run_ok("stage", "put", name, "--title", "Stage", "--title-ko", "3단계 평가", "--opens", "2100-08-01",
                           "--cut-off", "2100-08-15T18:00", "--policy", "hub-like", "--teams", "sk-telecom, upstage", "--source",
                           "invented", client=self.eve)
        self.assertIn("2100-08-15 18:00:00 +09:00 (2100-08-15T09:00:00Z)", made)
        self.assertIn("2100-08-01 00:00:00 +09:00 (2100-07-31T15:00:00Z)", made)
        self.assertIn("3단계 평가", made)
        amended = self.run_ok("stage", "put", name, "--disputes-until", "2100-09-01 00:00:01", "--teams", "lg-ai-research", client=self.eve)
        self.assertIn("2100-09-01 00:00:01 +09:00 (2100-08-31T15:00:01Z)", amended)
        self.assertIn("3단계 평가", amended)
        code, shown = self.server.jokbo_json("stage", "show", name)
        self.assertEqual((code, shown["teams"], shown["cutoff_time"][:16]), (0, ["lg-ai-research"], "2100-08-15T09:00"))
        self.run_ok("stage", "put", name, "--disputes-until", "none", client=self.eve)
        self.assertIn("not open yet", self.run_ok("stage", "list"))
        self.put(self.stage())
        one, whole = (self.server.jokbo_json("stage", "list", "--limit", limit)[1] for limit in ("1", "0"))
        self.assertEqual((len(one["stages"]), one["total_size"]), (1, len(whole["stages"])))
        self.assertIn(name, [stage["id"] for stage in whole["stages"]])
        self.assertIn("--opens", self.run_ok("stage", "put", name, "--opens", "tomorrow", client=self.eve, code=2))
        self.assertIn("--title-ko:", self.run_ok("stage", "put", self.next("stage-"), "--title", "x", client=self.eve,
                                                 code=4))
        self.run_ok("stage", "show", "nothing", code=5)

    def test_rulings_and_disputes(self):
        name = self.derivative()
        self.run_ok("rule", "exclude", name, client=self.eve, code=3)
        code, ruled = self.server.jokbo_json("rule", "exclude", name, "--reason", "spam", "--text", "이유입니다",
                                             token=self.eve.token)
        self.assertEqual((code, ruled["state"]), (0, "pending"))
        index = str(ruled["log_index"])
        self.assertIn(index, self.run_ok("rule", "list", "--pending", client=None))
        self.run_ok("rule", "confirm", index, client=self.eve, code=7)
        opened = self.run_ok("dispute", "open", name, "--ruling", index, "--text", "not so", client=self.team)
        dispute = opened.split()[1]
        self.assertIn("in force", self.run_ok("rule", "confirm", index, client=self.una))
        self.run_ok("dispute", "open", name, "--text", "x", client=self.team, code=3)
        page = self.run_ok("show", name, client=None)
        for part in ("ruling " + index, "이유입니다", "in force", "dispute " + dispute, "team upstage", ": open"):
            self.assertIn(part, page)
        self.run_ok("dispute", "resolve", dispute, "--outcome", "dismissed", "--text", "it is", client=self.eve)
        code, shown = self.server.jokbo_json("show", name, token=None)
        self.assertEqual([d["outcome"] for d in shown["disputes"]], ["dismissed"])
        self.assertEqual([r["state"] for r in shown["rulings"]], ["in-force"])
        self.assertEqual(self.server.jokbo_json("dispute", "list", "--pending", "--model", name)[1]["disputes"], [])
        self.assertIn("dismissed", self.run_ok("dispute", "list", "--model", name, client=None))
        self.run_ok("rule", "restore", name, "--reason", "mistaken", "--dry-run", client=self.una)
        self.assertEqual(len(json.loads(self.server.jokbo("rule", "list", "--model", name, "--json").stdout)["rulings"]), 1)


if __name__ == "__main__":
    unittest.main()
