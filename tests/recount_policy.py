#!/usr/bin/env python3
"""Counts the derivatives of a public log under a policy, and recomputes the reports of its stages, from its files alone.

Beside recount.py, which it goes on from, and in the same manner: written from the published formats (registry/formats/policy.md,
report.md, entry.md, count.md), with nothing but Python's standard library. It ends with 0, with 1 where the log is wrong or a report
is not what the log says of it, with 2 for a mistake in the call.

  recount_policy.py LOG --policy NAME[@VERSION]|DIGEST|FILE [--as-of …]   counts, as `jokbo count --policy … --json` prints them
  recount_policy.py LOG --stage ID [--as-of …]                            the same by the stage's policy and teams
  recount_policy.py LOG --report ID [--revision R] [--out FOLDER]         a closed stage's texts, held against the closing entry"""
import argparse
import collections
import datetime
import functools
import json
import os
import re
import sys

import recount
import recount_vouched
from recount import NO, PERMISSIONS, RELATIONS, UNKNOWN, YES, Wrong, fold, need, sha256
from recount_vouched import moment

REASONS = {1: ("late", "yanked", "excluded", "not-participating", "not-programme", "foreign-base", "relation", "depth", "self",
               "affiliate", "no-artifact", "no-license-text", "license-not-open", "license-conflict", "naming", "unverified",
               "duplicate", "cap"),
           2: ("late", "yanked", "gone", "excluded", "not-participating", "not-programme", "foreign-base", "adopted-path", "relation",
               "depth", "self", "affiliate", "no-artifact", "no-license-text", "license-not-open", "license-conflict", "naming",
               "unverified", "unattested", "evidence", "duplicate", "near-duplicate", "cap")}
RANK = {reason: number for number, reason in enumerate(REASONS[2])}
FIRST, POLICY_MAX = "jokbo/policy/v1", 4096


# ---- policies: registry/formats/policy.md
def number_to(most):
    return lambda text: re.fullmatch("[1-9][0-9]{0,9}", text) and int(text) <= most


def of_form(pattern):
    return lambda text: re.fullmatch(pattern, text)


DEMANDED = "".join("(?: %s (?:UNKNOWN|CONDITIONAL|YES))?" % kind for kind in ("commercial", "derivatives", "redistribution"))
SECOND = {"no-artifact": of_form(" (?:held|claimed)"), "license-not-open": of_form("(?=.)" + DEMANDED + " unknown (?:pass|fail)"),
          "gone": lambda text: text[:1] == " " and number_to(365)(text[1:]),
          "unattested": lambda text: text[:1] == " " and number_to(16)(text[1:]),
          "evidence": of_form("(?=.)" + "".join("(?: %s=(?:%s))?" % (r, "|".join(recount.GRADES[2:])) for r in RELATIONS))}  # of rule set 2
SETTINGS = {  # what may stand after `on`, by reason; nothing where it is not here
    "foreign-base": of_form(" unknown-(?:passes|fails)"), "relation": of_form("(?=.)" + "".join("(?: %s)?" % r for r in RELATIONS)),
    "depth": lambda text: text[:1] == " " and number_to(1000)(text[1:]),
    "license-not-open": of_form("(?=.)" + DEMANDED), "naming": of_form(" (?:literal|lenient)"),
    "cap": lambda text: text[:1] == " " and number_to(10**9)(text[1:])}
HEAD = {"name": of_form("[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"), "version": number_to(10**6), "rules": of_form("[12]")}


class Policy:
    """A policy by its canonical text."""
    def __init__(self, text):
        need(len(text.encode()) <= POLICY_MAX and text.endswith("\n"), "a policy is too long, or its last line does not end")
        lines = text[:-1].split("\n")
        self.rules = 2 if "rules 2" in lines else 1
        words = list(HEAD) + list(REASONS[self.rules])
        need(lines[0] == FIRST and [line.partition(" ")[0] for line in lines[1:]] == words, "a policy's lines are not in order")
        values = {line.partition(" ")[0]: line.partition(" ")[2] for line in lines[1:]}
        need(all(check(values[word]) for word, check in HEAD.items()), "name, version or rules of a policy: %r", lines[1:4])
        known = {**SETTINGS, **(SECOND if self.rules == 2 else {})}
        for reason in REASONS[self.rules]:
            value, settings = values[reason], known.get(reason, of_form(""))
            need((value == "off" and reason != "late") or (value[:2] == "on" and settings(value[2:])),
                 "%r is no line of a policy", reason + " " + value)
        self.text, self.digest = text, sha256(text.encode()).hex()
        self.name, self.version = values["name"], int(values["version"])
        self.on = [reason for reason in REASONS[self.rules] if values[reason] != "off"]
        self.of = {reason: values[reason].split(" ")[1:] for reason in self.on}
        self.declared = "adopted-path" in self.on  # adoptions are left out
        self.demands, self.unknown_permits = [UNKNOWN - 1] * 3, self.of.get("license-not-open", [])[-2:] == ["unknown", "pass"]
        for kind, least in zip(self.of.get("license-not-open", [])[::2], self.of.get("license-not-open", [])[1::2]):
            if kind != "unknown":
                self.demands[("commercial", "derivatives", "redistribution").index(kind)] = PERMISSIONS.index(least)

    @classmethod
    def of_file(cls, text):
        """A file for people: lines in any order, comments, empty lines, further spaces; the words of a line as they are."""
        lines = [" ".join(line.split()) for line in text.split("\n")]
        lines = [line for line in lines if line and not line.startswith("#")]
        order = {word: number for number, word in enumerate((FIRST, *HEAD, *REASONS[2]))}
        need(lines[:1] == [FIRST] and all(line.split(" ")[0] in order for line in lines), "the file is no policy")
        return cls("".join(line + "\n" for line in sorted(lines, key=lambda line: order[line.split(" ")[0]])))


# ---- the fold, with what rulings, stages and policies say: registry/formats/entry.md and count.md, "What an entry needs"
TO_N = ("register", "release", "yank", "unyank", "rename", "transfer", "adopt", "unadopt", "held", "withdrawn",
        "observe", "census")
Ruling = collections.namedtuple("Ruling", "model kind about waits made")  # about: a root, a release, a verifier and its institution, or nothing; made: its entry


