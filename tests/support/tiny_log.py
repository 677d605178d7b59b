#!/usr/bin/env python3
"""Makes registry/formats/tiny, a whole log that is small enough to be read, from the entries in tests/golden/tiny-log.txt: the entries
one a file, the log as it is served with the reports of its stages and their certificates, and what leads to them. What is in a report is
tests/recount_policy.py's word; tests/unit/test_tiny.c and `jokbo audit` hold the registry's own against it.

  tiny_log.py FOLDER      writes all files there"""
import base64
import datetime
import hashlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..")]
import recount  # noqa: E402
import recount_policy  # noqa: E402
from recount import sha256  # noqa: E402

ROOT = os.path.join(HERE, "..", "..")
STORY = os.path.join(HERE, "..", "golden", "tiny-log.txt")
POLICIES = os.path.join(ROOT, "registry", "data", "policies")
ORIGIN = "log.example/tiny"
# Of the Ed25519 keys: the log's two, and the one of its certificates. Nobody may use them for anything but this.
SEEDS = {"first key": b"\1" + bytes(31), "new key": b"\3" + bytes(31), "counts key": b"\2" + bytes(31)}
MANIFEST = """jokbo/manifest/v1
file 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 1 README.md
file 594e519ae499312b29433b7dd8a97ff068defcba9755b6d5d00e84c524d67b06 10 model.Q4_K_M.gguf
file a1fce4363854ff888cff4b8e7875d600c2682390412a8cf79b37d0b11148b0fa 20 model.Q8_0.GGUF
"""
TEXTS = {"table": "report.tsv", "json": "report.json", "members": "members.txt", "left-out": "left-out.tsv"}


# ---- signing: RFC 8032, 5.1.5 and 5.1.6, by what recount.py has for verifying
def encoded(point):
    x, y, z, _ = point
    inverse = pow(z, -1, recount.PRIME)
    return (y * inverse % recount.PRIME | (x * inverse % recount.PRIME & 1) << 255).to_bytes(32, "little")


def expanded(seed):
    """The secret scalar, the prefix, and the public key."""
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return scalar, digest[32:], encoded(recount.point_times(scalar, recount.BASE_POINT))


def sign(seed, message):
    scalar, prefix, public = expanded(seed)
    secret = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % recount.ORDER
    commitment = encoded(recount.point_times(secret, recount.BASE_POINT))
    challenge = int.from_bytes(hashlib.sha512(commitment + public + message).digest(), "little") % recount.ORDER
    return commitment + ((secret + challenge * scalar) % recount.ORDER).to_bytes(32, "little")


def text_of(data):
    return base64.b64encode(data).decode()


class Signer:
    """A key with a name: `verifier` is its verifier key."""
    def __init__(self, name, seed):
        self.name, self.seed, key = name, seed, b"\1" + expanded(seed)[2]
        self.id = sha256(name.encode() + b"\n" + key)[:4]
        self.verifier = "%s+%s+%s" % (name, self.id.hex(), text_of(key))

    def line(self, body):
        return "\u2014 %s %s\n" % (self.name, text_of(self.id + sign(self.seed, body.encode())))


def note(body, signers):
    return body + "\n" + "".join(signer.line(body) for signer in signers)


# ---- the entries
def digest(text):
    return "sha256:" + sha256(text.encode()).hex()


def policy(name):
    with open(os.path.join(POLICIES, name + ".policy"), encoding="utf-8") as file:
        return recount_policy.Policy.of_file(file.read()).text


def weights():
    """Both digests are over the digests of all weight files, sorted: manifest.md."""
    return digest("".join(sorted(line.split(" ")[1] + "\n" for line in MANIFEST.split("\n") if line.lower().endswith(".gguf"))))


def blocks():
    """The story's blocks, each as the words why, and its lines."""
    with open(STORY, encoding="utf-8") as file:
        parts = file.read().strip("\n").split("\n\n")[1:]
    for part in parts:
        lines = part.split("\n")
        yield lines[0][2:], lines[1:]


