"""Real model cards. Every card in tests/data/model-cards goes through the command line in the order of expected.tsv: by a
registrar, without a terminal, on a fresh registry with the roster loaded. Outcome, parents, relation and where it is from,
licence and findings are as that table says: in the command's own output, over gRPC, and in the log."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import auditor  # noqa: E402
import jokbo  # noqa: E402

CARDS = os.path.join(jokbo.ROOT, "tests", "data", "model-cards")
FINDINGS = {  # the table's words and the interface's
    "none": set(),
    "self": {"self"},
    "affiliate": {"affiliate"},
    "license-unknown": {"license-unknown"},
    "license-conflict": {"license-conflict"},
    "naming broken literally, held leniently": {"naming-literal"},
    "naming broken literally and leniently": {"naming-literal", "naming-lenient"},
}
REFUSED = re.compile(r"refused FAILED_PRECONDITION: no path to a base model(?:; nearest registered (\S+?))?"
                     r"(?:\. Registered, depth (\d+), once (\S+) is)?")


class Row:
    """A row of expected.tsv."""

    def __init__(self, line):
        self.file, self.outcome, parents, relation, license, findings = line.rstrip("\n").split("\t")
        self.path, self.name = os.path.join(CARDS, self.file), self.file[:-len(".md")].replace("__", "/")
        self.parents = [] if parents == "none" else parents.split(", ")
        self.relation, self.source = re.match(r"(\w+) \(([^)]*)\)", relation).groups()
        self.license, _, self.license_if = license.partition(" once ")
        self.findings = None if findings == "-" else set().union(*(FINDINGS[words] for words in findings.split("; ")))

    def is_source(self, source):
        """The table adds words to some sources: "default; --relation convert says better"."""
        return bool(re.match(re.escape(source) + "($|[,;] )", self.source))


def rows():
    with open(os.path.join(CARDS, "expected.tsv"), encoding="utf-8") as f:
        return [Row(line) for line in f if not line.startswith("#")]


def words_of(kind):
    return kind.replace("FINDING_KIND_", "").lower().replace("_", "-")


class CardsTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = jokbo.Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.start().load_roster()
        admin = cls.server.client()
        cls.addClassCleanup(admin.close)
        cls.registrar = jokbo.person(admin, "registrar", roles=["registrar"], scopes=["models"])
        cls.addClassCleanup(cls.registrar.close)
        cls.anyone = jokbo.Client(cls.server.address)
        cls.addClassCleanup(cls.anyone.close)
        cls.audit = auditor.Audit(cls.anyone)
        cls.audit.follow(cls.anyone)
        cls.rows, cls.told = rows(), {}

    def run_card(self, row, *options, name=None):
        code, said = self.server.jokbo_json("register", row.path, "--name", name or row.name, "--no-receipt", *options, token=self.registrar.token)
        return code, said

    # ---- the three places where a registration shows

    def check_reply(self, row, said, parents):
        """What the command says: what it declared and whence, and the server's answer."""
        declared = said["declaration"]
        self.assertEqual((said["status"], said["name"], declared["relation"], declared["license"]),
                         ("registered", row.name, row.relation, row.license))
        self.assertTrue(row.is_source(declared["sources"]["relation"]), declared["sources"])
        self.assertEqual(sorted(self.declared_parents(declared)), sorted(parents))
        model = said["registration"]["model"]
        self.assertEqual({finding["kind"] for finding in model["findings"]}, row.findings or set())
        return said

    def declared_parents(self, declared):
        return ["external " + p["external"]["name"] if "external" in p else p["registered"]["name"]
                for p in declared["parents"]]

    def check_model(self, row, said, parents, depth):
        """What anybody is told over gRPC."""
        model = self.anyone.call("Registry.GetModel", name=row.name)
        release = model["release"]
        self.assertEqual((model["log_index"], release["lineage_hash"], release["relation"], release["license"]),
                         (str(said["log_index"]), said["lineage_hash"], "RELATION_" + row.relation.upper(), row.license))
        self.assertEqual(sorted("external " + p["name"] if p["external"] else "%s@%s" % (p["name"], p["version"])
                                for p in release["parents"]), sorted(parents))
        self.assertEqual({words_of(finding["kind"]) for finding in model["findings"]}, row.findings or set())
        self.assertEqual({root["depth"] for root in model["roots"]}, {depth})
        counted = self.anyone.call("Evaluation.ListCounted", scope={"base_model": model["roots"][0]["name"]})["derivatives"]
        self.assertIn(row.name, [d["name"] for d in counted])

    def check_log(self, row, said, parents):
        """The entry, and before it the publisher's where the registrar had to enter it."""
        entries = self.audit.follow(self.anyone)
        if len(entries) == 2:
            made = entries.pop(0)
            self.assertEqual((made.kind, made.actor, made.field("publisher"), made.field("basis")),
                             ("publisher", "role registrar", row.name.split("/")[0], "registrar"))
        self.assertEqual(len(entries), 1)
        entry = entries[0]
        self.assertEqual((self.audit.tree.size - 1, entry.lineage_hash), (said["log_index"], said["lineage_hash"]))
        self.assertEqual((entry.kind, entry.actor), ("register", "role registrar"))
        for field, value in (("model", row.name), ("release", "1"), ("relation", row.relation), ("license", row.license),
                             ("license-text", "none"), ("artifact", "none"), ("weights", "none")):
            self.assertEqual(entry.field(field), value, field)
        written = [parent.split(" ", 1)[1] for parent in entry.parents]
        self.assertEqual(sorted(re.sub("^(external .*)@none$", r"\1", parent) for parent in written), sorted(parents))

    def check_registered(self, row, code, said, parents, depth=1):
        self.assertEqual(code, 0, said)
        self.check_reply(row, said, parents)
        self.check_model(row, said, parents, depth)
        self.check_log(row, said, parents)
        self.told[row.name] = said

    # ---- the outcomes of the table

    def registered(self, row):
        code, said = self.run_card(row)
        self.check_registered(row, code, said, row.parents)

    def nothing_written(self, row):
        self.assertEqual(self.audit.follow(self.anyone), [])
        for method, name in (("GetModel", row.name), ("GetPublisher", row.name.split("/")[0])):
            with self.assertRaises(jokbo.Failure) as caught:
                self.anyone.call("Registry." + method, name=name)
            self.assertEqual(caught.exception.code, "NOT_FOUND")

    def refused(self, row, nearest):
        code, said = self.run_card(row)
        error = said["error"]
        self.assertEqual((code, error["code"], error["reason"], error["exit_code"]),
                         (4, "FAILED_PRECONDITION", "NO_PATH_TO_BASE", 4))
        rules = [violation["rule"] for violation in error["violations"]]
        self.assertEqual(len(rules), len(row.parents))
        for parent, rule in zip(row.parents, rules):
            self.assertIn('"%s" leads to no base model' % parent.replace("external ", ""), rule)
            self.assertEqual(re.findall("nearest registered: (.*)$", rule), [nearest] if nearest else [])
        self.check_plan(row)
        self.nothing_written(row)

    def check_plan(self, row):
        """What the command was about to write, as it shows it to people."""
        done = self.server.jokbo("register", row.path, "--name", row.name, "--no-receipt", token=self.registrar.token)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("No parent leads to a base model", done.stderr)
        plan = [re.split(r"\s{2,}", line.strip()) for line in done.stdout.splitlines()]
        relation = next(cells for cells in plan if cells[0] == "relation")
        self.assertEqual(relation[1], row.relation)
        self.assertTrue(row.is_source(relation[2]), relation)
        self.assertEqual(next(cells for cells in plan if cells[0] == "licence")[1], row.license)
        for parent in row.parents:
            self.assertIn(parent.replace("external ", ""), done.stdout)

    def asked(self, row):
        code, said = self.run_card(row)
        error = said["error"]
        self.assertEqual((code, error["code"], error["reason"], error["exit_code"]),
                         (3, "INVALID_ARGUMENT", "INPUT_INCOMPLETE", 3))
        self.assertEqual([violation["field"] for violation in error["violations"]], ["parents"])
        self.assertIn("--parent", error["violations"][0]["rule"])
        self.nothing_written(row)

    def test_1_cards(self):
        self.assertEqual(sorted(row.file for row in self.rows), sorted(f for f in os.listdir(CARDS) if f.endswith(".md")))
        for row in self.rows:
            with self.subTest(row.file):
                self.audit.follow(self.anyone)  # should the row before have failed half-way
                refused = REFUSED.fullmatch(row.outcome)
                if refused:
                    self.refused(row, refused.group(1))
                elif row.outcome == "registered":
                    self.registered(row)
                else:
                    self.assertEqual(row.outcome, "asks: no parent declared (fixed exit code, names the field)")
                    self.asked(row)

    # ---- what the table adds in words

    def row(self, part):
        return next(row for row in self.rows if part in row.file)

    def test_2_once_the_parent_is_registered(self):
        row = self.row("Felladrin")
        nearest, depth, parent = REFUSED.fullmatch(row.outcome).groups()
        code, said = self.server.jokbo_json("register", "--no-receipt", "--name", parent, "--parent", nearest, "--relation", "quantized",
                                            "--license", "LicenseRef-exaone-ai-model-1.1-nc", token=self.registrar.token)
        self.assertEqual((code, said.get("status")), (0, "registered"), said)
        self.assertEqual(len(self.audit.follow(self.anyone)), 1)
        code, said = self.run_card(row)
        self.check_registered(row, code, said, [parent + "@1"], int(depth))

    def test_3_once_the_parent_is_given(self):
        row, parent = self.row("QuantFactory"), "LGAI-EXAONE/EXAONE-3.0-7.8B-Instruct"
        self.assertEqual(row.license_if, "the parent is given")
        code, said = self.run_card(row, "--parent", parent)
        self.check_registered(row, code, said, [parent + "@initial"])
        self.assertEqual(said["declaration"]["sources"]["parents"], "--parent")

    def test_4_a_relation_that_says_better(self):
        row = self.row("minpeter")
        better = re.search(r"--relation (\w+) says better", row.source).group(1)
        code, said = self.run_card(row, "--relation", better, "--dry-run", name="minpeter/other-name")
        self.assertEqual((code, said["status"], said["declaration"]["relation"]), (0, "valid", better))
        self.assertEqual(said["declaration"]["sources"]["relation"], "--relation")
        self.assertEqual(self.audit.follow(self.anyone), [])

    def test_5_again(self):
        """In a pipeline that runs again, an unchanged card is success and writes nothing."""
        self.assertGreaterEqual(len(self.told), 7)
        for row in self.rows:
            if row.name not in self.told:
                continue
            before = self.told[row.name]
            options = ["--parent", "LGAI-EXAONE/EXAONE-3.0-7.8B-Instruct"] if row.license_if else []
            code, said = self.run_card(row, *options)
            self.assertEqual((code, said["status"], said["log_index"], said["lineage_hash"]),
                             (0, "unchanged", before["log_index"], before["lineage_hash"]))
        self.assertEqual(self.audit.follow(self.anyone), [])


if __name__ == "__main__":
    unittest.main()
