"""A history of the registry that is driven through a real server, and the naive ledger of what must come out: for the
tests of counts and of lists."""
import collections
import datetime
import itertools

from jokbo import Case, Shared, confirmed, derivative, external, person

SKT, SKT_2, A4 = "skt/A.X-K1", "skt/A.X-K2", "skt/A.X-4.0"
SOLAR, SOLAR_2 = "upstage/Solar-Open-100B", "upstage/Solar-Open2-250B"
EXAONE, MOTIF = "LGAI-EXAONE/EXAONE-4.0-1.2B", "Motif-Technologies/Motif-3"
TEAMS = {"skt": "sk-telecom", "upstage": "upstage", "LGAI-EXAONE": "lg-ai-research", "Motif-Technologies": "motif"}
NUMBERS = ("registered", "yanked", "counted", "direct", "transitive", "independent", "license_clean",
           "distinct_publishers", "distinct_weights", "adopted")
HUB = {"distill": "finetune", "draft": "finetune", "prune": "finetune", "convert": "quantized"}
GROUPINGS = ("RELATION", "HUB_RELATION", "LICENSE_CLASS", "LICENSE", "PUBLISHER", "DEPTH", "MONTH")
CLASSES = {"Apache-2.0": "open", "MIT": "open", "CC-BY-NC-4.0": "non-commercial", "NOASSERTION": "unknown",
           "LicenseRef-mine": "unknown"}
NON_COMMERCIAL = (EXAONE,)  # bases whose licence permits no commercial use
UNKNOWN = (MOTIF, A4)


def key(scope):
    return tuple(scope.items())[0]


class Ledger:
    """What is registered, as the test itself said it; from it every number, by the definitions alone."""

    def __init__(self):
        self.models, self.adopted, self.bases = {}, {}, {}
        self.month = None

    def add(self, name, parents, **facts):
        self.models[name] = dict(dict(relation="finetune", license="Apache-2.0", weights=None, bound=(), yanked=False,
                                      shown=name), parents=parents, **facts)

    def depths(self, name, adopted=None):
        """Depth for each root; a path ends at the first base model. `adopted` instead of the adoptions that there are."""
        adopted = self.adopted if adopted is None else adopted
        found, front, depth, seen = {}, [name], 0, set()
        while front:
            depth, following = depth + 1, []
            for parent in itertools.chain.from_iterable(self.models[m]["parents"] for m in front):
                parent = adopted.get(parent, parent)
                if parent in self.bases:
                    found.setdefault(parent, depth)
                elif parent in self.models and parent not in seen:
                    seen.add(parent)
                    following.append(parent)
            front = following
        return found

    def ancestors(self, name):
        """All of them, beyond base models too: licences know no roster."""
        found = set()
        for parent in self.models.get(name, {"parents": ()})["parents"]:
            parent = self.adopted.get(parent, parent)
            found |= {parent} | self.ancestors(parent)
        return found

    def is_clean(self, name):
        """Neither conflict nor anything unknown, with the few licences of this test."""
        own, above = self.models[name]["license"], self.ancestors(name)
        licences = [self.models[a]["license"] for a in above if a in self.models]
        outside = above - set(self.models) - set(self.bases)
        if {own, *licences} & {"NOASSERTION", "LicenseRef-mine"} or above & set(UNKNOWN) or outside:
            return False
        restricted = "CC-BY-NC-4.0" in licences or above & set(NON_COMMERCIAL)
        return own == "CC-BY-NC-4.0" and not above & set(NON_COMMERCIAL) or not restricted

    def members(self, scope):
        kind, name = key(scope)
        for model in self.models:
            roots = self.depths(model)
            if model in self.bases or not roots:
                continue
            inside = {r: d for r, d in roots.items() if kind == "all" or name in (r, self.bases[r])}
            if inside:
                yield model, inside

    def count(self, scope):
        everyone = list(self.members(scope))
        standing = [(m, r) for m, r in everyone if not self.models[m]["yanked"]]
        facts = [self.models[m] for m, _ in standing]
        publishers = [f["shown"].split("/")[0] for f in facts]
        direct = sum(min(r.values()) == 1 for _, r in standing)
        free = sum(any(self.bases[root] not in self.models[m]["bound"] for root in r) for m, r in standing)
        weights = [f["weights"] for f in facts]
        adopted = sum(not set(roots) & set(self.depths(m, {})) for m, roots in standing)
        numbers = (len(everyone), len(everyone) - len(standing), len(standing), direct, len(standing) - direct, free,
                   sum(self.is_clean(m) for m, _ in standing), len(set(publishers)),
                   len({w for w in weights if w}) + weights.count(None), adopted)
        groups = {"RELATION": [f["relation"] for f in facts],
                  "HUB_RELATION": [HUB.get(f["relation"], f["relation"]) for f in facts],
                  "LICENSE_CLASS": [CLASSES[f["license"]] for f in facts], "LICENSE": [f["license"] for f in facts],
                  "PUBLISHER": publishers,
                  "DEPTH": [str(min(r.values())) if min(r.values()) < 16 else "16+" for _, r in standing],
                  "MONTH": [self.month] * len(facts)}
        return dict(zip(NUMBERS, numbers)), {g: dict(collections.Counter(keys)) for g, keys in groups.items()}


