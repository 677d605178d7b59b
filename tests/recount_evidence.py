#!/usr/bin/env python3
"""Recomputes the evidence of weights of a public log: every entry `evidence` from the manifests of its log size, or from the challenge text
that it rests on, and every challenge text against the log.

Beside recount.py and recount_policy.py, in the same manner: written from the published formats (registry/formats/evidence.md, challenge.md,
manifest.md), with nothing but Python's standard library and what was written so before (support/evidence.py, support/sketch.py, and
recount_evidence_forms.py for what a reader refuses). Manifests
and texts are the log's `manifest/sha256/<hex>`. Slow: it compares all numbers in Python.

  recount_evidence.py LOG [--key VKEY|FILE]

prints a line for each entry: its index, kind, verdict and what it is about, with tabs between. The verdict is `same`, `differs`, `withdrawn`
(not recomputable, since that manifest was withdrawn; what does not rest on it is right) or `absent` (not served). It ends with 0; with 1 where
the log is wrong, or anything differs or is absent; with 2 for a mistake in the call."""
import argparse
import functools
import os
import sys

import recount
import recount_policy
from recount import Wrong, root_of, sha256
from recount_evidence_forms import Differs, check_text, hold, read_challenge

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import evidence  # noqa: E402
import sketch  # noqa: E402

BLOB_MAX, FOUND_MAX, ANCESTORS_MAX = 64 << 20, 32, 64
WEIGHTS = tuple(".gguf .onnx .bin .pt .pth .ckpt .h5 .msgpack .safetensors .npz .tflite .mlmodel".split())


class Unread(Exception):
    """A text or manifest is not to be had: `withdrawn`, `absent`, or what is served is not it: `differs`."""
    def __init__(self, verdict, artifact):
        super().__init__(artifact)
        self.verdict, self.artifact = verdict, artifact


# ---- the log
class Fold(recount_policy.Fold):
    """With the references, and who names which artifact."""
    def __init__(self):
        super().__init__()
        self.references = {}  # (external, revision): (entry, artifact) of the newest

    def on_reference(self, entry, fields):
        super().on_reference(entry, fields)
        self.references[fields["external"], fields["revision"]] = (self.size, fields["artifact"])

    APPLY = {**recount_policy.Fold.APPLY, "reference": on_reference}

    def is_held(self, release):
        return release.artifact in self.held and self.manifests[release.artifact][0] == release.weights

    def is_stored(self, artifact):
        return artifact in self.held or self.kept.get(artifact, False)


def deciding(model):
    return next((r for r in reversed(model.releases) if not r.yanked), None)


# ---- manifests
class Manifests:
    """By artifact, as the source serves them; `known` is the fold of the whole log."""
    def __init__(self, source, known):
        self.source, self.known = source, known
        self.traits = functools.lru_cache(None)(self.read_traits)

    def blob(self, digest):
        data = self.source.read("manifest/sha256/" + digest.partition(":")[2], BLOB_MAX)
        if data is None:
            raise Unread("absent", digest)
        if sha256(data).hex() != digest.partition(":")[2]:
            raise Unread("differs", digest)
        return data.decode()

    @functools.lru_cache(256)
    def text(self, artifact):
        if not self.known.is_stored(artifact):
            raise Unread("withdrawn", artifact)
        return self.blob(artifact)

    def read_traits(self, artifact):
        """What others may have of it as well, and its signature; or the exception that says why it is not to be had."""
        try:
            text = self.text(artifact)
        except Unread as why:
            return why
        files = {line.split(" ", 3)[1] for line in text.split("\n")
                 if line.startswith("file ") and line.split(" ", 3)[3].lower().endswith(WEIGHTS)}
        tensors = {(i.digest, i.dtype, i.shape, i.slice) for i in sketch.items_of(text) if i.digest}
        return files | tensors, evidence.signature(text)


