"""registry/formats/tiny, the whole log that strangers run an implementation against: its files are those that its story comes to, the
registry's own audit and tests/recount_policy.py find its reports right, every kind of entry is in it, and each rule that is easily read
otherwise shows: a recount that has one of them wrong comes to other reports. `JK_TINY_UPDATE=1` writes the files anew."""
import collections
import contextlib
import datetime
import functools
import os
import re
import subprocess
import sys
import tempfile
import types
import unittest
from unittest import mock

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(HERE, "..")]
import jokbo  # noqa: E402
import recount  # noqa: E402
import recount_policy  # noqa: E402
import tiny_log  # noqa: E402

FORMATS = os.path.join(jokbo.ROOT, "registry", "formats")
TINY = os.path.join(FORMATS, "tiny")
STAGES = "first", "tied", "main"
BY_HAND = {"README.md"}


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def found_below(folder):
    """All files, by their names below it."""
    return {os.path.relpath(os.path.join(at, name), folder): read(at, name) for at, _, names in os.walk(folder) for name in names}


class FilesTest(unittest.TestCase):
    maxDiff = None

    def test_files(self):
        if os.environ.get("JK_TINY_UPDATE"):
            for path in set(found_below(TINY)) - BY_HAND:
                os.unlink(os.path.join(TINY, path))
            subprocess.run([sys.executable, "-B", tiny_log.__file__, TINY], check=True)
        found, wanted = found_below(TINY), tiny_log.files()
        self.assertEqual(sorted(set(found) - BY_HAND), sorted(wanted))
        for path, data in wanted.items():
            self.assertEqual(found[path], data, path)

    def test_page(self):
        page = read(TINY, "README.md").decode()
        self.assertIn(" %d entries," % len(entries()), page)
        self.assertIn(" of %d ways " % len(MISREAD), page)
        overview = " ".join(read(FORMATS, "README.md").decode().split())
        self.assertIn("[tiny](tiny/README.md) is a complete log of %d entries " % len(entries()), overview)

    def test_every_kind(self):
        page = read(FORMATS, "entry.md").decode()
        table = page.partition("| kind | body |\n| --- | --- |\n")[2].partition("\n\n")[0]
        kinds = {kind for line in table.split("\n") for kind in re.findall("`([a-z-]+)`", line.split("|")[1])}
        self.assertGreater(len(kinds), 40)
        self.assertEqual({recount.parse_entry(data).kind for data in entries()}, kinds)

    def test_audit(self):
        """The registry's own book and report code, over the folder, with the first key alone given."""
        key = tiny_log.Signer(tiny_log.ORIGIN, tiny_log.SEEDS["first key"]).verifier
        with tempfile.TemporaryDirectory(prefix="jokbo-tiny-") as home:
            own = {k: v for k, v in os.environ.items() if not k.startswith(("JOKBO", "XDG_"))}
            own.update(HOME=home, LC_ALL="C.UTF-8", JOKBO_SERVER="127.0.0.1:1")
            for stage in STAGES:
                words = ["audit", os.path.join(TINY, "log"), "--key", key, "--stage", stage]
                done = subprocess.run([os.path.join(jokbo.BUILD, "jokbo"), *words], env=own, capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                revisions = 2 if stage == "main" else 1
                self.assertEqual(len(re.findall(r" the same  +the same$", done.stdout, re.M)), 4 * revisions, done.stdout)

    def test_recount(self):
        for stage in STAGES:
            done = subprocess.run([sys.executable, "-B", recount_policy.__file__, os.path.join(TINY, "log"), "--report", stage],
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stdout.count("as entry "), done.stdout.count("NOT")), (0, 4, 0), done.stderr)


# ---- rules read otherwise: each replaces a piece of the recount
@functools.lru_cache(None)
def entries():
    names = sorted(os.listdir(os.path.join(TINY, "entries")))
    return [read(TINY, "entries", name) for name in names]


def reports():
    """What all closings' reports come to; None where an entry is refused."""
    known, found = recount_policy.Fold(), []
    try:
        for data in entries():
            known.apply(data)
        for closings in known.closings.values():
            found += [recount_policy.texts_of(known, closing) for closing in closings]
    except (recount.Wrong, KeyError):
        return None
    return found


