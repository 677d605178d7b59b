"""Tables: --csv of every command that has one, with the values of its --json; and on a terminal of 80 columns. A demo with a few
hundred derivatives has something in nearly all of them."""
import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import unicodedata
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import BUILD, COMPARES, ROOT, SLOWER, Server  # noqa: E402

BOM = "\ufeff"

# Lists, with the field of the JSON that holds the rows, and what is called otherwise there or is but a part of it.
MODELS = {"version": ("release", "version"), "lineage_hash": ("release", "lineage_hash"), "relation": ("release", "relation"),
          "license": ("release", "license"), "license_class": ("release", "license_class"), "roots": ("roots", "name"),
          "teams": ("roots", "team"), "depths": ("roots", "depth"), "base_of_team": ("base_facts", "team"), "findings": ("findings", "kind"),
          "grade": ("release", "shown", "grade"), "screened_index": ("release", "shown", "screened_index"),
          "attested_index": ("release", "shown", "attested_index"), "attested": ("release", "shown", "attested")}
LISTS = (
    (("list", "--limit", "0"), "models", MODELS),
    (("list", "--derivatives-of", "skt/A.X-4.0", "--transitive"), "models", MODELS),
    (("releases", "upstage/Solar-Open-100B"), "releases", {"parents": ("parents", "lineage_hash"), "grade": ("shown", "grade"),
                                                          "screened_index": ("shown", "screened_index"),
                                                          "attested_index": ("shown", "attested_index"),
                                                          "attested": ("shown", "attested")}),
    (("count", "--all", "--list", "--limit", "0"), "derivatives",
     {"roots": ("roots", "name"), "teams": ("roots", "team"), "reasons": ("root_reasons", "reasons")}),
    (("count", "--team", "upstage", "--stage", "stage-2", "--left-out", "--limit", "0"), "derivatives",
     {"roots": ("roots", "name"), "teams": ("roots", "team"), "reasons": ("root_reasons", "reasons")}),
    (("policy", "list"), "policies", {}),
    (("rule", "list"), "rulings", {}),
    (("dispute", "list"), "disputes", {}),
    (("adoption", "list"), "adoptions", {"roots": ("roots", "name")}),
    (("namespace", "list"), "namespaces", {}),
    (("publisher", "list", "--limit", "0"), "publishers", {}),
    (("publisher", "requests"), "requests", {}),
    (("publisher", "members", "somebody"), "members", {}),
    (("account", "list"), "accounts", {}),
    (("token", "list"), "tokens", {}),
    (("policy", "diff", "open-source", "strict", "--limit", "0"), "changes",
     {"counts_before": ("before", "counts"), "reason_before": ("before", "reason"), "counts_after": ("after", "counts"),
      "reason_after": ("after", "reason"), "roots_after": ("after", "roots", "root"), "reasons_after": ("after", "roots", "reasons")}),
)

# What fits a terminal of 80 columns.
NARROW = (("count",), ("count", "--all", "--by", "publisher"), ("count", "--team", "upstage", "--list"), ("list",), ("list", "--after", "300"),
          ("count", "--team", "upstage", "--stage", "stage-2", "--left-out"), ("claims", "--team", "sk-telecom"), ("stage", "list"),
          ("stage", "report", "stage-2"), ("stage", "report", "stage-1", "--revision", "1"), ("rule", "list"), ("dispute", "list"),
          ("adoption", "list"), ("namespace", "list"), ("publisher", "list"), ("account", "list"), ("token", "list"), ("policy", "list"),
          ("roster", "show"), ("releases", "upstage/Solar-Open-100B"), ("stage", "show", "stage-1"), ("stage", "show", "stage-2"),
          ("policy", "diff", "open-source", "strict"), ("policy", "show", "strict"), ("policy", "check", "strict"),
          ("count", "--all", "--stage", "stage-2"))