class Fold(recount_vouched.Vouched, recount.Fold):
    """recount.Fold, and what counting under a policy needs; it keeps the entries' bytes."""
    def __init__(self):
        super().__init__()
        self.entries, self.forms = [], {}                     # forms: of identifiers, the names that they bind
        self.listed = False                                   # whether the log names the list of LISTED
        self.policies, self.stages = {}, {}                   # by digest; by id: the newest `stage` entry's fields
        self.closings = collections.defaultdict(list)         # by stage: `close` entries' fields
        self.rulings, self.disputes = {}, {}                  # by entry: a ruling, whether a dispute is open
        self.excluded = {}                                    # model: whether the last ruling on the whole in effect excludes it
        self.pairs = {}                                       # model: such rulings on whole and pairs in effect, (root or None, excludes)
        self.restored = {}                                    # (model, root or None): the entry with which the last such `restore` took effect
        self.origins = []                                     # (model, release, entry of the ruling) of rulings on origin in effect
        self.stays = collections.defaultdict(list)            # model: the publishers it has been under, each with the time it came
        self.tenures = collections.defaultdict(list)          # model: since which entry which release decides (None: all yanked)
        self.switched = {}                                    # release: the last entry that yanked it or took that back
        self.seen, self.runs = {}, []                         # model: its `observe` entries, (entry, fields); `census` entries, (entry, hub, bases)
        self.past = collections.defaultdict(list)             # by what it is about: (entry, what holds from there on), in order
        self.said = {}                                        # artifact: the first `held` entry, which says what its manifest says

    @property
    def size(self):
        return len(self.times)

    def apply(self, data):
        super().apply(data)
        self.entries.append(data)

    def apply_cut(self, data):
        """An entry from n on, for the state of a cut-off: registry/formats/report.md."""
        entry = recount.parse_entry(data)
        if entry.kind in ("rename", "transfer"):
            model = self.names.get(fold(entry.fields["model"]))
            if model:
                self.names.setdefault(fold(entry.fields["to"]), model)
        elif entry.kind not in TO_N:
            try:
                self.APPLY.get(entry.kind, recount.Fold.on_fact)(self, entry, entry.fields)
            except Wrong:
                pass  # it speaks of what is not there
        self.times.append(entry.time)
        self.entries.append(data)

    def note(self, what, value):
        self.past[what].append((self.size, value))

    def on_spdx(self, entry, fields):
        super().on_fact(entry, fields)
        self.listed = fields["list"] == "sha256:" + LIST_DIGEST

    def on_license(self, entry, fields):
        super().on_fact(entry, fields)
        self.forms[fold(fields["license"])] = fields["name-forms"].split("|") if fields["name-forms"] else []
        self.note(("forms", fold(fields["license"])), self.forms[fold(fields["license"])])

    def on_base(self, entry, fields):
        super().on_base(entry, fields)
        self.names[fold(fields["model"])].facts = fields
        self.note(("base", self.names[fold(fields["model"])]), fields if fields["listed"] == "yes" else None)

    def on_register(self, entry, fields):
        super().on_register(entry, fields)
        self.models[-1].index = self.size
        self.stays[self.models[-1]].append((self.models[-1].publisher, entry.time))
        self.note(("name", self.models[-1]), self.models[-1].name)

    def add(self, model, release):
        super().add(model, release)
        release.index = self.size
        self.note_tenure(model)

    def on_switched(self, entry, fields):
        super().on_switched(entry, fields)
        self.switched[self.releases[fields["release"]]] = self.size
        self.note_tenure(self.releases[fields["release"]].model)

    def note_tenure(self, model):
        deciding, known = None if model.deciding.yanked else model.deciding, self.tenures[model]
        if not known or known[-1][1] is not deciding:
            known.append((self.size, deciding))

    def decided_before(self, model, entry):
        """The release that decided then: the newest, if all were yanked."""
        decided = [release for begin, release in self.tenures[model] if begin < entry][-1]
        return decided or [release for release in model.releases if release.index < entry][-1]

    def on_held(self, entry, fields):
        super().on_held(entry, fields)
        if entry.kind == "held":
            self.said.setdefault(fields["artifact"], self.size)
        self.note(("held", fields["artifact"]), entry.kind == "held")

    def on_judged(self, entry, fields):
        super().on_judged(entry, fields)
        if entry.kind != "claim":
            self.note(("verified", fold(fields["publisher"])), entry.kind == "verify")

    def on_adopt(self, entry, fields):
        super().on_adopt(entry, fields)
        self.note(("adopted", fold(fields["external"])), self.names[fold(fields["model"])])

    def on_unadopt(self, entry, fields):
        super().on_unadopt(entry, fields)
        self.note(("adopted", fold(fields["external"])), None)

    def on_observe(self, entry, fields):
        super().on_observe(entry, fields)
        if fields["model"]:
            self.seen.setdefault(self.names[fold(fields["model"])], []).append((self.size, fields))

    def on_census(self, entry, fields):
        super().on_census(entry, fields)
        self.runs.append((self.size, fields["hub"], {self.names[fold(name)] for name in fields["bases"].split(" ")}))

    def on_moved(self, entry, fields):
        model = self.presently_named(fields["model"])
        before = model.publisher
        super().on_moved(entry, fields)
        self.note(("name", model), model.name)
        if model.publisher != before:
            self.stays[model].append((model.publisher, entry.time))

    def on_policy(self, entry, _):
        policy = Policy(entry.statement.data.decode())
        known = {(p.name, p.version) for p in self.policies.values()}
        need((policy.name, policy.version) not in known, "policy %s has a version %d already", policy.name, policy.version)
        self.policies[policy.digest] = policy

    def on_stage(self, entry, fields):
        opens, cut_off, end = fields["opens"], fields["cut-off"], fields["disputes-until"]
        now = self.stages.get(fields["stage"])
        need(opens < cut_off and entry.time < cut_off and (end is None or end >= cut_off), "the stage's times do not follow")
        self.have(self.policies, fields["policy"].partition(":")[2])
        for team in fields["teams"].split(" "):
            self.have(self.teams, team)
        if now and entry.time >= now["opens"]:
            need(entry.time < now["cut-off"] and {**now, "teams": ""} == {**fields, "teams": ""}, "the stage has opened")
        self.stages[fields["stage"]] = fields

    def on_close(self, entry, fields):
        stage, before = self.have(self.stages, fields["stage"]), self.closings[fields["stage"]]
        revision, n, m = (int(fields[word]) for word in ("revision", "n", "m"))
        need(entry.time >= stage["cut-off"] and revision == len(before) + 1, "it is not the stage's next revision")
        need(n == sum(time < stage["cut-off"] for time in self.times), "n is not the number of entries before the cut-off")
        need(m == n if revision == 1 else int(before[-1]["m"]) < m <= self.size, "m does not fit")
        need(fields["policy"] == stage["policy"] and (revision == 1 or fields["text"]), "another policy, or no text")
        before.append(dict(fields, index=self.size))

    def on_ruling(self, entry, fields):
        model, about = self.have(self.names, fold(fields["model"])), None
        if entry.kind.endswith("-root"):
            about = self.have(self.names, fold(fields["root"]))
        if entry.kind == "origin":
            about = self.have(self.releases, fields["release"])
            need(about.model is model, "the release is another model's")
        self.rulings[self.size] = Ruling(model, entry.kind, about, fields["needs-second"] == "yes", self.size)
        if fields["needs-second"] == "no":
            self.take_effect(self.rulings[self.size])

    def on_verifier(self, entry, fields):
        if entry.kind == "verifier-end":
            self.named_verifier(fields)
        self.verifiers.setdefault(fields["verifier"])
        self.rulings[self.size] = Ruling(None, entry.kind, (fields["verifier"], fields.get("institution")), fields["needs-second"] == "yes", self.size)
        if fields["needs-second"] == "no":
            self.take_effect(self.rulings[self.size])

    def on_decided(self, entry, fields):
        ruling = self.have(self.rulings, int(fields["ruling"]))
        need(ruling.waits, "the ruling does not wait for a second evaluator")
        self.rulings[int(fields["ruling"])] = ruling._replace(waits=False)
        if entry.kind == "confirm":
            self.take_effect(ruling)

    def take_effect(self, ruling):
        if ruling.kind.startswith("verifier"):
            self.appoint(ruling.kind, *ruling.about)
            return
        if ruling.kind in ("exclude", "restore"):
            self.excluded[ruling.model] = ruling.kind == "exclude"
        if ruling.kind.startswith("restore"):
            self.restored[ruling.model, ruling.about] = self.size
        if ruling.kind == "origin":
            self.origins.append((ruling.model, ruling.about, ruling.made))
        elif not ruling.kind.startswith("approve-"):
            self.pairs.setdefault(ruling.model, []).append((ruling.about, ruling.kind.startswith("exclude")))

    def is_pair_excluded(self, model, root):
        said = [excludes for about, excludes in self.pairs.get(model, []) if about in (None, root)]
        return bool(said) and said[-1]

    def on_dispute(self, entry, fields):
        model, stage = self.have(self.names, fold(fields["model"])), fields["stage"]
        if entry.kind == "dispute":
            need((fields["about"] == "ruling") == (fields["ruling"] is not None), "a ruling is named when it is about one")
        if fields.get("ruling") is not None:
            need(self.have(self.rulings, int(fields["ruling"])).model is model, "the ruling is about another model")
        if entry.kind == "dispute-origin":
            need(self.have(self.names, fold(fields["against"])) is not model, "the dispute is against the model itself")
        if entry.kind == "dispute-adoption":
            need(self.adopted.get(fold(fields["external"])) is model, "the model has not adopted the external model")
        end = self.have(self.stages, stage)["disputes-until"] if stage else None
        need(end is None or entry.time < end, "the time for disputes is over")
        self.disputes[self.size] = True

    def on_resolve(self, _, fields):
        need(self.disputes.get(int(fields["dispute"])), "it is no open dispute")
        self.disputes[int(fields["dispute"])] = False

    APPLY = {**recount.Fold.APPLY, **recount_vouched.Vouched.APPLY, "verifier": on_verifier, "verifier-end": on_verifier, "license": on_license, "spdx": on_spdx, "held": on_held, "withdrawn": on_held, "observe": on_observe, "census": on_census,
             "verify": on_judged, "unverify": on_judged, "claim": on_judged, "adopt": on_adopt, "unadopt": on_unadopt, "yank": on_switched, "unyank": on_switched, "base": on_base,
             "register": on_register, "rename": on_moved, "transfer": on_moved, "policy": on_policy, "stage": on_stage, "close": on_close, "confirm": on_decided, "reject": on_decided, "resolve": on_resolve,
             **dict.fromkeys(("exclude", "restore", "exclude-root", "restore-root", "origin", "approve-adopt", "approve-unadopt"), on_ruling),
             **dict.fromkeys(("dispute", "dispute-origin", "dispute-adoption"), on_dispute)}

    def policy_of(self, stage):
        return self.policies[self.stages[stage]["policy"].partition(":")[2]]

    def find_policy(self, text):
        """By digest, name@version, or name: its highest version."""
        name, _, version = text.partition("@")
        found = [p for p in self.policies.values() if p.digest == text or (p.name == name and version in ("", str(p.version)))]
        need(found, "there is no policy %s", text)
        return max(found, key=lambda policy: policy.version)


