"""Grades, challenge texts and evidence texts in plain Python, from registry/formats/evidence.md and challenge.md alone: nothing here is shared
with the registry but its example. Run by itself it writes the files of registry/formats/evidence anew."""
import hashlib
import json
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import sketch  # noqa: E402

GRADES = ["contradicted", "none", "shape", "part", "kin", "near", "same"]
EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "registry", "formats", "evidence")
SHOWN, ALL, MOST = 32, 10000, 18446744073709551615


def share(x, y):
    return ALL * x // y if y else 0


# ---- grades ----


class Shares:
    """Of the likenesses of a comparison: how many elements there are, and how many at least so alike."""

    def __init__(self, of):
        self.all, self.equal = sum(of[:6]), of[0]
        self.near = self.equal + of[1]
        self.kin = self.near + of[2]
        self.comparable = self.kin + of[3]

    def words(self):
        return [share(x, self.all) for x in (self.equal, self.near, self.kin, self.comparable)]


def grade(s, fits):
    if s.all:
        if s.equal == s.all:
            return "same"
        if 100 * s.near >= 95 * s.all:
            return "near"
        if 2 * s.comparable >= s.all and 10 * s.kin >= 9 * s.comparable:
            return "kin"
        if 100 * s.kin >= s.all:
            return "part"
        if 2 * s.comparable >= s.all:
            return "contradicted"
    return "shape" if fits else "none"


def tensors_of(manifest):
    """(name, dtype, dimensions) of the tensor lines."""
    lines = (line.split(" ") for line in manifest.split("\n") if line.startswith("tensor "))
    return [(words[4], words[2], sketch.dimensions(words[3])) for words in lines]


def module_of(parent, module):
    names = [module + ".weight", "model." + module + ".weight"]
    if module.startswith("model."):
        names.append(module[6:] + ".weight")
    for name in names:
        found = sorted(shape for n, _, shape in parent if n == name and len(shape) == 2)
        if found:
            return found[0]
    return None


def factor_of(name):
    """(module, which) of an adapter's tensor."""
    words = name[len("base_model.model."):].split(".") if name.startswith("base_model.model.") else name.split(".")
    for at, word in enumerate(words):
        if at and word in ("lora_A", "lora_B", "lora_embedding_A", "lora_embedding_B"):
            rest = words[at + 1:]
            return (".".join(words[:at]), word) if len(rest) < 2 or (len(rest) == 2 and rest[1] == "weight") else None
    return None


def fills(elements, words):
    return words > 0 and any(elements * bits == 32 * words for bits in (2, 3, 4, 8))


def packed_of(name, dtype, shape):
    """(module, which) of a packed quantization's tensor."""
    if dtype in ("I32", "U32"):
        for end in (".qweight", ".weight_packed"):
            if name.endswith(end):
                return name[:-len(end)], end
    if name.endswith(".weight") and (dtype == "U32" or (dtype == "U8" and len(shape) == 2 and shape[1] == 1)):
        return name[:-len(".weight")], dtype
    return None


def tensor_fits(parent, name, dtype, shape):
    """None: not one whose shape should follow from the parent's."""
    factor = factor_of(name)
    found = factor or packed_of(name, dtype, shape)
    if not found:
        return None
    weight = module_of(parent, found[0]) if len(shape) == 2 else None
    if not weight:
        return False
    (rows, columns), (a, b), which = weight, shape, found[1]
    if factor:
        return {"lora_A": b == columns, "lora_B": a == rows, "lora_embedding_A": b == rows, "lora_embedding_B": a == columns}[which]
    if which == ".qweight":
        return (b == rows and fills(columns, a)) or (a == columns and fills(rows, b))
    return 2 * a == rows * columns if which == "U8" else a == rows and fills(columns, b)


def shapes_fit(child, parent):
    every, fit, known = 0, 0, tensors_of(parent)
    for name, dtype, shape in tensors_of(child):
        verdict = tensor_fits(known, name, dtype, shape)
        if verdict is not None and sketch.product(shape) < 1 << 64:
            every += sketch.product(shape)
            fit += verdict * sketch.product(shape)
    return fit > 0 and 10 * fit >= 9 * every


# ---- signatures ----


def signature(manifest):
    able = [i for i in sketch.items_of(manifest) if i.carries]
    if not able:
        return None
    largest = max(i.elements for i in able)
    first = next(i for i in able if i.elements == largest)
    return first.shape, [v > 0 for v in first.sketch]


def alike(one, two):
    if not one or not two or one[0] != two[0]:
        return False
    places = sum(a != b for a, b in zip(one[1], two[1]))
    return places <= 16 or places >= 240