class Story:
    """The log in the making: `entries` as bytes, `why` each is there, and `closings` with their texts."""
    def __init__(self):
        self.entries, self.why, self.closings, self.labels = [], [], [], {}
        self.known, self.policies = recount_policy.Fold(), {}
        self.signers = {words: Signer(ORIGIN + ("/counts" if words == "counts key" else ""), seed) for words, seed in SEEDS.items()}
        for why, lines in blocks():
            self.add(why, lines)

    def moment(self, lines):
        if lines[1].startswith("time "):
            return lines.pop(1)[5:]
        before = datetime.datetime.fromisoformat(self.known.times[-1][:19])
        return (before + datetime.timedelta(hours=1)).isoformat() + ".000000Z"

    def add(self, why, lines):
        if lines[0].startswith("@"):
            self.labels[lines.pop(0)] = len(self.entries)
        kind, at = lines[0].split(" ")[1], self.moment(lines)
        body = {"close": self.close, "key": self.hand_over}.get(kind, self.body)(kind, lines[2:])
        data = "\n".join(["jokbo/entry/v1", lines[0], "time " + at, lines[1], body]).encode()
        self.known.apply(data)
        self.entries.append(data)
        self.why.append(why)
        if kind == "policy":
            self.policies[self.known.policies[sha256(body.encode()).hex()].name] = digest(body)

    def body(self, kind, lines):
        if lines == ["[policy open-source]"]:
            return policy("open-source")
        lines = [self.line(kind, line) for line in lines]
        parents = sorted(line for line in lines if line.startswith("parent "))
        head = ["jokbo/lineage/v1"] if kind in ("register", "release") else []
        return "".join(line + "\n" for line in head + [line for line in lines if line not in parents] + parents)

    def line(self, kind, line):
        word, _, value = line.partition(" ")
        if word == "parent":
            return "parent %s %s" % (self.hash_of(value), value)
        if word == "release" and kind in ("yank", "unyank", "origin", "challenge", "challenge-again", "evidence"):
            return "release " + self.hash_of(value)
        if word == "parents":
            return "parents " + " ".join(sorted("%s=%s" % (self.hash_of(name), grade) for name, _, grade in [
                item.rpartition("=") for item in value.split(" ")]))
        if word == "near" and value != "none":
            return "near " + self.hash_of(value)
        if word == "nonce":
            return "nonce " + digest(value[1:-1])[7:]
        if value.startswith("(") and value.endswith(")"):
            return "%s %s" % (word, digest(value[1:-1]))
        if value.startswith("@"):
            return "%s %d" % (word, self.labels[value])
        return "%s %s" % (word, self.made(value[1:-1])) if value.startswith("[") else line

    def made(self, words):
        if words.startswith("digest "):
            return self.policies[words[7:]]
        return {"manifest": digest(MANIFEST), "weights": weights(), "weight-files": weights(), "bytes": str(len(MANIFEST)),
                "first key": self.signers["first key"].verifier}[words]

    def hash_of(self, name):
        name, _, version = name.partition("@")
        if name.startswith("external "):
            return sha256(("jokbo/lineage/v1\n%s\nrevision %s\n" % (name, version)).encode()).hex()
        return next(r.hash for r in self.known.names[recount.fold(name)].releases if r.version == version)

    def hand_over(self, _, __):
        old, new = self.signers["first key"], self.signers["new key"]
        words = "jokbo/key/v1\norigin %s\nkey %s\n" % (ORIGIN, new.verifier)
        return "key %s\nprevious %s\nsignature %s\n" % (new.verifier, old.verifier, text_of(sign(old.seed, words.encode())))

    def close(self, _, lines):
        """The texts are made as of the entry that names them, which is not there yet."""
        said = dict(line.split(" ", 1) for line in lines)
        stage, revision, size = said["stage"], int(said["revision"]), len(self.entries)
        cut_off = self.known.stages[stage]["cut-off"]
        n = sum(at < cut_off for at in self.known.times)
        closing = {"stage": stage, "revision": revision, "n": n, "m": n if revision == 1 else size}
        found = recount_policy.texts_of(self.known, closing)
        self.closings.append((closing, found, self.certificate(closing, found)))
        lines = ["stage " + stage, "revision %d" % revision, "n %d" % closing["n"], "m %d" % closing["m"],
                 "policy " + self.known.stages[stage]["policy"]]
        lines += ["%s %s" % (word, digest(found[word])) for word in TEXTS]
        return "".join(line + "\n" for line in lines + [self.line("close", "text " + said["text"])])

    # ---- what is signed
    def root(self, size):
        return recount.root_of([sha256(b"\0" + data) for data in self.entries[:size]])

    def signing(self):
        """The log's keys in force, the newest first."""
        return [next(s for s in self.signers.values() if s.verifier == key) for key in reversed(self.known.keys)]

    def certificate(self, closing, found):
        stage = self.known.stages[closing["stage"]]
        rules = self.known.policy_of(closing["stage"]).rules
        body = "%s\njokbo/count-certificate/v1\nstage %s\nrevision %d\n" % (ORIGIN, closing["stage"], closing["revision"])
        body += "".join("%s %d %s\n" % (word, closing[word], self.root(closing[word]).hex()) for word in ("n", "m"))
        body += "policy %s\nrules %d\n" % (stage["policy"], rules)
        body += "".join("%s %s\n" % (word, digest(found[word])) for word in TEXTS)
        return note(body, [self.signers["counts key"]] + self.signing())

    def checkpoint(self):
        return note("%s\n%d\n%s\n" % (ORIGIN, len(self.entries), text_of(self.root(len(self.entries)))), self.signing())