# ---- which reasons hold
def lenient(name):
    return re.sub("[-_. ]", "", fold(name))


def name_forms(tree, forms_of):
    if tree[0] == "ID":
        return [] if tree[1] == ["NOASSERTION"] else forms_of(fold(tree[1][0].rstrip("+"))) or []
    return [name_form for part in tree[1] for name_form in name_forms(part, forms_of)]


def breaks_forms(name, forms, spelled):
    """What holds literally holds leniently too."""
    part, ways = name.partition("/")[2], {str, spelled}
    return bool(forms) and not any(way(name_form) and way(part).startswith(way(name_form)) for name_form in forms for way in ways)


class Counts(recount.Counts):
    """recount.Counts, and the facts of pairs of derivative and root from which the reasons of any policy follow."""
    def __init__(self, known, n=None):
        """`n` is that of a report, whose newest entry says what time it was."""
        super().__init__(known)
        self.now = moment(known.times[:n][-1]) if known.times[:n] else None
        self.breaks_literal = functools.lru_cache(None)(lambda model, root: self.breaks(model, root, str))
        self.breaks_lenient = functools.lru_cache(None)(lambda model, root: self.breaks(model, root, lenient))
        self.above = functools.lru_cache(None)(self.all_above)
        self.brought = functools.lru_cache(None)(self.entry_that_brought)
        self.since = functools.lru_cache(None)(self.claimed_since)

    def breaks(self, model, root, spelled):
        """Whether its name breaks the forms of the root's licence."""
        return breaks_forms(model.name, name_forms(recount.Expression(root.deciding.license).tree, self.fold.forms.get), spelled)

    def content(self, release):
        """What makes two releases the same, for rule set 2: (kind, digest)."""
        files = self.fold.manifests.get(release.artifact, (None, None))[1]
        if not files and release is release.model.deciding:
            files = self.listed(release.model, self.fold.size)
        found = [("weights", release.weights), ("artifact", release.artifact), ("files", files)]
        return {(kind, digest) for kind, digest in found if digest}

    def content_by(self, release, entry):
        """What the log said before an entry that the release has."""
        files = self.fold.manifests[release.artifact][1] if self.fold.said.get(release.artifact, entry) < entry else None
        if not files and release is self.fold.decided_before(release.model, entry):
            files = self.listed(release.model, entry)
        return {(kind, digest) for kind, digest in self.content(release) if kind != "files"} | ({("files", files)} if files else set())

    def listed(self, model, size):
        """The set of weight files that its hub lists."""
        return next((fields["weight-files"] for index, fields in reversed(self.fold.seen.get(model, [])) if index < size), None)

    def is_at_home(self, model, content):
        """Whether its hub lists the set of weight files in an organisation that its publisher holds there."""
        if content[0] != "files" or self.listed(model, self.fold.size) != content[1]:
            return False
        seen = self.fold.seen[model][-1][1]
        return self.fold.namespaces.get(fold(seen["hub"] + "/" + seen["id"].partition("/")[0])) == model.publisher

    def all_above(self, release, declared):
        """Its ancestors."""
        seen, front = set(), [release]
        while front:
            above = {self.follow(parent, declared) for parent in front.pop().parents} - seen - {None}
            seen, front = seen | above, front + list(above)
        return seen

    def has_weights_above(self, release):
        """Rule set 1: whether its weights are an ancestor's."""
        return any(release.weights == above.weights for above in self.above(release, False))

    def is_verified(self, model):
        return self.fold.publishers[model.publisher]["verified"]

    def still_has(self, model, contents):
        """Those of them that it has in a release that is not yanked."""
        return {content for r in model.releases if not r.yanked for content in self.content(r)} & contents

    def last_named(self, contents):
        """The model that the last ruling on the origin of one of these names."""
        return next((model for model, release, made in reversed(self.fold.origins)
                     if self.still_has(model, self.content_by(release, made) & contents)), None)

    def could_count(self, release, policy):
        """Rule set 2: whether an ancestor's release could count itself, as far as it can be told of it."""
        return not ("yanked" in policy.on and release.yanked) and not (
            "unverified" in policy.on and not self.is_verified(release.model)) and not (
            "no-artifact" in policy.on and self.lacks_artifact(release, policy))

    def takes(self, above, model, content, policy):
        """Whether an ancestor that has this content, as the model does, takes it."""
        if above.model.team:  # a base model
            return True
        if content[0] != "weights" and above.weights:
            return False
        since = [self.had(above, content, self.fold.tenures[above.model][-1][0], self.fold.size, above is above.model.deciding),
                 self.fold.switched.get(above, 0)]
        if "unverified" in policy.on:
            since.append(self.verified_since(above.model))
        if policy.of.get("no-artifact") == ["held"]:
            since += [entry for entry, _ in self.fold.past["held", above.artifact]][-1:]
        return self.could_count(above, policy) and max(since) <= self.since(model, content)[0]

    def verified_since(self, model):
        """The entry since which the publishers in its name have been verified without a break."""
        size = self.fold.size
        while (past := Past(self, size)).is_verified(model):
            size = past.since
        return size

    def is_copy(self, model, release, policy):
        """Rule set 2: whether a ruling or an ancestor makes it a duplicate."""
        return self.last_named(self.content(release)) not in (None, model) or any(
            self.last_named(shared) is not model and any(self.takes(above, model, content, policy) for content in shared)
            for above in self.above(release, policy.declared) for shared in [self.content(release) & self.content(above)])

    def entry_that_brought(self, model, content):
        return min(release.index for release in model.releases if content in self.content(release))

    def said(self, release):
        """The entry since which its manifest says its set of weight files, but together with what came at once."""
        said = self.fold.said[release.artifact]
        return said if self.fold.times[said] > self.fold.times[release.index] else release.index

    def had(self, release, content, begin, end, decides=True):
        """The entry since which a release has the content up to the size `end`, None where it has not; it decides from `begin` to there.
        A set of weight files is that of its manifest from the entry on that says it, and before of its listing, while it decides."""
        kind, digest = content
        if kind != "files":
            return release.index if content in self.content(release) else None
        found, manifest = None, self.fold.manifests.get(release.artifact, (None, None))[1]
        if manifest and self.said(release) < end:
            if manifest != digest:
                return None
            found = end = self.said(release)
        since = None
        for index, fields in reversed(self.fold.seen.get(release.model, [])):
            if index < end and fields["weight-files"] != digest:
                break
            since = index if index < end else since
        if not decides or since is None or found is not None and found <= begin:
            return found
        return max(since, begin)

    def claimed_since(self, model, content):
        """The entry since which the model's deciding release has had it (of a yanked model the yank, if it was known), and that with which
        this release came to decide."""
        tenures, found, end = self.fold.tenures[model], None, self.fold.size
        if model.deciding.yanked:
            begin = tenures[-1][0]
            return max(begin, self.had(model.deciding, content, begin, end)), begin
        for index, release in reversed(tenures):
            had = release and self.had(release, content, index, end)
            if had is None or had >= end:
                break
            found, end = (max(index, had), index), index
            if found[0] > index:
                break
        return found

    def is_gone(self, model, root, days, size=None):
        """Rule set 2: absent from its hub, which has been asked again and again for that long; at an earlier size, by the rulings of now."""
        size = self.fold.size if size is None else size
        absent, seen = ([one for one in self.fold.seen.get(model, []) if one[0] < size] or [(0, {"state": None})])[-1]
        if seen["state"] != "absent" or not self.fold.is_pair_excluded(model, root) and absent < max(
                self.fold.restored.get((model, about), 0) for about in (None, root)):
            return False
        then = now = min(self.now, moment(self.fold.times[size - 1]))
        grace = datetime.timedelta(days=days)
        for index, hub, bases in reversed(self.fold.runs):
            if absent < index < size and hub == seen["hub"] and root in bases:
                at = moment(self.fold.times[index])
                if now - at > grace:
                    return False
                if then - at >= grace:
                    return True
                now = at
        return False

    def is_held(self, release):
        held = release.artifact in self.fold.held
        return held and self.fold.manifests[release.artifact][0] == release.weights

    def permitted(self, tree):
        """Rule set 2: what no facts tell, the list tells that the log names."""
        if tree[0] == "ID":
            name = fold(tree[1][0].rstrip("+"))
            known = () if tree[1] == ["NOASSERTION"] else self.fold.licenses.get(name)
            return known or (self.fold.listed and LISTED.get(name)) or (UNKNOWN,) * 3
        return tuple(map(min if tree[0] == "AND" else max, *[self.permitted(part) for part in tree[1]]))

    def lacks_artifact(self, release, policy):
        return not self.is_held(release) if policy.of["no-artifact"] == ["held"] else release.artifact is None

    def known_ceiling(self, release, policy):
        given = [self.permissions(above.license) for above in self.above(release, policy.declared)
                 if "unverified" not in policy.on or above.model.team or self.is_verified(above.model)]
        return [min((one[kind] for one in given if one[kind] != UNKNOWN), default=UNKNOWN) for kind in range(3)]

    def conflicts(self, release, policy):
        own = self.permissions(release.license)
        ceiling = self.standing(release, False)[1] if policy.rules == 1 else self.known_ceiling(release, policy)
        return ceiling[1] == NO or any(a > b and UNKNOWN not in (a, b) for a, b in zip(own, ceiling))