# ---- who is compared: evidence.md
class Lineup:
    """Of a release, at the size of the fold; use it before that goes on. `rows`: (tie, found, model, artifact)."""
    def __init__(self, known, manifests, release):
        self.known, self.manifests, self.release, self.rows, self.serving = known, manifests, release, [], set()
        met = self.climb(release)
        named = {p.hash for p in release.parents}
        for parent in release.parents:
            self.rows.append(("parent", "none", "release " + parent.hash, self.artifact_of(parent)))
        ancestors = [(hash_, self.artifact_of(one)) for hash_, one in met.items() if hash_ not in named]
        self.rows += [("ancestor", "none", "release " + hash_, artifact) for hash_, artifact in ancestors if artifact][:ANCESTORS_MAX]
        own = {release.model} | {one.model for one in met.values() if isinstance(one, recount.Release)}
        self.rows += [row for _, row in sorted(self.others(own) + self.all_references())]

    def climb(self, release):
        """{lineage hash: Release, or the Parent that names one outside} of all ancestors, breadth first."""
        met, front = {}, [release]
        while front:
            for parent in front.pop(0).parents:
                above = [parent] if parent.external else [self.known.releases[parent.hash]]
                adopter = self.known.adopted.get(parent.external) if parent.external else None
                above += [deciding(adopter)] if adopter and deciding(adopter) else []
                for one in above:
                    if one.hash not in met:
                        met[one.hash] = one
                        front += [one] if isinstance(one, recount.Release) else []
        return met

    def held(self, release):
        return release.artifact if release and self.known.is_held(release) else None

    def artifact_of(self, one):
        """Of a release, or of a parent line."""
        if isinstance(one, recount.Release):
            return self.held(one)
        if not one.external:
            return self.held(self.known.releases[one.hash])
        name = one.name, None if one.version == "none" else one.version
        entry, artifact = self.known.references.get(name, (None, None))
        if artifact and self.known.kept[artifact]:
            self.serving.add(entry)
            return artifact
        adopter = self.known.adopted.get(one.external)
        return self.held(deciding(adopter)) if adopter else None

    def all_references(self):
        return [(entry, ("other", "none", "reference %d" % entry, artifact)) for entry, artifact in self.known.references.values()
                if self.known.kept[artifact] and entry not in self.serving]

    def others(self, own):
        """[(entry, row)]"""
        mine, signature = self.manifests.traits(self.release.artifact)
        candidates, taken = [], {"equal": 0, "alike": 0}
        for model in self.known.models:
            one = deciding(model)
            if one and self.known.is_held(one) and model not in own:
                candidates.append((one.index, one, model))
        rows = []
        for index, one, model in sorted(candidates, key=lambda c: c[0]):
            traits, found = self.manifests.traits(one.artifact), []
            if not isinstance(traits, Unread):
                found = [word for word, is_so in (("equal", mine & traits[0]), ("alike", evidence.alike(signature, traits[1]))) if is_so]
            if (found or model.team) and self.descends(one):
                continue
            found = [word for word in found if self.take(taken, word)] + (["base"] if model.team else [])
            if found:
                rows.append((index, ("other", "+".join(found), "release " + one.hash, one.artifact)))
        return rows

    @staticmethod
    def take(taken, word):
        taken[word] += 1
        return taken[word] <= FOUND_MAX

    def descends(self, release):
        return any(isinstance(one, recount.Release) and one.model is self.release.model for one in self.climb(release).values())


# ---- texts
def figures_of(text):
    """What the entry repeats, from the text's lines."""
    lines = [line.split(" ") for line in text.split("\n")]
    compared = [line for line in lines if line[0] == "compared"]
    parents = ["%s=%s/%s" % (w[4], w[6], "/".join(w[7:11])) for w in compared if w[1] == "parent"]
    near = [w[4] for w in compared if w[1] == "other" and w[3] == "release" and w[6] in ("near", "same")]
    return {"parents": " ".join(parents) or None, "near": " ".join(sorted(near[:32])) or None,
            "kin": str(sum(line[0] == "undeclared" for line in lines))}


def hold_figures(fields, text):
    for word, value in figures_of(text).items():
        hold(fields[word] == value, "%s: expected %s, found %s", word, value, fields[word])


def first_difference(made, served):
    for number, (one, two) in enumerate(zip(made.split("\n"), served.split("\n")), 1):
        if one != two:
            return "line %d: expected %r, found %r" % (number, one, two)
    return "one goes on"


