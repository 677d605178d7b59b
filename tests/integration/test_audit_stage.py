"""`jokbo audit --stage`: the reports of closed stages from the public files alone, over a folder and a URL, with what lies
there held against them; and each difference by its message and exit code. The log is tests/support/stage_log.c's."""
import base64
import filecmp
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "support"), HERE]
import jokbo  # noqa: E402
from public import make_log, published, read, served, spoiled, write  # noqa: E402
from test_closing import RULED, Stage  # noqa: E402

TEXTS = ("report.tsv", "report.json", "members.txt", "left-out.tsv")
VIEWS = ("report.html", "report.csv", "counted.csv", "left-out.csv")
NOT_VERIFIED, REFUSED, NOT_FOUND, USAGE, LOCAL = 10, 4, 5, 2, 9


def turned(data):
    """A bit of the byte in the middle turned over."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def short(key):
    """The verifier key's name and id: the base64 behind them may hold a '+' of its own."""
    return "+".join(key.split("+")[:2])


class AuditStageTest(unittest.TestCase):
    maxDiff = 3000

    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.mkdtemp(prefix="jokbo-audit-stage-")
        cls.addClassCleanup(shutil.rmtree, cls.home, True)
        cls.folder = cls.log(1)
        cls.key = read(cls.folder, "log.vkey").decode().strip()
        cls.counts_key = read(cls.folder, "counts.vkey").decode().strip()

    @classmethod
    def log(cls, lie):
        folder = os.path.join(cls.home, "log-%d" % lie)
        os.mkdir(folder)
        make_log("stages", folder, lie)
        return folder

    def audit(self, *arguments, code=0):
        return self.run_jokbo("audit", *arguments, code=code)

    def run_jokbo(self, command, *arguments, code=0):
        own = {k: v for k, v in os.environ.items() if not k.startswith(("JOKBO", "XDG_"))}
        home = os.path.join(self.home, "%s-%s" % (command, os.path.basename(arguments[0])))  # each log is the first of its name there
        own.update(HOME=home, LC_ALL="C.UTF-8", JOKBO_SERVER="127.0.0.1:1")
        done = subprocess.run([os.path.join(jokbo.BUILD, "jokbo"), command] + list(arguments), env=own, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def facts(self, at, *arguments):
        return json.loads(self.audit(at, "--key", self.key, *arguments, "--json").stdout)

    def told(self, code, reason, at, *arguments):
        error = json.loads(self.audit(at, "--key", self.key, *arguments, "--json", code=code).stdout)["error"]
        self.assertEqual(error["reason"], reason, error)
        return error

    def place(self, *path):
        return os.path.join(self.folder, "stage", *path)

    # ---- what agrees

    def check(self, at, stage, revisions, *arguments):
        facts = self.facts(at, "--stage", stage, *arguments)
        self.assertEqual([r["revision"] for r in facts["revisions"]], revisions)
        for found in facts["revisions"]:
            folder = self.place(stage, str(found["revision"]))
            for file in TEXTS:
                self.assertEqual(found["files"][file],
                                 {"sha256": hashlib.sha256(read(folder, file)).hexdigest(), "served": "same"})
            for file in VIEWS:
                self.assertEqual(found["files"][file]["served"], "absent")
            certificate = found["certificate"]
            self.assertEqual(certificate["body"] + "\n", read(folder, "certificate").decode().partition("\u2014")[0])
            self.assertEqual((certificate["served"], certificate["log_key"]), ("same", short(self.key)))
            self.assertEqual(certificate["counts_key"], short(self.counts_key))
            self.assertEqual(found["report"], json.loads(read(folder, "report.json")))
        return facts["revisions"]

    def test_folder_and_url(self):
        with served(self.folder) as url:
            for at in (self.folder, url):
                self.check(at, "stage-1", [1])
                one, two = self.check(at, "stage-2", [1, 2])
                self.assertEqual((one["n"], one["m"]), (two["n"], one["n"]))
                self.assertGreater(two["m"], two["n"])
                self.check(at, "stage-2", [2], "--revision", "2")
                given = self.facts(at, "--stage", "stage-2", "--counts-key", self.counts_key)["revisions"]
                self.assertTrue(all(r["certificate"]["counts_key_given"] for r in given))

    def test_for_people(self):
        shown = self.audit(self.folder, "--key", self.key, "--stage", "stage-2", "--counts-key", self.counts_key).stdout
        for words in ("Stage stage-2, revision 1", "Stage stage-2, revision 2", "어느 단계", "test@1",
                      "certificate signed by", short(self.key), short(self.counts_key) + " (--counts-key)",
                      hashlib.sha256(read(self.place("stage-2", "2", "report.json"))).hexdigest()):
            self.assertIn(words, shown)
        self.assertIn("key from the source itself", self.audit(self.folder, "--stage", "stage-1").stdout)

    def test_nothing_served(self):
        """The report is made and shown all the same; but whoever serves none has not passed the check."""
        bare = os.path.join(self.home, "bare")
        shutil.copytree(self.folder, bare)
        shutil.rmtree(os.path.join(bare, "stage"))
        with served(bare) as url:
            for at in (bare, url):
                error = self.told(NOT_VERIFIED, "AUDIT_ABSENT", at, "--stage", "stage-2")
                self.assertEqual(error["metadata"], {"file": "stage/stage-2/1/report.tsv"})
        out = os.path.join(self.home, "bare-out")
        done = self.audit(bare, "--key", self.key, "--stage", "stage-2", "--out", out, code=NOT_VERIFIED)
        self.assertEqual(done.stdout.count("not there\n"), 2 * (len(TEXTS) + 1 + len(VIEWS)))
        self.assertIn("stage/stage-2/1/report.tsv is missing", done.stderr)
        self.assertEqual(read(out, "stage", "stage-2", "2", TEXTS[0]), read(self.folder, "stage", "stage-2", "2", TEXTS[0]))

    def test_each_file_that_is_not_served(self):
        with served(self.folder) as url:
            for file in TEXTS + ("certificate", "../../../counts.vkey"):
                path = os.path.normpath(os.path.join("stage/stage-2/2", file))
                os.rename(os.path.join(self.folder, path), os.path.join(self.home, "aside"))
                try:
                    for at in (self.folder, url):
                        error = self.told(NOT_VERIFIED, "AUDIT_ABSENT", at, "--stage", "stage-2")
                        self.assertEqual(error["metadata"]["file"], path)
                        self.facts(at, "--stage", "stage-2", "--revision", "1", "--counts-key", self.counts_key)
                finally:
                    os.rename(os.path.join(self.home, "aside"), os.path.join(self.folder, path))

    def test_out_keeps_the_bytes(self):
        out, copy = os.path.join(self.home, "out"), os.path.join(self.home, "copy")
        self.audit(self.folder, "--key", self.key, "--stage", "stage-2", "--out", out)
        for revision in ("1", "2"):
            made = os.path.join(out, "stage", "stage-2", revision)
            self.assertEqual(sorted(os.listdir(made)), sorted(TEXTS + VIEWS + ("certificate", "certificate.body")))
            same, other, missing = filecmp.cmpfiles(made, self.place("stage-2", revision), TEXTS + ("certificate",), False)
            self.assertEqual((len(same), other, missing), (5, [], []))
            self.assertTrue(read(made, "certificate").startswith(read(made, "certificate.body") + b"\n"))
        shutil.copytree(self.folder, copy)  # what was made may be served
        shutil.copytree(os.path.join(out, "stage"), os.path.join(copy, "stage"), dirs_exist_ok=True)
        for found in self.facts(copy, "--stage", "stage-2")["revisions"]:
            self.assertEqual({f["served"] for f in found["files"].values()}, {"same"})
        for view in VIEWS:  # and what is made for people is compared, but believed by nobody
            with spoiled(os.path.join(copy, "stage", "stage-2", "2", view), turned):
                done = self.audit(copy, "--key", self.key, "--stage", "stage-2")
                self.assertIn("stage/stage-2/2/%s differs from what this version makes" % view, done.stderr)

    # ---- what does not

    def test_closing_entry(self):
        for lie, (stage, revision, file) in ((2, ("stage-1", 1, TEXTS[0])), (7, ("stage-2", 1, TEXTS[1])),
                                             (12, ("stage-2", 2, TEXTS[2])), (13, ("stage-2", 2, TEXTS[3]))):
            folder = self.log(lie)
            error = self.told(NOT_VERIFIED, "AUDIT_REPORT", folder, "--stage", stage)
            self.assertEqual(error["metadata"]["file"], file)
            want = hashlib.sha256(read(folder, "stage", stage, str(revision), file)).hexdigest()
            self.assertEqual(error["metadata"]["expected"], want)
            self.assertNotEqual(error["metadata"]["found"], want)
            self.assertIn("revision %d" % revision, error["message"])
            out = os.path.join(self.home, "out-%d" % lie)  # what was made is kept all the same
            self.told(NOT_VERIFIED, "AUDIT_REPORT", folder, "--stage", stage, "--out", out)
            self.assertEqual(read(out, "stage", stage, str(revision), file), read(folder, "stage", stage, str(revision), file))

    def test_served_texts(self):
        with served(self.folder) as url:
            for revision in ("1", "2"):
                for file in TEXTS:
                    path = "stage/stage-2/%s/%s" % (revision, file)
                    with spoiled(os.path.join(self.folder, path), turned):
                        for at in (self.folder, url):
                            error = self.told(NOT_VERIFIED, "AUDIT_SERVED", at, "--stage", "stage-2")
                            self.assertEqual(error["metadata"]["file"], path)
                            self.assertEqual(error["metadata"]["found"],
                                             hashlib.sha256(read(self.folder, path)).hexdigest())
                            self.assertIn(error["metadata"]["expected"], error["message"])
                        self.facts(self.folder, "--stage", "stage-1")

    def test_certificate(self):
        path = self.place("stage-2", "1", "certificate")
        n = next(line for line in read(path).decode().split("\n") if line.startswith("n "))
        size = int(n.split()[1])

        def moved(data):
            return data.replace(b"\nn %d " % size, b"\nn %d " % (size - 1))

        with spoiled(path, moved):
            error = self.told(NOT_VERIFIED, "AUDIT_CERTIFICATE", self.folder, "--stage", "stage-2")
            self.assertEqual((error["metadata"]["file"], error["metadata"]["line"]), ("stage/stage-2/1/certificate", "5"))
            self.assertEqual(error["metadata"]["expected"], n)
            self.assertEqual(error["metadata"]["found"], n.replace(str(size), str(size - 1)))

        def unsigned(by):
            return lambda data: b"".join(l for l in data.splitlines(True) if not l.startswith(b"\xe2\x80\x94 %s " % by))

        log, counts = (key.split("+")[0].encode() for key in (self.key, self.counts_key))
        with spoiled(path, unsigned(log)):
            self.assertIn("no key of the log has signed it",
                          self.told(NOT_VERIFIED, "AUDIT_CERTIFICATE", self.folder, "--stage", "stage-2")["message"])
        with spoiled(path, unsigned(counts)):
            self.assertIn("has not signed it",
                          self.told(NOT_VERIFIED, "AUDIT_CERTIFICATE", self.folder, "--stage", "stage-2")["message"])
        with spoiled(path, lambda data: data[:-1]):
            self.told(NOT_VERIFIED, "AUDIT_CERTIFICATE", self.folder, "--stage", "stage-2")

    def test_counts_keys(self):
        """A key of the same name that somebody else holds: given by the user, and put up by the source."""
        name = self.counts_key.split("+")[0]
        public = b"\1" + bytes(range(32))
        other = "%s+%s+%s" % (name, hashlib.sha256(name.encode() + b"\n" + public).hexdigest()[:8],
                              base64.b64encode(public).decode())
        self.assertIn(short(other), self.told(NOT_VERIFIED, "AUDIT_CERTIFICATE", self.folder, "--stage", "stage-1",
                                                         "--counts-key", other)["message"])
        file = os.path.join(self.home, "counts.vkey")
        write((self.counts_key + "\n" + other + "\n").encode(), file)
        self.facts(self.folder, "--stage", "stage-1", "--counts-key", file)  # any of them
        with spoiled(os.path.join(self.folder, "counts.vkey"), lambda _: other.encode() + b"\n"):
            self.told(NOT_VERIFIED, "AUDIT_CERTIFICATE", self.folder, "--stage", "stage-1")
            self.facts(self.folder, "--stage", "stage-1", "--counts-key", self.counts_key)
        with spoiled(os.path.join(self.folder, "counts.vkey"), lambda _: b"nothing\n"):
            self.told(REFUSED, "KEY_MALFORMED", self.folder, "--stage", "stage-1")
        self.told(REFUSED, "KEY_MALFORMED", self.folder, "--stage", "stage-1", "--counts-key", "nothing")

    # ---- the paper alone

    def checks(self, path, *arguments, code=0):
        """What `verify` says of a certificate on the disk."""
        done = self.run_jokbo("verify", path, "--offline", *arguments, "--json", code=code)
        answer = json.loads(done.stdout)
        self.assertEqual(answer["verified"], code == 0)
        return {check["check"]: check["state"] for check in answer["subjects"][0]["checks"]}

    def test_verify(self):
        both = ("--key", self.key, "--counts-key", self.counts_key)
        path = self.place("stage-2", "2", "certificate")
        good = dict.fromkeys(("certificate", "signature", "counts key") + TEXTS, "ok")
        good.update(dict.fromkeys(("policy", "key", "log"), "note"))
        self.assertEqual(self.checks(path, *both), good)
        for file in TEXTS:
            with spoiled(self.place("stage-2", "2", file), turned):
                self.assertEqual(self.checks(path, *both, code=NOT_VERIFIED), dict(good, **{file: "failed"}))
        alone = os.path.join(self.home, "paper")
        shutil.copy(path, alone)
        self.assertEqual(self.checks(alone, "--key", self.key),
                         {"certificate": "ok", "signature": "ok", "policy": "note", "key": "note", "log": "note", "files": "note"})
        with spoiled(alone, lambda data: data.replace(b"revision 2", b"revision 3")):
            found = self.checks(alone, *both, code=NOT_VERIFIED)
            self.assertEqual((found["signature"], found["counts key"]), ("failed", "failed"))
        with spoiled(alone, lambda data: data.replace(b"rules 1", b"rules 01")):
            self.assertEqual(self.checks(alone, *both, code=NOT_VERIFIED), {"certificate": "failed"})
        self.assertEqual(self.checks(alone, "--key", self.counts_key, code=NOT_VERIFIED)["signature"], "failed")
        self.assertEqual(self.checks(alone, "--key", self.key, "--counts-key", self.key, code=NOT_VERIFIED)["counts key"], "failed")
        self.assertEqual(self.checks(alone, *both[2:], code=3)["signature"], "skipped")  # whose word it is nobody said
        self.run_jokbo("verify", self.place("stage-2", "2", "members.txt"), "--offline", "--counts-key", self.counts_key, code=USAGE)
        shown = self.run_jokbo("verify", path, "--offline", *both).stdout
        self.assertIn("stage stage-2, revision 2, of the log log.example/test", shown)

    # ---- what is asked for

    def test_which(self):
        error = self.told(NOT_FOUND, "STAGE_NOT_FOUND", self.folder, "--stage", "stage-9")
        self.assertIn("stage-1, stage-2, stage-3", error["message"])
        self.assertIn("cut-off", self.told(REFUSED, "STAGE_OPEN", self.folder, "--stage", "stage-3")["message"])
        for revision in ("0", "3"):
            error = self.told(NOT_FOUND, "REVISION_NOT_FOUND", self.folder, "--stage", "stage-2", "--revision", revision)
            self.assertIn("1 to 2", error["message"])
        self.audit(self.folder, "--stage", "stage-1", "--out", "/proc/none/here", code=LOCAL)

    def test_usage(self):
        for arguments in (["--revision", "1"], ["--out", self.home], ["--counts-key", self.counts_key],
                          ["--stage", "stage-1", "--all"], ["--stage", "stage-1", "--counts"],
                          ["--stage", "stage-1", "--verify-only"], ["--stage", "stage-1", "--as-of", "5"],
                          ["--stage", "stage-1", "--expect", "file"], ["red-ai/Solar-1", "--stage", "stage-1"],
                          ["--policy", "strict"]):
            self.audit(self.folder, *arguments, code=USAGE)


class ServerTest(Stage, jokbo.Case):
    """What a server closes, publishes and signs by itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.eve, cls.una = (jokbo.person(cls.admin, n, ["evaluator"], scopes=["roster"]) for n in ("eve", "una"))
        cls.eve.call("Stages.RecordPolicy", text=RULED)

    def audit(self, at, *arguments, code=0):
        done = self.server.jokbo("audit", at, "--mirror", os.path.join(self.server.data, "mirror"), *arguments, token=None)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def test_what_a_server_publishes(self):
        for i in range(3):
            self.register("alice/model-%d" % i, "upstage/Solar-Open-100B")
        stage = self.put(0.7)["id"]
        first = self.closed(stage)
        self.register("alice/late", "upstage/Solar-Open-100B")
        ruling = self.eve.call("Stages.Rule", model="alice/model-1", reason="spam")
        self.una.call("Stages.DecideRuling", ruling=ruling["log_index"], confirm=True)
        second = self.eve.call("Stages.CloseStage", stage=stage, text="one ruling")
        for closing in (first, second):
            self.check_files(closing)
        folder = published(self.server, self.size())
        keys = [read(folder, file).decode().strip() for file in ("log.vkey", "counts.vkey")]
        self.assertEqual(os.stat(os.path.join(self.server.data, "counts.key")).st_mode & 0o7777, 0o600)
        out = os.path.join(self.server.data, "audited")
        facts = json.loads(self.audit("http://" + self.server.http, "--key", keys[0], "--counts-key", keys[1], "--stage", stage,
                                      "--out", out, "--json"))
        self.assertEqual([(r["revision"], r["n"], r["m"]) for r in facts["revisions"]],
                         [(c["revision"], int(c["n"]), int(c["m"])) for c in (first, second)])
        for found in facts["revisions"]:
            self.assertEqual({f["served"] for f in found["files"].values()}, {"same"}, found["files"])
            certificate = found["certificate"]
            self.assertEqual([certificate["log_key"], certificate["counts_key"]], [short(k) for k in keys])
            revision = os.path.join("stage", stage, str(found["revision"]))
            for file in TEXTS + VIEWS + ("certificate",):
                self.assertEqual(read(out, revision, file), read(folder, revision, file), file)
        self.assertEqual(facts["revisions"][1]["report"]["rows"][-1]["left_out"]["excluded"], 1)


if __name__ == "__main__":
    unittest.main()
