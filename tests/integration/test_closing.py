"""Closing stages: by themselves at the cut-off, by evaluators, further revisions, several servers, and the report's files."""
import datetime
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import jokbo  # noqa: E402
from jokbo import BUILD, Case, Client, Cluster, Failure, Server, derivative, new_id, person  # noqa: E402

SLOWER = float(os.environ.get("JK_TIMEOUT_FACTOR", "1"))
BASE, OTHER_BASE = "upstage/Solar-Open-100B", "skt/A.X-K1"
FILES = {"TABLE": ("report.tsv", "table_sha256"), "JSON": ("report.json", "json_sha256"),
         "MEMBERS": ("members.txt", "members_sha256"), "LEFT_OUT": ("left-out.tsv", "left_out_sha256")}

OTHERS = {"CERTIFICATE": "certificate", "HTML": "report.html", "CSV": "report.csv", "COUNTED_CSV": "counted.csv",
          "LEFT_OUT_CSV": "left-out.csv"}
TYPES = {"tsv": "text/tab-separated-values; charset=utf-8", "json": "application/json", "csv": "text/csv; charset=utf-8",
         "html": "text/html; charset=utf-8"}


with open(os.path.join(jokbo.ROOT, "registry", "data", "policies", "hub-like.policy")) as policy_file:
    RULED = policy_file.read().replace("name hub-like", "name ruled").replace("excluded off", "excluded on")


