#!/usr/bin/env python3
"""Counts the derivatives of a public log anew, from its files alone, and prints them as `jokbo count --json` does.

Written from the published formats (registry/formats/, RFC 6962, RFC 8032, C2SP signed-note, tlog-checkpoint and tlog-tiles), with
nothing but Python's standard library; it shares no code with the registry: it is here to disagree where the registry is wrong.

It checks the checkpoint's signature, every entry's form and what it needs of those before it, the root over all entries, and the
hash tiles. It ends with 0, with 1 where the log is wrong (and says where first), with 2 for a mistake in the call. What licences
permit comes from the log's own entries, so the SPDX list, which an entry pins by its digest, is not needed. Policies, stages,
rulings and disputes bear on no count here, only their form is checked: recount_policy.py beside this file counts by them."""
import argparse
import base64
import collections
import datetime
import functools
import hashlib
import json
import os
import re
import sys
import unicodedata
import urllib.request

ENTRY_MAX, NOTE_MAX, TILE = 65535, 65536, 256


class Wrong(Exception):
    """The log is not what it must be."""

def need(condition, words, *facts):
    if not condition:
        raise Wrong(words % facts if facts else words)


def sha256(data):
    return hashlib.sha256(data).digest()


# ---- Ed25519, RFC 8032: points of the twisted Edwards curve in extended coordinates (X, Y, Z, T), x = X/Z, y = Y/Z, xy = T/Z
PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE_D = -121665 * pow(121666, -1, PRIME) % PRIME
ROOT_OF_MINUS_ONE = pow(2, (PRIME - 1) // 4, PRIME)


def point_of(data):
    """Decodes 32 bytes, 5.1.3; None where they are no point."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= PRIME:
        return None
    above, below = (y * y - 1) % PRIME, (CURVE_D * y * y + 1) % PRIME  # x² is their quotient
    x = above * pow(below, 3, PRIME) * pow(above * pow(below, 7, PRIME), (PRIME - 5) // 8, PRIME) % PRIME
    if (below * x * x + above) % PRIME == 0:
        x = x * ROOT_OF_MINUS_ONE % PRIME
    if (below * x * x - above) % PRIME or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else PRIME - x
    return x, y, 1, x * y % PRIME


BASE_POINT = point_of((4 * pow(5, -1, PRIME) % PRIME).to_bytes(32, "little"))


def point_add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % PRIME, (p[1] + p[0]) * (q[1] + q[0]) % PRIME
    c, d = 2 * p[3] * q[3] * CURVE_D % PRIME, 2 * p[2] * q[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def point_times(number, point):
    total = (0, 1, 1, 0)
    while number:
        total = point_add(total, point) if number & 1 else total
        point, number = point_add(point, point), number >> 1
    return total


def ed25519_verify(key, message, signature):
    """Whether `signature` (64 bytes) of the message is by the key (32 bytes), 5.1.7."""
    if len(key) != 32 or len(signature) != 64:
        return False
    owner, commitment, answer = point_of(key), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if owner is None or commitment is None or answer >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    left, right = point_times(answer, BASE_POINT), point_add(commitment, point_times(challenge, owner))
    return (left[0] * right[2] - right[0] * left[2]) % PRIME == 0 and (left[1] * right[2] - right[1] * left[2]) % PRIME == 0


# ---- notes and checkpoints
def base64_of(text):
    """The bytes of canonical base64; nothing for anything else."""
    data = base64.b64decode(text) if re.fullmatch("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}[A-Za-z0-9+/=]=)?", text) else b""
    return data if base64.b64encode(data).decode() == text else b""


class Key:
    """A verifier key: <name>+<id in hexadecimal>+<base64 of 0x01 and the public key>."""
    def __init__(self, text):
        found = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)", text)
        need(found, "%r is no verifier key", text)
        self.name, data = found.group(1), base64_of(found.group(3))
        self.text, self.public, self.id = text, data[1:], sha256(self.name.encode() + b"\n" + data)[:4]
        need(len(data) == 33 and data[0] == 1 and self.id.hex() == found.group(2), "%r is no Ed25519 verifier key", text)


class Checkpoint:
    """The size and root of a log, with signatures; those by others than the asked keys are ignored."""
    def __init__(self, note):
        try:
            text = note.decode()
        except UnicodeDecodeError:
            raise Wrong("the checkpoint is not UTF-8") from None
        body, _, lines = text.rpartition("\n\n")
        found = re.fullmatch(r"([^\s+]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/]{43}=)", body)
        need(found and lines.endswith("\n") and not re.search("[\0-\t\v-\x1f\x7f]", text), "the checkpoint is no signed note")
        self.origin, self.size, self.root, self.body = found.group(1), int(found.group(2)), base64_of(found.group(3)), body + "\n"
        self.lines = [re.fullmatch("\u2014 ([^\\s+]+) ([A-Za-z0-9+/=]{8,})", line) for line in lines[:-1].split("\n")]
        need(all(self.lines) and len(self.lines) <= 100, "the checkpoint has a bad signature line, or more than 100")

    def verify(self, key):
        signatures = [base64_of(line.group(2)) for line in self.lines if line.group(1) == key.name == self.origin]
        mine = [signature[4:] for signature in signatures if signature[:4] == key.id]
        need(mine, "the checkpoint of %s is not signed by %s", self.origin, key.text)
        need(all(ed25519_verify(key.public, self.body.encode(), one) for one in mine), "the signature by %s is wrong", key.text)


# ---- trees and files
def root_of(hashes):
    """The tree hash of RFC 6962 over leaf hashes: pairs, level by level; the last one without a partner goes up as it is."""
    level = hashes or [sha256(b"")]
    while len(level) > 1:
        pairs = (level[i:i + 2] for i in range(0, len(level), 2))
        level = [sha256(b"\1" + b"".join(pair)) if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0]


def tile_path(level, number, width):
    """tile/<level>/<number>[.p/<width>], the number in groups of three digits, all but the last with x before them."""
    groups = re.findall("...", str(number).zfill((len(str(number)) + 2) // 3 * 3))
    path = "tile/%s/%s" % (level, "/".join(["x" + group for group in groups[:-1]] + groups[-1:]))
    return path if width == TILE else "%s.p/%d" % (path, width)


class Source:
    """The files of a public log in a folder or behind a URL."""
    def __init__(self, place):
        self.is_url, self.place = bool(re.match("https?://", place)), place.rstrip("/")

    def read(self, path, most):
        """The file's bytes; None where there is none."""
        try:
            url = self.place + "/" + path
            with urllib.request.urlopen(url, timeout=30) if self.is_url else open(url, "rb") as file:
                data = file.read(most + 1)
        except OSError as error:  # HTTPError is one
            if isinstance(error, FileNotFoundError) or getattr(error, "code", None) in (404, 410):
                return None
            raise Wrong("%s: %s" % (path, error)) from None
        need(len(data) <= most, "%s is larger than %d bytes", path, most)
        return data

    def tile(self, level, number, width, most):
        """A tile as it is at a size; where the log has grown since, the full one holds what the partial one held."""
        data = self.read(tile_path(level, number, width), most)
        return data if data is not None or width == TILE else self.read(tile_path(level, number, TILE), most)

    def bundle(self, number, width):
        """The first `width` entries of a bundle."""
        path, at, entries = tile_path("entries", number, width), 0, []
        data = self.tile("entries", number, width, TILE * (ENTRY_MAX + 2))
        need(data is not None, "%s is missing: entry %d and those after it", path, number * TILE)
        while at < len(data):
            length = int.from_bytes(data[at:at + 2], "big")
            need(at + 2 + length <= len(data), "%s ends in the middle of entry %d", path, number * TILE + len(entries))
            entries.append(data[at + 2:at + 2 + length])
            at += 2 + length
        need(len(entries) == width or (len(entries) == TILE and width < TILE), "%s has %d entries", path, len(entries))
        return entries[:width]

    def entries(self, size):
        for first in range(0, size, TILE):
            yield from self.bundle(first // TILE, min(TILE, size - first))

    def check_tiles(self, leaves, all_of_them):
        """Hash tiles say what the entries say: level by level, each hash the root over 256 of the level below."""
        hashes, level = leaves, 0
        while hashes:
            for first in range(0, len(hashes), TILE):
                expected = hashes[first:first + TILE]
                path = tile_path(level, first // TILE, len(expected))
                data = self.tile(level, first // TILE, len(expected), TILE * 32)
                need(data is not None or not all_of_them, "%s is missing", path)
                need(data is None or len(data) in (32 * len(expected), 32 * TILE), "%s has %d bytes", path, len(data or b""))
                for i, wanted in enumerate(expected if data else ()):
                    need(data[32 * i:32 * i + 32] == wanted, "%s: hash %d is not that of the entries from %d on", path, i,
                         (first + i) << 8 * level)
            hashes = [root_of(hashes[i:i + TILE]) for i in range(0, len(hashes) - TILE + 1, TILE)]
            level += 1


# ---- the grammar of values: each reader gives the value, or fails
RELATIONS = ("finetune", "adapter", "quantized", "merge", "distill", "convert", "prune", "draft")
PERMISSIONS = ("NO", "UNKNOWN", "CONDITIONAL", "YES")
NO, UNKNOWN, CONDITIONAL, YES = range(4)
HEX, DIGEST = "[0-9a-f]{64}", "sha256:(?!0{64})[0-9a-f]{64}"
TEAM = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
PART = r"(?![.-])(?![^/]*(?:--|\.\.))(?![^/]*\.[gG][iI][tT](?:/|\Z))[A-Za-z0-9_.-]{1,96}(?<![.-])"
VERSION = "[A-Za-z0-9][A-Za-z0-9._+-]{0,63}"
REVISION = "[0-9a-f]{40}|[0-9a-f]{64}|none"
GRADES = ("contradicted", "none", "shape", "part", "kin", "near", "same")
ACTOR = "server|role (?:registrar|admin|evaluator)|publisher %s|team %s|issuer (?=https?://.)[!-~]{1,200}|verifier %s" % (PART, TEAM, TEAM)
DNS_LABEL = "(?!-)[a-z0-9-]{1,63}(?<!-)"
VERIFIER_KEY = r"[^+ ]{1,255}\+[0-9a-f]{8}\+A[A-Za-z0-9+/]{43}"
PLAIN = "[A-Za-z0-9._~/+=,-]"
EXTERNAL = r"(?=[^/]{1,253}(?::|/))(?:%s\.)+%s(?::[1-9][0-9]{0,4})?/(?:%s|%%[0-9A-F]{2})+" % (DNS_LABEL, DNS_LABEL, PLAIN)
TIME = r"(?:19[7-9][0-9]|[2-9][0-9]{3})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]\.[0-9]{6}Z"
UPPER_TO_LOWER = {c: c + 32 for c in range(ord("A"), ord("Z") + 1)}


def fold(name):
    """Names are the same when they are equal without regard to the case of ASCII letters."""
    return name.translate(UPPER_TO_LOWER)


@functools.lru_cache(None)
def form(pattern):
    def read(value):
        need(re.fullmatch(pattern, value), "%r is not of the form %s", value, pattern)
        return value
    return read


def read_text(value):
    need(1 <= len(value.encode()) <= 200 and value == value.strip(" "), "%r has not 1 to 200 bytes without space around", value)
    need(not any(unicodedata.category(c) == "Cc" for c in value), "%r holds a control character", value)
    return value


def read_time(value, of_form=form(TIME)):
    """Times stay text: in this form they are ordered as text is."""
    try:
        datetime.datetime.strptime(of_form(value), "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        raise Wrong("%r is no moment of the calendar" % value) from None
    return value


def read_external(value, of_form=form(EXTERNAL)):
    host, _, name = of_form(value).partition("/")
    need(len(value) <= 512 and int("0" + host.partition(":")[2]) <= 65535, "%r is too long, or its port too high", value)
    need(not set(name.split("/")) & {"", ".", ".."}, "%r has an empty segment, or one of dots", value)
    codes = re.findall("%(..)", name)
    need(not any(re.fullmatch(PLAIN, chr(int(code, 16))) for code in codes), "%r encodes what needs no encoding", value)
    return value


def read_organisation(value):
    need(read_external(value).count("/") == 1, "%r is not one segment behind a host", value)
    return value


def read_grades(value):
    """Toward each parent: shares in hundredths of a per cent, each a part of the next."""
    items = value.split(" ")
    for item in items:
        need(re.fullmatch("%s=(?:%s)(?:/(?:0|[1-9][0-9]{0,4})){4}" % (HEX, "|".join(GRADES)), item), "%r is no grade", item)
        shares = [int(share) for share in item.split("/")[1:]]
        need(shares == sorted(shares) and shares[-1] <= 10000, "shares %r", item)
    need(len(items) <= 64, "%d grades", len(items))
    return value


READ = {"text": read_text, "organisation": read_organisation, "forms": lambda value: read_text(form(r"[^|]+(?:\|[^|]+)*")(value)), "time": read_time,
        "external": read_external, "permission": form("|".join(PERMISSIONS)), "hash": form(HEX), "digest": form(DIGEST),
        "team": form(TEAM), "publisher": form(PART), "model": form(PART + "/" + PART), "version": form(VERSION),
        "identifier": form("[A-Za-z0-9.:+-]{1,200}"), "key": form(VERIFIER_KEY), "number": form("0|[1-9][0-9]{0,18}"),
        "host": lambda value: read_organisation(value + "/-") and value, "commit": form("[0-9a-f]{40}|[0-9a-f]{64}"), "identity": form("[A-Za-z0-9]{1,64}"),
        "models": lambda text: need(text.split(" ") == sorted(set(map(READ["model"], text.split(" "))))[:500], "models %r", text) or text,
        "grades": read_grades, "hashes": lambda text: need(text.split(" ") == sorted(set(map(READ["hash"], text.split(" "))))[:32], "hashes %r", text) or text,
        "teams": lambda text: need(text.split(" ") == sorted(set(map(READ["team"], text.split(" "))))[:64], "teams %r", text) or text}
# Kinds with the words of their lines and how to read each: a name of READ, or words; ? where `none` means absence.
KINDS = {kind: [tuple(field.split()) for field in fields.split(",")] for line in """
init: origin text, key key, purpose registry|demo, rules text, after [^+\\s]+\\s(?:0|[1-9][0-9]*)\\s[0-9a-f]{64}*
spdx: version text, list digest
license: license identifier, commercial permission, derivatives permission, redistribution permission, name-forms forms?
team: team team, name text, name-ko text, joined time, left time?
team-publisher: team team, publisher publisher, from time?, until time?
affiliation: institution text, team team, from time?, until time?, text digest?
operates: institution text, publisher publisher, from time?, until time?, text digest?
base: model model, team team, programme yes|no, from-scratch yes|no|unknown, built-on text?, released text?, parameters text?,\
 listed yes|no
publisher: publisher publisher, basis self|registrar|approved|roster
verify unverify claim: publisher publisher, evidence text, text digest?
register release: lineage statement
yank unyank: release hash, text digest?
rename transfer: model model, to model
adopt: external external, model model
key: key key, previous key, signature [A-Za-z0-9+/]{86}==
retire: key key
policy: canonical policy
stage: stage team, title text, title-ko text, opens time, cut-off time, disputes-until time?, policy digest, teams teams,\
 source text
close: stage team, revision number, n number, m number, policy digest, table digest, json digest, members digest, left-out digest,\
 text digest?
exclude restore: model model, reason text, needs-second yes|no, text digest?
confirm reject: ruling number, text digest?
dispute: about parent|ruling|standing, model model, ruling number?, stage team?, text digest?
resolve: dispute number, outcome upheld|dismissed, text digest?
unadopt: external external, model model
namespace namespace-end: publisher publisher, organisation organisation, evidence text, text digest?
held: artifact digest, bytes number, weights digest?, weight-files digest?
withdrawn: artifact digest, text digest?
exclude-root restore-root: model model, root model, reason text, needs-second yes|no, text digest?
origin: model model, release hash, reason text, needs-second yes|no, text digest?
approve-adopt approve-unadopt: external external, model model, reason text, needs-second yes|no, text digest?
dispute-origin: model model, against model, stage team?, text digest?
dispute-adoption: external external, model model, stage team?, text digest?
observe: hub host, id model, identity identity?, revision commit?, state present|moved|absent, to model?, model model?,\
 listing digest?, weight-files digest?, record digest?, created time?, modified time?
census: hub host, bases models, started time, models number, list digest
reference: external external, revision commit?, artifact digest, released time?, source text
verifier: verifier team, institution text, reason text, needs-second yes|no, text digest?
verifier-end: verifier team, reason text, needs-second yes|no, text digest?
challenge: release hash, nonce hash
challenge-again: verifier team, release hash, reason text, text digest?
attest: challenge number, artifact digest, differs text?, sketches digest?
evidence: release hash, attest number?, at number, evidence digest, parents grades?, near hashes?, kin number
""".strip().split("\n") for kinds, fields in [line.split(": ")] for kind in kinds.split()}
Entry = collections.namedtuple("Entry", "kind time actor fields statement")


class Lines:
    """The lines of a text, taken one by one."""
    def __init__(self, data, most, head):
        need(len(data) <= most, "it has %d bytes, more than %d", len(data), most)
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise Wrong("it is not UTF-8") from None
        need(text.startswith(head + "\n") and text.endswith("\n"), "it does not begin with %r and end with a line's end", head)
        self.data, self.rest = data, text[:-1].split("\n")[:0:-1]

    def take(self, word, kind):
        """The value of the next line, `word` and a space before it, by a reader's name or a pattern; None for `none`, and with * at the end."""
        line = self.rest.pop() if self.rest else ""
        need(line.startswith(word + " ") or (kind[-1] == "*" and not line), "%r stands where the line %r should", line, word)
        value = line[len(word) + 1:]
        return None if not line or kind.endswith("?") and value == "none" else (READ.get(kind.rstrip("?")) or form(kind.rstrip("*")))(value)


def parse_entry(data):
    """An entry, with its fields by their words, or the lines of its lineage statement or policy."""
    lines = Lines(data, ENTRY_MAX, "jokbo/entry/v1")
    kind, time, actor = lines.take("kind", "|".join(KINDS)), lines.take("time", "time"), lines.take("actor", ACTOR)
    if kind in ("register", "release", "policy"):
        inner = ("jokbo/policy/v1", 4096) if kind == "policy" else ("jokbo/lineage/v1", 60000)
        return Entry(kind, time, actor, {}, Lines(data.split(b"\n", 4)[4], inner[1], inner[0]))
    fields = {word: lines.take(word, read) for word, read in KINDS[kind]}
    need(not lines.rest, "the line %r is one too many", lines.rest[-1:])
    return Entry(kind, time, actor, fields, None)


class Parent:
    """A parent line: a registered release by its hash, or an external model by its folded host/id."""
    def __init__(self, value):
        self.hash, _, rest = value.partition(" ")
        outside = rest.startswith("external ")
        self.name, _, self.version = (rest[9:] if outside else rest).partition("@")
        READ["hash"](self.hash)
        READ["external" if outside else "model"](self.name)
        form(REVISION if outside else VERSION)(self.version)
        self.external = fold(self.name) if outside else None
        statement = "jokbo/lineage/v1\nexternal %s\nrevision %s\n" % (self.name, self.version)
        need(not outside or sha256(statement.encode()).hex() == self.hash, "the hash of %r is not its statement's", rest)


class Release:
    """A lineage statement, and what becomes of it."""
    def __init__(self, lines):
        self.name, self.version = lines.take("model", "model"), lines.take("release", "version")
        self.relation = lines.take("relation", "|".join(RELATIONS)) if "".join(lines.rest[-1:]).startswith("relation ") else None
        self.license = Expression(lines.take("license", ".+")).text
        self.text, self.artifact, self.weights = [lines.take(word, "digest?") for word in ("license-text", "artifact", "weights")]
        self.parents = [Parent(lines.take("parent", ".+")) for _ in range(len(lines.rest))]
        hashes = [parent.hash for parent in self.parents]
        need(bool(hashes) == bool(self.relation) and len(hashes) <= 64, "%d parents, and relation %s", len(hashes), self.relation)
        need(hashes == sorted(set(hashes)), "the parents are not in order, or one stands twice")
        outside = [(parent.external, parent.version) for parent in self.parents if parent.external]
        need(len(set(outside)) == len(outside), "an external parent is named twice")
        self.hash, self.model, self.yanked = sha256(lines.data).hex(), None, False


# ---- licence expressions
@functools.lru_cache(65536)
class Expression:
    """SPDX: term = identifier [WITH exception]; AND binds tighter than OR. `tree` is ("OR" or "AND", parts), or ("ID", words)."""
    def __init__(self, text):
        need(len(text) <= 1024, "a licence expression has %d bytes", len(text))
        self.text, self.tokens, self.terms = text, re.findall(r"[A-Za-z0-9.:+-]+|[()]", text)[::-1], 0
        self.tree = self.read("OR", 0)
        need(not self.tokens and self.terms <= 64 and self.written(self.tree) == text, "%r is not canonical SPDX", text)
        need(self.terms == 1 or "NOASSERTION" not in re.split("[ ()]", text), "%r: NOASSERTION stands alone", text)

    def read(self, operator, depth):
        parts = [self.read("AND", depth) if operator == "OR" else self.term(depth)]
        while self.tokens[-1:] == [operator]:
            self.tokens.pop()
            parts.append(self.read("AND", depth) if operator == "OR" else self.term(depth))
        flat = [inner for part in parts for inner in (part[1] if part[0] == operator else [part])]
        return (operator, flat) if len(flat) > 1 else flat[0]

    def term(self, depth):
        if self.tokens[-1:] == ["("]:
            self.tokens.pop()
            need(depth < 32, "a licence expression is nested too deeply")
            tree = self.read("OR", depth + 1)
            need(self.tokens and self.tokens.pop() == ")", "a parenthesis of a licence expression is open")
            return tree
        words, self.terms = [self.tokens.pop() if self.tokens else ""], self.terms + 1
        if self.tokens[-1:] == ["WITH"]:
            words += [self.tokens.pop(), self.tokens.pop() if self.tokens else ""]
        form(r"(?:(?:DocumentRef-{0}:)?LicenseRef-{0}|(?!{1}){0}\+?)(?: WITH (?!{1}){0})?".format(
            "[A-Za-z0-9.-]+", r"(?:AND|OR|WITH)(?: |\Z)"))(" ".join(words))
        return "ID", words

    def written(self, tree):
        if tree[0] == "ID":
            return " ".join(tree[1])
        parts = ["(%s)" if tree[0] == "AND" and part[0] == "OR" else "%s" for part in tree[1]]
        return (" %s " % tree[0]).join(parts) % tuple(self.written(part) for part in tree[1])


# ---- the fold: registry/formats/count.md, "What an entry needs"
class Model:
    def __init__(self, time, name):
        self.time, self.name = time, name
        self.registered_under = self.publisher
        self.releases = []
        self.team = None  # of the newest `base` entry, None where that says `listed no`
        self.observed_next = None  # of one that a registrar registered: the entry after that
        self.from_census, self.hub_created = False, None

    @property
    def publisher(self):
        return fold(self.name.split("/")[0])

    @property
    def deciding(self):
        """The newest release that is not yanked, else the newest."""
        return next((r for r in reversed(self.releases) if not r.yanked), self.releases[-1])


class Fold:
    """What the entries so far say."""
    def __init__(self):
        self.times = []
        self.models, self.names, self.releases = [], {}, {}  # all; by folded name, old ones too; by hash
        self.publishers = {}                                 # folded name: {name, claimed, verified}
        self.teams, self.roster = {}, {}                     # id: joined; base models in order of their first entry
        self.bonds = collections.defaultdict(dict)           # (kind, team or publisher): {the other side: (from, until)}
        self.licenses, self.license_terms = {}, {}           # identifier: permissions; expressions in order of first use
        self.adopted = {}                                    # external: model
        self.namespaces = {}                                 # folded host/organisation: publisher, None once it ended
        self.artifacts, self.held = set(), set()             # named by a release; whose manifests are held
        self.kept = {}                                       # artifacts that references name: whether they are not withdrawn
        self.manifests = {}                                  # what the first `held` entry says: weights, set of weight files
        self.origin, self.keys, self.handed = None, [], []   # verifier keys in force; all `key` entries

    def apply(self, data):
        try:
            entry = parse_entry(data)
            need((entry.kind == "init") == (not self.times), "init is entry 0, and entry 0 is init")
            need(not self.times or entry.time >= self.times[-1], "the time goes back from %s to %s", self.times[-1:], entry.time)
            self.APPLY.get(entry.kind, Fold.on_fact)(self, entry, entry.fields)
        except Wrong as wrong:
            raise Wrong("entry %d: %s" % (len(self.times), wrong)) from None
        self.times.append(entry.time)

    def on_fact(self, entry, fields):
        """Other facts are for the record here: which list licences are spelled by, policies, stages, rulings and disputes."""
        if entry.kind == "init":
            self.origin, self.keys = fields["origin"], [fields["key"]]
        elif entry.kind == "team":
            self.teams[fields["team"]] = fields["joined"]
        elif entry.kind == "license":
            self.licenses[fold(fields["license"])] = tuple(
                PERMISSIONS.index(fields[word]) for word in ("commercial", "derivatives", "redistribution"))

    @staticmethod
    def have(table, name):
        need(name in table, "there is no %s", name)
        return table[name]

    def on_bond(self, entry, fields):
        """An affiliation is kept with its team, the others with their publisher, under the other side's name."""
        if entry.kind != "operates":
            self.have(self.teams, fields["team"])
        own = fields["team"] if entry.kind == "affiliation" else fold(fields["publisher"])
        other = fields["team"] if entry.kind == "team-publisher" else fields["institution"]
        self.bonds[entry.kind, own][other] = (fields["from"], fields["until"])

    def on_base(self, _, fields):
        self.have(self.teams, fields["team"])
        model = self.have(self.names, fold(fields["model"]))
        self.roster.setdefault(model)
        need(len(self.roster) <= 1024, "the roster holds more than 1,024 models")
        model.team = fields["team"] if fields["listed"] == "yes" else None

    def on_key(self, entry, fields):
        """Whether one key vouched for the next is asked when a checkpoint is verified."""
        key, is_new = fields["key"], entry.kind == "key"
        known = {handed["key"] for handed in self.handed} | {handed["previous"] for handed in self.handed} | set(self.keys)
        need(len(self.keys) == (1 if is_new else 2) and self.keys[0] == fields.get("previous", key), "not the key to be replaced")
        need(not is_new or key not in known and key.startswith(self.origin + "+"), "%s cannot be the next key", key)
        self.handed += [fields] if is_new else []
        self.keys = self.keys + [key] if is_new else self.keys[1:]

    def on_publisher(self, _, fields):
        name, basis = fields["publisher"], fields["basis"]
        need(fold(name) not in self.publishers, "publisher %s exists already", name)
        self.publishers[fold(name)] = {"name": name, "claimed": basis in ("self", "approved"), "verified": False}

    def on_judged(self, entry, fields):
        facts, on = self.have(self.publishers, fold(fields["publisher"])), entry.kind != "unverify"
        fact = "claimed" if entry.kind == "claim" else "verified"
        need(facts[fact] != on, "publisher %s is already what the entry makes it", facts["name"])
        facts[fact] = on

    def presently_named(self, name):
        model = self.have(self.names, fold(name))
        need(fold(model.name) == fold(name), "%s is not the present name of %s", name, model.name)
        return model

    def on_moved(self, entry, fields):
        model, to = self.presently_named(fields["model"]), fields["to"]
        need(to != model.name and (fold(to) == fold(model.name) or fold(to) not in self.names), "the name %s is taken", to)
        publisher = fold(to.split("/")[0])
        self.have(self.publishers, publisher)
        need(entry.kind == "transfer" or publisher == model.publisher, "a rename stays under its publisher")
        model.name = to
        self.names[fold(to)] = model

    def on_register(self, entry, _):
        release = Release(entry.statement)
        self.have(self.publishers, fold(release.name.split("/")[0]))
        need(fold(release.name) not in self.names, "the name %s is taken", release.name)
        need(release.relation or entry.actor == "role admin", "only an admin registers a model without parents")
        self.check_parents(release)
        need(not release.relation or self.leads_to_base(release), "no parent leads to a base model")
        model = Model(entry.time, release.name)
        if entry.actor == "role registrar":
            model.observed_next = len(self.times) + 1
        self.models.append(model)
        self.names[fold(release.name)] = model
        self.add(model, release)

    def on_release(self, entry, _):
        release = Release(entry.statement)
        model = self.presently_named(release.name)
        need(all(fold(known.version) != fold(release.version) for known in model.releases), "release %s exists", release.version)
        self.check_parents(release)
        above = self.ancestry([release])
        need(not any(known in above for known in model.releases), "a parent is the model itself or descends from it")
        need(not any(self.adopted.get(p.external) is model for r in above for p in r.parents), "the model adopted a parent")
        need(model.team or self.leads_to_base(release), "no parent leads to a base model")
        self.add(model, release)

    def add(self, model, release):
        need(release.hash not in self.releases, "the statement is registered already")
        release.model = model
        model.releases.append(release)
        self.releases[release.hash] = release
        self.artifacts.add(release.artifact)
        self.license_terms.setdefault(release.license, release.license)

    def check_parents(self, release):
        for parent in release.parents:
            known = None if parent.external else self.have(self.releases, parent.hash)
            need(not known or self.names.get(fold(parent.name)) is known.model and known.version == parent.version,
                 "parent %s@%s is not the release of that hash", parent.name, parent.version)

    def on_switched(self, entry, fields):
        release, on = self.have(self.releases, fields["release"]), entry.kind == "yank"
        need(release.yanked != on, "the release is already what the entry makes it")
        release.yanked = on

    def on_adopt(self, _, fields):
        model, external = self.have(self.names, fold(fields["model"])), fold(fields["external"])
        need(external not in self.adopted, "the external model is adopted already")
        above = self.ancestry(model.releases)
        need(not any(p.external == external for r in above for p in r.parents), "the model descends from the external model")
        self.adopted[external] = model

    def on_unadopt(self, _, fields):
        model = self.have(self.names, fold(fields["model"]))
        need(self.adopted.get(fold(fields["external"])) is model, "the model has not adopted the external model")
        del self.adopted[fold(fields["external"])]

    def on_namespace(self, entry, fields):
        publisher, organisation = fold(fields["publisher"]), fold(fields["organisation"])
        self.have(self.publishers, publisher)
        need(self.namespaces.get(organisation) == (publisher if entry.kind == "namespace-end" else None), "who holds %s", organisation)
        self.namespaces[organisation] = publisher if entry.kind == "namespace" else None

    def on_held(self, entry, fields):
        artifact, on = fields["artifact"], entry.kind == "held"
        if on:
            need(artifact in self.artifacts, "no release names the artifact")
            need(artifact not in self.held, "the artifact is held already")
            self.held.add(artifact)
            self.manifests.setdefault(artifact, (fields["weights"], fields["weight-files"]))
        else:
            need(artifact in self.held or self.kept.get(artifact), "the artifact is not held")
            self.held.discard(artifact)
        if artifact in self.kept:
            self.kept[artifact] = on

    def on_reference(self, _, fields):
        self.kept[fields["artifact"]] = True

    def on_observe(self, entry, fields):
        state, told = fields["state"], ("revision", "listing", "weight-files", "record", "created", "modified")
        need((state == "moved") == (fields["to"] is not None), "where it moved to")
        need(fields["record"] if state == "present" else not any(fields[word] for word in told), "what is told of one that is %s", state)
        need(fields["listing"] or not fields["weight-files"], "weight files of no listing")
        if fields["model"]:
            model = self.have(self.names, fold(fields["model"]))
            model.from_census |= model.observed_next == len(self.times) and model.time == entry.time
            model.hub_created = fields["created"] or model.hub_created

    def on_census(self, entry, fields):
        for name in fields["bases"].split(" "):
            need(self.have(self.names, fold(name)).team, "%s is no base model", name)
        need(fields["started"] <= entry.time, "the run began after its entry")

    def follow(self, parent):
        """The release where a parent line leads; None for an external model that nobody has adopted."""
        if not parent.external:
            return self.releases[parent.hash]
        return self.adopted[parent.external].deciding if parent.external in self.adopted else None

    def ancestry(self, releases):
        """These releases and all above them; through an adopted external model, every release of the model that adopted it."""
        seen, front = set(), list(releases)
        while front:
            release = front.pop()
            if release not in seen:
                seen.add(release)
                for parent in release.parents:
                    adopter = self.adopted.get(parent.external)
                    front += adopter.releases if adopter else [] if parent.external else [self.releases[parent.hash]]
        return seen

    def leads_to_base(self, release):
        seen, front = {None}, [release]
        while front:
            above = set(map(self.follow, front.pop().parents)) - seen
            if any(found.model.team for found in above):
                return True
            seen, front = seen | above, front + list(above)
        return False

    APPLY = {"team-publisher": on_bond, "affiliation": on_bond, "operates": on_bond, "base": on_base, "publisher": on_publisher,
             "verify": on_judged, "unverify": on_judged, "claim": on_judged, "register": on_register, "release": on_release,
             "yank": on_switched, "unyank": on_switched, "rename": on_moved, "transfer": on_moved, "adopt": on_adopt,
             "unadopt": on_unadopt, "namespace": on_namespace, "namespace-end": on_namespace, "held": on_held,
             "withdrawn": on_held, "reference": on_reference, "observe": on_observe, "census": on_census, "key": on_key, "retire": on_key}


# ---- counts: registry/formats/count.md, from "Roots and depth at N" on
CLASSES = ("open", "conditional", "non-commercial", "no-derivatives", "unknown")
NO_STAGE = {"revision": 0, "rulings_size": 0}  # what a count says that is not a stage's
ON_HUB = {"distill": "finetune", "prune": "finetune", "draft": "finetune", "convert": "quantized"}
GROUPINGS = ("relation", "hub-relation", "license-class", "license", "publisher", "depth", "month", "hub-month")
Share = collections.namedtuple("Share", "model release depth independent clean adopted")
NEVER = ("9999", "0")  # from and until


def within(span, time, start=""):
    return (span[0] or start) <= time and (span[1] is None or time < span[1])


def month_of(time):
    month = str(datetime.datetime.fromisoformat(time[:19]) + datetime.timedelta(hours=9))[:7] if time[:4] < "2070" else "9999"
    return min(month, "2069-12")


def class_of(own):
    commercial, derivatives, redistribution = own
    return ("no-derivatives" if derivatives == NO else "non-commercial" if commercial == NO else "unknown" if UNKNOWN in own
            else "no-derivatives" if redistribution == NO else "conditional" if CONDITIONAL in own else "open")


class Counts:
    """All that can be asked of a fold at its size; use it before the fold goes on."""
    def __init__(self, known):
        self.fold, self.standings = known, {}
        self.permissions = functools.lru_cache(None)(lambda text: self.evaluate(Expression(text).tree))
        self.is_bound = functools.lru_cache(None)(lambda *bond: self.is_own(*bond) or self.is_affiliated(*bond))
        self.bases = [model for model in known.roster if model.team]
        self.moment = {"log_size": len(known.times), "log_time": known.times[-1] if known.times else None}
        self.derivatives = []  # (model, deciding release, roots, whether licence clean)
        for model in known.models:
            release = model.deciding
            roots, ceiling = self.standing(release)
            if not model.team and roots:
                self.derivatives.append((model, release, roots, self.is_clean(release, ceiling)))

    def is_clean(self, release, ceiling):
        own = self.permissions(release.license)
        return UNKNOWN not in own + ceiling and all(map(int.__le__, own, ceiling)) and ceiling[1] != NO

    def evaluate(self, tree):
        if tree[0] == "ID":
            known = () if tree[1] == ["NOASSERTION"] else self.fold.licenses.get(fold(tree[1][0].rstrip("+")))
            return known or (UNKNOWN,) * 3
        return tuple(map(min if tree[0] == "AND" else max, *[self.evaluate(part) for part in tree[1]]))

    def follow(self, parent, declared):
        return None if declared and parent.external else self.fold.follow(parent)

    def standing(self, release, declared=False):
        """Roots with depths, and ceiling, of a release, over all paths or the declared ones; those above it first, without recursion."""
        stack = [release]
        while stack:
            above = [self.follow(parent, declared) for parent in stack[-1].parents]
            missing = [r for r in above if r is not None and (r, declared) not in self.standings]
            if missing:
                stack += missing
            else:
                self.standings[stack.pop(), declared] = self.joined(above, declared)
        return self.standings[release, declared]

    def joined(self, above, declared):
        roots, ceiling = {}, (YES,) * 3
        for release in above:
            beyond, limits = self.standings[release, declared] if release else ({}, (UNKNOWN,) * 3)
            ceiling = tuple(map(min, ceiling, limits, self.permissions(release.license) if release else limits))
            for root, depth in ({release.model: 0} if release and release.model.team else beyond).items():
                roots[root] = min(depth + 1, roots.get(root, depth + 1))
        return roots, ceiling

    def is_own(self, publisher, time, team):
        return within(self.fold.bonds.get(("team-publisher", publisher), {}).get(team, NEVER), time)

    def is_affiliated(self, publisher, time, team):
        """Whether an institution affiliated with the team operates the publisher."""
        operating = self.fold.bonds.get(("operates", publisher), {})
        return any(within(span, time, self.fold.teams[team]) and within(operating.get(institution, NEVER), time)
                   for institution, span in self.fold.bonds.get(("affiliation", team), {}).items())

    def shares(self, is_in_scope):
        for model, release, roots, clean in self.derivatives:
            inside = {root: depth for root, depth in roots.items() if is_in_scope(root)}
            if inside:
                yield self.share(model, release, inside, clean)

    def share(self, model, release, inside, clean):
        free = any(not self.is_bound(model.registered_under, model.time, root.team) for root in inside)
        hanging = not any(root in self.standing(release, True)[0] for root in inside)
        return Share(model, release, min(inside.values()), free, clean, hanging)

    def scope(self, kind, name):
        """The scope as it is shown, and which roots are in it."""
        if kind == "all":
            return {"all": True}, lambda root: True
        if kind == "team":
            self.fold.have(self.fold.teams, name)
            return {"team": name}, lambda root: root.team == name
        model = self.fold.have(self.fold.names, fold(name))
        need(model in self.fold.roster, "%s is not a base model on the roster", name)
        return {"base_model": model.name}, lambda root: root is model

    def count(self, kind, name=None, groupings=()):
        """A DerivativeCount, as `jokbo count --json` prints it."""
        shown, is_in_scope = self.scope(kind, name)
        everyone = list(self.shares(is_in_scope))
        counted = [share for share in everyone if not share.release.yanked]
        return self.numbers(shown, len(everyone), len(everyone) - len(counted), counted, groupings)

    def numbers(self, shown, registered, yanked, counted, groupings):
        direct, weights = sum(share.depth == 1 for share in counted), [share.release.weights for share in counted]
        return {"scope": shown, "registered": registered, "yanked": yanked, "counted": len(counted),
                "direct": direct, "transitive": len(counted) - direct,
                "independent": sum(share.independent for share in counted),
                "license_clean": sum(share.clean for share in counted),
                "distinct_publishers": len({share.model.publisher for share in counted}),
                "distinct_weights": len(set(weights) - {None}) + weights.count(None),
                "groups": [{"grouping": grouping, "key": key, "count": number, "from_census": self.from_census(grouping, key, counted)}
                           for grouping in groupings for key, number in self.groups(grouping, counted)],
                "next_page_token": "", **self.moment, "left_out": [], "policy_sha256": "",
                "adopted": sum(share.adopted for share in counted), **NO_STAGE, "pending": 0}

    @staticmethod
    def from_census(grouping, key, counted):
        return sum(share.model.from_census and month_of(share.model.time) == key for share in counted) if grouping == "month" else 0

    def groups(self, grouping, counted):
        key_of = {
            "relation": lambda share: share.release.relation,
            "hub-relation": lambda share: ON_HUB.get(share.release.relation, share.release.relation),
            "license-class": lambda share: class_of(self.permissions(share.release.license)),
            "license": lambda share: share.release.license,
            "publisher": lambda share: share.model.publisher,
            "depth": lambda share: min(share.depth, 16),
            "month": lambda share: month_of(share.model.time),
            "hub-month": lambda share: month_of(share.model.hub_created) if share.model.hub_created else "none",
        }[grouping]
        found = collections.Counter(map(key_of, counted))
        fixed = {"relation": RELATIONS, "hub-relation": RELATIONS[:4], "license-class": CLASSES}.get(grouping)
        if fixed:
            return [(key, found[key]) for key in fixed]
        if grouping in ("depth", "month", "hub-month"):  # "none" is after all digits
            return [("16+" if key == 16 else str(key), found[key]) for key in sorted(found)]
        shown = self.fold.license_terms if grouping == "license" else {k: p["name"] for k, p in self.fold.publishers.items()}
        return sorted(((shown[key], found[key]) for key in shown if found[key]), key=lambda group: -group[1])  # a stable sort

    def list(self, groupings=()):
        """A ListCountsResponse, as `jokbo count --json` prints it without a scope."""
        return {"bases": [self.count("base", model.name, groupings) for model in self.bases],
                "teams": [self.count("team", team, groupings) for team in self.fold.teams],
                "all": self.count("all", None, groupings), **self.moment, **NO_STAGE}


# ---- the command
def as_of(text):
    """A log size; or a moment, or a day's 00:00 at +09:00, as the UTC text of entries."""
    if re.fullmatch("0|[1-9][0-9]*", text):
        return int(text)
    moment = datetime.datetime.fromisoformat(text.upper() + "T00:00:00+09:00" * (len(text) == 10))
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_keys(given, source):
    """The keys to trust: given as text or in a file, else what the log says of itself."""
    text = given or (source.read("log.vkey", NOTE_MAX) or b"").decode("utf-8", "replace")
    if not given:
        print("recount: the key is the log's own; give one by --key to know whose log it is", file=sys.stderr)
    elif os.path.exists(given):
        with open(given, encoding="utf-8") as file:
            text = file.read()
    return [Key(line) for line in text.split()]


def verify(checkpoint, known, keys):
    """The keys in force sign, each followed through the entries from one that is trusted."""
    trusted = {key.text for key in keys}
    for step in known.handed:
        message = "jokbo/key/v1\norigin %s\nkey %s\n" % (known.origin, step["key"])
        if step["previous"] in trusted:
            vouched = ed25519_verify(Key(step["previous"]).public, message.encode(), base64_of(step["signature"]))
            need(vouched, "nobody vouched for the key %s", step["key"])
            trusted.add(step["key"])
    need(trusted & set(known.keys), "no key of the log is trusted, but %s", " ".join(sorted(trusted)))
    for text in known.keys:
        if text in trusted:
            checkpoint.verify(Key(text))


def recount(place, key=None, at=None, all_tiles=False, answer=lambda counts: counts.list(), known=None):
    """Checks the whole log and gives the answer at a size, or at a time, or at the checkpoint; `known` is a fold of nothing yet."""
    source = Source(place)
    keys, note = read_keys(key, source), source.read("checkpoint", NOTE_MAX)
    need(note is not None, "%s has no checkpoint", place)
    checkpoint, known, leaves, result = Checkpoint(note), known or Fold(), [], None
    need(not isinstance(at, int) or at <= checkpoint.size, "the log has %d entries, not %s", checkpoint.size, at)
    for data in source.entries(checkpoint.size):
        if result is None and (at == len(leaves) or isinstance(at, str) and parse_entry(data).time >= at):
            result = answer(Counts(known))
        known.apply(data)
        leaves.append(sha256(b"\0" + data))
    need(root_of(leaves) == checkpoint.root, "the root over the %d entries is not the checkpoint's", checkpoint.size)
    need(known.origin == checkpoint.origin, "entry 0 is of %s, the checkpoint of %s", known.origin, checkpoint.origin)
    verify(checkpoint, known, keys)
    source.check_tiles(leaves, all_tiles)
    return answer(Counts(known)) if result is None else result


def main():
    parser = argparse.ArgumentParser(description="Counts the derivatives of a public log anew, from its files alone.")
    parser.add_argument("log", help="folder or URL of the public log")
    parser.add_argument("--key", help="verifier key, or a file with it")
    parser.add_argument("--as-of", type=as_of, help="log size, day (its 00:00 at +09:00), or moment as 2026-01-15T09:00:00+09:00")
    parser.add_argument("--by", action="append", default=[], choices=GROUPINGS, help="split the counts")
    parser.add_argument("--tiles", action="store_true", help="every hash tile must be there")
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument("--base", metavar="MODEL")
    scope.add_argument("--team")
    scope.add_argument("--all", action="store_true")
    wish = parser.parse_args()
    groupings, kind = list(dict.fromkeys(wish.by)), "base" if wish.base else "team" if wish.team else "all" if wish.all else None

    def answer(counts):
        return counts.count(kind, wish.base or wish.team, groupings) if kind else counts.list(groupings)
    try:
        print(json.dumps(recount(wish.log, wish.key, wish.as_of, wish.tiles, answer), indent=2, ensure_ascii=False))
    except Wrong as wrong:
        print("recount: %s" % wrong, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
