"""Demos: who may serve one, its clock, and the programme so far that is played into it. A few hundred derivatives, with which
the same happens as with twenty thousand."""
import datetime
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import BUILD, COMPARES, PROGRAMME, ROOT, Failure, Server, derivative, person  # noqa: E402

DEMO = os.path.join(ROOT, "registry", "data", "demo")
FEW = "300"


def entries(client):
    """Each as {"kind": …, "time": …, …}, of lines with a value that is told once."""
    return [dict(line.split(" ", 1) for line in entry.decode().rstrip("\n").split("\n")[1:] if " " in line)
            for entry in client.entries()]


class Refusals(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)

    def refused(self, *options):
        self.server.options = list(options)
        with self.assertRaises(RuntimeError) as caught:
            self.server.start()
        self.server.process = None
        return str(caught.exception)

    def test_a_registry_is_no_demo(self):
        self.server.start()
        admin = self.server.client()
        self.assertFalse(admin.call("Demo.GetClock")["demo"])
        with self.assertRaises(Failure) as caught:
            admin.call("Demo.SetClock", time="2099-01-01T00:00:00Z")
        self.assertEqual((caught.exception.code, caught.exception.reason), ("FAILED_PRECONDITION", "NOT_A_DEMO"))
        self.assertIn("jokbod --demo", caught.exception.message)
        for retire in (False, True):
            with self.assertRaises(Failure) as caught:
                admin.call("Demo.ChangeKey", retire=retire)
            self.assertEqual((caught.exception.code, caught.exception.reason), ("FAILED_PRECONDITION", "NOT_A_DEMO"))
            self.assertIn("jokbod key rotate", caught.exception.message)
        self.assertEqual(sorted(name for name in os.listdir(self.server.data) if name.startswith("log.key")), ["log.key"])
        size = admin.call("Log.GetCheckpoint")["log_size"]
        loaded = self.server.load_demo()
        self.assertEqual(loaded.returncode, 4, loaded.stderr)
        self.assertIn("serves no demo", loaded.stderr)
        self.assertEqual(admin.call("Log.GetCheckpoint")["log_size"], size, "something was written")
        admin.close()
        self.server.stop()
        said = self.refused("--demo")
        self.assertIn("is not a demo", said)
        self.assertIn("without --demo", said)

    def test_a_demo_is_no_registry(self):
        self.server.options = ["--demo"]
        self.server.start()
        client = self.server.client()
        self.assertIn(b"\npurpose demo\n", client.entries(0, 1)[0])
        self.assertIn(b"\norigin demo.invalid\n", client.entries(0, 1)[0])
        self.assertTrue(client.call("Demo.GetClock")["demo"])
        client.close()
        self.server.stop()
        for options in ((), ("--origin", "log.example/x")):
            said = self.refused(*options)
            self.assertIn("the log is a demo", said)
            self.assertIn("Start it with --demo", said)


