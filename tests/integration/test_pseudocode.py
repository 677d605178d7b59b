"""The pseudo-code of registry/formats/pseudocode.md, run as it stands there, comes to what tests/recount_policy.py comes to (and
that to what the registry does: test_recount_policy.py): roots, depths and ceilings, duplicates and caps, places in totals, the
states of cut-offs, the age of claims, what is gone, and who goes first for some content, over the random histories of
tests/support/make_standings.c, always the same ones."""
import collections
import datetime
import functools
import os
import re
import subprocess
import sys
import tempfile
import types
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(HERE, "..")]
import jokbo  # noqa: E402
import recount  # noqa: E402
import recount_policy  # noqa: E402
from test_recount_policy import MAKE_STANDINGS, READY, entries_of  # noqa: E402

PAGE = os.path.join(jokbo.ROOT, "registry", "formats", "pseudocode.md")
SEEDS, STEPS, SIZES = range(1, 17), 170, (75, 140, 215)
CAPPED = "duplicate on\ncap on 2\n", "duplicate off\ncap on 1\n", "duplicate on\ncap off\n"  # the last lines of rule set 1


def pseudocode():
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    return compile(text.split("```python\n")[1].split("```")[0], PAGE, "exec")


def run(counts=None, standing=None):
    """The functions, over a state; `standing` of rule set 2, for who stands since when."""
    given = {"new_state": State, "ORDER": recount_policy.REASONS[1], "UNKNOWN": recount.UNKNOWN, "YES": recount.YES,
             "NONE": recount.GRADES.index("none")}
    if counts:
        given.update(of_hubs(counts))
        given.update(tenures=counts.fold.tenures.get, first_held=counts.fold.said, manifest_files=lambda release: counts.fold.manifests.get(release.artifact, (None, None))[1], times=counts.fold.times,
                     content=lambda release, kind: dict(counts.content(release)).get(kind), release_of=counts.fold.releases, adopted=counts.fold.adopted, permissions=counts.permissions,
                     is_base=lambda model: bool(model.team), least=lambda *many: tuple(map(min, *many)))
    if standing:
        vouched = {row.model: row.vouched for row in standing.rows}
        voices = standing.voices
        given.update(voices=lambda *asked: [types.SimpleNamespace(agrees=attest.agrees, grades=grades_of(voices, attest)) for attest in voices.voices(*asked)])
        given.update(is_verified=counts.is_verified, is_held=counts.is_held, is_at_home=lambda model, kind: any(
                counts.is_at_home(model, one) for one in counts.content(model.deciding) if one[0] == kind),
                     stood=lambda model, size: recount_policy.Past(counts, size).stands(standing.policy, standing.teams, model, vouched[model]))
    exec(pseudocode(), given)  # the project's own page
    for name in ("above", "weights_above"):
        given[name] = functools.lru_cache(None)(given[name])
    return types.SimpleNamespace(**given)


def grades_of(voices, attest):
    proof = voices.proofs.get(attest.made)
    return proof and [recount.GRADES.index(grade[0]) for grade in proof.grades]


def of_hubs(counts):
    """What hubs said, in the words of the pseudo-code."""
    known = counts.fold
    runs = [types.SimpleNamespace(index=index, hub=hub, bases=bases, time=recount_policy.moment(known.times[index])) for index, hub, bases in known.runs]
    seen = {model: [types.SimpleNamespace(index=index, **{word.replace("-", "_"): value for word, value in fields.items()}) for index, fields in entries] for model, entries in known.seen.items()}

    def last_in_effect(model, root):
        restored = max(known.restored.get((model, about), 0) for about in (None, root))
        excluded = known.is_pair_excluded(model, root)
        return types.SimpleNamespace(restores=not excluded, effect=restored) if excluded or restored else None
    return {"runs": runs, "observed": lambda model: seen.get(model, []), "last_in_effect": last_in_effect}


class State:
    """A fold, with the words of the pseudo-code."""
    def __init__(self):
        self.fold = recount_policy.Fold()

    def knows(self, name):
        return recount.fold(name) in self.fold.names

    def is_also_called(self, name, other):
        self.fold.names[recount.fold(other)] = self.fold.names[recount.fold(name)]

    def apply(self, entry):
        self.fold.APPLY.get(entry.kind, recount.Fold.on_fact)(self.fold, entry.parsed, entry.parsed.fields)

    def apply_if_it_fits(self, entry):
        try:
            self.apply(entry)
        except recount.Wrong:
            pass

    def keep_time(self, entry):
        self.fold.times.append(entry.parsed.time)
        self.fold.entries.append(entry.data)