COUNTS, FOLD, STANDING = recount.Counts, recount_policy.Fold, recount_policy.Standing


def class_by(*rules):
    return mock.patch.object(recount, "class_of", lambda own: next(word for holds, word in rules if holds(own)))


NO_DERIVATIVES = (lambda own: own[1] == 0, "no-derivatives")
NON_COMMERCIAL = (lambda own: own[0] == 0, "non-commercial")
UNKNOWN = (lambda own: recount.UNKNOWN in own, "unknown")
NO_REDISTRIBUTION = (lambda own: own[2] == 0, "no-derivatives")
REST = ((lambda own: recount.CONDITIONAL in own, "conditional"), (lambda own: True, "open"))


def affiliated_since_ever(self, publisher, time, team):
    operating = self.fold.bonds.get(("operates", publisher), {})
    return any(recount.within(span, time) and recount.within(operating.get(institution, recount.NEVER), time)
               for institution, span in self.fold.bonds.get(("affiliation", team), {}).items())


def until_inclusive(span, time, start=""):
    return (span[0] or start) <= time and (span[1] is None or time <= span[1])


def spelled_by_models(groups):
    def group(self, grouping, counted):
        if grouping != "publisher":
            return groups(self, grouping, counted)
        return list(collections.Counter(share.model.name.split("/")[0] for share in counted).items())
    return group


def late_team_at_n(self, kind, name, root):
    """By the team that a late one's root had before the cut-off."""
    then = recount_policy.Fold()
    closed = [i for i, data in enumerate(self.cut.entries) if b"\nkind close\n" in data and b"\nstage main\n" in data]
    for data in self.cut.entries[:(closed or [None])[0]]:
        then.apply(data)
    teams = {model.index: model.team for model in then.models}
    inside = {"all": lambda one: True, "team": lambda one: teams[one.index] == name, "base": lambda one: one.index == root.index}[kind]
    return sum(any(map(inside, roots)) for _, _, roots in self.late)


def follow_deciding(self, parent):
    if not parent.external:
        return self.releases[parent.hash].model.deciding
    return self.adopted[parent.external].deciding if parent.external in self.adopted else None


def two_steps(self, release, declared=False):
    """Through an adoption: one to the external model, one from it."""
    roots, ceiling = {}, (recount.YES,) * 3
    for parent in release.parents:
        found = self.follow(parent, declared)
        beyond, limits = self.standing(found, declared) if found else ({}, (recount.UNKNOWN,) * 3)
        ceiling = tuple(map(min, ceiling, limits, self.permissions(found.license) if found else limits))
        for root, depth in ({found.model: 0} if found and found.model.team else beyond).items():
            depth += 2 if parent.external else 1
            roots[root] = min(depth, roots.get(root, depth))
    self.standings[release, declared] = roots, ceiling
    return roots, ceiling


def cap_counts_duplicates(self, cap):
    found, rows = collections.Counter(), []
    for row in self.rows:
        if not all(set(reasons) - {"duplicate"} for reasons in row.reasons.values()):
            found[row.model.publisher] += 1
            if found[row.model.publisher] > cap:
                rows.append(row)
    return rows


def shown_by_new_name(apply_cut):
    def apply(self, data):
        entry = recount.parse_entry(data)
        if entry.kind in ("rename", "transfer"):
            self.on_moved(entry, entry.fields)
        apply_cut(self, data)
    return apply


def new_name_unknown(apply_cut):
    def apply(self, data):
        if recount.parse_entry(data).kind in ("rename", "transfer"):
            self.times.append(recount.parse_entry(data).time)
            self.entries.append(data)
        else:
            apply_cut(self, data)
    return apply