class Clock(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--demo")
        cls.addClassCleanup(cls.server.close)
        cls.server.start().load_roster()

    def setUp(self):
        self.admin = self.server.client()
        self.addCleanup(lambda: self.admin.close())
        self.year = int(self.now()[:4]) + 2  # each test has years of its own, whatever their order

    def now(self):
        return self.admin.call("Demo.GetClock")["time"]

    def set(self, time):
        return self.admin.call("Demo.SetClock", time=time)

    def last(self):
        return entries(self.admin)[-1]["time"]

    def write(self, name):
        self.admin.call("Registry.RegisterDerivative", derivative=derivative("somebody/" + name, "skt/A.X-3.1-Light"))

    def test_it_goes_forward_only_and_on_after_a_restart(self):
        self.set("%d-03-01T00:00:00Z" % self.year)
        self.assertIn("%d-03-01T00:0" % self.year, self.now())
        self.write("a")
        self.assertIn("%d-03-01T00:0" % self.year, self.last())
        for wrong in ("%d-02-28T23:59:59Z" % self.year, "2100-01-01T00:00:00Z", "1971-01-01T00:00:00Z"):
            with self.assertRaises(Failure) as caught:
                self.set(wrong)
            self.assertEqual((caught.exception.code, list(caught.exception.fields)), ("INVALID_ARGUMENT", ["time"]))
        with self.assertRaises(Failure) as caught:
            self.admin.call("Demo.SetClock")
        self.assertEqual(list(caught.exception.fields), ["time"])
        before = self.now()
        time.sleep(0.05)
        self.assertGreater(self.now(), before, "it runs")
        for ending in (self.server.stop, self.server.kill):
            before = self.now()
            ending()
            self.server.start()
            self.admin = self.server.client()
            self.assertGreater(self.now(), before)
            self.assertLess(self.now(), "%d-03-01T01" % self.year)
            self.write("b-" + ending.__name__)
            self.assertGreater(self.last(), before)

    def test_what_has_not_happened_yet(self):
        self.set("%d-01-01T00:00:00Z" % self.year)
        for moment, good in (("%d-12-31T00:00:00Z" % (self.year - 1), True), ("%d-01-02T00:00:00Z" % self.year, False)):
            if good:
                self.admin.call("Evaluation.CountDerivatives", scope={"all": True}, as_of={"time": moment})
                continue
            with self.assertRaises(Failure) as caught:
                self.admin.call("Evaluation.CountDerivatives", scope={"all": True}, as_of={"time": moment})
            self.assertIn("as_of.time", caught.exception.fields)
        policy = os.path.join(ROOT, "registry", "data", "policies", "hub-like.policy")
        self.assertEqual(self.server.jokbo("policy", "record", policy).returncode, 0)
        put = ("stage", "put", "s", "--title", "S", "--title-ko", "S", "--opens", "%d-01-02" % self.year, "--cut-off", "%d-01-03" % self.year,
               "--policy", "hub-like", "--teams", "sk-telecom", "--source", "invented")
        self.assertEqual(self.server.jokbo(*put).returncode, 0)
        self.assertIn("not open yet", self.server.jokbo("stage", "list").stdout)
        self.set("%d-01-02T00:00:00Z" % self.year)
        self.assertRegex(self.server.jokbo("stage", "list").stdout, r"\bopen\n")
        self.assertEqual(self.server.jokbo("stage", "put", "s", "--title", "T").returncode, 4)

    def test_tokens_end_by_it(self):
        self.set("%d-01-01T00:00:00Z" % self.year)
        someone = person(self.admin, "someone")
        token = self.admin.call("Access.CreateToken", account=someone.account, label="an hour", lifetime_seconds=3600)
        someone.token = token["secret"]
        someone.call("Access.GetCaller")
        self.set("%d-01-01T02:00:00Z" % self.year)
        with self.assertRaises(Failure) as caught:
            someone.call("Access.GetCaller")
        self.assertEqual(caught.exception.code, "UNAUTHENTICATED")
        someone.close()

    def test_command(self):
        shown = self.server.jokbo("demo", "clock", "%d-05-06T07:00" % self.year)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("%d-05-06 07:00:00 +09:00" % self.year, shown.stdout)
        self.assertIn("a demo's clock", self.server.jokbo("demo", "clock", token=None).stdout)
        self.assertEqual(self.server.jokbo("demo", "clock", "tomorrow").returncode, 2)
        self.assertNotEqual(self.server.jokbo("demo", "clock", "2099-01-01", token=None).returncode, 0)
        self.assertIn("is a demo", self.server.jokbo("log", "checkpoint").stderr)


def published(server):
    try:
        with open(os.path.join(server.data, "public", "checkpoint")) as f:
            return int(f.read().split("\n")[1])
    except FileNotFoundError:
        return 0  # the first publication follows within a second of the start


class Key(unittest.TestCase):
    def test_it_is_changed_while_the_server_runs(self):
        with Server("--demo") as server:
            admin, public = server.client(), os.path.join(server.data, "public")
            first = old = entries(admin)[0]["key"]
            with self.assertRaises(Failure) as caught:
                admin.call("Demo.ChangeKey", retire=True)
            self.assertEqual(caught.exception.reason, "KEY_SINGLE")
            for turn in range(2):  # a second one too, without a restart between
                request = {"request_id": "00000000-0000-4000-8000-00000000000%d" % turn}
                both = admin.call("Demo.ChangeKey", **request)
                self.assertEqual(both["keys"][1:], [old])
                self.assertEqual(admin.call("Demo.ChangeKey", **request), both)
                self.assertEqual(entries(admin)[-1]["key"], both["keys"][0])
                self.until(public, both["keys"])
                with self.assertRaises(Failure) as caught:
                    admin.call("Demo.ChangeKey")
                self.assertEqual(caught.exception.reason, "KEY_PENDING")
                new = admin.call("Demo.ChangeKey", retire=True)
                self.assertEqual(new["keys"], both["keys"][:1])
                self.assertEqual(int(new["log_index"]), int(both["log_index"]) + 1)
                self.until(public, new["keys"])
                admin.call("Registry.CreatePublisher", name="p%d" % turn)
                old = new["keys"][0]
            self.assertNotEqual(old, first)
            admin.close()
            server.stop()
            server.start()  # with the files as they lie there now
            admin = server.client()
            self.addCleanup(admin.close)
            admin.call("Registry.CreatePublisher", name="later")
            self.assertEqual(self.vkey(public), new["keys"])

    def vkey(self, public):
        try:
            with open(os.path.join(public, "log.vkey"), encoding="utf-8") as f:
                return f.read().split("\n")[:-1]
        except FileNotFoundError:
            return []

    def until(self, public, keys):
        limit = time.monotonic() + 20
        while self.vkey(public) != keys:
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.05)