def entry_of(data):
    parsed = recount.parse_entry(data)
    return types.SimpleNamespace(data=data, parsed=parsed, kind=parsed.kind, model=parsed.fields.get("model"), to=parsed.fields.get("to"))


class PseudocodeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory(prefix="jokbo-pseudocode-") as folder:
            words = [MAKE_STANDINGS, folder, SEEDS[0], len(SEEDS), STEPS, 1, READY[0]]
            subprocess.run([str(word) for word in words], check=True, timeout=600)
            cls.logs = [entries_of(os.path.join(folder, "%d.entries" % seed)) for seed in SEEDS]
        with open(next(path for path in READY if path.endswith("direct.policy")), encoding="utf-8") as file:
            cls.text = recount_policy.Policy.of_file(file.read()).text
        for old, new in (("depth on 1", "depth on 2"), ("self off\naffiliate off", "self on\naffiliate on")):
            cls.text = cls.text.replace(old, new)
        cls.met = set()

    def states(self):
        for entries in self.logs:
            known = recount_policy.Fold()
            for size, data in enumerate(entries + [None]):
                if size in SIZES:
                    yield recount_policy.Counts(known)
                if data:
                    known.apply(data)

    def test_roots_and_ceilings(self):
        depths = set()
        for counts in self.states():
            code = run(counts)
            for model in counts.fold.models:
                self.assertIs(code.deciding(model), model.deciding)
                for release in model.releases:
                    found = code.above(release)
                    self.assertEqual(found, counts.standing(release))
                    depths.update(found[0].values())
        self.assertTrue({1, 2, 3} <= depths)

    def policies(self):
        for ending in CAPPED:
            yield (recount_policy.Policy(self.text.replace("duplicate on\ncap off\n", ending)),
                   recount_policy.Policy(self.text.replace("duplicate on\ncap off\n", "duplicate off\ncap off\n")))

    def test_duplicates_and_caps(self):
        for counts in self.states():
            code = run(counts)
            for policy, before in self.policies():
                wanted = recount_policy.Standing(counts, policy)
                found = [types.SimpleNamespace(model=row.model, release=row.release, reasons=row.reasons, publisher=row.model.publisher)
                         for row in recount_policy.Standing(counts, before).rows]
                code.duplicates_and_cap(found, policy.on, int((policy.of.get("cap") or ["0"])[0]))
                self.assertEqual([one.reasons for one in found], [row.reasons for row in wanted.rows])
                self.check_places(code, wanted, found)
        self.assertTrue({"duplicate", "cap", "yanked", "depth", "self", "counted", None} <= self.met, self.met)

    def check_places(self, code, wanted, found):
        scopes = [{root} for root in wanted.counts.bases] + [set(wanted.counts.bases)]
        for scope in scopes:
            for one, row in zip(found, wanted.rows):
                place = wanted.place(row, scope.__contains__)
                self.assertEqual(code.place(one, scope), "counted" if place == "" else place)
                self.met.add(code.place(one, scope))

    def test_claims(self):
        late = broken = 0
        for counts in self.states():
            code = run(counts)
            for model in counts.fold.models:
                for kind, digest in counts.content(model.deciding):
                    since, begin = code.claimed_since(model, kind, counts.fold.size)
                    self.assertEqual((since, begin), counts.since(model, (kind, digest)))
                    late += since > begin
                    broken += begin > model.index
        self.assertTrue(late > 10 and broken > 10, (late, broken))

    def test_gone(self):
        met = collections.Counter()
        for counts in self.states():
            code = run(counts)
            for model, release, roots, _ in counts.derivatives:
                for root in roots:
                    for days in (1, 10, 40):
                        gone = code.is_gone(model, root, datetime.timedelta(days=days), counts.now)
                        self.assertEqual(gone, counts.is_gone(model, root, days))
                        met[gone] += 1
        self.assertGreater(met[True], 5, met)
    def second_policies(self):
        with open(next(path for path in READY if path.endswith("competition.policy")), encoding="utf-8") as file:
            text = recount_policy.Policy.of_file(file.read()).text
        for line in ("not-programme on", "license-not-open on commercial CONDITIONAL derivatives CONDITIONAL redistribution CONDITIONAL unknown fail",
                     "self on", "affiliate on"):
            text = text.replace(line, line.split(" ")[0] + " off")
        yield recount_policy.Policy(text)
        unverified, claimed = text.replace("unverified on", "unverified off"), text.replace("no-artifact on held", "no-artifact off")
        yield recount_policy.Policy(unverified)
        yield recount_policy.Policy(claimed)
        yield recount_policy.Policy(unverified.replace("no-artifact on held", "no-artifact off"))

    def test_order(self):
        """Of all that share a content and stand, whether or not they are compared by it."""
        shared = later = fallen = 0
        for counts in self.states():
            for policy in self.second_policies():
                standing = recount_policy.Standing(counts, policy)
                code, having = run(counts, standing), {}
                for row in standing.rows:
                    for content in counts.content(row.release) if set(sum(row.reasons.values(), [])) <= {"duplicate", "cap"} else ():
                        having.setdefault(content, []).append(row)
                for content, rows in having.items():
                    def in_order(take_part, others):
                        found = code.in_order([row.model for row in take_part], [row.model for row in others], content[0], counts.fold.size)
                        self.assertEqual(found, [row.model for row in standing.in_order(take_part, others, content)])
                        return found
                    others = [row for row in standing.rows if row not in rows and content in counts.content(row.release)]
                    wanted = in_order(rows, others)
                    for one in rows if len(rows) > 2 else ():  # as if it took no part
                        fallen += in_order([row for row in rows if row != one], others + [one]) != [m for m in wanted if m != one.model]
                    shared += len(rows) > 1
                    later += any(code.stands_since(model, content[0], counts.fold.size) > counts.since(model, content)[0] for model in wanted)
        self.assertTrue(shared > 10 and later > 10 and fallen > 0, (shared, later, fallen))

    def test_what_verifiers_say(self):
        """Of every pair, under policies that ask for each grade and number, and pass what is missing or not."""
        met = collections.Counter()
        with open(next(path for path in READY if path.endswith("evidence.policy")), encoding="utf-8") as file:
            text = recount_policy.Policy.of_file(file.read()).text.replace("adopted-path on", "adopted-path off")
        for counts in self.states():
            for number, grade in enumerate(recount.GRADES[2:], 2):
                asked = " ".join("%s=%s" % (relation, grade) for relation in recount.RELATIONS)
                verifiers = number - 1
                policy = recount_policy.Policy(re.sub("(?m)^evidence .*$", "evidence on " + asked, text.replace("unattested on 1", "unattested on %d" % verifiers)))
                standing = recount_policy.Standing(counts, policy)
                code = run(counts, standing)
                for row in standing.rows:
                    for root in row.roots:
                        self.compare_pair(code, standing, row, root, verifiers, number, met)
        self.assertTrue(all(met[name] > 5 for name in ("missing", "proven", "unproven")) and met["differs"], met)

    def compare_pair(self, code, standing, row, root, verifiers, least, met):
        said = code.unattested(row.model, root, verifiers)
        shown, best = (code.root_grade(row.release, row.model, root, recount.GRADES.index(word)) for word in ("none", "same"))
        for pending in (True, False):
            reasons, waits = standing.voices.reasons(row.model, row.release, root, pending)
            self.assertEqual("unattested" in reasons, said == "differs" or said == "missing" and not pending)
            self.assertEqual("evidence" in reasons, (best if pending else shown) < least)
            self.assertEqual(waits, pending and (said == "missing" or shown < least <= best))
        met.update([said, "proven" if shown >= least else "unproven" if best >= least else "less"])

    def test_states_of_cut_offs(self):
        changed = 0
        policy = recount_policy.Policy(self.text)
        for entries in self.logs:
            for n in SIZES:
                m = len(entries)
                state = run().state_of_cut_off(list(map(entry_of, entries)), n, m)
                found = recount_policy.Standing(recount_policy.Counts(state.fold), policy)
                report = recount_policy.Report(entries, n, m, policy, None, 1)
                wanted = report.standing
                self.assertEqual(recount_policy.table(found, lambda *_: 0), recount_policy.table(wanted, lambda *_: 0))
                self.assertEqual([(row.model.name, row.release.hash, list(row.reasons.values())) for row in found.rows],
                                 [(row.model.name, row.release.hash, list(row.reasons.values())) for row in wanted.rows])
                changed += bool(report.late)
        self.assertGreater(changed, 0)


if __name__ == "__main__":
    unittest.main()
