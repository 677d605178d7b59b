"""The forms of the texts that tests/recount_evidence.py reads: challenge texts with the manifests in them, and evidence texts; from
registry/formats/challenge.md, manifest.md and evidence.md alone. That the files and tensors of a manifest are the registered ones is held
elsewhere."""
import os
import re
import sys

import recount

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import evidence  # noqa: E402
import sketch  # noqa: E402


class Differs(Exception):
    """What is said does not follow."""


def hold(condition, words, *facts):
    if not condition:
        raise Differs(words % facts if facts else words)


# ---- what a verifier brings
NUMBER = "(?:0|[1-9][0-9]{0,19})"
SHAPE, NAME = "(scalar|[1-9][0-9]*(?:x[1-9][0-9]*){0,31})", "([^ ]{1,1024})"
LINES = {"file": "file %s (0|[1-9][0-9]{0,19}) %s" % (recount.HEX, NAME), "header": "header %s %s" % (recount.HEX, NAME),
         "tensor": "tensor %s ([A-Z][A-Z0-9_]{0,15}) %s %s %s" % (recount.HEX, SHAPE, NAME, NAME),
         "sketch": "sketch ([^ ]+) ([A-Z][A-Z0-9_]{0,15}) %s %s %s" % (SHAPE, NAME, NAME)}


def check_manifest(text):
    lines = text.split("\n")
    hold(lines[0] == "jokbo/manifest/v2" and lines[-1] == "", "a manifest does not begin or end as it must")
    kinds = [line.split(" ")[0] for line in lines[1:-1]]
    hold(set(kinds) <= set(LINES) and kinds == sorted(kinds, key=list(LINES).index), "the lines of a manifest are not in order")
    found = {kind: [re.fullmatch(LINES[kind], line) for line in lines[1:-1] if line.startswith(kind + " ")] for kind in LINES}
    hold(all(all(rows) for rows in found.values()), "a line of a manifest is not of its form")
    paths = {row.group(2) for row in found["file"]}
    hold(all(row.group(1) in paths for row in found["header"]) and all(row.group(4) in paths for row in found["tensor"]), "a path is no file's")
    tensors = {(row.group(4), row.group(3)): (row.group(1), sketch.dimensions(row.group(2))) for row in found["tensor"]}
    places = [(row.group(5).encode(), row.group(4).encode()) for row in found["sketch"]]
    hold(places == sorted(set(places)), "the sketches of a manifest are not in order")
    for row in found["sketch"]:
        check_sketch(paths, tensors, *row.groups())


def check_sketch(paths, tensors, data, dtype, shape, name, path):
    data, shape = recount.base64_of(data), sketch.dimensions(shape)
    hold(len(data) == 512 and max(abs(int.from_bytes(data[i:i + 2], "big", signed=True)) for i in range(0, 512, 2)) == 32767, "no sketch")
    hold(path in paths and path.lower().endswith((".safetensors", ".gguf")), "the sketch of no file")
    hold(len(shape) > 1 and sketch.product(shape) >= sketch.LEAST, "the sketch of a small tensor")
    if path.lower().endswith(".safetensors"):
        stem, _, place = name[:-1].rpartition("[")
        of_slice = name.endswith("]") and (path, name) not in tensors
        of_dtype, whole = tensors.get((path, stem if of_slice else name), (None, []))
        hold(of_dtype == dtype, "the sketch of no tensor")
        hold(whole[1:] == shape and len(whole) > 2 and int(place) < whole[0] if of_slice else whole == shape and len(whole) == 2, "another shape")


def read_challenge(text, release):
    """[(lineage hash, artifact, manifest)], the release first."""
    head = re.match("jokbo/challenge/v1\nrelease (%s)\nchallenge (%s)\nkey (%s)\n" % (recount.HEX, NUMBER, recount.HEX), text)
    hold(head and head.group(1) == release, "no challenge text of this release")
    try:
        _, models = evidence.read_challenge(text)
        rows = [(release, *models[release])] + [(hash_, *rest) for hash_, rest in models.items() if hash_ != release]
        for _, _, manifest in rows:
            check_manifest(manifest)
    except (ValueError, KeyError, IndexError):
        raise Differs("no challenge text of this release") from None
    hold(evidence.challenge_text(release, int(head.group(2)), head.group(3), rows) == text, "the text is not in the order of its models")
    return rows


# ---- the evidence text
SHARES = "((?:(?:0|[1-9][0-9]{0,4}) ){4})"
HEAD = ("jokbo/evidence/v1", "release " + recount.HEX, "artifact sha256:" + recount.HEX, "at " + NUMBER,
        "signs (?:public|attest %s sha256:%s)" % (NUMBER, recount.HEX), "weights %s %s" % (NUMBER, NUMBER), "foreign " + NUMBER)