def columns_of(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def values(found, path):
    """All that lies at a path, through lists."""
    if isinstance(found, list):
        return [value for one in found for value in values(one, path)]
    if found is None:
        return []
    if path:
        return values(found[path[0]], path[1:])
    return [{True: "true", False: "false"}.get(found, str(found)) if isinstance(found, bool) else str(found)]


class Tables(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--demo", *COMPARES)
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        loaded = cls.server.load_demo("--derivatives", "300")
        assert loaded.returncode == 0, loaded.stderr
        for asked in (("create", "somebody"), ("request", "openai", "--evidence", "ours, we say")):
            done = cls.server.jokbo("publisher", *asked)
            assert done.returncode == 0, done.stderr

    def run_csv(self, *arguments, mark="--csv"):
        """As it comes: a text mode would make other line ends of these."""
        done = subprocess.run([os.path.join(BUILD, "jokbo"), *arguments, mark], env=self.server.user_env(), capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def csv(self, *arguments, names=r"[a-z][a-z0-9]*(_[a-z0-9]+)*"):
        """The rows as dicts; their form is held against RFC 4180."""
        text = self.run_csv(*arguments)
        self.assertTrue(text.endswith("\r\n"), text[-80:])
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        for name in header:
            self.assertRegex(name, "^%s$" % names)
        self.assertEqual(len(set(header)), len(header), header)
        for row in rows:
            self.assertEqual(len(row), len(header), row)
        return [dict(zip(header, row)) for row in rows]

    def json(self, *arguments):
        code, found = self.server.jokbo_json(*arguments)
        self.assertEqual(code, 0, found)
        return found

    def usage(self, *arguments):
        done = self.server.jokbo(*arguments)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        return done.stderr

    def test_lists_have_the_values_of_their_json(self):
        for arguments, field, elsewhere in LISTS:
            with self.subTest(arguments=arguments):
                items, rows = self.json(*arguments)[field], self.csv(*arguments)
                self.assertEqual(len(rows), len(items))
                for item, row in zip(items, rows):
                    expected = {name: ";".join(values(item, elsewhere.get(name, (name,)))) for name in row}
                    self.assertEqual(row, {name: re.sub(r"^(?=[-=+@\t\r])", "'", text) for name, text in expected.items()})
                self.assertGreater(len(rows), 0)

    def test_counts(self):
        counts = self.json("count")
        rows = self.csv("count")
        expected = ([("base", one["scope"]["base_model"], one) for one in counts["bases"]] +
                    [("team", one["scope"]["team"], one) for one in counts["teams"]] + [("all", "all", counts["all"])])
        self.assertEqual([(row["scope"], row["name"]) for row in rows], [one[:2] for one in expected])
        for row, (_, _, one) in zip(rows, expected):
            for name in ("registered", "yanked", "counted", "direct", "independent", "license_clean", "distinct_weights"):
                self.assertEqual(row[name], str(one[name]), row)
            self.assertEqual((row["log_size"], row["log_time"]), (str(counts["log_size"]), counts["log_time"]))
        self.assertEqual(self.csv("count", "skt/A.X-4.0"), [row for row in rows if row["name"] == "skt/A.X-4.0"])
        self.assertEqual(self.csv("count", "--team", "upstage"), [row for row in rows if row["name"] == "upstage"])

    def test_counts_under_a_rule_have_a_column_a_reason(self):
        count, rows = self.json("count", "--team", "upstage", "--stage", "stage-2"), self.csv("count", "--team", "upstage", "--stage", "stage-2")
        self.assertEqual(len(rows), 1)
        left_out = {one["reason"].replace("-", "_"): str(one["count"]) for one in count["left_out"]}
        self.assertGreater(int(left_out["not_programme"]), 0)
        found = {name[len("left_out_"):]: text for name, text in rows[0].items() if name.startswith("left_out_")}
        self.assertEqual({name: text for name, text in found.items() if text}, left_out)
        self.assertEqual((rows[0]["policy_sha256"], rows[0]["revision"]), (count["policy_sha256"], "1"))
        self.assertEqual([row["counted"] for row in self.csv("count", "--stage", "stage-2") if row["name"] == "upstage"], [rows[0]["counted"]])

    def test_counts_by_group(self):
        groups = self.json("count", "--all", "--by", "relation", "--by", "month")["groups"]
        self.assertEqual([(row["grouping"], row["key"], row["count"]) for row in self.csv("count", "--all", "--by", "relation", "--by", "month")],
                         [(one["grouping"], one["key"], str(one["count"])) for one in groups])

    def test_policy_check(self):
        rows, counts = self.csv("policy", "check", "strict"), self.json("policy", "check", "strict")["counts"]
        self.assertEqual([(row["scope"], row["name"], row["registered"], row["counted"], row["left_out_no_artifact"]) for row in rows],
                         [(one["kind"], one["name"], str(one["registered"]), str(one["counted"]), str(one["left_out"]["no-artifact"])) for one in counts])
        self.assertIn("--offline", self.usage("policy", "check", "strict", "--csv", "--offline"))

    def test_stages_and_their_report(self):
        rows = self.csv("stage", "list")
        self.assertEqual([(row["id"], row["title_ko"], row["revisions"], row["state"]) for row in rows],
                         [("stage-1", "1차 단계평가", "1;2", "closed"), ("stage-2", "2차 단계평가", "1", "closed"),
                          ("stage-3", "3차 단계평가", "", "open"), ("rehearsal", "가중치 확인 예행", "", "open")])
        self.assertEqual(rows[1]["teams"], "lg-ai-research;motif;sk-telecom;upstage")
        served = self.run_csv("stage", "report", "stage-2")
        with tempfile.TemporaryDirectory() as home:
            path = os.path.join(home, "report.csv")
            self.assertEqual(self.server.jokbo("stage", "report", "stage-2", "--format", "csv", "--out", path).returncode, 0)
            with open(path, newline="") as f:
                self.assertEqual(f.read(), served)
        self.assertEqual(self.run_csv("stage", "report", "stage-2", mark="--csv-bom"), BOM + served)
        self.assertIn("--format", self.usage("stage", "report", "stage-2", "--csv", "--format", "html"))

    def test_why_one_does_not_count(self):
        name = self.csv("count", "--team", "sk-telecom", "--stage", "stage-2", "--left-out", "--limit", "1")[0]["name"]
        standing, rows = self.json("explain", name, "--stage", "stage-2"), self.csv("explain", name, "--stage", "stage-2")
        self.assertEqual([(row["name"], row["root"], row["counts"], row["reason"], row["log_index"], row["fact_ko"]) for row in rows],
                         [(name, root["root"]["name"], "false", one["reason"], str(one["log_index"]), one["fact_ko"])
                          for root in standing["roots"] for one in root["reasons"]])

    def test_the_roster(self):
        roster, rows = self.json("roster", "show"), self.csv("roster", "show")
        self.assertEqual({(row["team"], row["model"], row["counted"]) for row in rows if row["model"]},
                         {(one["base_facts"]["team"], one["name"], str(one["counted"])) for one in roster["models"]})
        self.assertEqual({(row["team"], row["team_name_ko"]) for row in rows}, {(one["id"], one["name_ko"]) for one in roster["teams"]})

    def test_entries_come_whole(self):
        client = self.server.client()
        self.addCleanup(client.close)
        self.assertEqual([(row["log_index"], row["entry"].encode()) for row in self.csv("log", "entries", "--from", "3", "--to", "400")],
                         [(str(3 + i), entry) for i, entry in enumerate(client.entries(3, 400))])

    def test_claims_are_registrations(self):
        rows = self.csv("claims", "--team", "upstage", "--limit", "0")
        self.assertEqual([row["name"] for row in rows], [one["name"] for one in self.json("claims", "--team", "upstage", "--limit", "0")["models"]])

    def begins(self, *arguments, lines):
        """The first lines of a command that goes on for ever, as soon as they come."""
        process = subprocess.Popen([os.path.join(BUILD, "jokbo"), *arguments], env=self.server.user_env(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        timer = threading.Timer(30 * SLOWER, process.kill)
        timer.start()
        try:
            return [process.stdout.readline().decode() for _ in range(lines)]
        finally:
            timer.cancel()
            process.kill()
            process.wait()
            process.stdout.close()

    def test_what_goes_on_comes_at_once(self):
        *_, last, only = self.json("claims", "--team", "upstage", "--limit", "0")["models"]  # a line: no buffer is full of it
        follow = ("claims", "--team", "upstage", "--after", str(last["log_index"]), "--follow")
        self.assertEqual([row["name"] for row in csv.DictReader(self.begins(*follow, "--csv", lines=2))], [only["name"]])
        self.assertEqual([json.loads(line)["name"] for line in self.begins(*follow, "--json", lines=1)], [only["name"]])
        for arguments in (("--team", "upstage"), ("--team", "upstage", "--stage", "stage-3")):
            row = next(csv.DictReader(self.begins("watch", *arguments, "--csv", lines=2)))
            count = self.csv("count", *arguments)[0]
            self.assertEqual({name: row[name] for name in count if name != "log_time"},
                             {name: count[name] for name in count if name != "log_time"})

    def test_what_is_left_out_is_told_beside_it(self):
        done = self.server.jokbo("list", "--csv", "--limit", "2")
        self.assertRegex(done.stderr, r"^2 of \d+; --limit 0 shows all\.$")
        self.assertEqual(len(done.stdout.splitlines()), 3)

    def test_one_form_at_a_time(self):
        done = self.server.jokbo("list", "--csv", "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)["error"]["reason"]), (2, "USAGE"))
        self.assertIn("has no option --csv", self.usage("show", "skt/A.X-4.0", "--csv"))
        self.assertEqual(self.run_csv("policy", "list", mark="--csv-bom"), BOM + self.run_csv("policy", "list"))

    def test_no_cell_is_a_formula(self):
        label = '=HYPERLINK("http://x","a,b")'
        self.assertEqual(self.server.jokbo("account", "create", label).returncode, 0)
        self.assertIn("'" + label, [row["label"] for row in self.csv("account", "list")])

    def test_a_terminal_of_80_columns(self):
        for arguments in NARROW:
            with self.subTest(arguments=arguments):
                with self.server.on_terminal(*arguments, columns=80) as terminal:
                    seen = terminal.finish()
                self.assertEqual(terminal.code, 0, seen)
                self.assertGreater(len(seen.split("\n")), 2, seen)
                for line in seen.split("\n"):
                    self.assertLessEqual(columns_of(line), 80, line + "\n" + seen)

    def test_explanations_fit_too(self):
        """Of what the stage leaves out, whose names may be long; nothing of them is lost."""
        left_out = self.server.jokbo_json("count", "--team", "upstage", "--stage", "stage-2", "--left-out", "--limit", "5")[1]["derivatives"]
        self.assertEqual(len(left_out), 5)
        for name in sorted((row["name"] for row in left_out), key=len)[-2:]:
            whole = self.server.jokbo("explain", name, "--stage", "stage-2").stdout
            with self.server.on_terminal("explain", name, "--stage", "stage-2", columns=60) as terminal:
                seen = terminal.finish()
            for line in seen.split("\n"):
                self.assertLessEqual(columns_of(line), 64, seen)  # a digest is a word of 64
            self.assertEqual("".join(seen.split()), "".join(whole.split()))

    def test_a_watch_fits_too(self):
        with self.server.on_terminal("watch", "--all", "--stage", "stage-2", columns=80) as terminal:
            terminal.expect("At log size ")
            for line in terminal.seen.replace("\x1b[H\x1b[2J", "").split("\n"):
                self.assertLessEqual(columns_of(line), 80, terminal.seen)

    def test_without_a_terminal_nothing_is_left_out(self):
        """Unless whoever reads it says how wide it may be (COLUMNS)."""
        piped = self.server.jokbo("count", env={"COLUMNS": ""}).stdout
        self.assertIn("distinct weights  yanked", piped)
        self.assertNotIn("No room", piped)
        self.assertIn("No room for ", self.server.jokbo("count", env={"COLUMNS": "80"}).stdout)

    def test_nothing_but_columns_is_lost_on_it(self):
        """Wrapped cells hold all that the wide ones do, and what went is told."""
        wide = self.server.jokbo("count", "--team", "upstage", "--stage", "stage-2", "--left-out", "--limit", "3").stdout
        with self.server.on_terminal("count", "--team", "upstage", "--stage", "stage-2", "--left-out", "--limit", "3", columns=80) as terminal:
            narrow = terminal.finish()
        self.assertIn("No room for relation, depth, licence: ", narrow)
        for row in self.csv("count", "--team", "upstage", "--stage", "stage-2", "--left-out", "--limit", "3"):
            self.assertIn(row["name"], wide)
            for piece in row["name"].split("/")[0], row["roots"].split("/")[0], *row["reasons"].split(";"):
                self.assertIn(piece, narrow)

    def test_without_a_terminal_a_row_is_a_line(self):
        lines = self.server.jokbo("stage", "report", "stage-2").stdout.split("\n")
        rows = [line for line in lines if line.startswith("base ")]
        self.assertEqual(len(rows), len([row for row in csv.DictReader(io.StringIO(self.run_csv("stage", "report", "stage-2")))
                                         if row["scope"] == "base"]))
        self.assertGreater(max(map(len, lines)), 120)


if __name__ == "__main__":
    unittest.main()
