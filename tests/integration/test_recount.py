"""The counts equal an independent recount. A random history goes through the real server; then tests/support/recount.sql
counts anew from the text of the log's entries, written from the published formats and rules alone, and must agree with
CountDerivatives and ListCounts at the head and at earlier sizes.
JK_RECOUNT_HISTORIES (3) says how many histories, JK_RECOUNT_SEED repeats the choices of the first."""
import collections
import csv
import hashlib
import io
import os
import random
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import jokbo  # noqa: E402
import judging  # noqa: E402

HISTORIES = int(os.environ.get("JK_RECOUNT_HISTORIES", 3))
SEED = int(os.environ.get("JK_RECOUNT_SEED") or random.SystemRandom().randrange(1 << 32))
STEPS = 360
TRIES = 100  # of a step that chance left out
SIZES = 10
SQL = os.path.join(jokbo.ROOT, "tests", "support", "recount.sql")
RELATIONS = ("finetune", "adapter", "quantized", "merge", "distill", "convert", "prune", "draft")
TEAMS = ("hanul", "baram", "nuri")
INSTITUTIONS = ("Institute One", "Law&Company", "연구원 셋")
# The last three are on the roster.
PUBLISHERS = ("solo", "Lab-Two", "three.labs", "FOUR", "five_ai", "hanul-ai", "Baram", "nuri-lab")
EXTERNALS = ("huggingface.co/meta/llama-x", "huggingface.co/Qwen/Q-1", "models.example:8443/a%40b/c", "hub.example/one")
# Refusals that a random step may meet; anything else is a fault of the test or of the server.
EXPECTED = judging.EXPECTED | {"NO_PATH_TO_BASE", "CYCLE", "INVALID_FIELD", "NAME_TAKEN", "SAME_NAME"}