class Recovered(unittest.TestCase):
    def test_a_clock_that_was_lost_goes_on_from_the_last_entry(self):
        """The record that says by how much it is ahead is not in the log."""
        with Server("--demo") as old:
            client = old.client()
            client.call("Demo.SetClock", time="2040-01-01T00:00:00Z")
            client.call("Registry.CreatePublisher", name="x")
            size = int(client.call("Log.GetCheckpoint")["log_size"])
            until = time.monotonic() + 20
            while published(old) < size:
                self.assertLess(time.monotonic(), until)
                time.sleep(0.05)
            client.close()
            old.stop()
            new = Server("--demo")
            self.addCleanup(new.close)
            shutil.copy(os.path.join(old.data, "log.key"), new.data)
            recovered = subprocess.run([new.binary, "recover", "--data", new.data, "--from", os.path.join(old.data, "public")],
                                       capture_output=True, text=True, timeout=120)
            self.assertEqual(recovered.returncode, 0, recovered.stderr)
        new.start()
        client = new.client()
        self.addCleanup(client.close)
        self.assertTrue(client.call("Demo.GetClock")["time"].startswith("2040-01-01T00:0"))
        client.call("Registry.CreatePublisher", name="y")
        self.assertTrue(entries(client)[-1]["time"].startswith("2040-01-01T00:0"))
        self.assertEqual(client.call("Demo.SetClock", time="2041-01-01T00:00:00Z")["time"], "2041-01-01T00:00:00Z")