# ---- the evidence text ----


def shown(elements):
    """Of {part: elements} the parts of a list, in its order."""
    most = sorted(elements, key=lambda name: (-elements[name], name.encode()))[:SHOWN]
    return sorted(most, key=str.encode)


def likeness(pair):
    return {"equal": 10001, "nearly equal": pair[3], "kin": pair[3]}.get(pair[2], 0)


def sum_of(pairs, chosen):
    """{part: elements} of the chosen ones."""
    found = {}
    for pair, is_chosen in zip(pairs, chosen):
        if is_chosen:
            part = sketch.part_of(pair[0].name)
            found[part] = found.get(part, 0) + pair[0].elements
    return found


class Compared:
    """A model that the release was compared with; `manifest` None: it is not held."""

    def __init__(self, child, tie, found, model, artifact, manifest):
        told, self.pairs = sketch.compared(child, manifest) if manifest is not None else ({}, [])
        whole, median = self.take(told.pop("", [0] * 7))
        self.elements, self.tie, self.found, self.model = whole.all, tie, found, model
        self.parts = {name: self.take(of) for name, of in told.items()}
        self.kin = {name: part.kin for name, (part, _) in self.parts.items() if part.kin}
        self.grade = grade(whole, tie == "parent" and manifest is not None and shapes_fit(child, manifest))
        close = [p for p in self.pairs if likeness(p)]
        renamed, longer = sum(p[0].name != p[1].name for p in close), sum(p[0].shape != p[1].shape for p in close)
        self.shares = whole.words()
        self.head = ["compared", tie, found, model, artifact, self.grade, *self.shares, median, renamed, longer, "whole", len(self.kin)]
        self.undeclared = {}

    @staticmethod
    def take(of):
        return Shares(of), of[6]

    def listed(self):
        return self.tie != "other" or bool(self.kin)

    def lines(self):
        made = [self.head]
        for name in shown(self.kin):
            part, median = self.parts[name]
            tensors = sum(sketch.part_of(p[0].name) == name for p in self.pairs)
            made.append(["part", share(part.all, self.elements), *part.words(), median, tensors, name])
        if self.is_undeclared():
            made.append(["undeclared", share(sum(self.undeclared.values()), self.elements), len(self.undeclared)])
            made += [["in", share(self.undeclared[name], self.elements), name] for name in shown(self.undeclared)]
        return made

    def is_undeclared(self):
        return share(sum(self.undeclared.values()), self.elements) >= 100


class Evidence:
    """`models`: (tie, found, model, artifact, manifest or None) in the order of the format."""

    def __init__(self, release, artifact, at, child, models, signs="public"):
        self.all = [Compared(child, *model) for model in models]
        items = sketch.items_of(child)
        ancestors = [m for m in self.all if m.tie != "other" and m.pairs]
        others = [m for m in self.all if m.tie == "other"]
        least = [max([likeness(m.pairs[i]) for m in ancestors], default=0) for i in range(len(items))]
        for m in others:
            m.undeclared = sum_of(m.pairs, [likeness(p) > low for p, low in zip(m.pairs, least)])
        elements = sum(i.elements for i in items)
        sharing = [sum(likeness(m.pairs[i]) > 0 for m in others) for i in range(len(items))]
        shared = sum_of([(i,) for i in items], [n > 1 for n in sharing])
        self.models = [m for m in self.all if m.listed()]
        lines = [["jokbo/evidence/v1"], ["release", release], ["artifact", artifact], ["at", at], ["signs", signs],
                 ["weights", len(items), min(elements, MOST)], ["foreign", len(self.all) - len(self.models)]]
        for m in self.models:
            lines += m.lines()
        lines.append(["shared", len(shared)])
        lines += [["with", sum(name in m.kin for m in others), share(shared[name], elements), name] for name in shown(shared)]
        self.text = "".join(" ".join(map(str, line)) + "\n" for line in lines)

    def figures(self):
        """What the entry repeats: parents, near, kin."""
        parents = ["%s=%s/%s" % (m.model.split(" ")[1], m.grade, "/".join(map(str, m.shares))) for m in self.models if m.tie == "parent"]
        near = [m.model.split(" ")[1] for m in self.models
                if m.tie == "other" and m.grade in ("near", "same") and m.model.startswith("release ")]
        return parents, sorted(near[:32]), sum(m.is_undeclared() for m in self.models)


# ---- challenges ----


def challenge_key(root, release):
    return hashlib.sha256(bytes.fromhex(root) + bytes.fromhex(release)).hexdigest()


