"""What the tests of tests/integrity/ share: a server with the roster and the ready policies, on which one attack is played; what it
gained and what it cost are counted by what was called, and held against its row of the table in registry/docs/integrity.md.
JK_INTEGRITY_UPDATE=1 writes the rows instead."""
import datetime
import glob
import hashlib
import os
import re

from jokbo import ROOT, Client, Failure, Manifest, Server, derivative, external, person

POLICIES = os.path.join(ROOT, "registry", "data", "policies")
READY = ("hub-like", "direct", "independent", "open-source", "strict", "competition")
TABLE = os.path.join(ROOT, "registry", "docs", "integrity.md")
COSTS = ("accounts", "verified", "uploads", "days")
# A base model of each of three families, made for the programme.
SKT, SOLAR, EXAONE = "skt/A.X-K1", "upstage/Solar-Open-100B", "LGAI-EXAONE/K-EXAONE-236B-A23B"


def digest(*words):
    return hashlib.sha256(" ".join(map(str, words)).encode()).hexdigest()


LICENSED = {"license_text_sha256": digest("licence")}  # costs nothing to say


def facts(*words):
    """What a release says whose manifest names one invented file of weights."""
    return manifest(*words).named


def manifest(*words):
    return Manifest({"model.safetensors": " ".join(map(str, words))})


class Attack:
    """One attack, for a test case: it says its row's name, and plays it in `play`; what was there before is laid in `prepare`."""
    maxDiff = None
    row = None
    options = ()
    costs, policies = COSTS, READY  # the columns of its table
    team = "sk-telecom"  # whose count is to grow
    victim_lost_by = ("REASON_DUPLICATE",)

    @classmethod
    def setUpClass(cls):
        cls.server = cls.make_server()
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        cls.admin = cls.server.client()
        cls.addClassCleanup(cls.admin.close)
        cls.server.load_roster()
        cls.anyone = Client(cls.server.address)
        cls.addClassCleanup(cls.anyone.close)
        for name in READY:
            with open(os.path.join(POLICIES, name + ".policy"), encoding="utf-8") as file:
                cls.admin.call("Stages.RecordPolicy", text=file.read())

    @classmethod
    def make_server(cls):
        return Server(*cls.options)

    def setUp(self):
        self.cost = dict.fromkeys(self.costs, 0)
        self.honest = []  # models of others, which would count

    # ---- what it costs ----

    def account(self, label="attacker", roles=(), scopes=(), team=""):
        """One that the attacker has somebody make for it."""
        self.cost["accounts"] += 1
        return self.stranger(label, roles, scopes, team)

    def stranger(self, label="somebody else", roles=(), scopes=(), team="", by=None):
        client = person(by or self.admin, label, roles, scopes=scopes, team=team)
        self.addCleanup(client.close)
        return client

    def two_evaluators(self):
        """Independent ones: the second is made, and given the role, by an admin of its own."""
        other = self.stranger("another admin", ["admin"], ["accounts", "tokens", "roster"])
        first = self.stranger("evaluator", ["evaluator"], ["roster"])
        return first, self.stranger("second evaluator", ["evaluator"], ["roster"], by=other)

    def verify(self, name):
        """A registrar looks at who is behind it: the attacker spends a name of its own."""
        self.cost["verified"] += 1
        self.admin.call("Registry.VerifyPublisher", name=name, evidence="domain")

    def upload(self, client, *words):
        """A manifest of invented weights; what a release says of it."""
        self.cost["uploads"] += 1
        return self.give(client, *words)

    @staticmethod
    def give(client, *words):
        made = manifest(*words)
        made.upload(client)
        return made.named

    def wait(self, days):
        """Days that the attack takes, on a demo's clock."""
        self.cost["days"] += days
        shown = self.admin.call("Demo.GetClock")["time"].rstrip("Z")[:19]
        moment = datetime.datetime.fromisoformat(shown) + datetime.timedelta(days=days, seconds=1)
        self.admin.call("Demo.SetClock", time=moment.isoformat() + "Z")

    # ---- playing ----

    @staticmethod
    def publishers(client, stem, count):
        names = ["%s-%d" % (stem, i) for i in range(count)]
        for name in names:
            client.call("Registry.CreatePublisher", name=name)
        return names

    @staticmethod
    def register(client, name, *parents, **fields):
        client.call("Registry.RegisterDerivative", derivative=derivative(name, *parents, **dict(LICENSED, **fields)))
        return name

    @staticmethod
    def register_many(client, models):
        """models: (name, parents, fields); together, or not at all."""
        client.call("Registry.BatchRegisterDerivatives", timeout=60,
                    derivatives=[derivative(name, *parents, **dict(LICENSED, **fields)) for name, parents, fields in models])
        return [name for name, _, _ in models]

    @staticmethod
    def refused(client, method, reason, /, **fields):
        """The call does not go through, for this reason."""
        try:
            client.call(method, **fields)
        except Failure as failure:
            if failure.reason != reason:
                raise
            return failure
        raise AssertionError("%s went through: %r" % (method, fields))

    # ---- what it gains ----

    def size(self):
        return int(self.anyone.call("Log.GetCheckpoint")["log_size"])

    def rules(self):
        """By the policies' names; a test of a stage puts its own in their place."""
        return {name: {"policy": name} for name in self.policies}

    def counts(self):
        """policy → how many derivatives of the team count."""
        return {name: self.counted(rule) for name, rule in self.rules().items()}

    def counted(self, rule):
        reply = self.anyone.call("Evaluation.CountDerivatives", scope={"team": self.team}, rule=rule, min_log_size=self.size())
        return int(reply["counted"])

    def counted_of(self, publisher, rule):
        """How many of the team's that count are one publisher's."""
        listed = self.anyone.call("Evaluation.ListCounted", scope={"team": self.team}, rule=rule, page_size=1000)
        return sum(d["name"].startswith(publisher + "/") for d in listed["derivatives"])

    def lost(self, rule):
        """How many of the honest models the attack alone keeps from counting."""
        lost = 0
        for name in self.honest:
            standing = self.anyone.call("Evaluation.ExplainStanding", name=name, rule=rule)
            for root in standing["roots"]:
                reasons = {fact["reason"] for fact in root["reasons"]}
                lost += bool(reasons) and reasons <= set(self.victim_lost_by)
        return lost

    def prepare(self):
        """What is there before the attack, and is nobody's gain."""

    def play(self):
        raise NotImplementedError

    def measure(self):
        before = self.counts()
        self.play()
        after = self.counts()
        return {name: (after[name] - before[name] + self.worth(name), self.lost(rule))
                for name, rule in self.rules().items()}

    def worth(self, policy):
        """What the attacker holds that is not a count of its team's; 0 for nothing."""
        return 0

    def test_row(self):
        self.prepare()
        found = self.measure()
        cells = [str(self.cost[name]) for name in self.costs] + [cell(*found[name]) for name in self.policies]
        Table.hold(self, self.row, cells)