def previous_by(rank):
    def previous(known, stage, m):
        cut_off, found = known.stages[stage]["cut-off"], []
        for number, (other, facts) in enumerate(known.stages.items()):
            closings = [closing for closing in known.closings[other] if closing["index"] < m]
            if facts["cut-off"] < cut_off and closings:
                found.append((rank(number, closings[-1], known), {"stage": other, "revision": int(closings[-1]["revision"])}))
        return max(found, key=lambda one: one[0])[1] if found else None
    return mock.patch.object(recount_policy, "previous_of", previous)


def newest_stage_entry(_, closing, known):
    return max(i for i, data in enumerate(known.entries) if b"kind stage\n" in data and b"\nstage %s\n" % closing["stage"].encode() in data)


def by_entry_order(take_effect):
    """A ruling's rank is its own entry's, whenever it took effect."""
    def take(self, ruling):
        number = next(i for i, one in self.rulings.items() if one._replace(waits=False) == ruling._replace(waits=False))
        ranks = self.__dict__.setdefault("ranks", {})
        if number >= ranks.get(ruling.model, 0):
            ranks[ruling.model] = number
            take_effect(self, ruling)
    return take


def effect_at_once(self, entry, fields):
    FOLD.on_ruling(self, entry, fields)
    self.excluded[self.rulings[self.size].model] = True


def plus_kept(self, tree):
    if tree[0] == "ID":
        return self.fold.licenses.get(recount.fold(tree[1][0]), (recount.UNKNOWN,) * 3)
    return tuple(map(min if tree[0] == "AND" else max, *[self.evaluate(part) for part in tree[1]]))


def passed_over_by_the_full_log(apply_cut):
    """Late registrations are folded as well, so that nothing is ignored."""
    def apply(self, data):
        entry = recount.parse_entry(data)
        if entry.kind == "register":
            self.on_register(entry, entry.fields)
        apply_cut(self, data)
    return apply


def place_first_of_all(self, row, is_in_scope):
    inside = [reasons for root, reasons in row.reasons.items() if is_in_scope(root)]
    if not inside or not all(inside):
        return "" if inside else None
    return min((reasons[0] for reasons in inside), key=recount_policy.RANK.get)


def taken_at(n=(), m=()):
    """Kinds that are taken at n, or at m, against the format."""
    return mock.patch.object(recount_policy, "TO_N", tuple(set(recount_policy.TO_N) | set(n)) if n else
                             tuple(set(recount_policy.TO_N) - set(m)))


def wrapped(where, name, wrap):
    return mock.patch.object(where, name, wrap(getattr(where, name)))


def holds(reason, rule):
    return mock.patch.dict(recount_policy.HOLDS, {reason: rule})


