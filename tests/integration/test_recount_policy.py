"""tests/recount_policy.py, written from the published formats alone, agrees with the registry on what counts under policies: which
reasons hold for every pair of derivative and root, the tables of reports, their members and left-out lists, over random histories with
rulings, stages, affiliations that come and go, licence facts that change, merges over families and yanks (tests/support/make_standings.c,
which also holds the growing book, the book as of then and a book folded anew against each other); and with a real server.
JK_STANDING_LOGS (200) says how many histories, JK_STANDING_SIZES (10) at how many sizes of each, `all` for every one, JK_RECOUNT_SEED
repeats. Several processes share the histories where there are several cores."""
import argparse
import collections
import datetime
import glob
import multiprocessing
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(HERE, "..")]
import evidence  # noqa: E402
import jokbo  # noqa: E402
import recount  # noqa: E402
import recount_policy  # noqa: E402
import sketch  # noqa: E402
from public import published, read  # noqa: E402

LOGS = int(os.environ.get("JK_STANDING_LOGS", 200))
SIZES = os.environ.get("JK_STANDING_SIZES", "10")
SEED = int(os.environ.get("JK_RECOUNT_SEED") or random.SystemRandom().randrange(1, 1 << 22))
STEPS, AT_ONCE = 170, 25
MAKE_STANDINGS = os.path.join(jokbo.BUILD, "tests", "make_standings")
READY = sorted(glob.glob(os.path.join(jokbo.ROOT, "registry", "data", "policies", "*.policy")), key=lambda path: os.path.splitext(path)[0])


def blocks(path):
    """The blocks of a file of standings: the words of the first line, and the lines after it."""
    found = []
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            if line.startswith(("policy ", "at ", "report ")):
                found.append((line.split(), []))
            else:
                found[-1][1].append(line)
    return [(words, "".join(lines)) for words, lines in found]


def entries_of(path):
    with open(path, "rb") as file:
        data, at, entries = file.read(), 0, []
    while at < len(data):
        length = int.from_bytes(data[at:at + 2], "big")
        entries.append(data[at + 2:at + 2 + length])
        at += 2 + length
    return entries


class History:
    """One history, recounted and held against what the registry's own book says."""

    def __init__(self, folder, seed):
        self.seed, self.met = seed, collections.Counter()
        self.entries = entries_of(os.path.join(folder, "%d.entries" % seed))
        self.blocks = blocks(os.path.join(folder, "%d.standings" % seed))
        self.policies = [recount_policy.Policy(text) for words, text in self.blocks if words[0] == "policy"]

    def differ(self, words, told, found):
        pairs = zip(told.split("\n") + ["(nothing)"], found.split("\n") + ["(nothing)"])
        one, other = next((a, b) for a, b in pairs if a != b)
        raise AssertionError("seed %d, %s\nbook:    %s\nrecount: %s" % (self.seed, " ".join(words), one, other))

    def check(self, words, told, found):
        if told != found:
            self.differ(words, told, found)
        self.met[words[0]] += 1

    def teams(self, text):
        return None if text == "*" else set(text.split(",")) - {""}

    def standing(self, counts, words, told):
        teams = self.teams(words[4] if words[4:] else "")
        standing = recount_policy.Standing(counts, self.policies[int(words[2])], teams, words[3] == "pending")
        lines = []
        for row in standing.rows:
            for root, reasons in row.reasons.items():
                waits = root in row.pending
                lines.append("%d %d %s%s\n" % (row.model.index, root.index, "".join(r + "," for r in reasons), "?" * waits))
                self.met.update(reasons + ["pending"] * waits)
            self.met["stands" if standing.stands(row) else "stands not"] += 1
        found = "".join(lines)
        if "\t" in told:  # with the table of a report for n = m
            found += recount_policy.table(standing, lambda *_: 0)
            self.met["table"] += 1
        self.check(words, told, found)

    def report(self, words, told):
        n, m, policy = map(int, words[1:4])
        teams = self.teams(words[5] if words[5:] else "")
        report = recount_policy.Report(self.entries, n, m, self.policies[policy], teams, 1 if words[4] == "pending" else 2)
        self.met["late"] += len(report.late)
        self.check(words, told, "".join(report.texts().values()))

    def run(self):
        asked = collections.defaultdict(list)
        for words, told in self.blocks:
            if words[0] == "at":
                asked[int(words[1])].append((words, told))
            elif words[0] == "report":
                self.report(words, told)
        known = recount_policy.Fold()
        for size in range(len(self.entries) + 1):
            if size in asked:
                counts = recount_policy.Counts(known)
                for words, told in asked[size]:
                    self.standing(counts, words, told)
            if size < len(self.entries):
                known.apply(self.entries[size])
        return self.met