# Of a Counts, a policy, the teams that take part (None: all), a model, its deciding release, a root, and the depth for it.
HOLDS = {
    "yanked": lambda c, p, teams, model, release, root, depth: release.yanked,
    "gone": lambda c, p, teams, model, release, root, depth: c.is_gone(model, root, int(p.of["gone"][0])),
    "excluded": lambda c, p, teams, model, release, root, depth: (
        c.fold.excluded.get(model, False) if p.rules == 1 else c.fold.is_pair_excluded(model, root)),
    "adopted-path": lambda c, p, teams, model, release, root, depth: depth is None,
    "not-participating": lambda c, p, teams, model, release, root, depth: teams is not None and root.team not in teams,
    "not-programme": lambda c, p, teams, model, release, root, depth: root.facts["programme"] == "no",
    "foreign-base": lambda c, p, teams, model, release, root, depth: root.facts["from-scratch"] in (
        ("no",) if p.of["foreign-base"] == ["unknown-passes"] else ("no", "unknown")),
    "relation": lambda c, p, teams, model, release, root, depth: release.relation not in p.of["relation"],
    "depth": lambda c, p, teams, model, release, root, depth: depth is not None and depth > int(p.of["depth"][0]),
    "self": lambda c, p, teams, model, release, root, depth: c.is_own(model.registered_under, model.time, root.team) or (
        p.rules == 2 and any(c.is_own(publisher, time, root.team) for publisher, time in c.fold.stays[model])),
    "affiliate": lambda c, p, teams, model, release, root, depth: c.is_affiliated(model.registered_under, model.time, root.team) or (
        p.rules == 2 and any(c.is_affiliated(publisher, time, root.team) for publisher, time in c.fold.stays[model])),
    "no-artifact": lambda c, p, teams, model, release, root, depth: c.lacks_artifact(release, p),
    "no-license-text": lambda c, p, teams, model, release, root, depth: release.text is None,
    "license-not-open": lambda c, p, teams, model, release, root, depth: any(
        given < least and not (p.unknown_permits and given == UNKNOWN)
        for given, least in zip(c.permissions(release.license) if p.rules == 1 else c.permitted(recount.Expression(release.license).tree), p.demands)),
    "license-conflict": lambda c, p, teams, model, release, root, depth: c.conflicts(release, p),
    "naming": lambda c, p, teams, model, release, root, depth: (
        c.breaks_lenient if p.of["naming"] == ["lenient"] else c.breaks_literal)(model, root),
    "unverified": lambda c, p, teams, model, release, root, depth: not c.fold.publishers[model.publisher]["verified"],
}
# Which of these are taken as at the end, where it is asked since when one stands.
AT_THE_END = ("excluded", "not-participating", "self", "affiliate", "license-not-open")