MISREAD = {
    "affiliation from none is for ever": lambda: mock.patch.object(COUNTS, "is_affiliated", affiliated_since_ever),
    "affiliation from none is never": lambda: mock.patch.object(
        recount, "within", lambda span, time, start="": start == "" and until_inclusive(span, time) and time != span[1]),
    "until is inclusive": lambda: mock.patch.object(recount, "within", until_inclusive),
    "months at UTC": lambda: mock.patch.object(recount, "datetime", types.SimpleNamespace(
        datetime=datetime.datetime, timezone=datetime.timezone, timedelta=lambda hours: datetime.timedelta(0))),
    "non-commercial before no-derivatives": lambda: class_by(NON_COMMERCIAL, NO_DERIVATIVES, UNKNOWN, NO_REDISTRIBUTION, *REST),
    "no redistribution before unknown": lambda: class_by(NO_DERIVATIVES, NON_COMMERCIAL, NO_REDISTRIBUTION, UNKNOWN, *REST),
    "unknown before all": lambda: class_by(UNKNOWN, NO_DERIVATIVES, NON_COMMERCIAL, NO_REDISTRIBUTION, *REST),
    "letter case tells publishers apart": lambda: mock.patch.object(
        recount.Model, "publisher", property(lambda self: self.name.split("/")[0])),
    "publishers spelled as their models spell them": lambda: wrapped(COUNTS, "groups", spelled_by_models),
    "equal publishers in order of their entries": lambda: mock.patch.object(
        recount_policy, "json_row", lambda policy, kind, name, root, count, left_out, groups: list(groups["publisher"])),
    "late derivatives' team at n": lambda: mock.patch.object(recount_policy.Report, "late_in", late_team_at_n),
    "parents lead to deciding releases": lambda: mock.patch.object(recount.Fold, "follow", follow_deciding),
    "present publisher for self": lambda: mock.patch.object(recount.Model, "registered_under", property(
        lambda self: self.publisher, lambda self, value: None), create=True),
    "publisher at registration for the cap and the list": lambda: mock.patch.object(recount.Model, "publisher", property(
        lambda self: self.__dict__.setdefault("was", recount.fold(self.name.split("/")[0])))),
    "an adopted external model is two steps": lambda: mock.patch.object(COUNTS, "standing", two_steps),
    "external models told apart by letter case": lambda: mock.patch.object(
        recount.Parent, "__init__", lambda self, value, init=recount.Parent.__init__: (
            init(self, value), setattr(self, "external", self.name if self.external else None))[0]),
    "the cap counts duplicates": lambda: mock.patch.object(STANDING, "past_cap", cap_counts_duplicates),
    "weights are brought by the deciding release": lambda: mock.patch.object(
        recount_policy.Counts, "entry_that_brought", lambda self, model, content: model.deciding.index),
    "the new name is shown": lambda: wrapped(FOLD, "apply_cut", shown_by_new_name),
    "the new name is not known": lambda: wrapped(FOLD, "apply_cut", new_name_unknown),
    "of tied stages the first": lambda: previous_by(lambda number, closing, known: -number),
    "of tied stages the one closed last": lambda: previous_by(lambda number, closing, known: closing["index"]),
    "of tied stages the one whose newest entry is last": lambda: previous_by(newest_stage_entry),
    "rulings at n": lambda: taken_at(n=("exclude", "restore", "confirm", "reject")),
    "facts at n": lambda: taken_at(n=("base",)),
    "verification at n": lambda: taken_at(n=("verify", "unverify")),
    "yanks at m": lambda: taken_at(m=("yank", "unyank")),
    "adoptions at m": lambda: taken_at(m=("adopt", "unadopt")),
    "the last ruling by its own entry": lambda: wrapped(FOLD, "take_effect", by_entry_order),
    "a ruling has effect before it is confirmed": lambda: mock.patch.dict(FOLD.APPLY, {"exclude": effect_at_once}),
    "a rejected ruling has effect": lambda: mock.patch.dict(FOLD.APPLY, {"reject": lambda self, entry, fields: FOLD.on_decided(
        self, entry._replace(kind="confirm"), fields)}),
    "rulings on pairs under rule set 1": lambda: holds(
        "excluded", lambda c, p, teams, model, release, root, depth: c.fold.is_pair_excluded(model, root)),
    "rulings on origin under rule set 1": lambda: mock.patch.object(STANDING, "duplicates", STANDING.second_duplicates),
    "a late model is known": lambda: wrapped(FOLD, "apply_cut", passed_over_by_the_full_log),
    "the + of a licence is kept": lambda: mock.patch.object(COUNTS, "evaluate", plus_kept),
    "a total's reason is the first of all": lambda: mock.patch.object(STANDING, "place", place_first_of_all),
    "a team that left is no team": lambda: holds("self", lambda c, p, teams, model, release, root, depth: root.team != "red" and (
        c.is_own(model.registered_under, model.time, root.team))),
    "names are bound by no licence": lambda: holds(
        "naming", lambda c, p, teams, model, release, root, depth: False),
    "unknown from scratch does not pass": lambda: holds(
        "foreign-base", lambda c, p, teams, model, release, root, depth: root.facts["from-scratch"] != "yes"),
}


class MisreadTest(unittest.TestCase):
    """Each of these comes to another report, or refuses the log."""
    def test_each(self):
        right = reports()
        self.assertTrue(right == [found for _, found, _ in tiny_log.Story().closings])
        for name, patch in MISREAD.items():
            with self.subTest(name), contextlib.ExitStack() as stack:
                stack.enter_context(patch())
                self.assertTrue(reports() != right, "no report shows it")
        self.assertTrue(reports() == right)


if __name__ == "__main__":
    unittest.main()