class Programme(unittest.TestCase):
    """Played in part, ended in the middle, played on."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--demo", "--evaluator-rest-hours", "24", *COMPARES)  # the rest as it is without the option
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        folder = tempfile.mkdtemp(prefix="jokbo-test-")
        cls.addClassCleanup(shutil.rmtree, folder)
        with open(PROGRAMME) as f:
            lines = f.read().replace("../../../tests", os.path.join(ROOT, "tests")).replace(
                " ../", " %s/../" % DEMO).replace(" ./", " %s/" % DEMO).split("\n")
        cls.part = os.path.join(folder, "part")
        broken = next(i for i, line in enumerate(lines) if "derivatives 40 until 2026-02-19" in line)
        late = next(i for i, line in enumerate(lines) if "evidence invented-dev-0095/A.X-K1-Teacher" in line and "20:21" in line)
        with open(cls.part, "w") as f:  # the same lines up to there, with the same numbers; then one that fails
            f.write("\n".join(lines[:broken] + ["2026-02-02T10:00 admin stage put stage-2 --teams nobody"]))
        cls.whole = os.path.join(folder, "whole")
        with open(cls.whole, "w") as f:
            f.write("\n".join(lines))
        cls.folder, tempdir = folder, {"TMPDIR": folder}
        cls.first = cls.server.load_demo("--derivatives", FEW, script=cls.part, env=tempdir)
        cls.between = cls.sizes()
        cls.attested = os.path.join(folder, "attested")
        with open(cls.attested, "w") as f:  # up to the last attestation
            f.write("\n".join(lines[:late] + ["2026-11-20T20:21 admin evidence nobody/Nothing"]))
        cls.broken_late = cls.server.load_demo("--derivatives", FEW, script=cls.attested, env=tempdir)
        cls.second = cls.server.load_demo("--derivatives", FEW, script=cls.whole, env=tempdir)
        cls.after = cls.sizes()
        cls.third = cls.server.load_demo("--derivatives", FEW, script=cls.whole, env=tempdir)
        cls.admin = cls.server.client()
        cls.addClassCleanup(cls.admin.close)
        cls.log = entries(cls.admin)

    @classmethod
    def sizes(cls):
        client = cls.server.client()
        try:
            return int(client.call("Log.GetCheckpoint")["log_size"])
        finally:
            client.close()

    def json(self, *arguments):
        code, found = self.server.jokbo_json(*arguments)
        self.assertEqual(code, 0, found)
        return found

    def test_a_play_that_failed_is_played_on(self):
        self.assertEqual(self.first.returncode, 5, self.first.stderr)
        self.assertRegex(self.first.stderr, r"line \d+ of the script, stage put: .*")
        self.assertEqual(self.broken_late.returncode, 5, self.broken_late.stderr)
        self.assertEqual(self.second.returncode, 0, self.second.stderr)
        self.assertIn("300 derivatives that are invented", self.second.stdout)
        self.assertNotIn("300 of them new", self.second.stdout)
        self.assertGreater(self.after, self.between)
        self.assertEqual(self.third.returncode, 0, self.third.stderr)
        self.assertIn("nothing to do", self.third.stdout)
        self.assertEqual(self.sizes(), self.after, "the third run wrote something")

    def test_another_number_of_derivatives_is_another_play(self):
        other = self.server.load_demo("--derivatives", "400", script=self.whole)
        self.assertEqual(other.returncode, 4, other.stderr)
        self.assertIn("holds another play", other.stderr)
        self.assertEqual(self.sizes(), self.after)
        self.assertEqual(self.server.load_demo("--derivatives", "1000001", script=self.whole).returncode, 2)

    def test_times_never_go_back(self):
        times = [entry["time"] for entry in self.log]
        self.assertEqual(times, sorted(times))
        self.assertEqual(times[0], "2025-07-31T15:00:00.000000Z")
        self.assertTrue(times[-1].startswith("2026-11-2"), times[-1])

    def test_the_roster_as_it_was_known(self):
        teams = [(entry["team"], entry["time"][:10], entry["left"][:10]) for entry in self.log if entry["kind"] == "team"]
        self.assertIn(("naver-cloud", "2025-08-04", "none"), teams)
        self.assertIn(("naver-cloud", "2026-01-15", "2026-01-14"), teams)
        self.assertIn(("nc-ai", "2026-01-15", "2026-01-14"), teams)
        self.assertEqual([row for row in teams if row[0] == "motif"], [("motif", "2026-02-20", "none")])
        bases = {entry["model"]: entry["time"][:7] for entry in self.log if entry["kind"] == "base"}
        self.assertEqual(bases["skt/A.X-3.1-Light"], "2025-08")
        self.assertEqual(bases["skt/A.X-K1"], "2026-01")
        self.assertEqual(bases["Motif-Technologies/Motif-3"], "2026-02")
        self.assertEqual((bases["upstage/Solar-Open2-250B"], bases["skt/A.X-K2"]), ("2026-07", "2026-08"))

    def test_stages(self):
        stages = {stage["id"]: stage for stage in self.json("stage", "list")["stages"]}
        self.assertEqual(list(stages), ["stage-1", "stage-2", "stage-3", "rehearsal"])
        self.assertEqual(len(stages["stage-1"]["teams"]), 5)
        self.assertEqual(stages["stage-2"]["teams"], ["lg-ai-research", "motif", "sk-telecom", "upstage"])
        for stage in stages.values():
            self.assertIn("invented", stage["source"])
        self.assertEqual([[c["revision"] for c in stage["closings"]] for stage in stages.values()], [[1, 2], [1], [], []])
        first, second = stages["stage-1"]["closings"]
        self.assertEqual((first["n"], first["n"]), (first["m"], second["n"]))
        self.assertGreater(int(second["m"]), int(first["m"]))
        self.assertIn("dispute", second["text"])
        amended = [entry["teams"] for entry in self.log if entry["kind"] == "stage" and entry["stage"] == "stage-2"]
        self.assertEqual(amended, ["lg-ai-research sk-telecom upstage", "lg-ai-research motif sk-telecom upstage"])
        shown = self.server.jokbo("stage", "list")
        self.assertIn("is a demo", shown.stderr)
        self.assertRegex(shown.stdout, r"stage-3 .* open\n")

    def test_every_team_of_a_stage_counts(self):
        for stage, teams in (("stage-1", ("lg-ai-research", "naver-cloud", "sk-telecom", "upstage")),
                             ("stage-2", ("lg-ai-research", "sk-telecom", "upstage"))):
            for team in teams:
                found = self.json("count", "--team", team, "--stage", stage)
                self.assertTrue(found["left_out"], (stage, team))
                left = {row["reason"]: int(row["count"]) for row in found["left_out"] if int(row["count"])}
                self.assertNotIn("not-participating", left, (stage, team))

    def test_reports(self):
        """What the dispute changed is in the second revision alone."""
        for stage, revision, excluded in (("stage-1", "1", 0), ("stage-1", "2", 1), ("stage-2", "1", 0)):
            table = self.server.jokbo("stage", "report", stage, "--revision", revision, "--format", "left-out")
            self.assertEqual(table.returncode, 0, table.stderr)
            rows = [line for line in table.stdout.split("\n") if " invented-dev-0096/Chat-100B@1\t" in line]
            self.assertEqual(len(rows), excluded or int(stage == "stage-2"), (stage, revision, rows))
            self.assertTrue(all("excluded" in row for row in rows), rows)
            report = self.json("stage", "report", stage, "--revision", revision, "--format", "json")
            self.assertEqual(report["origin"], "demo.invalid")
            page = self.server.jokbo("stage", "report", stage, "--revision", revision, "--format", "html")
            self.assertIn("A demo: its times are not real", page.stdout)

    def test_what_is_told_of_rulings_and_disputes(self):
        states = {(r["model"].split("/")[1], r["restore"]): r["state"] for r in self.json("rule", "list", "--limit", "0")["rulings"] if r["model"]}
        self.assertEqual(states[("A.X-4.0-random-weights", False)], "in-force")
        self.assertEqual(states[("A.X-4.0-random-weights-2", False)], "replaced")
        self.assertEqual(states[("A.X-4.0-random-weights-2", True)], "in-force")
        self.assertEqual(states[("SOLAR-10.7B-Instruct-v1.0-Legal", False)], "rejected")
        self.assertEqual(states[("Solar-Open-100B-Chat", False)], "pending")
        disputes = self.json("dispute", "list", "--limit", "0")["disputes"]
        self.assertEqual([(d["actor"], d["outcome"]) for d in disputes], [("team upstage", "upheld"), ("team sk-telecom", None), ("team sk-telecom", "dismissed")])

    def test_what_weights_show(self):
        """One was made from its parent, one was not, one is nearly another's, and of one no verifier has said anything."""
        lab, studio = "invented-weights/A.X-K1-", "invented-dev-0095/A.X-K1-"
        shown = {name: self.json("evidence", name) for name in (lab + "Tutor", lab + "Poet", lab + "Judge", studio + "Teacher")}
        grades = {name: ([p["grade"] for c in e["challenges"] for p in c["parents"]], [p["grade"] for p in e["parents"]], e["near"])
                  for name, e in shown.items()}
        self.assertEqual(grades, {lab + "Tutor": (["kin"], ["kin"], []), lab + "Poet": (["contradicted"], ["contradicted"], []),
                                  lab + "Judge": ([], ["kin"], []), studio + "Teacher": (["kin"], ["kin"], [lab + "Tutor@1"])})
        for name, counts, pending in ((lab + "Tutor", True, []), (lab + "Poet", False, []), (lab + "Judge", True, ["unattested", "evidence"]),
                                      (studio + "Teacher", True, [])):
            root = self.json("explain", name, "--stage", "rehearsal")["roots"][0]
            self.assertEqual((name, root["counts"], [fact["reason"] for fact in root["pending"]]), (name, counts, pending))
        waiting = self.json("explain", lab + "Judge", "--policy", "competition@2")["roots"][0]
        self.assertEqual([fact["reason"] for fact in waiting["reasons"]], ["unattested"])

    def test_no_weights_are_left_on_disk(self):
        self.assertEqual(glob.glob(os.path.join(self.folder, "jokbo-demo-*")), [])

    def test_every_card_is_there_but_the_one_without_a_path(self):
        cards = [name[:-3].replace("__", "/") for name in os.listdir(os.path.join(ROOT, "tests", "data", "model-cards"))
                 if name.endswith(".md")]
        self.assertGreater(len(cards), 9)
        for name in cards:
            found = self.server.jokbo("show", name, "--json").returncode
            self.assertEqual(found, 5 if name == "Nekuromento/ActionGemma-LoRA-9b" else 0, name)

    def test_history(self):
        counts = [int(self.admin.call("Evaluation.CountDerivatives", scope={"all": True}, as_of={"time": day})["registered"])
                  for day in ("2025-08-10T00:00:00Z", "2025-11-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-11-20T00:00:00Z")]
        self.assertEqual(counts, sorted(set(counts)))
        self.assertEqual(counts[0], 0)

    def test_invented_publishers_say_so(self):
        known = {"LGAI-EXAONE", "skt", "upstage", "naver-hyperclovax", "NC-AI-consortium-VAETKI", "NCSOFT", "Motif-Technologies",
                 "nota-ai", "etri-xainlp"}
        known |= {name.split("__")[0] for name in os.listdir(os.path.join(ROOT, "tests", "data", "model-cards"))}
        for entry in self.log:
            if entry["kind"] == "publisher" and entry["publisher"] not in known:
                self.assertTrue(entry["publisher"].startswith("invented-"), entry["publisher"])

    def test_the_key_is_replaced_between_two_reports(self):
        kinds = [entry["kind"] for entry in self.log]
        added, ended = kinds.index("key"), kinds.index("retire")
        self.assertEqual((kinds.count("key"), kinds.count("retire")), (1, 1))
        self.assertEqual((self.log[added]["time"][:10], self.log[ended]["time"][:10]), ("2026-04-17", "2026-07-11"))
        self.assertEqual(self.log[added]["previous"], self.log[0]["key"])
        self.assertEqual(self.log[ended]["key"], self.log[0]["key"])
        closings = [i for i, entry in enumerate(self.log) if entry["kind"] == "close"]
        self.assertTrue(closings[1] < added < ended < closings[2], (closings, added, ended))
        shown = self.admin.call("Log.GetCheckpoint")["note"]
        self.assertEqual(shown.count("\n\u2014 demo.invalid "), 1)

    def test_no_token_is_left(self):
        for account in self.admin.call("Access.ListAccounts")["accounts"]:
            for token in self.admin.call("Access.ListTokens", account=account["id"])["tokens"]:
                if token["label"] == "jokbo demo load":
                    self.assertTrue(token["revoked"], account["label"])

    def test_the_public_log_stands_an_audit(self):
        until = time.monotonic() + 20
        public = os.path.join(self.server.data, "public")
        size = self.sizes()
        while published(self.server) < size and time.monotonic() < until:
            time.sleep(0.1)
        audit = subprocess.run([os.path.join(BUILD, "jokbo"), "audit", public, "--key", os.path.join(public, "log.vkey"),
                                "--as-of", "2026-01-10"], capture_output=True, text=True, timeout=60,
                               env=dict(os.environ, HOME=self.server.data))
        self.assertEqual(audit.returncode, 0, audit.stderr)
        self.assertIn("This log is a demo", audit.stdout)