class Past:
    """A size up to that of a Counts. `since` is the entry since which all has been the same that was asked of it."""
    def __init__(self, counts, size):
        self.counts, self.size, self.since = counts, size, 0

    def look(self, changes):
        for entry, value in reversed(changes):
            if entry < self.size:
                self.since = max(self.since, entry)
                return value
        return None

    def told(self, *what):
        return self.look(self.counts.fold.past[what])

    def deciding(self, model):
        """And whether it is yanked."""
        release = self.look(self.counts.fold.tenures[model])
        if release:
            return release, False
        release = max((r for r in model.releases if r.index < self.size), key=lambda r: r.index, default=None)
        self.since = max(self.since, release.index if release else 0)
        return release, True

    def follow(self, parent, declared):
        if not parent.external:
            return self.counts.fold.releases[parent.hash]
        adopter = None if declared else self.told("adopted", parent.external)
        return adopter and self.deciding(adopter)[0]

    def roots(self, release, declared):
        """With the least depth of each."""
        found, seen, front, depth = {}, {None}, [release], 0
        while front:
            depth, above = depth + 1, {self.follow(parent, declared) for one in front for parent in one.parents} - seen
            bases = {one for one in above if self.told("base", one.model)}
            for one in bases:
                found.setdefault(one.model, depth)
            seen, front = seen | above, list(above - bases)
        return found

    def is_verified(self, model):
        name = self.told("name", model)
        return bool(name) and bool(self.told("verified", fold(name.partition("/")[0])))

    def binds(self, model, policy):
        return "unverified" not in policy.on or bool(self.told("base", model)) or self.is_verified(model)

    def conflicts(self, release, policy):
        """By the licences and ancestors of the end, as far as they bind at this size."""
        own = self.counts.permissions(release.license)
        return any(theirs[1] == NO or any(a > b and UNKNOWN not in (a, b) for a, b in zip(own, theirs))
                   for above in self.counts.above(release, policy.declared) for theirs in [self.counts.permissions(above.license)]
                   if self.binds(above.model, policy))

    def breaks(self, model, root, policy):
        forms = name_forms(recount.Expression(self.deciding(root)[0].license).tree, lambda name: self.told("forms", name))
        return breaks_forms(self.told("name", model), forms, lenient if policy.of["naming"] == ["lenient"] else str)

    def is_gone(self, model, root, policy):
        """It may be otherwise at the next size already, as time goes by."""
        self.since = max([self.since] + [self.size - 1] * (model in self.counts.fold.seen))
        return self.counts.is_gone(model, root, int(policy.of["gone"][0]), self.size)

    def lacks_artifact(self, release, policy):
        if policy.of["no-artifact"] == ["claimed"]:
            return release.artifact is None
        return not self.told("held", release.artifact) or self.counts.fold.manifests[release.artifact][0] != release.weights

    def stands(self, policy, teams, model, vouched):
        """Whether there is a root for which no reason before `duplicate` holds; `vouched` are those for what verifiers say at the end, by root."""
        release, yanked = self.deciding(model)
        if self.told("base", model):
            return False
        roots, declared = self.roots(release, False), self.roots(release, True)
        return any(root.team and not vouched.get(root) and not self.reasons(policy, teams, model, release, yanked, root, depth, declared.get(root))
                   for root, depth in roots.items())

    def reasons(self, policy, teams, model, release, yanked, root, depth, declared):
        facts, asked = self.told("base", root), declared if policy.declared else depth
        then = {"yanked": lambda: yanked, "gone": lambda: self.is_gone(model, root, policy), "adopted-path": lambda: declared is None,
                "not-programme": lambda: facts["programme"] == "no",
                "foreign-base": lambda: facts["from-scratch"] in ("no", *["unknown"] * (policy.of["foreign-base"] == ["unknown-fails"])),
                "relation": lambda: release.relation not in policy.of["relation"],
                "depth": lambda: asked is not None and asked > int(policy.of["depth"][0]),
                "no-artifact": lambda: self.lacks_artifact(release, policy), "no-license-text": lambda: release.text is None,
                "license-conflict": lambda: self.conflicts(release, policy), "naming": lambda: self.breaks(model, root, policy),
                "unverified": lambda: not self.is_verified(model),
                **{reason: lambda reason=reason: HOLDS[reason](self.counts, policy, teams, model, release, root, asked)
                   for reason in AT_THE_END}}
        return any(then[reason]() for reason in policy.on if reason in then)