def psql(data, sizes):
    """recount.sql on the private cluster of a server's data directory, as the server's own user of the database."""
    socket = os.path.join(data, "run")
    remembered = os.path.join(data, "socket-folder")
    if os.path.exists(remembered):
        with open(remembered) as f:
            socket = f.read().strip()
    own = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    own.update(PGHOST=socket, PGPORT="5432", PGUSER="jokbo", PGDATABASE="jokbo", PGCLIENTENCODING="UTF8", PGTZ="UTC")
    done = subprocess.run(["psql", "-X", "-q", "--csv", "-v", "ON_ERROR_STOP=1", "-v", "sizes={%s}" % ",".join(map(str, sizes)),
                           "-f", SQL], env=own, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError("recount.sql: " + done.stderr)
    return list(csv.DictReader(io.StringIO(done.stdout)))


class History(judging.Judging):
    """Random steps, of which the server may refuse some; what it accepted is remembered just as far as steps need it."""
    PUBLISHERS, EXTERNALS, TEAMS = PUBLISHERS, EXTERNALS, TEAMS

    def __init__(self, client, seed):
        self.client, self.chance = client, random.Random(seed)
        self.models = []    # {name, versions: {version: yanked}, parents, content: what its newest release names}
        self.teams = {}     # id: {joined, publishers, affiliations}
        self.bases = {}     # name: team
        self.numbers = iter(range(1, 1 << 30))
        self.done, self.refused = collections.Counter(), collections.Counter()
        self.begin()

    # ---- the roster

    def moment(self, around_s=0.0):
        """A moment near now, so that registrations fall on both sides."""
        at = time.time() + around_s
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".%06dZ" % int(at % 1 * 1e6)

    def window(self):
        """From and until of a bond: open, past, ending soon, beginning soon."""
        times = {}
        if self.chance.random() < 0.5:
            times["from_time"] = self.moment(self.chance.choice((-86400, -3600, -1, 0.5)))
        if self.chance.random() < 0.4:
            times["until_time"] = self.moment(self.chance.choice((-1800, 0.3, 1, 3600)))
        if times.get("until_time", "9") <= times.get("from_time", ""):
            del times["until_time"]
        return times

    def apply(self, **roster):
        return self.client.call("Registry.ApplyRoster", evidence="a page somewhere", **roster)

    def team(self, team, **changes):
        facts = self.teams.setdefault(team, {"id": team, "name": "Team " + team, "name_ko": "팀 " + team,
                                             "join_time": "2025-08-03T15:00:00Z"})
        facts.update(changes)
        return facts

    def facts(self, team, listed=True):
        return {"team": team, "programme": True, "from_scratch": "ANSWER_YES", "listed": listed}

    def begin(self):
        own = {"hanul": ["hanul-ai"], "baram": ["Baram"], "nuri": []}
        names = ["%s/Base-%d" % (p, i) for p in ("hanul-ai", "Baram", "nuri-lab") for i in (1, 2)]
        self.apply(teams=[self.team(t, publishers=own[t]) for t in TEAMS],
                   models=[{"name": n, "license": "Apache-2.0", "facts": self.facts(TEAMS[i // 2])}
                           for i, n in enumerate(names)])
        for i, name in enumerate(names):
            self.bases[name] = TEAMS[i // 2]
            self.models.append({"name": name, "versions": {"initial": False}, "parents": False})
        account = self.client.call("Access.GetCaller")["account"]["id"]
        for name in PUBLISHERS:  # an owner may do all that a history needs
            if name.split("-")[0].lower() not in TEAMS:
                self.client.call("Registry.CreatePublisher", name=name)
            self.client.call("Access.SetMember", publisher=name, account=account, role="MEMBER_ROLE_OWNER")
        self.begin_judging()

    def step_affiliation(self):
        team, institution = self.chance.choice(TEAMS), self.chance.choice(INSTITUTIONS)
        self.apply(teams=[dict(self.team(team), affiliations=[dict(self.window(), institution=institution)])],
                   operations=[dict(self.window(), institution=institution, publisher=self.chance.choice(PUBLISHERS))])

    def step_team(self):
        """Another day of joining, from which open bonds run; or a further publisher."""
        team = self.chance.choice(TEAMS)
        if self.chance.random() < 0.5:
            self.apply(teams=[self.team(team, join_time=self.moment(self.chance.choice((-86400, -2, 0.3))))])
        else:
            self.apply(teams=[dict(self.team(team), publishers=[self.chance.choice(PUBLISHERS)])])

    def step_listing(self):
        """Puts a derivative on the roster, takes a base off it or back onto it, or gives it to another team."""
        name = self.chance.choice(self.models)["name"]
        if name in self.bases and len(self.bases) > 3 and self.chance.random() < 0.6:
            self.apply(models=[{"name": name, "facts": self.facts(self.bases.pop(name), listed=False)}])
        else:
            team = self.chance.choice(TEAMS)
            self.apply(models=[{"name": name, "license": "Apache-2.0", "facts": self.facts(team)}])
            self.bases[name] = team

    # ---- models

    def case(self, name):
        """Names mean the same in any case."""
        return self.chance.choice((name, name, name, name.upper(), name.lower()))

    def external(self):
        return jokbo.external(self.case(self.chance.choice(EXTERNALS)) if self.chance.random() < 0.3
                              else self.chance.choice(EXTERNALS), self.chance.choice(("", "", "0" * 40)))

    def parent(self):
        what = self.chance.random()
        if what < 0.25:
            return self.external()
        model = (self.chance.choice(self.models[-8:]) if what < 0.6 else self.chance.choice(self.models))
        version = self.chance.choice(list(model["versions"]))
        return jokbo.registered(self.case(model["name"]) + ("@" + version if self.chance.random() < 0.5 else ""))

    def declaration(self, name, version):
        weights = self.chance.choice(("", "w1", "w2", "w3", "w4", str(next(self.numbers))))
        content = {"weights_sha256": weights and hashlib.sha256(weights.encode()).hexdigest()}
        if self.chance.random() < 0.4:
            content.update(self.content())
        parents, seen = [], set()
        for parent in [self.parent() for _ in range(self.chance.choice((1, 1, 1, 2, 3)))]:
            key = str(parent).lower().split("@")[0]
            parents += [] if key in seen else [parent]
            seen.add(key)
        return jokbo.derivative(name, *parents, version=version, relation=self.chance.choice(RELATIONS), **content)

    @staticmethod
    def content_of(declared):
        return [declared[field] for field in ("artifact_sha256", "weights_sha256") if declared.get(field)]

    def add(self, name, declared, version="1"):
        self.models.append({"name": name, "versions": {version: False}, "parents": True, "content": self.content_of(declared)})

    def step_register(self):
        declared = self.declaration(self.case("%s/model-%d" % (self.chance.choice(PUBLISHERS), next(self.numbers))), "1")
        self.add(self.client.call("Registry.RegisterDerivative", derivative=declared)["model"]["name"], declared)

    def step_batch(self):
        names = ["%s/model-%d" % (self.chance.choice(PUBLISHERS), next(self.numbers)) for _ in range(3)]
        items = [self.declaration(name, "1") for name in names]
        items[2]["parents"] = [jokbo.registered(names[0]), jokbo.registered(names[1])]
        self.add_all(items)

    def add_all(self, items):
        for told, declared in zip(self.client.call("Registry.BatchRegisterDerivatives", derivatives=items)["registrations"], items):
            self.add(told["name"], declared)

    def step_publish(self):
        model = self.chance.choice(self.models)
        version = "v%d" % next(self.numbers)
        declared = self.declaration(self.case(model["name"]), version)
        if not model["parents"]:
            declared.update(parents=[], relation="RELATION_UNSPECIFIED")
        elif self.chance.random() < 0.4:  # parents and relation as before
            del declared["parents"], declared["relation"]
        self.client.call("Registry.PublishRelease", release=declared)
        model["versions"][version] = False
        model["content"] = self.content_of(declared)

    def step_yank(self):
        model = self.chance.choice([m for m in self.models if m["parents"]] or self.models)
        version, yanked = self.chance.choice(sorted(model["versions"].items()))
        if yanked:
            self.client.call("Registry.UnyankRelease", name="%s@%s" % (self.case(model["name"]), version))
        else:
            self.client.call("Registry.YankRelease", name="%s@%s" % (self.case(model["name"]), version), reason="withdrawn")
        model["versions"][version] = not yanked

    def step_rename(self):
        model = self.chance.choice(self.models)
        before, publisher = model["name"], model["name"].split("/")[0]
        to = (before.upper() if self.chance.random() < 0.2 and before.upper() != before
              else "%s/name-%d" % (publisher, next(self.numbers)))
        self.moved(model, self.client.call("Registry.RenameModel", name=self.case(before), new_name=to)["name"])

    def step_transfer(self):
        model = self.chance.choice(self.models)
        others = [p for p in self.known_publishers() if p.lower() != model["name"].split("/")[0].lower()]
        to = "%s/%s-%d" % (self.chance.choice(others), "moved", next(self.numbers))
        self.moved(model, self.client.call("Registry.TransferModel", name=model["name"], new_name=to)["name"])

    def known_publishers(self):
        return sorted({m["name"].split("/")[0] for m in self.models})

    def moved(self, model, to):
        if model["name"] in self.bases:
            self.bases[to] = self.bases.pop(model["name"])
        model["name"] = to

    STEPS = (("register", 40), ("batch", 5), ("publish", 16), ("yank", 16), ("rename", 5), ("transfer", 5), ("affiliation", 4),
             ("team", 3), ("listing", 4)) + judging.Judging.JUDGING_STEPS

    def go(self, steps):
        """All of them; the accounts that it made call no more."""
        try:
            names, weights = zip(*self.STEPS)
            for name in self.chance.choices(names, weights, k=steps):
                self.take(name)
            self.certain()
            self.rest()
        finally:
            self.close_judging()

    def take(self, name):
        try:
            getattr(self, "step_" + name)()
            self.done[name] += 1
        except jokbo.Failure as failure:
            if failure.reason not in EXPECTED:
                raise AssertionError("%s: %s %s %s" % (name, failure, failure.reason, failure.fields)) from failure
            self.refused[failure.reason] += 1

    def rest(self):
        """The steps that chance left out, or that were always refused."""
        for name, _ in self.STEPS:
            for _ in range(TRIES):
                if self.done[name]:
                    break
                self.take(name)

    def certain(self):
        """What a comparison is worth nothing without, whatever chance did: every relation, equal weights, a derivative of a
        derivative, one that is yanked, and one whose only way to a base leads through an adoption."""
        base = jokbo.registered("hanul-ai/Base-%d" % next(self.numbers))
        self.apply(models=[{"name": base["registered"]["name"], "license": "Apache-2.0", "facts": self.facts(TEAMS[0])}])
        weights = {"weights_sha256": hashlib.sha256(b"certain").hexdigest()}
        child, *_ = [self.register_certain(base, relation, **weights) for relation in RELATIONS]
        self.register_certain(jokbo.registered(child["name"]))
        self.yank_certain(self.register_certain(base))
        external = "models.example/certain/%d" % next(self.numbers)
        ruling = self.eve.call("Registry.AdoptExternalModel", external=external, model=child["name"], reason="its maker's page")["ruling"]
        self.una.call("Stages.DecideRuling", ruling=ruling, confirm=True)
        self.adopted[external] = child
        self.register_certain(jokbo.external(external))

    def register_certain(self, parent, relation="finetune", **content):
        declared = jokbo.derivative("solo/certain-%d" % next(self.numbers), parent, relation=relation, **content)
        self.client.call("Registry.RegisterDerivative", derivative=declared)
        self.add(declared["name"], declared)
        return self.models[-1]

    def yank_certain(self, model):
        self.client.call("Registry.YankRelease", name=model["name"] + "@1", reason="withdrawn")
        model["versions"]["1"] = True


class RecountTest(unittest.TestCase):
    maxDiff = None

    def told(self, count):
        """A DerivativeCount as a row of recount.sql."""
        row = {k: int(count[k]) for k in ("registered", "yanked", "counted", "direct", "transitive", "independent",
                                          "distinct_publishers", "distinct_weights", "adopted")}
        groups = {group["key"]: int(group["count"]) for group in count["groups"]}
        row.update({key: groups.pop(key) for key in RELATIONS if key in groups})
        row["depth_sum"] = sum(int(depth.rstrip("+")) * times for depth, times in groups.items())
        return row

    def scope(self, row):
        return {"base": {"base_model": row["scope"]}, "team": {"team": row["scope"]}, "all": {"all": True}}[row["kind"]]

    def compare(self, client, row, head):
        size = int(row["n"])
        as_of = {} if size == head and self.chance.random() < 0.5 else {"as_of": {"log_size": size}}
        count = client.call("Evaluation.CountDerivatives", scope=self.scope(row), **as_of,
                            group_by=["GROUPING_RELATION", "GROUPING_DEPTH"])
        self.assertEqual(int(count["log_size"]), size)
        self.assertEqual(count["scope"], self.scope(row))
        recount = {k: int(v) for k, v in row.items() if k not in ("n", "kind", "scope")}
        told = self.told(count)
        self.assertEqual(told, recount, (size, row["kind"], row["scope"]))
        self.assertEqual(recount["counted"], sum(recount[r] for r in RELATIONS))
        return dict(told, scope=count["scope"])

    def compare_list(self, client, size, rows):
        """ListCounts has the same scopes and numbers."""
        listed = client.call("Evaluation.ListCounts", as_of={"log_size": size})
        told = [dict(self.told(c), scope=c["scope"], depth_sum=0) for c in listed["bases"] + listed["teams"] + [listed["all"]]]
        plain = [dict({k: v for k, v in row.items() if k not in RELATIONS}, depth_sum=0) for row in rows]
        key = lambda row: str(row["scope"])  # noqa: E731
        self.assertEqual(sorted(told, key=key), sorted(plain, key=key), "ListCounts at %d" % size)

    def history(self, seed):
        self.chance = random.Random(seed)
        with jokbo.Server("--writes-per-day", "1000000") as server:
            client = server.client()
            try:
                story = History(client, seed)
                story.go(STEPS)
                head = int(client.call("Log.GetCheckpoint")["log_size"])
                sizes = sorted({1, head} | {self.chance.randrange(20, head) for _ in range(SIZES)})
                started = time.monotonic()
                rows, compared = psql(server.data, sizes), collections.defaultdict(list)
                took = time.monotonic() - started
                for row in rows:
                    compared[int(row["n"])].append(self.compare(client, row, head))
                self.assertEqual(sorted(compared), sizes)
                for size in sizes:
                    self.compare_list(client, size, compared[size])
                self.meet(rows, head, story)
            finally:
                client.close()
        return "%d entries, %s, refused %s, SQL %.1f s" % (head, dict(story.done), dict(story.refused), took)

    def meet(self, rows, head, story):
        total = next(row for row in rows if row["kind"] == "all" and int(row["n"]) == head)
        total = {k: int(v) for k, v in total.items() if k not in ("n", "kind", "scope")}
        total["dependent"] = total["counted"] - total["independent"]
        total["same_weights"] = total["counted"] - total["distinct_weights"]
        self.met.update(total)
        self.met.update({"step " + name: times for name, times in story.done.items()})

    def worth_it(self):
        """The histories met what they are for: where any of this is zero, the comparison says little."""
        for name in ("yanked", "direct", "transitive", "dependent", "same_weights", "adopted") + RELATIONS:
            self.assertGreater(self.met[name], 0, name)
        for name, _ in History.STEPS:
            self.assertGreater(self.met["step " + name], 0, name)

    def test_histories(self):
        self.met = collections.Counter()
        for number in range(HISTORIES):
            seed = SEED + number
            try:
                print("seed %d: %s" % (seed, self.history(seed)))
            except Exception as error:
                raise AssertionError("%s\nthe same choices again: JK_RECOUNT_SEED=%d JK_RECOUNT_HISTORIES=1" % (
                    error, seed)) from error
        if HISTORIES >= 3:
            self.worth_it()


if __name__ == "__main__":
    unittest.main()