def blocks_of(text):
    """The head without its number of foreign models, that number, and {(tie, model): (found, artifact, lines)}."""
    lines = text.partition("\nshared ")[0].split("\n")
    first = next((i for i, line in enumerate(lines) if line.startswith("compared ")), len(lines))
    head = [line for line in lines[:first] if not line.startswith("foreign ")]
    foreign, blocks = int(next(line for line in lines[:first] if line.startswith("foreign ")).split(" ")[1]), {}
    for line in lines[first:]:
        if line.startswith("compared "):
            words = line.split(" ", 6)
            key = words[1], words[3] + " " + words[4]
            blocks[key] = words[2], words[5], [words[6]]
        else:
            blocks[key][2].append(line)
    return head, foreign, blocks


def without_undeclared(lines):
    return lines[:next((i for i, line in enumerate(lines) if line.startswith("undeclared ")), len(lines))]


def explained_by(made, served, unread, names):
    """One of the manifests that are not to be had, if they explain how the texts differ: all that does not rest on them is the same."""
    (head, foreign, blocks), (other_head, other_foreign, others) = blocks_of(made), blocks_of(served)
    by_artifact = {why.artifact: why for why in unread}
    added = [key for key in others if key not in blocks]
    if not unread or head != other_head or abs(foreign - other_foreign) > len(unread):
        return None
    if any(others[key][1] not in by_artifact or key[0] == "other" and not names(key[1], others[key][1]) for key in added):
        return None
    cut = without_undeclared if any(tie != "other" for tie, _ in added) else list
    for key, (found, artifact, lines) in blocks.items():
        if key not in others:
            if found not in ("equal", "alike", "equal+alike"):
                return None
        elif (artifact, cut(lines)) != (others[key][1], cut(others[key][2])):
            return None
    if added:
        return by_artifact[others[added[0]][1]]
    return unread[0] if foreign != other_foreign else None