def read_list(path):
    """The SPDX list's digest, and what it tells of licences: identifier to permissions."""
    with open(path, "rb") as file:
        data = file.read()
    told = {}
    for line in data.decode().splitlines()[1:]:
        name, *words = line.split(" ")
        parts = name.upper().split("-")
        if "open" in words:
            told[fold(name)] = (YES,) * 3
        if parts[:2] == ["CC", "BY"]:
            told[fold(name)] = (NO if "NC" in parts else YES, NO if "ND" in parts else YES, YES)
    return sha256(data).hex(), told


LIST_DIGEST, LISTED = read_list(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "registry", "data", "spdx-list.txt"))


class Row:
    def __init__(self, model, release, clean, roots, reasons):
        self.model, self.release, self.clean = model, release, clean
        self.roots, self.reasons = roots, reasons  # root to depth, root to list
        self.vouched, self.pending = {}, set()     # root to those of its reasons for what verifiers say; roots for which a word is missing


class Standing:
    """Every derivative of a Counts with the reasons for each of its roots, in order of registration. `pending`: a verifier's word that is
    merely missing counts against nobody."""
    def __init__(self, counts, policy, teams=None, pending=False):
        self.counts, self.policy, self.teams, self.rows = counts, policy, teams, []
        asked = [(reason, HOLDS[reason]) for reason in policy.on if reason in HOLDS]
        for model, release, roots, clean in counts.derivatives:
            if policy.declared:  # no depth where only an adoption leads to the root
                declared, ceiling = counts.standing(release, True)
                roots, clean = {root: declared.get(root) for root in roots}, counts.is_clean(release, ceiling)
            roots = {root: roots[root] for root in sorted(roots, key=lambda root: root.index)}
            self.rows.append(Row(model, release, clean, roots, {
                root: [reason for reason, holds in asked if holds(counts, policy, teams, model, release, root, depth)]
                for root, depth in roots.items()}))
        self.voices = recount_vouched.Voices(counts, policy)
        if "unattested" in policy.on or "evidence" in policy.on:
            for row in self.rows:
                self.hear(row, pending)
        if "duplicate" in policy.on:
            self.mark("duplicate", self.duplicates() if policy.rules == 1 else self.second_duplicates())
        if "near-duplicate" in policy.on:
            self.mark("near-duplicate", self.near_duplicates())
        if "cap" in policy.on:
            self.mark("cap", self.past_cap(int(policy.of["cap"][0])))

    def hear(self, row, pending):
        for root, reasons in row.reasons.items():
            row.vouched[root], waits = self.voices.reasons(row.model, row.release, root, pending)
            reasons += row.vouched[root]
            if waits:
                row.pending.add(root)

    @staticmethod
    def stands(row):
        return not all(row.reasons.values())

    @staticmethod
    def mark(reason, rows):
        for row in rows:
            for reasons in row.reasons.values():
                reasons.append(reason)

    def duplicates(self):
        earliest = {}
        for row in self.rows:
            if row.release.weights and self.stands(row):
                brought = self.counts.brought(row.model, ("weights", row.release.weights))
                earliest[row.release.weights] = min(brought, earliest.get(row.release.weights, brought))
        return [row for row in self.rows if row.release.weights and (self.counts.has_weights_above(row.release) or (
            self.stands(row) and earliest[row.release.weights] < self.counts.brought(
                row.model, ("weights", row.release.weights))))]

    def second_duplicates(self):
        """Rule set 2: copies, and all that are compared by one content but the one of them that goes first."""
        copies = [row for row in self.rows if self.counts.is_copy(row.model, row.release, self.policy)]
        stand = collections.Counter(content for row in self.rows if self.stands(row) for content in self.counts.content(row.release))
        compared, behind = collections.defaultdict(list), []
        for row in self.rows:
            shared = {kind: digest for kind, digest in self.counts.content(row.release) if stand[kind, digest] > 1}
            if shared:
                for kind in [kind for kind in ("weights", "files", "artifact") if kind in shared][:1]:
                    compared[kind, shared[kind]].append(row)
        for content, rows in compared.items():
            take_part = [row for row in rows if self.stands(row) and row not in copies]
            behind += self.in_order(take_part, [row for row in rows if row not in take_part], content)[1:]
        return copies + behind

    def near_duplicates(self):
        rows, found = {row.release: row for row in self.rows if self.stands(row)}, []
        for row in rows.values():
            for other in filter(None, map(rows.get, self.voices.named_near(row.release))):
                if other.model.publisher != row.model.publisher and not self.voices.are_related(row.release, other.release):
                    found.append(max(row, other, key=lambda one: (self.stands_since(one, one.model.index), one.model.index)))
        return dict.fromkeys(found)

    def stands_since(self, row, since):
        """The entry since which it has stood without a break, but none before that one."""
        size = self.counts.fold.size
        while size > since and (past := Past(self.counts, size)).stands(self.policy, self.teams, row.model, row.vouched):
            size = past.since
        return min(max(size, since), self.counts.fold.size - 1)

    def in_order(self, take_part, others, content):
        """Those that take part, of all that are compared by a content: the first goes first."""
        since = {row: self.stands_since(row, self.counts.since(row.model, content)[0]) for row in take_part}
        least = min(since.values(), default=0)
        fallen = any(self.counts.since(row.model, content)[0] < least for row in others)
        return sorted(take_part, key=lambda row: self.place_in_order(row, content, fallen))

    def place_in_order(self, row, content, fallen):
        """Of one that takes part, among those compared by the content: the least goes first. `fallen`: the earliest takes no part."""
        claimed, times = self.counts.since(row.model, content), self.counts.fold.times
        since = self.stands_since(row, claimed[0])
        came_with = Past(self.counts, since + 1).deciding(row.model)[0].index
        lacks = (not self.counts.is_verified(row.model), not self.counts.is_held(row.release))
        return (not self.counts.is_at_home(row.model, content), lacks if fallen else (), since, times[came_with] != times[since], lacks,
                claimed, row.model.index)

    def past_cap(self, cap):
        found, rows = collections.Counter(), []
        for row in self.rows:
            if self.stands(row):
                found[row.model.publisher] += 1
                if found[row.model.publisher] > cap:
                    rows.append(row)
        return rows

    def place(self, row, is_in_scope):
        """None where it has no root in the scope, "" where it counts there, else the reason that it is shown under."""
        inside = [reasons for root, reasons in row.reasons.items() if is_in_scope(root)]
        if not inside or not all(inside):
            return "" if inside else None
        return max((reasons[0] for reasons in inside), key=RANK.get)

    @staticmethod
    def is_pending(row, is_in_scope):
        """Of one that counts in the scope."""
        return all(root in row.pending for root, reasons in row.reasons.items() if is_in_scope(root) and not reasons)

    def count(self, kind, name=None, groupings=()):
        """A DerivativeCount, as `jokbo count --json` prints it."""
        shown, is_in_scope = self.counts.scope(kind, name)
        places = [(row, self.place(row, is_in_scope)) for row in self.rows]
        left_out = collections.Counter(place for _, place in places if place)
        counted = [self.counts.share(row.model, row.release, {
            r: d for r, d in row.roots.items() if is_in_scope(r) and d is not None}, row.clean)
                   for row, place in places if place == ""]
        registered = len(counted) + sum(left_out.values())
        return self.counts.numbers(shown, registered, 0, counted, groupings) | {
            "left_out": [{"reason": reason, "count": left_out[reason]} for reason in self.policy.on],
            "policy_sha256": self.policy.digest,
            "pending": sum(place == "" and self.is_pending(row, is_in_scope) for row, place in places)}

    def list(self, groupings=()):
        return {"bases": [self.count("base", model.name, groupings) for model in self.counts.bases],
                "teams": [self.count("team", team, groupings) for team in self.counts.fold.teams],
                "all": self.count("all", None, groupings), **self.counts.moment, **recount.NO_STAGE}