COMPARED = re.compile("compared (parent|ancestor|other) (none|equal(?:\\+alike)?(?:\\+base)?|alike(?:\\+base)?|base) (release %s|reference %s) (none|sha256:%s) (%s) %s"
                      "(%s) %s %s (?:whole|cut) (%s)" % (recount.HEX, NUMBER, recount.HEX, "|".join(recount.GRADES), SHARES, NUMBER, NUMBER, NUMBER, NUMBER))
PART = re.compile("part (%s) %s(%s) %s ([^ ]*)" % (NUMBER, SHARES, NUMBER, "[1-9][0-9]*"))
TIES = ("parent", "ancestor", "other")


def shares_of(text):
    found = list(map(int, text.split()))
    hold(found == sorted(found) and found[-1] <= 10000, "shares %s", text)
    return found


def check_median(text):
    hold(text == "0" or 5000 <= int(text) < 9999, "the median %s", text)


def check_grade(grade, shares, fits):
    """Whether shares that are rounded down can have it."""
    equal, near, kin, comparable = shares
    could = {"same"} if equal == 10000 else {"near"} if near >= 9500 else None
    if could is None and kin >= 100:
        could = {"part"} | ({"kin"} if comparable >= 5000 and 10 * kin + 10 > 9 * comparable else set())
    could = could or ({"contradicted"} if comparable >= 5000 else {"none", "shape"} if fits else {"none"})
    hold(grade in could, "the grade %s of shares %s", grade, shares)


class Reader:
    """The lines of an evidence text, taken one by one."""

    def __init__(self, text):
        hold(text.endswith("\n") and "\0" not in text, "the text does not end as it must")
        self.rest, self.who = text[:-1].split("\n")[::-1], []

    def take(self, pattern):
        found = re.fullmatch(pattern, self.rest.pop() if self.rest else "")
        hold(found, "a line of the text is not of its form")
        return found

    def comes(self, word):
        return bool(self.rest) and self.rest[-1].startswith(word + " ")

    def list(self, pattern, parts):
        """As many as there are, at most 32, in the order of their names."""
        found = [self.take(pattern) for _ in range(min(parts, 32))]
        names = [row.groups()[-1].encode() for row in found]
        hold(names == sorted(set(names)) and all(len(name) <= 1024 for name in names), "the order of parts")
        return found

    def read(self):
        head = [self.take(pattern).group() for pattern in HEAD]
        tensors, elements = head[5].split(" ")[1:]
        attest = head[4] != "signs public"
        hold((tensors == "0") == (elements == "0") and not (attest and head[6] != "foreign 0"), "the head of the text")
        while self.comes("compared"):
            self.read_model(attest)
        shared = self.list("with ([1-9][0-9]*) (%s) ([^ ]*)" % NUMBER, int(self.take("shared (%s)" % NUMBER).group(1)))
        hold(all(int(row.group(1)) > 1 and int(row.group(2)) <= 10000 for row in shared) and not self.rest, "the end of the text")
        hold(len({model for _, model in self.who}) == len(self.who), "a model is there twice")
        parents = [model for tie, model in self.who if tie == "parent"]
        hold(parents == sorted(parents) and len(parents) <= 64, "the order of parents")

    def read_model(self, attest):
        tie, found, model, artifact, grade, shares, median, parts = self.take(COMPARED).groups()
        shares, parts, is_reference = shares_of(shares), int(parts), model.startswith("reference")
        hold(not self.who or TIES.index(self.who[-1][0]) <= TIES.index(tie), "the order of models")
        self.who.append((tie, model))
        hold((found == "none") == (is_reference or tie != "other") and not (is_reference and tie != "other"), "how %s was found", model)
        hold(artifact != "none" or tie == "parent" and shares[3] == 0, "no artifact of %s", model)
        hold(tie == "parent" or not attest, "with a challenge only parents are compared")
        check_grade(grade, shares, tie == "parent" and artifact != "none")
        check_median(median)
        hold(parts or not shares[2] and tie != "other", "the parts of %s", model)
        for row in self.list(PART, parts):
            hold(int(row.group(1)) <= 10000, "the share of a part")
            shares_of(row.group(2))
            check_median(row.group(3))
        if self.comes("undeclared"):
            share, ins = map(int, self.take("undeclared (%s) (%s)" % (NUMBER, NUMBER)).groups())
            hold(tie == "other" and 100 <= share <= shares[2] and 1 <= ins <= parts, "what is undeclared of %s", model)
            hold(all(int(row.group(1)) <= 10000 for row in self.list("in (%s) ([^ ]*)" % NUMBER, ins)), "the share of a part")


def check_text(text):
    Reader(text).read()