def cell(gain, loss):
    words = (["+%d" % gain] if gain > 0 else ["−%d" % -gain] if gain < 0 else []) + (["others −%d" % loss] if loss else [])
    return ", ".join(words) or "0"


class Table:
    """The rows of the tables in registry/docs/integrity.md: name and what is done, written by hand, then costs and gains."""
    LINE = re.compile(r"^\| ([^|]+?) \| ([^|]+?) \|(.*)\|$")

    @classmethod
    def rows(cls):
        """name → (number of its line, what is done, cells, how many columns its table has for them)."""
        found, columns = {}, 0
        with open(TABLE, encoding="utf-8") as file:
            for number, line in enumerate(file.read().split("\n")):
                match = cls.LINE.match(line)
                if not match or match.group(1) == "---":
                    continue
                cells = [c.strip() for c in match.group(3).split("|")]
                if match.group(1) == "Attack":
                    columns = len(cells)
                else:
                    found[match.group(1)] = number, match.group(2), cells, columns
        return found

    @classmethod
    def hold(cls, test, name, cells):
        rows = cls.rows()
        test.assertIn(name, rows, "no row of this name in the table")
        number, does, known, _ = rows[name]
        if os.environ.get("JK_INTEGRITY_UPDATE") and known != cells:
            with open(TABLE, encoding="utf-8") as file:
                lines = file.read().split("\n")
            lines[number] = "| %s | %s | %s |" % (name, does, " | ".join(cells))
            with open(TABLE, "w", encoding="utf-8") as file:
                file.write("\n".join(lines))
        else:
            test.assertEqual(cells, known, "the table says otherwise of: " + name)


def attacks():
    """The names of the rows that the tests play."""
    found = []
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "integrity", "test_*.py"))):
        with open(path, encoding="utf-8") as file:
            found += re.findall(r'^    row = "([^"]+)"$', file.read(), re.M)
    return found


def on_hub(name, revision=""):
    return external("huggingface.co/" + name, revision)