def run_some(first, count):
    met = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="jokbo-standings-") as folder:
        words = [MAKE_STANDINGS, folder, first, count, STEPS, SIZES, *READY]
        subprocess.run([str(word) for word in words], check=True, timeout=3600)
        for seed in range(first, first + count):
            met.update(History(folder, seed).run())
    return met


class PolicyTest(unittest.TestCase):
    """The recount takes the policies that the format allows, and no others."""

    def text(self, name="strict"):
        with open(next(path for path in READY if path.endswith(name + ".policy")), encoding="utf-8") as file:
            return recount_policy.Policy.of_file(file.read()).text

    def test_ready(self):
        for path in READY:
            with open(path, encoding="utf-8") as file:
                policy = recount_policy.Policy.of_file("\n# more\n" + file.read().replace(" on", "   on"))
            self.assertEqual(recount_policy.Policy(policy.text).digest, policy.digest)
            version = "" if policy.version == 1 else "-%d" % policy.version
            self.assertEqual(os.path.basename(path), policy.name + version + ".policy")

    def test_wrong(self):
        text = self.text()
        recount_policy.Policy(text)
        for old, new in (("late on", "late off"), ("yanked on", "yanked"), ("yanked on", "yanked on on"), ("depth on 3", "depth on"),
                         ("depth on 3", "depth on 0"), ("depth on 3", "depth on 1001"), ("depth on 3", "depth on 03"),
                         ("cap on 50", "cap on 1000000001"), ("version 1", "version 1000001"), ("rules 1", "rules 2"), ("rules 1", "rules 3"),
                         ("name strict", "name Strict"), ("name strict", "name strict-"), ("finetune adapter", "adapter finetune"),
                         ("finetune adapter merge distill", "finetune finetune"), (" finetune adapter merge distill", ""),
                         ("commercial YES derivatives", "derivatives YES commercial"), ("commercial YES", "commercial NO"),
                         (" commercial YES derivatives YES redistribution YES", ""), ("on literal", "on"), ("on literal", "on exact"),
                         ("unknown-fails", "unknown"), ("self on\naffiliate on", "affiliate on\nself on"), ("cap on 50\n", ""),
                         ("cap on 50\n", "cap on 50"), ("self on", "self  on"), ("jokbo/policy/v1", "jokbo/policy/v2"),
                         ("cap on 50\n", "cap on 50\n\n"), ("late on\n", "late on\nlate on\n")):
            self.assertIn(old, text)
            with self.assertRaises(recount.Wrong, msg=new):
                recount_policy.Policy(text.replace(old, new, 1))

    def test_days(self):
        text = self.text("census")
        for days in ("on 1", "on 365", "off"):
            recount_policy.Policy(text.replace("gone on 7", "gone " + days))
        for days in ("on", "on 0", "on 366", "on 07", "on 7 7", "7"):
            with self.assertRaises(recount.Wrong, msg=days):
                recount_policy.Policy(text.replace("gone on 7", "gone " + days))


    def test_verifiers(self):
        text = self.text("evidence")
        asked = re.search("(?m)^evidence (.*)$", text).group(1)
        for line, right, wrong in (
                ("unattested on 1", ("on 16", "off"), ("on", "on 0", "on 17", "on 01", "on 1 1", "1")),
                ("evidence " + asked, ("on finetune=shape", "on adapter=part draft=same", "off"), (
                    "on", "on finetune", "on finetune=", "on finetune=none", "on finetune=contradicted", "on finetune=kin finetune=kin",
                    "on merge=kin finetune=kin", "on finetune=kin,merge=kin", "on finetune=kin  merge=kin", "on copy=kin", "finetune=kin")),
                ("near-duplicate off", ("on",), ("on 1", "maybe"))):
            self.assertIn("\n%s\n" % line, text)
            word = line.partition(" ")[0] + " "
            for settings in right:
                recount_policy.Policy(text.replace(line, word + settings))
            for settings in wrong:
                with self.assertRaises(recount.Wrong, msg=settings):
                    recount_policy.Policy(text.replace(line, word + settings))