def after(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def rows(table):
    """The table as {(scope, name): {column: number}}."""
    lines = [line.split("\t") for line in table.decode().splitlines()]
    return {tuple(line[:2]): dict(zip(lines[0][2:], map(int, line[2:]))) for line in lines[1:]}


def wait_for(what, timeout=15):
    until = time.monotonic() + timeout
    while True:
        found = what()
        if found or time.monotonic() > until:
            return found
        time.sleep(0.05)


class Stage:
    """What the tests of a server do with stages. Needs: eve, an evaluator; anyone."""

    def put(self, cutoff, opens=-60, **fields):
        """With its cut-off in so many seconds, or in as many more as a slow machine needs for what comes before."""
        type(self).stages = getattr(type(self), "stages", 0) + 1
        stage = dict({"id": "%s-%d" % (type(self).__name__.lower(), self.stages), "title": "Stage", "title_ko": "단계",
                      "open_time": after(opens), "cutoff_time": after(cutoff * SLOWER), "policy": "ruled",
                      "teams": ["upstage", "sk-telecom"], "source": "invented"}, **fields)
        return self.eve.call("Stages.PutStage", stage=stage)

    def closings(self, stage, client=None):
        return (client or self.anyone).call("Stages.GetStage", id=stage)["closings"]

    def closed(self, stage, revision=1, client=None):
        found = wait_for(lambda: [c for c in self.closings(stage, client) if c["revision"] == revision])
        self.assertTrue(found, "stage %s was not closed" % stage)
        return found[0]

    def folder(self, closing, server=None):
        return os.path.join((server or self.server).data, "public", "stage", closing["stage"], str(closing["revision"]))

    def check_files(self, closing, server=None):
        """What is served is what the closing says, and so are the files."""
        server = server or self.server
        client, found = Client(server.address), {}
        for file, (name, digest) in FILES.items():
            found[file] = client.report(closing["stage"], file, closing["revision"])
            self.assertEqual(sha256(found[file]), closing[digest], name)
            with open(os.path.join(self.folder(closing, server), name), "rb") as f:
                self.assertEqual(f.read(), found[file], name)
        for file, name in OTHERS.items():
            found[file] = client.report(closing["stage"], file, closing["revision"])
            with open(os.path.join(self.folder(closing, server), name), "rb") as f:
                self.assertEqual(f.read(), found[file], name)
        for name, digest in (("table", "table"), ("json", "json"), ("members", "members"), ("left-out", "left_out")):
            self.assertIn("\n%s sha256:%s\n" % (name, closing[digest + "_sha256"]), found["CERTIFICATE"].decode())
        report = json.loads(found["JSON"])
        self.assertEqual((report["n"], report["m"]), (int(closing["n"]), int(closing["m"])))
        return found


class Closing(Stage, Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.eve = person(cls.admin, "eve", ["evaluator"], scopes=["roster"])
        cls.una = person(cls.admin, "una", ["evaluator"], scopes=["roster"])
        cls.eve.call("Stages.RecordPolicy", text=RULED)
        cls.count = 0

    def derivative(self, base=BASE):
        type(self).count += 1
        name = "alice/model-%d" % self.count
        self.register(name, base)
        return name

    def exclude(self, model):
        ruling = self.eve.call("Stages.Rule", model=model, reason="spam")
        return self.una.call("Stages.DecideRuling", ruling=ruling["log_index"], confirm=True)

    def entry_times(self):
        times = []
        for entry in self.anyone.entries():
            times.append(entry.split(b"\n")[2].split(b" ")[1].decode())
        return times

    def test_by_itself(self):
        stage = self.put(2.5)
        first, other = self.derivative(), self.derivative(OTHER_BASE)
        before = self.size()
        self.assertEqual(self.closings(stage["id"]), [])
        failure = self.refused("FAILED_PRECONDITION", "CUTOFF_AHEAD", "Stages.CloseStage", self.eve, stage=stage["id"])
        self.assertIn(stage["cutoff_time"][:19], failure.message)
        with self.assertRaises(Failure) as caught:
            self.anyone.report(stage["id"], "TABLE")
        self.assertEqual((caught.exception.code, caught.exception.reason), ("FAILED_PRECONDITION", "STAGE_NOT_CLOSED"))
        closing = self.closed(stage["id"])
        closed_at = seconds(closing["create_time"])
        self.assertGreaterEqual(closed_at, seconds(stage["cutoff_time"]) + 2)  # both clocks were looked at twice, 2 s apart
        self.assertLess(closed_at, seconds(stage["cutoff_time"]) + 2 + jokbo.allowed(2))
        self.assertEqual((int(closing["n"]), int(closing["m"]), closing["revision"]), (before, before, 1))
        entry = self.anyone.entries(int(closing["log_index"]), int(closing["log_index"]) + 1)[0].decode()
        self.assertIn("\nactor server\n", entry)
        files = self.check_files(closing)
        table = rows(files["TABLE"])
        self.assertEqual(table["base", BASE]["registered"], len(self.names(files, BASE)))
        self.assertIn(first.encode(), files["MEMBERS"])
        self.assertIn(other.encode(), files["MEMBERS"])

    def names(self, files, base):
        graph = self.anyone.call("Registry.ListDerivatives", model=base, page_size=1000)["models"]
        return [m["name"] for m in graph]

    def test_nothing_changes_a_closed_stage(self):
        kept, gone = self.derivative(), self.derivative()
        stage = self.put(1.0)
        closing = self.closed(stage["id"])
        files = self.check_files(closing)
        late = self.derivative()
        self.alice.call("Registry.YankRelease", name=gone + "@1", reason="broken")
        self.exclude(kept)
        again = self.eve.call("Stages.CloseStage", stage=stage["id"])
        self.assertEqual(again, closing)
        self.assertEqual(self.check_files(closing), files)
        revised = self.eve.call("Stages.CloseStage", stage=stage["id"], text="one ruling")
        self.assertEqual((revised["revision"], revised["n"], revised["text"]), (2, closing["n"], "one ruling"))
        self.assertGreater(int(revised["m"]), int(closing["m"]))
        newer = self.check_files(revised)
        self.assertEqual(self.check_files(closing), files)  # beside it, as it was
        before, now = rows(files["TABLE"])["all", "all"], rows(newer["TABLE"])["all", "all"]
        self.assertEqual(now["registered"], before["registered"] + 1)
        self.assertEqual((now["late"], now["yanked"]), (before["late"] + 1, before["yanked"]))
        self.assertEqual((now["excluded"], now["counted"]), (before["excluded"] + 1, before["counted"] - 1))
        self.assertIn(gone.encode(), newer["MEMBERS"])
        self.assertNotIn((kept + "@").encode(), newer["MEMBERS"])
        self.assertIn((late + "@").encode(), newer["LEFT_OUT"])
        listed = self.closings(stage["id"])
        self.assertEqual([c["text"] for c in listed], ["", "one ruling"])
        self.assertEqual(self.eve.call("Stages.CloseStage", stage=stage["id"]), listed[1])
        newest = self.register_more()
        self.check_counts(closing, files, 1)
        self.check_counts(revised, newer, 0)
        self.check_counts(revised, newer, 2)
        self.assertEqual(self.reason(stage, kept, 1), "REASON_UNSPECIFIED")
        self.assertEqual(self.reason(stage, kept), "REASON_EXCLUDED")
        self.assertEqual(self.reason(stage, gone), "REASON_UNSPECIFIED")
        self.assertEqual(self.reason(stage, newest), "REASON_LATE")
        told = self.explained(stage, late)
        self.assertEqual((told["revision"], told["log_size"], told["rulings_size"]), (2, closing["n"], revised["m"]))
        self.assertEqual((told["reason"], told["counts"]), ("REASON_LATE", False))
        fact = told["roots"][0]["reasons"][0]
        self.assertEqual((fact["reason"], fact["log_index"]), ("REASON_LATE", told["log_index"]))
        size = int(self.anyone.call("Log.GetCheckpoint")["log_size"])
        now = self.anyone.call("Evaluation.ExplainStanding", name=late, rule={"stage": stage["id"]}, as_of={"log_size": size})
        self.assertTrue(now["counts"])

    def register_more(self):
        """What no revision that is there says anything of."""
        return self.derivative()

    def explained(self, stage, model, revision=0):
        return self.anyone.call("Evaluation.ExplainStanding", name=model, rule={"stage": stage["id"], "revision": revision})

    def reason(self, stage, model, revision=0):
        return self.explained(stage, model, revision)["reason"]

    def check_counts(self, closing, files, revision):
        """What is asked of a closed stage is what that revision of its report says, whatever has happened since."""
        rule, table = {"stage": closing["stage"], "revision": revision}, rows(files["TABLE"])
        sizes = (closing["revision"], closing["n"], closing["m"])

        def check(count, row):
            self.assertEqual((count["revision"], count["log_size"], count["rulings_size"]), sizes)
            for name in ("registered", "counted", "direct", "transitive", "independent", "license_clean",
                         "distinct_publishers", "distinct_weights"):
                self.assertEqual(int(count[name]), row[name.replace("_", "-")], name)
            for one in count["left_out"]:
                self.assertEqual(int(one["count"]), row[one["reason"][7:].lower().replace("_", "-")], one["reason"])

        for scope, key in (({"all": True}, ("all", "all")), ({"base_model": BASE}, ("base", BASE)),
                           ({"team": "upstage"}, ("team", "upstage")), ({"base_model": OTHER_BASE}, ("base", OTHER_BASE))):
            check(self.anyone.call("Evaluation.CountDerivatives", scope=scope, rule=rule), table[key])
        counts = self.anyone.call("Evaluation.ListCounts", rule=rule)
        self.assertEqual((counts["revision"], counts["log_size"], counts["rulings_size"]), sizes)
        for count in counts["bases"]:
            check(count, table["base", count["scope"]["base_model"]])
        for count in counts["teams"]:
            check(count, table["team", count["scope"]["team"]])
        check(counts["all"], table["all", "all"])
        self.assertEqual(len(counts["bases"]) + len(counts["teams"]) + 1, len(table))
        split = self.anyone.call("Evaluation.CountDerivatives", scope={"all": True}, rule=rule,
                                 group_by=["GROUPING_PUBLISHER", "GROUPING_RELATION"])
        self.assertEqual(sum(int(group["count"]) for group in split["groups"]), 2 * table["all", "all"]["counted"])
        self.assertEqual(self.listed(rule, sizes), {line.split(" ")[1] for line in files["MEMBERS"].decode().splitlines()})
        self.assertEqual(self.listed(rule, sizes, left_out=True),
                         {line.split(" ")[1] for line in files["LEFT_OUT"].decode().splitlines()})
        self.assertEqual(len(self.listed(rule, sizes, reason="REASON_LATE")), table["all", "all"]["late"])

    def listed(self, rule, sizes, **fields):
        """Indexes of registrations, page by page; the newest first are the same, backwards."""
        found = self.in_order(rule, sizes, **fields)
        self.assertEqual(self.in_order(rule, sizes, newest_first=True, **fields), found[::-1])
        return set(found)

    def in_order(self, rule, sizes, **fields):
        found, token = [], ""
        while True:
            page = self.anyone.call("Evaluation.ListCounted", scope={"all": True}, rule=rule, page_size=2, page_token=token,
                                    **fields)
            self.assertEqual((page["revision"], page["log_size"], page["rulings_size"]), sizes)
            found += page["derivatives"]
            token = page["next_page_token"]
            if not token:
                break
        self.assertEqual(len(found), page["total_size"])
        for one in found:
            if one["reason"] == "REASON_LATE":
                self.assertEqual([r["reasons"] for r in one["root_reasons"]], [["REASON_LATE"]] * len(one["roots"]))
        return [one["log_index"] for one in found]

    def test_pages_stay_with_their_revision(self):
        for _ in range(2):
            self.derivative()
        stage = self.put(2.0)
        open_page = self.anyone.call("Evaluation.ListCounted", scope={"all": True}, rule={"stage": stage["id"]}, page_size=1)
        self.assertEqual(open_page["revision"], 0)
        closing = self.closed(stage["id"])
        ask = dict(scope={"all": True}, rule={"stage": stage["id"]}, page_size=1)
        first = self.anyone.call("Evaluation.ListCounted", **ask)
        self.eve.call("Stages.CloseStage", stage=stage["id"], text="another")
        self.assertEqual(self.anyone.call("Evaluation.ListCounted", **ask)["revision"], 2)
        then = self.anyone.call("Evaluation.ListCounted", page_token=first["next_page_token"], **ask)
        self.assertEqual((first["revision"], then["revision"], then["rulings_size"]), (1, 1, closing["m"]))
        went_on = self.anyone.call("Evaluation.ListCounted", page_token=open_page["next_page_token"], **ask)
        self.assertEqual(went_on["log_size"], open_page["log_size"])

    def test_wrong_revisions(self):
        self.derivative()
        stage, still_open = self.put(0.5), self.put(3600)
        self.closed(stage["id"])

        for method in ("CountDerivatives", "ListCounted"):
            ask = ("Evaluation." + method, self.anyone)
            self.wrong(["rule.revision"], *ask, scope={"all": True}, rule={"stage": stage["id"], "revision": -1})
            self.wrong(["rule.revision"], *ask, scope={"all": True}, rule={"policy": "ruled", "revision": 1})
            self.wrong(["rule.revision"], *ask, scope={"all": True}, rule={"stage": stage["id"], "revision": 1},
                       as_of={"log_size": 1})
            self.refused("NOT_FOUND", "REVISION_NOT_FOUND", *ask, scope={"all": True},
                         rule={"stage": stage["id"], "revision": 2})
            self.refused("FAILED_PRECONDITION", "STAGE_NOT_CLOSED", *ask, scope={"all": True},
                         rule={"stage": still_open["id"], "revision": 1})
        self.assertEqual(self.anyone.call("Evaluation.ListCounts", rule={"stage": still_open["id"]})["revision"], 0)

    def test_requests(self):
        stage = self.put(0.5)
        closing = self.closed(stage["id"])
        request = dict(stage=stage["id"], text="again", request_id=new_id())
        dry = self.eve.call("Stages.CloseStage", validate_only=True, **request)
        self.assertEqual((dry["revision"], dry["log_index"]), (2, "0"))
        self.assertEqual(len(self.closings(stage["id"])), 1)
        made = self.eve.call("Stages.CloseStage", **request)
        self.assertEqual(self.eve.call("Stages.CloseStage", **request), made)
        self.assertEqual(len(self.closings(stage["id"])), 2)
        self.assertEqual(dry["table_sha256"], made["table_sha256"])
        self.wrong(["stage", "text"], "Stages.CloseStage", self.eve, stage="No Stage", text="x" * 4097)
        self.refused("NOT_FOUND", "STAGE_NOT_FOUND", "Stages.CloseStage", self.eve, stage="nothing")
        for fields, code, reason in (({"stage": "nothing"}, "NOT_FOUND", "STAGE_NOT_FOUND"),
                                     ({"revision": 3}, "NOT_FOUND", "REVISION_NOT_FOUND"),
                                     ({"revision": -1}, "INVALID_ARGUMENT", "INVALID_FIELD")):
            with self.assertRaises(Failure) as caught:
                self.anyone.report(**dict({"stage": stage["id"], "file": "TABLE"}, **fields))
            self.assertEqual((caught.exception.code, caught.exception.reason), (code, reason))
        with self.assertRaises(Failure) as caught:
            self.anyone.report(stage["id"], "UNSPECIFIED")
        self.assertEqual(caught.exception.fields.keys(), {"file"})
        self.assertEqual(self.anyone.report(stage["id"], "TABLE", 1), self.check_files(closing)["TABLE"])

    def get(self, path, **headers):
        request = urllib.request.Request("http://%s%s" % (self.server.http, path), headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()

    def test_http(self):
        """All files as they are, with their types; the page may do nothing but be shown."""
        self.derivative()
        closing = self.closed(self.put(0.5)["id"])
        found = self.check_files(closing)
        for file, name in [(f, n) for f, (n, _) in FILES.items()] + list(OTHERS.items()):
            path = "/stage/%s/1/%s" % (closing["stage"], name)
            status, headers, body = self.get(path)
            self.assertEqual((status, body), (200, found[file]), name)
            self.assertEqual(headers["Content-Type"], TYPES.get(name.split(".")[-1], "text/plain; charset=utf-8"))
            self.assertEqual((headers["X-Content-Type-Options"], headers["Cache-Control"]), ("nosniff", "no-cache"))
            self.assertEqual("default-src 'none'" in headers.get("Content-Security-Policy", ""), file == "HTML")
            again = self.get(path, **{"If-None-Match": headers["ETag"]})
            self.assertEqual((again[0], again[2]), (304, b""), name)
            if not body:
                continue
            part = self.get(path, **{"Range": "bytes=0-3", "If-Range": headers["ETag"]})
            self.assertEqual((part[0], part[2]), (206, body[:4]), name)
            self.assertEqual(self.get(path, **{"Range": "bytes=0-3", "If-Range": '"x"'})[0], 200)
        for path in ("2/report.tsv", "1/", "1/report.txt", "01/report.tsv", "../report.tsv"):
            self.assertEqual(self.get("/stage/%s/%s" % (closing["stage"], path))[0], 404, path)
        self.assertIn(b"/counts+", self.get("/counts.vkey")[2])
        self.assertEqual(self.get("/counts.key")[0], 404)

    def test_damaged_files(self):
        """What is not as the log says is not given out; what is gone is made again."""
        stage = self.put(0.5)
        closing = self.closed(stage["id"])
        files = self.check_files(closing)
        path = os.path.join(self.folder(closing), "members.txt")
        with open(path, "ab") as file:
            file.write(b"more\n")
        with self.assertRaises(Failure) as caught:
            self.anyone.report(stage["id"], "MEMBERS")
        self.assertEqual((caught.exception.code, caught.exception.reason), ("DATA_LOSS", "FILE_DIFFERS"))
        self.assertIn("report-different", self.server.log())
        os.unlink(path)
        os.unlink(os.path.join(self.folder(closing), "report.json"))
        self.assertEqual(self.check_files(closing), files)


    def test_files_are_read_again(self):
        """Nobody asks for them: damaged and lost ones are there again by themselves, and told."""
        self.derivative()
        closing = self.closed(self.put(0.5)["id"])
        files, folder = self.check_files(closing), self.folder(closing)

        def keep(name):
            with open(os.path.join(folder, name), "rb") as f:
                return f.read()

        kept = {name: keep(name) for name in os.listdir(folder)}
        self.assertEqual(len(kept), 9)
        body, mark, lines = kept["certificate"].partition(b"\n\n")
        flipped = lines[:60] + (b"A" if lines[60:61] != b"A" else b"B") + lines[61:]
        for damage in ({"report.tsv": kept["report.tsv"][:-1], "members.txt": b"", "report.json": kept["report.json"] + b"\n",
                        "left-out.tsv": b"x" + kept["left-out.tsv"], "certificate": b"nothing"},
                       {"report.html": None, "report.csv": None, "members.txt": None,
                        "certificate": kept["certificate"].replace(b"revision 1", b"revision 2")},
                       {"certificate": body + mark + flipped}):
            told = self.server.log().count("event=report-damaged stage=%s revision=1" % closing["stage"])
            mended = self.server.log().count("event=report-mended stage=%s" % closing["stage"])
            for name, data in damage.items():
                os.unlink(os.path.join(folder, name))
                if data is not None:
                    with open(os.path.join(folder, name), "wb") as f:
                        f.write(data)
            self.assertTrue(wait_for(lambda: self.server.log().count("event=report-mended stage=%s" % closing["stage"]) > mended,
                                     60 * SLOWER), self.server.log()[-2000:])
            self.assertEqual({name: keep(name) for name in os.listdir(folder)}, kept)
            self.assertEqual(self.server.log().count("event=report-damaged stage=%s revision=1" % closing["stage"]) - told,
                             sum(data is not None for data in damage.values()))
        self.assertEqual(self.check_files(closing), files)


    def test_pages_of_older_servers_are_made_again(self):
        """Nothing is damaged, so nobody is told so; what others compute again stays as it is."""
        self.derivative()
        closing = self.closed(self.put(0.5)["id"])
        files, folder = self.check_files(closing), self.folder(closing)
        self.assertIn(b'data-page="', files["HTML"][:64])
        times = {name: os.stat(os.path.join(folder, name)).st_mtime_ns for name, _ in FILES.values()}
        damaged = self.server.log().count("event=report-damaged stage=%s " % closing["stage"])
        os.unlink(os.path.join(folder, "report.html"))
        os.unlink(os.path.join(folder, "counted.csv"))  # an older server makes none
        with open(os.path.join(folder, "report.html"), "wb") as f:
            f.write(b'<!DOCTYPE html>\n<html lang="ko">\n<head><title>old</title></head><body></body></html>\n')
        self.assertTrue(wait_for(lambda: "event=report-mended stage=%s" % closing["stage"] in self.server.log(), 60 * SLOWER),
                        self.server.log()[-2000:])
        self.assertEqual(self.check_files(closing), files)
        self.assertEqual(self.server.log().count("event=report-damaged stage=%s " % closing["stage"]), damaged)
        self.assertEqual({name: os.stat(os.path.join(folder, name)).st_mtime_ns for name in times}, times)


class CommandLine(Stage, Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.eve = person(cls.admin, "eve", ["evaluator"], scopes=["roster"])
        cls.eve.call("Stages.RecordPolicy", text=RULED)

    def run_ok(self, *arguments, **options):
        result = self.server.jokbo(*arguments, **options)
        self.assertEqual((result.returncode, result.stderr), (0, ""), (arguments, result.stdout))
        return result.stdout

    def test_close_and_report(self):
        self.register("alice/one", BASE)
        stage = self.put(2.0)["id"]
        early = self.server.jokbo("stage", "close", stage, token=self.eve.token)
        self.assertNotEqual(early.returncode, 0)
        self.assertIn("cut-off", early.stderr)
        self.assertNotEqual(self.server.jokbo("stage", "report", stage).returncode, 0)
        first = self.closed(stage)
        again = self.run_ok("stage", "close", stage, token=self.eve.token)
        self.assertIn("It was closed already; --text TEXT, which says why, makes a further revision.", again)
        dry = self.run_ok("stage", "close", stage, "--text", "why", "--dry-run", token=self.eve.token)
        self.assertIn("revision 2", dry)
        self.assertNotIn("log index", dry)
        made = self.run_ok("stage", "close", stage, "--text", "so that there are two", token=self.eve.token)
        self.assertIn("so that there are two", made)
        self.assertNotIn("closed already", dry + made)
        second = self.closed(stage, 2)
        self.assertIn(second["table_sha256"], made)
        files = self.check_files(first)
        for form, file in (("tsv", "TABLE"), ("json", "JSON"), ("members", "MEMBERS"), ("left-out", "LEFT_OUT"),
                           ("certificate", "CERTIFICATE"), ("html", "HTML"), ("csv", "CSV"),
                           ("counted-csv", "COUNTED_CSV"), ("left-out-csv", "LEFT_OUT_CSV")):
            path = os.path.join(self.server.data, "out." + form)
            self.assertEqual(self.run_ok("stage", "report", stage, "--revision", "1", "--format", form, "--out", path), "")
            with open(path, "rb") as made:
                self.assertEqual(made.read(), files[file], form)
            if not form.endswith("csv") and form != "html":  # text that comes through as it is
                self.assertEqual(self.run_ok("stage", "report", stage, "--revision", "1", "--format", form).encode(),
                                 files[file], form)
        report = json.loads(self.run_ok("stage", "report", stage, "--json"))
        self.assertEqual(report["revision"], 2)
        self.check_count(stage, first, second)
        table = self.run_ok("stage", "report", stage)
        self.assertIn(BASE, table)
        for wrong in (["--revision", "0"], ["--revision", "3"], ["--format", "pdf"], ["--out", "/nowhere/at/all"]):
            self.assertNotEqual(self.server.jokbo("stage", "report", stage, *wrong).returncode, 0, wrong)

    def check_count(self, stage, first, second):
        """Every way to ask how many there are says what the report says, and which revision of it."""
        self.register("alice/two", BASE)
        for options, closing in (([], second), (["--revision", "1"], first)):
            table = rows(self.check_files(closing)["TABLE"])
            named = "As in revision %d of the stage's report" % closing["revision"]
            for scope, key in ((["--all"], ("all", "all")), ([BASE], ("base", BASE))):
                said = self.run_ok("count", *scope, "--stage", stage, *options)
                self.assertIn("%s: %d derivative" % (key[1], table[key]["counted"]), said)
                self.assertIn(named, said)
            said = self.run_ok("count", "--stage", stage, *options)
            self.assertRegex(said, r"(?m)^all +%d " % table["all", "all"]["counted"])
            self.assertIn(named, said)
            counts = json.loads(self.run_ok("count", "--stage", stage, "--json", *options))
            self.assertEqual((counts["all"]["counted"], counts["revision"], counts["log_size"]),
                             (table["all", "all"]["counted"], closing["revision"], int(closing["n"])))
            self.assertIn(named, self.run_ok("count", "--all", "--list", "--stage", stage, *options))
            self.assertIn(named, self.run_ok("explain", "alice/one", "--stage", stage, *options))
        self.assertNotIn("As in revision", self.run_ok("count", "--stage", stage, "--as-of", first["n"]))
        for wrong in (["--revision", "1"], ["--policy", "ruled", "--revision", "1"], ["--stage", stage, "--revision", "0"],
                      ["--stage", stage, "--revision", "1", "--as-of", "1"]):
            self.assertEqual(self.server.jokbo("count", "--all", *wrong).returncode, 2, wrong)


class Crowd(Stage, Case):
    """A stage closes, about two seconds past its cut-off, while 64 callers register."""
    options = ("--writes-per-day", "1000000", "--log-level", "debug")
    CALLERS = 64

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.eve = person(cls.admin, "eve", ["evaluator"], scopes=["roster"])
        cls.eve.call("Stages.RecordPolicy", text=RULED)

    def crowd(self, for_s):
        """The load generator, which is quick enough to tell the server's time from its own."""
        words = [os.path.join(BUILD, "tests", "bench_load"), "target=" + self.server.address, "mode=register",
                 "token=" + self.alice.token, "publisher=alice", "prefix=crowd", "parents=" + BASE, "warmup=0",
                 "seconds=%.3f" % for_s, "callers=%d" % self.CALLERS, "connections=8"]
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, timeout=120 * SLOWER, check=True)
        return json.loads(done.stdout)

    def longest_pause(self, cutoff):
        """Between two batches, from shortly before the cut-off on, while the callers kept the server busy."""
        times = [seconds(found) for found in re.findall(r"^ts=(\S+) \S+ event=batch ", self.server.log(), re.M)]
        times = [moment for moment in times if cutoff - 1 < moment < cutoff + 4]
        self.assertGreater(len(times), 10)
        return max(b - a for a, b in zip(times, times[1:]))

    def test_each_entry_falls_on_one_side(self):
        self.register("alice/first", BASE)
        stage = self.put(3.0)
        cutoff = seconds(stage["cutoff_time"])
        told = self.crowd(cutoff + 4 - time.time())
        self.assertEqual(told["failed"], 0)
        closing = self.closed(stage["id"])
        longest, pause = told["max_us"] / 1e6, self.longest_pause(cutoff)
        print("\n%d registrations, longest wait %.3f s, longest pause between batches %.3f s, closed %.3f s after the cut-off"
              % (told["calls"], longest, pause, seconds(closing["create_time"]) - cutoff), file=sys.stderr)
        self.assertLess(pause, jokbo.allowed(0.5))
        self.assertLess(longest, jokbo.allowed(1.0))
        entries = [entry.decode().split("\n") for entry in self.anyone.entries()]
        times = [seconds(entry[2].split(" ")[1]) for entry in entries]
        sides = [text < stage["cutoff_time"] for text in (entry[2].split(" ")[1] for entry in entries)]
        self.assertEqual(sides, sorted(sides, reverse=True))
        self.assertEqual(int(closing["n"]), sum(sides))
        self.assertGreaterEqual(times[int(closing["log_index"])], cutoff)
        before = sum(entry[1] == "kind register" and "relation finetune" in entry
                     for entry in entries[:int(closing["n"])])
        after_it = sum(entry[1] == "kind register" for entry in entries[int(closing["n"]):])
        self.assertGreater(min(before, after_it), 10)
        found = rows(self.check_files(closing)["TABLE"])
        self.assertEqual(found["all", "all"]["registered"], before)
        self.assertEqual(found["base", BASE]["counted"], before)


class Several(Stage, unittest.TestCase):
    """Two servers on one database close a stage once; a crash between the closing and its files."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start().create_database()

    def make_server(self):
        server = Server("--database", self.cluster.url, "--origin", "registry.test/log")
        server.options += ["--client-config", os.path.join(server.data, "client.config")]
        self.addCleanup(server.close)
        return server

    def test_two_servers_close_once(self):
        first, second = self.make_server(), self.make_server()
        subprocess.run([first.binary, "migrate", "--database", self.cluster.url], check=True, capture_output=True,
                       timeout=60)
        first.start()
        first.load_roster()
        shutil.copy2(os.path.join(first.data, "log.key"), second.data)
        second.start()
        self.server, admin = first, first.client()
        self.anyone, self.eve = Client(first.address), person(admin, "eve", ["evaluator"], scopes=["roster"])
        self.eve.call("Stages.RecordPolicy", text=RULED)
        stages = [self.put(2.0)["id"] for _ in range(3)]
        elsewhere = Client(second.address, self.eve.token)
        for stage in stages:
            closing = self.closed(stage)
            self.assertEqual(elsewhere.call("Stages.CloseStage", stage=stage), closing)
            self.assertEqual(self.eve.call("Stages.CloseStage", stage=stage), closing)
        log = self.anyone.entries()
        self.assertEqual(sum(b"\nkind close\n" in entry for entry in log), len(stages))
        # whoever signs the first certificate has the key; the other has all files but the certificate until it has it too
        closing = self.closed(stages[0])
        self.assertTrue(wait_for(lambda: all(os.path.exists(os.path.join(self.folder(closing, server), "report.csv"))
                                             for server in (first, second))))
        key = [os.path.join(server.data, "counts.key") for server in (first, second)]
        self.assertTrue(wait_for(lambda: [os.path.exists(path) for path in key].count(True) == 1))
        other, owner = (second, first) if os.path.exists(key[0]) else (first, second)
        self.assertFalse(os.path.exists(os.path.join(self.folder(closing, other), "certificate")))
        self.assertTrue(wait_for(lambda: "closing-failed reason=COUNTS_KEY_" in other.log()))
        with self.assertRaises(Failure) as caught:
            Client(other.address).report(stages[0], "CERTIFICATE")
        self.assertEqual((caught.exception.code, caught.exception.reason), ("UNAVAILABLE", "REPORT_NOT_READY"))
        self.assertNotIn(other.data, caught.exception.message)
        for stage in stages:
            self.check_files(self.closed(stage), owner)
        shutil.copy2(os.path.join(owner.data, "counts.key"), other.data)
        Client(other.address).report(stages[0], "CERTIFICATE")
        self.assertEqual(self.check_files(closing, other), self.check_files(closing, owner))


class Crash(Stage, Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.eve = person(cls.admin, "eve", ["evaluator"], scopes=["roster"])
        cls.eve.call("Stages.RecordPolicy", text=RULED)

    def test_killed_before_the_files(self):
        """The folder of files cannot be made, so the server is killed with the closing committed and no file there."""
        self.register("alice/one", BASE)
        blocked = os.path.join(self.server.data, "public", "stage")
        with open(blocked, "w"):
            pass
        stage = self.put(1.0)["id"]
        closing = self.closed(stage)
        self.assertTrue(wait_for(lambda: "closing-failed" in self.server.log()))
        self.server.kill()
        os.unlink(blocked)
        os.mkdir(blocked)
        with open(os.path.join(blocked, ".new-0badc0de-0"), "w") as left:  # as a crash leaves it
            left.write("half a file")
        self.server.start()
        type(self).anyone = Client(self.server.address)
        self.assertTrue(wait_for(lambda: os.path.exists(os.path.join(self.folder(closing), "certificate"))))
        self.check_files(closing)
        self.assertEqual([name for name in os.listdir(blocked) if name.startswith(".")], [])


if __name__ == "__main__":
    unittest.main()