def numbers(count):
    return {n: int(count[n]) for n in NUMBERS}


def groups(count):
    found = {g: {} for g in GROUPINGS}
    for group in count["groups"]:
        assert group["key"] not in found[group["grouping"][len("GROUPING_"):]], group
        found[group["grouping"][len("GROUPING_"):]][group["key"]] = int(group["count"])
    return found


class History(Shared):
    """One server; `steps` holds, for each log size after a write, what every scope had to give."""
    ledger, steps = Ledger(), {}

    @classmethod
    def open(cls):
        Shared.open()
        cls.write()

    @classmethod
    def scopes(cls):
        return [{"all": True}] + [{"team": t} for t in TEAMS.values()] + [{"base_model": b} for b in cls.ledger.bases]

    @classmethod
    def note(cls):
        size = int(Case.anyone.call("Log.GetCheckpoint")["log_size"])
        cls.steps[size] = {key(s): cls.ledger.count(s) for s in cls.scopes()}
        return size

    @classmethod
    def add(cls, name, *parents, client=None, **facts):
        ledger = dict(facts)
        given = [external(p) if p.count("/") > 1 else p for p in parents]
        facts["weights_sha256"] = facts.pop("weights", None) or ""
        facts.pop("bound", None)
        (client or Case.alice).call("Registry.RegisterDerivative", derivative=derivative(name, *given, **facts))
        cls.ledger.add(name, parents, **ledger)
        cls.note()

    @classmethod
    def do(cls, client, method, change, **fields):
        client.call(method, **fields)
        change(cls.ledger.models, fields.get("name", "").split("@")[0])
        cls.note()

    @classmethod
    def roster(cls, **fields):
        return Case.admin.call("Registry.ApplyRoster", **fields)

    @classmethod
    def write(cls):
        models = Case.anyone.call("Registry.ListBaseModels", page_size=1000)["models"]
        cls.ledger.bases = {m["name"]: m["base_facts"]["team"] for m in models}
        cls.ledger.month = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=9)).strftime("%Y-%m")
        cls.start = cls.note()
        add, do, alice, bob = cls.add, cls.do, Case.alice, Case.bob
        for relation in ("finetune", "adapter", "quantized", "merge", "distill", "convert", "prune", "draft"):
            add("alice/" + relation, SKT, relation=relation)
        add("bob/merge-families", SKT, SOLAR, client=bob, relation="merge", weights="11" * 32)
        add("bob/merge-team", SOLAR, SOLAR_2, client=bob, relation="merge", license="MIT")
        add("alice/same-weights", SKT, weights="11" * 32, license="MIT")
        add("alice/nc", SKT, license="CC-BY-NC-4.0")
        add("alice/of-nc", "alice/nc", license="Apache-2.0")
        add("alice/exaone", EXAONE, license="MIT")
        add("alice/motif", MOTIF, license="MIT")
        add("alice/none", SKT, license="NOASSERTION")
        add("alice/ref", SKT, license="LicenseRef-mine")
        for depth in range(1, 19):
            add("bob/d%d" % depth, "bob/d%d" % (depth - 1) if depth > 1 else A4, client=bob, relation="quantized")
        do(bob, "Registry.YankRelease", lambda m, n: m[n].update(yanked=True), name="bob/d3@1", reason="x")
        do(alice, "Registry.YankRelease", lambda m, n: m[n].update(yanked=True), name="alice/merge@1", reason="x")
        do(alice, "Registry.UnyankRelease", lambda m, n: m[n].update(yanked=False), name="alice/merge@1")
        do(alice, "Registry.RenameModel", lambda m, n: m[n].update(shown="alice/renamed"), name="alice/prune",
           new_name="alice/renamed")
        do(Case.admin, "Registry.TransferModel", lambda m, n: m[n].update(shown="bob/taken"), name="alice/draft",
           new_name="bob/taken")
        do(alice, "Registry.PublishRelease", lambda m,
           n: m["alice/adapter"].update(parents=(SKT_2, SOLAR), relation="merge", weights="22" * 32),
           release=derivative("alice/adapter", SKT_2, SOLAR, version="2", relation="merge", weights_sha256="22" * 32))
        do(alice, "Registry.YankRelease", lambda m, n: m[n].update(parents=(SKT,), relation="adapter", weights=None),
           name="alice/adapter@2", reason="x")
        cls.write_adoptions()
        cls.write_affiliations()
        cls.write_late_roster()

    @classmethod
    def write_adoptions(cls):
        """By two evaluators: one that is ended again, adopted by another, and ended for good; and one that lasts."""
        first, second = (person(Case.admin, "evaluator", ["evaluator"], scopes=["models", "roster"]) for _ in range(2))

        def rule(method, external, model):
            confirmed(first, second, "Registry." + method, external=external, model=model, reason="the maker's own page")
            cls.ledger.adopted = {k: m for k, m in cls.ledger.adopted.items() if k != external}
            if method == "AdoptExternalModel":
                cls.ledger.adopted[external] = model
            cls.note()
        one, two = "huggingface.co/o/ne", "huggingface.co/t/wo"
        cls.add("alice/outside", SKT, one)
        cls.add("alice/inside", SOLAR_2)
        cls.add("alice/two-outside", MOTIF, two)
        rule("AdoptExternalModel", two, "alice/inside")
        cls.add("alice/two-more", two, license="MIT")  # hangs on the adoption alone
        cls.add("bob/of-two-more", "alice/two-more", SOLAR_2, client=Case.bob, relation="merge")
        rule("UnadoptExternalModel", two, "alice/inside")
        rule("AdoptExternalModel", two, "alice/finetune")
        rule("UnadoptExternalModel", two, "alice/finetune")
        rule("AdoptExternalModel", one, "alice/inside")
        rule("AdoptExternalModel", two, "alice/inside")
        for client in (first, second):
            client.close()

    @classmethod
    def write_affiliations(cls):
        """Who operates a publisher, and with whom that institution is affiliated, each from and until a day."""
        far, past, gone = "2099-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"
        upstage = next(t for t in Case.anyone.call("Registry.ListTeams")["teams"] if t["id"] == "upstage")

        def team(*affiliations):
            cls.roster(teams=[{k: upstage[k] for k in ("id", "name", "name_ko",
                                                       "join_time")} | {"affiliations": list(affiliations)}])
        operations = {"open": {}, "ended": {"until_time": gone}, "coming": {"from_time": far},
                      "bounded": {"from_time": past, "until_time": far}}
        cls.roster(operations=[dict(institution="Inst " + n, publisher="op-" + n, **dates) for n,
                               dates in operations.items()])
        team(*[dict(institution="Inst " + n) for n in operations],
             *[dict(institution="Aff " + n, **dates) for n, dates in operations.items()])
        cls.roster(operations=[dict(institution="Aff " + n, publisher="aff-" + n) for n in operations])
        cls.note()
        for publisher, bound in (("op-open", True), ("op-ended", False), ("op-coming", False), ("op-bounded", True),
                                 ("aff-open", True), ("aff-ended", False), ("aff-coming", False), ("aff-bounded", True)):
            cls.add(publisher + "/solar", SOLAR, client=Case.admin, bound=("upstage",) if bound else ())
            cls.add(publisher + "/both", SOLAR, SKT, client=Case.admin, relation="merge", bound=("upstage",) if bound
                    else ())
        own = person(Case.admin, "upstage", ["team"], "upstage")
        cls.add("upstage/Solar-own", SOLAR, client=own, bound=("upstage",))
        # a correction of the past: the affiliation that had ended never did; what was an open one had ended before
        cls.before_correction = cls.note()
        team(dict(institution="Aff ended"), dict(institution="Aff open", until_time=gone))
        for name, bound in (("aff-ended", ("upstage",)), ("aff-open", ())):
            for model in ("/solar", "/both"):
                cls.ledger.models[name + model]["bound"] = bound
        cls.note()

    @classmethod
    def write_late_roster(cls):
        """A derivative is put on the roster, and taken off it: roots change from each entry on, and not before."""
        facts = dict(team="upstage", from_scratch="ANSWER_NO", listed=True)
        cls.roster(models=[dict(name="bob/d5", facts=facts)])
        cls.ledger.bases["bob/d5"] = "upstage"
        cls.note()
        cls.roster(models=[dict(name="bob/d5", facts=dict(facts, listed=False))])
        cls.listed = cls.ledger.bases
        cls.ledger.bases = {b: t for b, t in cls.ledger.bases.items() if b != "bob/d5"}
        cls.note()