class Reporting(jokbo.Case):
    """What tests of reports share: stages that a real server closes, and their four texts from the public files alone."""
    options = ("--four-eyes", "off")

    def now(self):
        return time.time()

    def later(self, seconds):
        at = self.now() + seconds
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".%06dZ" % int(at % 1 * 1e6)

    def stage(self, name, cutoff, policy):
        self.eve.call("Stages.PutStage", stage={
            "id": name, "title": "Stage \"%s\"" % name, "title_ko": "단계 " + name, "open_time": self.later(-60), "policy": policy,
            "cutoff_time": self.later(cutoff), "teams": ["sk-telecom", "upstage"], "source": "invented"})

    def closed(self, name, revision):
        until = time.monotonic() + 20
        while len(self.anyone.call("Stages.GetStage", id=name)["closings"]) < revision:
            self.assertLess(time.monotonic(), until, "the stage was not closed")
            time.sleep(0.05)

    def recount(self, name, revision, out=""):
        folder = published(self.server, self.size())
        words = ["--report", name, "--revision", str(revision)] + (["--out", out] if out else [])
        key = self.anyone.call("Log.GetCheckpoint")["verifier_key"]
        return subprocess.run([sys.executable, "-B", os.path.join(HERE, "..", "recount_policy.py"), folder, "--key", key, *words],
                              capture_output=True, text=True, timeout=60)

    def compare(self, name, revision):
        self.anyone.report(name, "TABLE", revision)  # its files are there by then
        with tempfile.TemporaryDirectory(prefix="jokbo-report-") as out:
            done = self.recount(name, revision, out)
            served = os.path.join(self.server.data, "public", "stage", name, str(revision))
            for file in recount_policy.FILES.values():
                self.assertEqual(read(out, file), read(served, file), file)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertEqual(done.stdout.count("as entry "), 4, done.stdout)
        self.assertNotIn("NOT", done.stdout)

    def left_out(self, stage, revision):
        """The reasons of those left out, by name and root."""
        text = read(self.server.data, "public", "stage", stage, str(revision), "left-out.tsv").decode()
        return {line.split("\t")[0].split(" ")[2].split("@")[0]: dict(pair.rsplit(" ", 1) for pair in line.split("\t")[1:])
                for line in text.splitlines()}

    def table_rows(self, stage, revision):
        """By name, each a number by column."""
        table = read(self.server.data, "public", "stage", stage, str(revision), "report.tsv").decode().split("\n")
        return {row["name"]: row for row in (dict(zip(table[0].split("\t"), line.split("\t"))) for line in table[1:-1])}

    def check_audit(self, stage):
        audit = self.server.jokbo("audit", "http://" + self.server.http, "--stage", stage, token=None)
        self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)

    def record_policies(self):
        type(self).eve = jokbo.person(self.admin, "eve", ["evaluator"], scopes=["models", "roster"])
        for path in READY:
            with open(path, encoding="utf-8") as file:
                self.eve.call("Stages.RecordPolicy", text=file.read())