# ---- entries
class Recount:
    def __init__(self, source, known, leaves):
        self.known, self.leaves, self.manifests = known, leaves, Manifests(source, known)

    def check_challenge(self, attest):
        """The text of an attestation, held against the log and the manifests."""
        text, challenge = self.manifests.blob(attest.fields["sketches"]), attest.challenge
        release, key = challenge.release, evidence.challenge_key(root_of(self.leaves[:challenge.made + 1]).hex(), challenge.release.hash)
        rows = read_challenge(text, release.hash)
        hold(evidence.challenge_text(release.hash, challenge.made, key, rows) == text, "release, challenge or key of the text")
        hold(rows[0][1] == release.artifact, "artifact: expected %s, found %s", release.artifact, rows[0][1])
        parents = {parent.hash: parent for parent in release.parents}
        for hash_, artifact, _ in rows[1:]:
            hold(hash_ in parents, "%s is no parent", hash_)
            hold(artifact in self.artifacts_of(parents[hash_], attest.made), "artifact of %s: found %s", hash_, artifact)
        for place, (_, artifact, manifest) in enumerate(rows):
            if place or attest.agrees:
                self.check_files(artifact, manifest, place == 0)

    def artifacts_of(self, parent, made):
        """Of one outside the registry: those of all references before the attestation."""
        if not parent.external:
            return {self.known.releases[parent.hash].artifact}
        entries = (recount.parse_entry(data) for data in self.known.entries[:made] if data.startswith(b"jokbo/entry/v1\nkind reference\n"))
        return {e.fields["artifact"] for e in entries if (e.fields["external"], e.fields["revision"] or "none") == (parent.name, parent.version)}

    def check_files(self, artifact, manifest, needed):
        try:
            held = self.manifests.text(artifact)
        except Unread as unread:
            if needed or unread.verdict != "withdrawn":
                raise
            return
        files = [[line for line in text.split("\n")[1:] if not line.startswith("sketch ")] for text in (held, manifest)]
        hold(files[0] == files[1], "files or tensors of %s", artifact)

    def names(self, model, artifact):
        """Whether a release or reference names the artifact."""
        word, _, which = model.partition(" ")
        if word == "release":
            return which in self.known.releases and self.known.releases[which].artifact == artifact
        entry = recount.parse_entry(self.known.entries[int(which)]) if int(which) < len(self.known.entries) else None
        return entry is not None and entry.kind == "reference" and entry.fields["artifact"] == artifact

    def served_text(self, fields):
        """The text that an entry names, whose figures follow from it; the exception where there is none."""
        try:
            text = self.manifests.blob(fields["evidence"])
        except Unread as unread:
            if unread.verdict == "absent":
                return None, unread
            raise
        signs = "public" if fields["attest"] is None else "attest %s " % fields["attest"]
        head = "jokbo/evidence/v1\nrelease %s\nartifact " % fields["release"]
        hold(text.startswith(head) and "\nat %s\nsigns %s" % (fields["at"], signs) in text, "the text is of another release or size")
        check_text(text)
        hold_figures(fields, text)
        return text, None

    def made_of_challenge(self, fields):
        attest = self.known.attests[int(fields["attest"])]
        text = self.manifests.blob(attest.fields["sketches"])
        parents = [parent.hash for parent in attest.challenge.release.parents]
        read_challenge(text, fields["release"])
        return evidence.of_challenge(text, parents, int(fields["attest"]), int(fields["at"])).text, []

    def made_of_manifests(self, fields, then):
        """The text without those that are not to be had, and these; `then` is the fold at its size."""
        release = then.releases[fields["release"]]
        hold(then.is_held(release), "the release's manifest is not held at %s", fields["at"])
        own = self.manifests.text(release.artifact)
        stored = then.held | {artifact for _, artifact in then.references.values() if then.kept[artifact]}
        unread = {artifact: traits for artifact in sorted(stored) if isinstance(traits := self.manifests.traits(artifact), Unread)}
        rows = [(*who, artifact or "none", artifact and self.manifests.text(artifact))
                for *who, artifact in Lineup(then, self.manifests, release).rows if artifact not in unread]
        return evidence.Evidence(release.hash, release.artifact, int(fields["at"]), own, rows).text, list(unread.values())

    def check_evidence(self, fields, then):
        served, missing = self.served_text(fields)
        made, unread = self.made_of_challenge(fields) if fields["attest"] else self.made_of_manifests(fields, then)
        if "sha256:" + sha256(made.encode()).hex() == fields["evidence"]:
            hold_figures(fields, made)
        elif served:
            why = explained_by(made, served, unread, self.names)
            hold(why, "%s", first_difference(made, served))
            raise why
        else:
            hold(unread, "evidence: the text that was made has another digest")
        if missing:
            raise missing


def verdict_of(check, *arguments):
    try:
        check(*arguments)
    except Differs as differs:
        return "differs", str(differs)
    except Unread as unread:
        return unread.verdict, unread.artifact
    return "same", ""


def recount_evidence(place, key=None):
    """[(entry, kind, verdict, what)]; fails where the log is wrong."""
    source, known = recount.Source(place), Fold()
    recount.recount(place, key, answer=lambda counts: None, known=known)
    leaves = [sha256(b"\0" + data) for data in known.entries]
    checking, found = Recount(source, known, leaves), []
    due = {}
    for one in (one for of_release in known.evidence.values() for one in of_release):
        due.setdefault(int(one.fields["at"]), []).append(one)
    then = Fold()
    for size in range(known.size + 1):
        found += [(one.made, "evidence", *verdict_of(checking.check_evidence, one.fields, then)) for one in due.get(size, [])]
        if size < known.size:
            then.apply(known.entries[size])
    found += [(attest.made, "attest", *verdict_of(checking.check_challenge, attest))
              for attest in known.attests.values() if attest.fields["sketches"]]
    return sorted(found)


def main():
    parser = argparse.ArgumentParser(description="Recomputes the evidence of weights of a public log, from its files alone.")
    parser.add_argument("log", help="folder or URL of the public log")
    parser.add_argument("--key", help="verifier key, or a file with it")
    wish = parser.parse_args()
    try:
        found = recount_evidence(wish.log, wish.key)
    except Wrong as wrong:
        print("recount: %s" % wrong, file=sys.stderr)
        return 1
    for row in found:
        print("\t".join(map(str, row)))
    return int(any(verdict in ("differs", "absent") for _, _, verdict, _ in found))


if __name__ == "__main__":
    sys.exit(main())