class Silent(unittest.TestCase):
    def test_a_server_that_compares_nothing(self):
        with Server("--demo", "--evidence", "off") as server:
            script = os.path.join(server.data, "script")
            with open(script, "w") as f:
                f.write("2025-08-04 admin world %s/world.yaml\n2026-08-04 admin roster %s/../roster.yaml\n2026-08-05 admin evidence skt/A.X-K1\n"
                        % (DEMO, DEMO))
            loaded = server.load_demo("--timeout", "2", script=script)
            self.assertEqual(loaded.returncode, 4, loaded.stderr)
            self.assertIn("line 3 of the script: the server has not said what the weights of skt/A.X-K1 show", loaded.stderr)
            self.assertIn("--evidence off?", loaded.stderr)


class Same(unittest.TestCase):
    def test_two_plays_give_the_same_log(self):
        """But for its key, the salts of texts, what verifiers drew and what follows from that; the server may close a stage before the
        script does, and the report as JSON names root hashes. Times are the script's, and go on from there while it is played. Evidence
        is written by the server in its own time: before the script's next line sets the clock, or after."""
        seen, times, took = [], [], []
        home = tempfile.mkdtemp(prefix="jokbo-test-")
        self.addCleanup(shutil.rmtree, home)
        for _ in range(2):
            began = time.monotonic()
            with Server("--demo", "--evaluator-rest-hours", "24", *COMPARES) as server:
                loaded = server.load_demo("--derivatives", "120", env={"HOME": home, "TMPDIR": home})
                took.append(time.monotonic() - began)
                self.assertEqual(loaded.returncode, 0, loaded.stderr)
                client = server.client()
                log = entries(client)
                client.close()
                times.append([(entry["kind"], datetime.datetime.fromisoformat(entry["time"].rstrip("Z"))) for entry in log])
                seen.append([{key: value for key, value in entry.items() if key not in (
                    "time", "key", "previous", "signature", "text", "actor", "json", "nonce", "sketches", "evidence")} for entry in log])
        self.assertEqual(json.dumps(seen[0]), json.dumps(seen[1]))
        for index, ((kind, one), (_, other)) in enumerate(zip(*times)):
            if kind != "evidence":
                self.assertLess(abs((one - other).total_seconds()), max(took), "entry %d: %s, %s" % (index, one, other))
        self.assertEqual(os.listdir(home), [], "the plays left something")


if __name__ == "__main__":
    unittest.main()