class ReportTest(Reporting):
    """A stage that is closed, and closed anew."""

    def check_disagreement(self):
        """A closing that names another table is told."""
        known = recount_policy.Fold()
        for entry in self.anyone.entries():
            known.apply(entry)
        known.closings["first"][0]["table"] = "sha256:" + "1" * 64
        wish = argparse.Namespace(report="first", revision=1, out=None)
        agrees, said = recount_policy.check_report(known, wish)
        self.assertFalse(agrees)
        self.assertRegex(said, "report.tsv\t[0-9a-f]{64}\tNOT as entry")
        self.assertEqual(said.count("NOT"), 1)

    def test_two_stages_and_a_revision(self):
        self.record_policies()
        self.stage("first", 1.5, "independent")
        self.stage("second", 4, "direct")
        for number, base in enumerate(("skt/A.X-K1", "skt/A.X-K1", "upstage/Solar-Open-100B", "LGAI-EXAONE/EXAONE-4.0-1.2B")):
            self.register("alice/made-%d" % number, base, weights_sha256="%02d" % (10 + number // 2) * 32)
        self.register("bob/merged", "skt/A.X-K1", "upstage/Solar-Open-100B", client=self.bob, relation="merge")
        self.closed("first", 1)
        self.register("alice/late", "skt/A.X-K1")
        self.alice.call("Registry.YankRelease", name="alice/made-0@1", reason="too late to matter")
        self.alice.call("Registry.RenameModel", name="alice/made-2", new_name="alice/renamed")
        self.eve.call("Stages.Rule", model="alice/renamed", reason="spam")
        self.eve.call("Stages.CloseStage", stage="first", text="a ruling on a model that was renamed since")
        self.closed("second", 1)
        for name, revision in (("first", 1), ("first", 2), ("second", 1)):
            self.compare(name, revision)
        first, second = (read(self.server.data, "public", "stage", "first", str(r), "left-out.tsv").decode() for r in (1, 2))
        self.assertNotIn("alice/made-2@", first)
        self.assertRegex(second, r"(?m) alice/made-2@1\tupstage/Solar-Open-100B excluded$")
        self.assertRegex(second, r"(?m) alice/late@1\tskt/A.X-K1 late$")
        self.check_disagreement()
        refused = self.recount("first", 3)
        self.assertEqual((refused.returncode, refused.stdout), (1, ""))
        self.assertIn("has 2 revisions", refused.stderr)


class SecondRules(Reporting):
    """What tests of reports under rule set 2 share: a demo, with its own clock."""
    options = ("--four-eyes", "off", "--demo")
    SKT, SOLAR, EXAONE = "skt/A.X-K1", "upstage/Solar-Open-100B", "LGAI-EXAONE/EXAONE-4.0-1.2B"

    def now(self):
        """By the demo's clock, which began when the programme did."""
        return datetime.datetime.fromisoformat(self.anyone.call("Demo.GetClock")["time"][:19] + "+00:00").timestamp()

    def hold(self, name, *parents, client=None, manifest=None, **fields):
        manifest = manifest or jokbo.Manifest({"model.safetensors": name})
        self.register(name, *parents, client=client, **manifest.named, **fields)
        manifest.upload(self.alice)
        return manifest


class SecondRulesTest(SecondRules):
    """A demo's stage under competition@1: what is taken at the cut-off, and what a later revision hears."""

    def rule(self, model, **fields):
        return self.eve.call("Stages.Rule", model=model, reason="seen", **fields)

    def write(self):
        for name in ("alice", "bob"):
            self.admin.call("Registry.VerifyPublisher", name=name, evidence="domain")
        shared = jokbo.Manifest({"model.gguf": "shared"})
        self.hold("alice/held", self.SKT)
        self.hold("alice/elsewhere", self.EXAONE, license="CC-BY-NC-4.0")  # whose team takes no part
        self.register("alice/bare", self.SKT)
        self.hold("alice/pair", self.SKT, self.SOLAR, relation="merge", license="LicenseRef-upstage-solar")
        self.rule("alice/pair", root=self.SOLAR)
        self.hold("alice/shared", self.SKT, manifest=shared)
        self.hold("bob/shared", self.SKT, client=self.bob, manifest=shared)
        self.hold("alice/inside", self.SOLAR, license="LicenseRef-upstage-solar")
        self.hold("alice/outside", jokbo.external("huggingface.co/o/ne"), self.SKT, relation="merge")
        self.eve.call("Registry.AdoptExternalModel", external="huggingface.co/o/ne", model="alice/inside", reason="its page")
        return self.hold("alice/withdrawn-later", self.SKT)

    def test_a_stage_by_competition(self):
        self.record_policies()
        later = self.write()
        self.stage("demo", 86400, "competition@1")
        self.admin.call("Demo.SetClock", time=self.later(86401))
        self.closed("demo", 1)
        self.compare("demo", 1)
        first = self.left_out("demo", 1)
        self.assertEqual(first["alice/elsewhere"][self.EXAONE].split(",")[0], "not-participating")
        self.assertIn("no-artifact", first["alice/bare"][self.SKT])
        self.assertEqual(first["bob/shared"], {self.SKT: "duplicate"})
        self.assertNotIn("alice/pair", first)  # it counts for its other root
        for name in ("alice/held", "alice/shared", "alice/outside", "alice/withdrawn-later"):
            self.assertNotIn(name, first)
        # after the cut-off: what content is held and who adopts whom stays as it was; rulings are heard
        self.admin.call("Registry.WithdrawBlob", sha256=later.digest, reason="a mistake")
        self.eve.call("Registry.UnadoptExternalModel", external="huggingface.co/o/ne", model="alice/inside", reason="a mistake")
        self.rule("alice/pair", root=self.SKT)
        self.rule("bob/shared", kind="RULING_KIND_ORIGIN")
        self.eve.call("Stages.CloseStage", stage="demo", text="two rulings")
        self.compare("demo", 2)
        second = self.left_out("demo", 2)
        self.assertNotIn("alice/withdrawn-later", second)
        self.assertNotIn("alice/outside", second)
        self.assertEqual(second["alice/pair"], {self.SKT: "excluded", self.SOLAR: "excluded"})
        self.assertEqual(second["alice/shared"], {self.SKT: "duplicate"})
        self.assertNotIn("bob/shared", second)
        solar = self.table_rows("demo", 2)[self.SOLAR]
        self.assertEqual((solar["registered"], solar["adopted-path"], solar["excluded"], solar["adopted"]), ("3", "1", "1", "0"))
        self.check_audit("demo")


class PendingTest(SecondRules):
    """A demo's stage under competition@2, where no verifier has said anything: the first revision waits for them, the second does not."""

    def setUp(self):
        super().setUp()
        if not self.anyone.call("Stages.ListPolicies")["policies"]:
            self.record_policies()

    def explained(self, name, **rule):
        return self.anyone.call("Evaluation.ExplainStanding", name=name, rule=rule)["roots"][0]

    def test_a_stage_that_asks_for_verifiers(self):
        self.admin.call("Registry.VerifyPublisher", name="alice", evidence="domain")
        for name in ("alice/one", "alice/two"):
            self.hold(name, self.SKT)
        self.stage("demo", 86400, "competition@2")
        self.check_pending()
        self.admin.call("Demo.SetClock", time=self.later(86401))
        self.closed("demo", 1)
        self.compare("demo", 1)
        self.check_pending()
        self.assertEqual(self.left_out("demo", 1), {})
        row = self.table_rows("demo", 1)["all"]
        self.assertEqual((row["counted"], row["pending"], row["unattested"]), ("2", "2", "0"))
        self.check_report(1, True)
        self.eve.call("Stages.CloseStage", stage="demo", text="nobody came")
        self.compare("demo", 2)
        self.assertEqual(self.left_out("demo", 2), {name: {self.SKT: "unattested"} for name in ("alice/one", "alice/two")})
        row = self.table_rows("demo", 2)["all"]
        self.assertEqual((row["counted"], row["pending"], row["unattested"]), ("0", "0", "2"))
        self.assertEqual(self.explained("alice/one", stage="demo")["pending"], [])
        self.check_report(2, False)
        self.check_audit("demo")

    def test_what_weights_do_not_show(self):
        """In words, in both languages."""
        self.hold("bob/tuned", self.SKT, client=self.bob)
        self.hold("bob/taught", self.SKT, client=self.bob, relation="distill")
        with open(next(path for path in READY if path.endswith("evidence.policy")), encoding="utf-8") as file:
            text = file.read().replace("name evidence", "name asking")
        self.eve.call("Stages.RecordPolicy", text=text)
        for name, english, korean in (
                ("bob/tuned", "no challenge shows yet that it is made from skt/A.X-K1: its grade is none, and finetune needs kin",
                 "skt/A.X-K1에서 나왔음을 보인 대조가 아직 없음(등급 none, finetune에 필요한 등급 kin)"),
                ("bob/taught", "weights cannot show the relation distill", "가중치로는 distill 관계를 보일 수 없음")):
            facts = {fact["reason"]: fact for fact in self.explained(name, policy="asking")["reasons"]}
            fact = facts["REASON_EVIDENCE"]
            self.assertEqual((fact["fact"], fact["fact_ko"]), (english, korean))
            self.assertEqual(fact["log_index"], facts["REASON_UNATTESTED"]["log_index"])  # the release: nobody has said anything
            self.assertIn(name, self.entry_of(fact["log_index"]))

    def entry_of(self, index):
        return self.anyone.entries()[int(index)].decode()

    def check_report(self, revision, pending):
        """As people read it: in the terminal, and as a page in both languages."""
        report = "stage", "report", "demo", "--revision", str(revision)
        self.assertEqual("of those counted: they wait for a verifier" in self.server.jokbo(*report, token=None).stdout, pending)
        page = self.server.jokbo(*report, "--format", "html", token=None).stdout
        self.assertIn("</html>", page)
        for words in (">집계 중 검증 대기 <", ">counted, waiting for a verifier<", ">검증 대기 <", ">of the counted, waiting for a verifier<"):
            self.assertEqual(words in page, pending)

    def check_pending(self):
        """In the stage both count, and are shown to wait; by its policy alone neither counts."""
        count = self.anyone.call("Evaluation.CountDerivatives", scope={"all": True}, rule={"stage": "demo"})
        self.assertEqual((count["counted"], count["pending"]), ("2", "2"))
        count = self.anyone.call("Evaluation.CountDerivatives", scope={"all": True}, rule={"policy": "competition@2"})
        self.assertEqual((count["counted"], count["pending"]), ("0", "0"))
        listed = self.anyone.call("Evaluation.ListCounted", scope={"all": True}, rule={"stage": "demo"})["derivatives"]
        self.assertEqual([one["pending"] for one in listed], [True, True])
        root = self.explained("alice/one", stage="demo")
        self.assertEqual((root["counts"], root["reasons"], [fact["reason"] for fact in root["pending"]]), (True, [], ["REASON_UNATTESTED"]))
        self.assertEqual(root["pending"][0]["fact"], "verifiers that agree: 0, that differ: 0; at least 1 have to agree")
        self.assertEqual(root["pending"][0]["fact_ko"], "일치를 확인한 검증 기관 0곳, 다르다고 한 곳 0곳(필요한 수 1곳)")
        root = self.explained("alice/one", policy="competition@2")
        self.assertEqual([fact["reason"] for fact in root["reasons"]], ["REASON_UNATTESTED"])
        shown = self.server.jokbo("count", "--all", "--stage", "demo", token=None).stdout
        self.assertRegex(shown, r"(?m)^pending +2 of those counted wait for a verifier$")
        shown = self.server.jokbo("count", "--stage", "demo", token=None).stdout
        self.assertIn("\nPending: 2 of those counted wait for a verifier.\n", shown)
        sheet = self.server.jokbo("count", "--all", "--stage", "demo", "--csv", token=None).stdout.split("\n")
        self.assertEqual(dict(zip(sheet[0].split(","), sheet[1].split(",")))["pending"], "2")
        names = self.server.jokbo("count", "--all", "--stage", "demo", "--list", token=None).stdout
        self.assertRegex(names, r"(?m)alice/one .*\bpending\b")
        diff = self.server.jokbo("policy", "diff", "competition@1", "competition@2", token=None).stdout
        self.assertRegex(diff, r"(?m)^ *2 +counts +unattested +")
        shown = self.server.jokbo("explain", "alice/one", "--stage", "demo", token=None).stdout
        self.assertIn("alice/one counts\n", shown)
        self.assertIn("  pending: unattested\n    verifiers that agree: 0", shown)


class VerifiedTest(Reporting):
    """A stage of a real registry under competition@2: revision 1 waits for verifiers, revision 2 is decided by what they said since."""
    BASE = "skt/A.X-K1"

    def setUp(self):
        super().setUp()
        self.record_policies()
        self.admin.call("Registry.VerifyPublisher", name="alice", evidence="domain")
        self.eve.call("Evidence.SetVerifier", verifier="lab", institution="An institution", reason="letter")
        self.lab = jokbo.person(self.admin, "lab", ["verifier"], scopes=["models"], verifier="lab")

    def weigh(self, name, seed):
        """A model of one tensor; what a challenge text says of it."""
        tensors = [("model.layers.0.w", "F32", [128, 128], struct.pack("<16384f", *evidence.tensor_values(128 * 128, (seed,))))]
        manifest = evidence.manifest_of(tensors).encode()
        digest = evidence.sha256(manifest)
        blob = self.alice.upload("BLOB_KIND_MANIFEST", manifest, digest)
        made = self.register(name, self.BASE, artifact_sha256=digest, weights_sha256=blob["weights_sha256"])
        return made["release"]["lineage_hash"], digest, tensors

    def attest(self, name, model, **found):
        """That it is what was registered, unless something else was found."""
        release, digest, tensors = model
        challenge = self.lab.call("Evidence.ChallengeRelease", model=name, nonce="ab" * 32)
        key = bytes.fromhex(challenge["key"])
        shown = evidence.manifest_of(tensors, lambda n: sketch.challenge_signs(key, n))
        text = evidence.challenge_text(release, int(challenge["log_index"]), challenge["key"], [(release, "sha256:" + digest, shown)]).encode()
        if not found:
            found = {"found_sha256": digest, "sketches_sha256": evidence.sha256(text)}
            self.lab.upload("BLOB_KIND_CHALLENGE", text, found["sketches_sha256"])
        self.lab.call("Evidence.AttestRelease", challenge=challenge["log_index"], **found)

    def check(self, revision, counted, pending, left_out):
        self.compare("real", revision)
        row = self.table_rows("real", revision)["all"]
        self.assertEqual((row["counted"], row["pending"], row["unattested"]), (str(counted), str(pending), str(len(left_out))))
        self.assertEqual(self.left_out("real", revision), {name: {self.BASE: "unattested"} for name in left_out})

    def test_pending_then_decided(self):
        names = ["alice/" + word for word in ("agreed", "other", "unseen")]
        models = [self.weigh(name, seed) for seed, name in enumerate(names)]
        self.stage("real", 1.5, "competition@2")
        self.closed("real", 1)
        self.check(1, counted=3, pending=3, left_out=[])
        self.attest(names[0], models[0])
        self.attest(names[1], models[1], found_sha256="1" * 64, differs="other files")
        self.eve.call("Stages.CloseStage", stage="real", text="what a verifier found")
        self.check(2, counted=1, pending=0, left_out=names[1:])
        self.check_audit("real")


class HistoriesTest(unittest.TestCase):
    def test_histories(self):
        met, started = collections.Counter(), time.monotonic()
        parts = [(first, min(AT_ONCE, SEED + LOGS - first)) for first in range(SEED, SEED + LOGS, AT_ONCE)]
        with multiprocessing.get_context("spawn").Pool(len(os.sched_getaffinity(0))) as pool:  # jokbo.py says why without forks
            for found in pool.starmap(run_some, parts, 1):
                met.update(found)
        print("from seed %d, %.1f s: %s" % (SEED, time.monotonic() - started, dict(met)))
        if LOGS >= 50:
            for name in recount_policy.REASONS[2] + ("stands", "stands not", "pending", "at", "table", "report"):
                self.assertGreater(met[name], 0, name)


if __name__ == "__main__":
    unittest.main()