# ---- what leads to a report
COLUMNS = ("index", "release", "lineage-hash", "brought", "registered-under", "publisher", "month", "license", "permissions", "class",
           "ceiling", "clean", "root", "depth", "self", "affiliate", "reasons")


def permissions(values):
    return "/".join(recount.PERMISSIONS[value] for value in values)


def yes(value):
    return "yes" if value else "no"


def pairs(report):
    """A line a pair of derivative and root: what report.tsv counts, by the state of the cut-off."""
    standing = report.standing
    counts, publishers = standing.counts, standing.counts.fold.publishers
    lines = ["\t".join(COLUMNS)]
    for row in standing.rows:
        model, release = row.model, row.release
        brought = counts.brought(model, ("weights", release.weights)) if release.weights else "none"
        month = counts.groups("month", [counts.share(model, release, row.roots, row.clean)])[0][0]
        own = counts.permissions(release.license)
        common = [model.index, "%s@%s" % (model.name, release.version), release.hash, brought, publishers[model.registered_under]["name"],
                  publishers[model.publisher]["name"], month, release.license, permissions(own), recount.class_of(own),
                  permissions(counts.standing(release)[1]), yes(row.clean)]
        for root, depth in row.roots.items():
            facts = [root.name, depth, yes(counts.is_own(model.registered_under, model.time, root.team)),
                     yes(counts.is_affiliated(model.registered_under, model.time, root.team)), ",".join(row.reasons[root]) or "none"]
            lines.append("\t".join(map(str, common + facts)))
    return "".join(line + "\n" for line in lines)


# ---- files
def log_files(story):
    bundle = b"".join(len(data).to_bytes(2, "big") + data for data in story.entries)
    width = len(story.entries)
    files = {"checkpoint": story.checkpoint(), "log.vkey": "".join(s.verifier + "\n" for s in story.signing()),
             "counts.vkey": story.signers["counts key"].verifier + "\n", "tile/entries/000.p/%d" % width: bundle,
             "tile/0/000.p/%d" % width: b"".join(sha256(b"\0" + data) for data in story.entries),
             "manifest/sha256/" + digest(MANIFEST)[7:]: MANIFEST}
    for closing, found, certificate in story.closings:
        folder = "stage/%s/%d/" % (closing["stage"], closing["revision"])
        files.update({folder + file: found[word] for word, file in TEXTS.items()})
        files[folder + "certificate"] = certificate
    return {"log/" + path: data for path, data in files.items()}


def index(story):
    lines = ["index\tkind\tleaf-hash\troot-with-it\twhy"]
    for i, data in enumerate(story.entries):
        kind = data.split(b"\n")[1][5:].decode()
        lines.append("%d\t%s\t%s\t%s\t%s" % (i, kind, sha256(b"\0" + data).hex(), story.root(i + 1).hex(), story.why[i]))
    return "".join(line + "\n" for line in lines)


def files():
    """All files by their names below the folder, as bytes."""
    story = Story()
    found = {"entries/%02d.txt" % i: data for i, data in enumerate(story.entries)}
    found["index.tsv"] = index(story)
    found.update(log_files(story))
    for closing, _, _ in story.closings:
        report = recount_policy.report_of(story.known, closing)
        found["pairs/%s-%d.tsv" % (closing["stage"], closing["revision"])] = pairs(report)
    return {path: data.encode() if isinstance(data, str) else data for path, data in found.items()}


def main():
    for path, data in files().items():
        place = os.path.join(sys.argv[1], path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main()