# ---- a stage's report: registry/formats/report.md
COLUMNS = ("direct", "transitive", "independent", "license_clean", "distinct_publishers", "distinct_weights")


def columns_of(policy):
    return COLUMNS + (("adopted", "pending") if policy.rules == 2 else ())


SPLITS = (("relation", "relation", RELATIONS), ("class", "license-class", recount.CLASSES),
          ("depth", "depth", [str(depth) for depth in range(1, 16)] + ["16+"]))


def rows_of(standing, late_in, groupings):
    """A row for each base, each team and all: (kind, name, base model or None, count, left out by reason, groups by grouping and key).
    `late_in` says how many late ones are in a row."""
    counts = standing.counts
    for kind, name, root in [("base", model.name, model) for model in counts.bases] + [
            ("team", team, None) for team in counts.fold.teams] + [("all", "all", None)]:
        count = standing.count(kind, name, groupings)
        left_out = dict.fromkeys(REASONS[standing.policy.rules], 0) | {one["reason"]: one["count"] for one in count["left_out"]}
        left_out["late"] = late_in(kind, name, root)
        count["registered"] += left_out["late"]
        groups = collections.defaultdict(dict)
        for group in count["groups"]:
            groups[group["grouping"]][group["key"]] = group["count"]
        yield kind, name, root, count, left_out, groups


def table(standing, late_in):
    reasons, columns = REASONS[standing.policy.rules], columns_of(standing.policy)
    lines = ["\t".join(["scope", "name", "registered", *reasons, "counted", *(c.replace("_", "-") for c in columns),
                        *("%s:%s" % (word, key) for word, _, keys in SPLITS for key in keys)])]
    for kind, name, _, count, left_out, groups in rows_of(standing, late_in, [grouping for _, grouping, _ in SPLITS]):
        numbers = [count["registered"], *(left_out[reason] for reason in reasons), count["counted"],
                   *(count[column] for column in columns),
                   *(groups[grouping].get(key, 0) for _, grouping, keys in SPLITS for key in keys)]
        lines.append("\t".join([kind, name, *map(str, numbers)]))
    return "".join(line + "\n" for line in lines)


def json_row(policy, kind, name, root, count, left_out, groups):
    months = collections.Counter()
    for month, number in groups["month"].items():
        months[min(month, "2069-12")] += number
    publishers = sorted(groups["publisher"].items(), key=lambda one: (-one[1], one[0].encode()))
    return {"scope": kind, "name": name, "team": {"base": root and root.team, "team": name, "all": None}[kind],
            "registered": count["registered"], "counted": count["counted"], "left_out": left_out,
            **{column: count[column] for column in columns_of(policy)}, "relations": groups["relation"],
            "license_classes": groups["license-class"], "depths": groups["depth"], "months": months,
            "publishers": [{"publisher": name, "counted": number} for name, number in publishers[:100]],
            "publishers_other": sum(number for _, number in publishers[100:])}


def previous_of(known, stage, m):
    """The report of the stage before, as far as the entries before m say."""
    cut_off, found = known.stages[stage]["cut-off"], None
    for other, facts in known.stages.items():  # in order of their first entries
        closings = [closing for closing in known.closings[other] if closing["index"] < m]
        if facts["cut-off"] < cut_off and closings and (not found or facts["cut-off"] >= found[0]):
            found = facts["cut-off"], {"stage": other, "revision": int(closings[-1]["revision"])}
    return found and found[1]


