"""`jokbo export` and `jokbo audit --export`: the tables are those that a stranger writes from registry/formats/export.md
(support/tables.py), of the tiny log, which has every kind of entry, and of random histories; whatever is changed in one is found, by
file, line and column; the folder is whole or not there; and what registry/docs/tables.md tells to try comes out.
JK_EXPORT_SEED repeats the choices."""
import csv
import fcntl
import io
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "support"), HERE]
import jokbo  # noqa: E402
import publication  # noqa: E402
import tables  # noqa: E402
from test_recount import History  # noqa: E402

SEED = int(os.environ.get("JK_EXPORT_SEED") or random.SystemRandom().randrange(1 << 32))
TINY = os.path.join(jokbo.ROOT, "registry", "formats", "tiny")
PAGE = os.path.join(jokbo.ROOT, "registry", "docs", "tables.md")
USAGE, LOCAL, NOT_VERIFIED, CONFLICT = 2, 9, 10, 6


def tiny_entries():
    names = sorted(os.listdir(os.path.join(TINY, "entries")))
    found = []
    for name in names:
        with open(os.path.join(TINY, "entries", name), "rb") as f:
            found.append(f.read())
    return found


class Exports(unittest.TestCase):
    maxDiff = 3000

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="jokbo-export-")
        self.addCleanup(shutil.rmtree, self.home, True)
        self.out = os.path.join(self.home, "tables")

    def run_jokbo(self, *arguments, code=0):
        own = {k: v for k, v in os.environ.items() if not k.startswith(("JOKBO", "XDG_"))}
        own.update(HOME=self.home, LC_ALL="C.UTF-8", JOKBO_SERVER="127.0.0.1:1")
        done = subprocess.run([os.path.join(jokbo.BUILD, "jokbo")] + list(arguments), env=own, text=True, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def export(self, log=os.path.join(TINY, "log"), code=0):
        return self.run_jokbo("export", log, self.out, "--csv", code=code)

    def prove(self, log=os.path.join(TINY, "log"), code=0):
        return self.run_jokbo("audit", log, "--export", self.out, "--json", code=code)

    def files(self):
        found = {}
        for name in os.listdir(self.out):
            with open(os.path.join(self.out, name), newline="", encoding="utf-8") as f:
                found[name] = f.read()
        return found

    def put(self, name, text):
        with open(os.path.join(self.out, name), "w", newline="", encoding="utf-8") as f:
            f.write(text)

    def at_home(self):
        """What lies beside the tables: nothing that is left over."""
        return sorted(name for name in os.listdir(self.home) if "tables" in name)


class Tiny(Exports):
    def test_a_stranger_writes_the_same(self):
        told = json.loads(self.run_jokbo("export", os.path.join(TINY, "log"), self.out, "--json").stdout)
        written = self.files()
        for name, text in tables.write(tiny_entries()).items():
            self.assertEqual(written.pop(name), text, name)
        self.assertEqual(written, {})
        self.assertEqual(told["log_size"], len(tiny_entries()))
        for name, text in self.files().items():
            header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
            self.assertEqual(len(rows), told["tables"][name], name)
            self.assertGreater(len(rows), 0, name)
            self.assertTrue(all(len(row) == len(header) for row in rows), name)
        self.assertEqual(self.at_home(), ["tables"])

    def test_the_proof(self):
        self.export()
        proven = json.loads(self.prove().stdout)["export"]
        size = len(tiny_entries())
        self.assertEqual((proven["log_size"], proven["tables"]["entries.csv"]), (size, size))
        self.assertIn("every byte", self.run_jokbo("audit", os.path.join(TINY, "log"), "--export", self.out).stdout)

    def found(self, **facts):
        error = json.loads(self.prove(code=NOT_VERIFIED).stdout)["error"]
        self.assertEqual(error["reason"], "AUDIT_EXPORT", error)
        self.assertEqual({name: error["metadata"].get(name) for name in facts}, facts, error)
        return error["metadata"]

    def test_a_change_anywhere_is_found(self):
        """In every file: a cell of the last row, a header, a row too few and one too many, the file away."""
        self.export()
        for name, text in self.files().items():
            header, rows = text.split("\r\n")[0].split(","), text.split("\r\n")[:-1]
            last, changed = rows[-1].rpartition(","), "?"
            line = text.count("\n") - rows[-1].count("\n")
            column = header[-1]
            if rows[-1].endswith('"'):  # quoted: a letter in its middle
                cut = rows[-1].rindex('"', 0, -1) + 1
                wrong = rows[-1][:cut] + changed + rows[-1][cut:]
            else:
                wrong = last[0] + "," + changed + last[2]
            with self.subTest(file=name):
                self.put(name, "\r\n".join(rows[:-1] + [wrong]) + "\r\n")
                self.found(file=name, line=str(line), column=column)
                self.put(name, text.replace(header[0], "x" + header[0], 1))
                self.found(file=name, line="1", column=header[0])
                self.put(name, "\r\n".join(rows[:-1]) + "\r\n")
                self.found(file=name, line=str(line))
                self.put(name, text + rows[-1] + "\r\n")
                self.found(file=name, line=str(text.count("\n") + 1))
                os.remove(os.path.join(self.out, name))
                self.found(file=name)
                self.put(name, text)
        self.prove()

    def test_the_column_is_that_of_the_cell(self):
        self.export()
        text = self.files()["statements.csv"]
        rows = list(csv.reader(io.StringIO(text, newline="")))
        for number, column in enumerate(rows[0]):
            cells = rows[7][number]
            if not cells:
                continue
            line = text.split("\r\n")[7]
            parts = line.split(",")
            self.assertEqual(len(parts), len(rows[0]), "a row without quotes")
            parts[number] = parts[number][:-1] + "~"
            self.put("statements.csv", text.replace(line, ",".join(parts)))
            error = self.found(file="statements.csv", line="8", column=column)
            self.assertTrue(cells.endswith(error["expected"].lstrip("…")), error)
            self.assertTrue(parts[number].endswith(error["found"].lstrip("…")) and error["found"].endswith("~"), error)

    def test_nothing_else_lies_in_the_folder(self):
        self.export()
        self.put("standings.csv", "a,b\r\n")
        self.found(file="standings.csv")
        os.remove(os.path.join(self.out, "standings.csv"))
        os.rename(os.path.join(self.out, "keys.csv"), os.path.join(self.home, "keys"))
        os.symlink(os.path.join(self.home, "keys"), os.path.join(self.out, "keys.csv"))
        self.found(file="keys.csv")
        self.assertIn("cannot be opened", self.run_jokbo("audit", os.path.join(TINY, "log"), "--export", self.home + "/no", code=LOCAL).stderr)

    def test_what_is_refused(self):
        os.mkdir(self.out)
        self.put("notes.txt", "mine")
        self.assertIn("contains notes.txt, which is not a table", self.export(code=LOCAL).stderr)
        self.assertEqual(self.files(), {"notes.txt": "mine"})
        os.remove(os.path.join(self.out, "notes.txt"))
        os.mkdir(os.path.join(self.out, "teams.csv"))
        self.assertIn("contains teams.csv, which is not a table", self.export(code=LOCAL).stderr)
        os.rmdir(os.path.join(self.out, "teams.csv"))
        self.put("teams.csv", "mine")
        self.assertIn("no log.csv", self.export(code=LOCAL).stderr)
        self.put("log.csv", "format,log_size,root_hash,origin\r\njokbo/export/v1,1,00,another.example/log\r\n")
        self.assertIn("another log", self.export(code=LOCAL).stderr)
        self.assertEqual(sorted(self.files()), ["log.csv", "teams.csv"])
        shutil.rmtree(self.out)
        with open(self.out, "w"):
            pass
        self.assertIn("Not a directory", self.export(code=LOCAL).stderr)
        os.remove(self.out)
        self.assertEqual(self.run_jokbo("export", os.path.join(TINY, "log"), os.path.join(self.home, "no", "tables"), code=LOCAL).stdout, "")
        for name in ("", "/", "..", self.home + "/.hidden", self.home + "/" + "x" * 201):
            self.assertIn("must have a name", self.run_jokbo("export", os.path.join(TINY, "log"), name, code=USAGE).stderr)
        self.assertIn("give URL or DIR", self.run_jokbo("export", self.out, code=USAGE).stderr.replace("Give", "give"))
        self.assertEqual(self.at_home(), [])

    def test_whole_or_not_there(self):
        os.mkdir(self.out)  # an empty folder will do
        self.export()
        whole = self.files()
        shutil.copytree(self.out, os.path.join(self.home, ".tables.new"))  # of one that was killed
        shutil.copytree(self.out, os.path.join(self.home, ".tables.old"))
        self.export()
        self.assertEqual((self.files(), self.at_home()), (whole, ["tables"]))
        os.mkdir(os.path.join(self.home, ".tables.new"))
        lock = os.open(os.path.join(self.home, ".tables.new"), os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        self.assertIn("another process", self.export(code=CONFLICT).stderr)
        os.close(lock)
        self.export()
        self.assertEqual((self.files(), self.at_home()), (whole, ["tables"]))

    def test_a_wrong_log_gives_no_tables(self):
        log = os.path.join(self.home, "log")
        shutil.copytree(os.path.join(TINY, "log"), log)
        bundle = os.path.join(log, "tile", "entries", "000.p", str(len(tiny_entries())))
        with open(bundle, "r+b") as f:
            f.seek(100)
            f.write(b"~")
        self.export(log, code=NOT_VERIFIED)
        self.assertEqual(self.at_home(), [])

    def test_what_does_not_go_together(self):
        self.export()
        log = os.path.join(TINY, "log")
        for others in (("--verify-only",), ("--stage", "main")):
            self.assertIn("--export", self.run_jokbo("audit", log, "--export", self.out, *others, code=USAGE).stderr)
        self.assertIn("no option --csv-bom", self.run_jokbo("export", log, self.out, "--csv-bom", code=USAGE).stderr)

    def test_no_line_of_an_entry_is_left_out(self):
        """Of any kind: each word of its body is some column's, but for those that make rows, and a policy's, which is there whole."""
        page = tables.tables_of_page()
        for index, data in enumerate(tiny_entries()):
            entry = tables.Entry(index, data)
            known = {word for table in page if entry.kind in table.kinds for _, word in table.columns} | {"parent", "teams"}
            if entry.kind != "policy":
                self.assertLessEqual({word for word, _ in entry.lines}, known, entry.kind)

    def test_every_column_of_the_page_is_there_and_no_other(self):
        self.export()
        self.assertEqual({table.file: [name for name, _ in table.columns] for table in tables.tables_of_page()},
                         {name: text.split("\r\n")[0].split(",") for name, text in self.files().items()})


class Histories(Exports):
    @classmethod
    def setUpClass(cls):
        print("seed %d" % SEED)
        cls.server = jokbo.Server("--writes-per-day", "1000000")
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        client = cls.server.client()
        cls.addClassCleanup(client.close)
        History(client, SEED).go(400)
        checkpoint = client.call("Log.GetCheckpoint")
        cls.note, cls.key = checkpoint["note"], checkpoint["verifier_key"]
        cls.entries = client.entries()
        cls.counts = client.call("Evaluation.ListCounts")
        cls.signer = publication.Signer(cls.note.split("\n")[0])
        cls.addClassCleanup(cls.signer.close)

    def setUp(self):
        super().setUp()
        self.log = os.path.join(self.home, "public")
        publication.publish(self.log, self.entries, self.note, self.key)

    def test_a_stranger_writes_the_same(self):
        self.export(self.log)
        written = self.files()
        for name, text in tables.write(self.entries).items():
            self.assertEqual(written.pop(name), text, name)
        self.assertEqual(written, {})
        self.prove(self.log)

    def test_tables_of_an_earlier_size_are_proven_too(self):
        """The log has grown since: they stay what they were."""
        for size in sorted(random.Random(SEED).sample(range(len(self.entries) // 2, len(self.entries)), 3)):
            shutil.rmtree(self.out, True)
            os.mkdir(self.out)
            for name, text in tables.write(self.entries[:size]).items():
                self.put(name, text)
            self.assertEqual(json.loads(self.prove(self.log).stdout)["export"]["log_size"], size)
        self.put("log.csv", self.files()["log.csv"].replace(",%d," % size, ",%d," % (len(self.entries) + 1)))
        error = json.loads(self.prove(self.log, code=NOT_VERIFIED).stdout)["error"]
        self.assertEqual((error["reason"], error["metadata"]["column"]), ("AUDIT_EXPORT", "log_size"))

    def test_over_http_and_where_the_settings_say(self):
        files = publication.Files(self.log)
        self.addCleanup(files.close)
        self.run_jokbo("export", "--csv", self.out, "--http", files.url)
        first = self.files()
        self.run_jokbo("export", files.url, self.out)
        self.assertEqual(self.files(), first)
        self.prove(self.log)

    def test_what_the_page_tells_to_try(self):
        """The blocks of registry/docs/tables.md: Python as it stands, SQL over the tables as they are."""
        with open(PAGE, encoding="utf-8") as f:
            blocks = re.findall(r"^```(python|sql)\n(.*?)^```", f.read(), re.M | re.S)
        self.assertEqual([kind for kind, _ in blocks], ["sql", "python"])
        self.export(self.log)
        done = subprocess.run([sys.executable, "-c", blocks[1][1]], cwd=self.home, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        expected = {one["scope"]["team"]: int(one["counted"]) for one in self.counts["teams"] if int(one["counted"])}
        self.assertEqual(dict((line.split()[0], int(line.split()[1])) for line in done.stdout.splitlines()), expected)
        database = sqlite3.connect(":memory:")
        self.addCleanup(database.close)
        for name, text in self.files().items():
            header, *rows = csv.reader(io.StringIO(text, newline=""))
            database.execute("CREATE TABLE %s (%s)" % (name[:-4], ", ".join("%s TEXT" % column for column in header)))
            database.executemany("INSERT INTO %s VALUES (%s)" % (name[:-4], ", ".join("?" * len(header))), rows)
        found = database.execute(blocks[0][1]).fetchall()
        self.assertEqual({root: (counted, clean) for root, counted, clean in found},
                         {one["scope"]["base_model"]: (int(one["counted"]), int(one["license_clean"])) for one in self.counts["bases"]
                          if int(one["counted"])})


if __name__ == "__main__":
    unittest.main()