def challenge_text(release, index, key, models):
    """`models`: (lineage hash, artifact, manifest), the release first."""
    head = "jokbo/challenge/v1\nrelease %s\nchallenge %d\nkey %s\n" % (release, index, key)
    return head + "".join("model %s %s\n%s" % model for model in models[:1] + sorted(models[1:]))


def read_challenge(text):
    """(release, {lineage hash: (artifact, manifest)})"""
    head, *models = text.split("\nmodel ")
    found = {}
    for at, model in enumerate(models):
        first, _, manifest = (model + ("\n" if at < len(models) - 1 else "")).partition("\n")
        hash_, artifact = first.split(" ")
        found[hash_] = artifact, manifest
    return head.split("\n")[1].split(" ")[1], found


def of_challenge(text, parents, attest, at):
    """The evidence of an `attest` entry."""
    release, models = read_challenge(text)
    compared = [("parent", "none", "release " + p, *models.get(p, ("none", None))) for p in parents]
    signs = "attest %d sha256:%s" % (attest, sha256(text.encode()))
    return Evidence(release, models[release][0], at, models[release][1], compared, signs)


# ---- the example ----


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def artifact(manifest):
    return "sha256:" + sha256(manifest.encode())


def noise(seed, count):
    values = []
    for i in range(count):
        z = ((seed << 32) + i + 1) * 0x9E3779B97F4A7C15 & sketch.MASK
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & sketch.MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & sketch.MASK
        values.append(((z ^ z >> 31) >> 48) - 32768)
    return values


def tensor_values(count, seeds):
    values = [float(v) for v in noise(seeds[0], count)]
    return [v + n / 8 for v, n in zip(values, noise(seeds[1], count))] if len(seeds) > 1 else values


def manifest_of(tensors, signs=sketch.public_signs):
    """Of one file of these tensors: [(name, dtype, shape, bytes)]."""
    header, at = {}, 0
    for name, dtype, shape, data in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    head = struct.pack("<Q", len(text)) + text
    whole, path = head + b"".join(t[3] for t in tensors), "model.safetensors"
    lines = ["jokbo/manifest/v2", "file %s %d %s" % (sha256(whole), len(whole), path), "header %s %s" % (sha256(head), path)]
    lines += sorted("tensor %s %s %s %s %s" % (sha256(data), dtype, sketch.shape_text(shape), name, path) for name, dtype, shape, data in tensors)
    lines += [line for _, line in sorted(sketch.sketch_lines(path, tensors, sketch.SAFETENSORS, signs))]
    return "".join(line + "\n" for line in lines)


def example_models():
    """{model: its tensors}, by the table of the example."""
    models = {}
    with open(os.path.join(EXAMPLE, "tensors.tsv"), encoding="utf-8") as f:
        for model, name, shape, seeds in (line.rstrip("\n").split("\t") for line in list(f)[1:]):
            values = tensor_values(sketch.product(sketch.dimensions(shape)), list(map(int, seeds.split(" "))))
            models.setdefault(model, []).append((name, "F32", sketch.dimensions(shape), struct.pack("<%df" % len(values), *values)))
    return models


def example():
    """{file's name: text}, but for the table from which they follow."""
    models = example_models()
    files = {name + ".txt": manifest_of(tensors) for name, tensors in models.items()}
    release, parent, base = (sha256(word) for word in (b"release", b"parent", b"base"))
    key = challenge_key(sha256(b"root"), release)
    made = {name: manifest_of(models[name], lambda n: sketch.challenge_signs(bytes.fromhex(key), n)) for name in ("release", "parent")}
    artifacts = {name: artifact(files[name + ".txt"]) for name in models}
    files["challenge.txt"] = challenge_text(release, 41, key, [(release, artifacts["release"], made["release"]),
                                                               (parent, artifacts["parent"], made["parent"])])
    compared = [("parent", "none", "release " + parent, artifacts["parent"], files["parent.txt"]),
                ("other", "equal+base", "release " + base, artifacts["base"], files["base.txt"]),
                ("other", "none", "reference 7", artifacts["reference"], files["reference.txt"])]
    files["public.txt"] = Evidence(release, artifacts["release"], 40, files["release.txt"], compared).text
    files["attest.txt"] = of_challenge(files["challenge.txt"], [parent], 42, 43).text
    return files


def main():
    for name, text in example().items():
        with open(os.path.join(EXAMPLE, name), "w", encoding="utf-8") as f:
            f.write(text)


if __name__ == "__main__":
    main()