class Report:
    """The texts of a revision for a policy, teams, and the sizes n and m, from at least m entries."""
    def __init__(self, entries, n, m, policy, teams, revision):
        self.cut, self.full = Fold(), Fold()
        for index, data in enumerate(entries[:m]):
            self.full.apply(data)
            (self.cut.apply if index < n else self.cut.apply_cut)(data)
        self.standing = Standing(Counts(self.cut, n), policy, teams, revision == 1)
        full = Counts(self.full)
        self.late = [(model, release, sorted(roots, key=lambda root: root.index))
                     for model, release, roots, _ in full.derivatives if model.index >= n]

    def late_in(self, kind, name, root):
        """How many late ones are in a row; the base model is the cut-off's."""
        inside = {"all": lambda one: True, "team": lambda one: one.team == name, "base": lambda one: one.index == root.index}[kind]
        return sum(any(map(inside, roots)) for _, _, roots in self.late)

    @staticmethod
    def line(model, release):
        return "%s %d %s@%s" % (release.hash, model.index, model.name, release.version)

    def members(self):
        lines = [self.line(row.model, row.release) for row in self.standing.rows if self.standing.stands(row)]
        return "".join(line + "\n" for line in sorted(lines))

    def left_out(self):
        lines = [self.line(row.model, row.release) + "".join("\t%s %s" % (root.name, ",".join(reasons))
                                                             for root, reasons in row.reasons.items())
                 for row in self.standing.rows if not self.standing.stands(row)]
        lines += [self.line(model, release) + "".join("\t%s late" % root.name for root in roots)
                  for model, release, roots in self.late]
        return "".join(line + "\n" for line in lines)

    def texts(self):
        return {"table": table(self.standing, self.late_in), "members": self.members(), "left-out": self.left_out()}

    def rows(self):
        return [json_row(self.standing.policy, *row) for row in rows_of(self.standing, self.late_in, ("relation", "license-class", "depth", "month", "publisher"))]


FILES = {"table": "report.tsv", "json": "report.json", "members": "members.txt", "left-out": "left-out.tsv"}


def report_json(report, texts, known, closing):
    """The report as JSON; `texts` are the other three."""
    stage, policy, n, m = known.stages[closing["stage"]], report.standing.policy, int(closing["n"]), int(closing["m"])
    leaves = [sha256(b"\0" + data) for data in known.entries]
    found = {"format": "jokbo/report/v%d" % policy.rules, "origin": known.origin, "revision": int(closing["revision"]), "cutoff": stage["cut-off"],
             "stage": {"id": closing["stage"], "title": stage["title"], "title_ko": stage["title-ko"],
                       "source": stage["source"]},
             "n": n, "m": m, "root_n": recount.root_of(leaves[:n]).hex(), "root_m": recount.root_of(leaves[:m]).hex(),
             "policy": {"name": policy.name, "version": policy.version, "rules": policy.rules, "text": policy.text, "sha256": policy.digest},
             "teams": stage["teams"].split(" "), "previous": previous_of(known, closing["stage"], m), "rows": report.rows(),
             "digests": {word.replace("-", "_"): sha256(text.encode()).hex() for word, text in texts.items()}}
    return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"


def report_of(known, closing):
    return Report(known.entries, int(closing["n"]), int(closing["m"]), known.policy_of(closing["stage"]),
                  set(known.stages[closing["stage"]]["teams"].split(" ")), int(closing["revision"]))


def texts_of(known, closing):
    """The four texts for a stage, revision, n and m, whether or not an entry has closed it with them yet."""
    report = report_of(known, closing)
    texts = report.texts()
    return texts | {"json": report_json(report, texts, known, closing)}


def stage_report(known, stage, revision=None):
    """The texts of a closed stage's revision (the newest), and the closing entry that they are held against."""
    closings = known.closings.get(stage) or []
    need(closings, "there is no stage %s, or it is not closed", stage)
    need(revision is None or 1 <= revision <= len(closings), "stage %s has %d revisions", stage, len(closings))
    closing = closings[(revision or len(closings)) - 1]
    return texts_of(known, closing), closing


def check_report(known, wish):
    """Whether the texts are those that the log names, and what to say of each; `--out` has them written."""
    texts, closing = stage_report(known, wish.report, wish.revision)
    agrees, lines = True, []
    for word, text in texts.items():
        if wish.out:
            with open(os.path.join(wish.out, FILES[word]), "w", encoding="utf-8", newline="") as file:
                file.write(text)
        digest = sha256(text.encode()).hex()
        same = closing[word] == "sha256:" + digest
        agrees = agrees and same
        lines.append("%s\t%s\t%sas entry %d says" % (FILES[word], digest, "" if same else "NOT ", closing["index"]))
    return agrees, "\n".join(lines)


# ---- the command
def answer(known, wish):
    """Whether all is as it should be, and what to print."""
    counts, teams = Counts(known), None
    if wish.report:
        return check_report(known, wish)
    if wish.stage:
        teams = set(known.have(known.stages, wish.stage)["teams"].split(" "))
        policy = known.policy_of(wish.stage)
    elif os.path.exists(wish.policy):
        with open(wish.policy, encoding="utf-8") as file:
            policy = Policy.of_file(file.read())
    else:
        policy = known.find_policy(wish.policy)
    standing, groupings = Standing(counts, policy, teams, bool(wish.stage)), list(dict.fromkeys(wish.by))
    kind = "base" if wish.base else "team" if wish.team else "all" if wish.all else None
    found = standing.count(kind, wish.base or wish.team, groupings) if kind else standing.list(groupings)
    return True, json.dumps(found, indent=2, ensure_ascii=False)


def read_call():
    parser = argparse.ArgumentParser(description="Counts the derivatives of a public log under a policy, from its files alone.")
    parser.add_argument("log", help="folder or URL of the public log")
    parser.add_argument("--key", help="verifier key, or a file with it")
    parser.add_argument("--as-of", type=recount.as_of, help="log size, day (its 00:00 at +09:00), or moment")
    parser.add_argument("--by", action="append", default=[], choices=recount.GROUPINGS, help="split the counts")
    rule = parser.add_mutually_exclusive_group(required=True)
    rule.add_argument("--policy", metavar="NAME[@VERSION]|DIGEST|FILE")
    rule.add_argument("--stage", metavar="ID", help="count by its policy and teams")
    rule.add_argument("--report", metavar="ID", help="recompute the report of a closed stage")
    parser.add_argument("--revision", type=int, help="of the report; the newest if not given")
    parser.add_argument("--out", metavar="FOLDER", help="write the report's texts there")
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument("--base", metavar="MODEL")
    scope.add_argument("--team")
    scope.add_argument("--all", action="store_true")
    return parser.parse_args()


def main():
    wish = read_call()
    try:
        agrees, said = recount.recount(wish.log, wish.key, wish.as_of, False, lambda counts: answer(counts.fold, wish), Fold())
    except Wrong as wrong:
        print("recount: %s" % wrong, file=sys.stderr)
        return 1
    print(said)
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
