#!/usr/bin/env python3
"""Makes registry/formats/weighed, a whole log with evidence of weights: the models of registry/formats/evidence, registered one after the
other, with their manifests, what the registry finds in them, and a verifier's challenge; the manifest of one is withdrawn at the end. The
evidence is tests/recount_evidence.py's word; `jokbo audit --weights` holds the registry's own against it.

  weighed_log.py FOLDER      writes all files there"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), HERE]
import evidence  # noqa: E402
import recount  # noqa: E402
import recount_evidence  # noqa: E402
import sketch  # noqa: E402
from recount import sha256  # noqa: E402
from tiny_log import Signer, digest, note, text_of  # noqa: E402

ORIGIN, SEED = "log.example/weighed", b"\4" + bytes(31)  # nobody may use this key for anything but this


def weights_of(manifest):
    """manifest.md: over the tensor lines, without their paths."""
    return digest("".join(sorted(line.rpartition(" ")[0] + "\n" for line in manifest.split("\n") if line.startswith("tensor "))))


def weight_files_of(manifest):
    return digest("".join(sorted({line.split(" ")[1] + "\n" for line in manifest.split("\n") if line.startswith("file ")})))


class Story:
    """The log in the making: `entries` as bytes, and the `blobs` that are served beside it, by digest."""

    def __init__(self):
        self.entries, self.blobs, self.known, self.hashes = [], {}, recount_evidence.Fold(), {}
        self.signer, self.tensors = Signer(ORIGIN, SEED), evidence.example_models()
        self.tensors["gone"] = [self.tensors["base"][2], self.tensors["release"][3]]
        self.manifests = {name: evidence.manifest_of(tensors) for name, tensors in self.tensors.items()}
        self.begin()
        self.register("red-ai/Base", "base")
        self.add("base", "role admin", "model red-ai/Base", "team red", "programme yes", "from-scratch yes", "built-on none", "released none",
                 "parameters none", "listed yes")
        self.hold("red-ai/Base", "base")
        self.register("kim/Parent", "parent", "red-ai/Base")
        self.hold("kim/Parent", "parent")
        self.refer("reference")
        self.register("lee/Gone", "gone", "red-ai/Base")
        self.hold("lee/Gone", "gone")
        self.register("lee/Release", "release", "kim/Parent")
        self.hold("lee/Release", "release")
        self.attest("lee/Release", "release", "kim/Parent", "parent")
        self.add("withdrawn", "role admin", "artifact " + self.artifact("gone"), "text " + digest("a court's order"))
        del self.blobs[self.artifact("gone")]

    def add(self, kind, actor, *lines):
        """The entry's index."""
        index = len(self.entries)
        head = ["jokbo/entry/v1", "kind " + kind, "time 2026-01-05T%02d:00:00.000000Z" % index, "actor " + actor]
        data = "".join(line + "\n" for line in [*head, *lines]).encode()
        self.known.apply(data)
        self.entries.append(data)
        return index

    def begin(self):
        self.add("init", "server", "origin " + ORIGIN, "key " + self.signer.verifier, "purpose registry", "rules 2")
        self.add("team", "role admin", "team red", "name Red AI", "name-ko 빨강", "joined 2026-01-01T00:00:00.000000Z", "left none")
        for name, actor, basis in (("red-ai", "role admin", "roster"), ("kim", "publisher kim", "self"), ("lee", "publisher lee", "self")):
            self.add("publisher", actor, "publisher " + name, "basis " + basis)
        self.add("verifier", "role evaluator", "verifier lab", "institution A lab", "reason looks at weights", "needs-second no", "text none")

    def artifact(self, name):
        return digest(self.manifests[name])

    def register(self, model, name, parent=None):
        lines = ["model " + model, "release 1"] + ["relation finetune"] * bool(parent)
        lines += ["license Apache-2.0", "license-text none", "artifact " + self.artifact(name), "weights " + weights_of(self.manifests[name])]
        lines += ["parent %s %s@1" % (self.hashes[parent], parent)] if parent else []
        self.hashes[model] = sha256(("jokbo/lineage/v1\n" + "".join(line + "\n" for line in lines)).encode()).hex()
        self.add("register", "role admin" if not parent else "publisher " + model.split("/")[0], "jokbo/lineage/v1", *lines)

    def hold(self, model, name):
        manifest = self.manifests[name]
        self.blobs[self.artifact(name)] = manifest
        self.add("held", "server", "artifact " + self.artifact(name), "bytes %d" % len(manifest), "weights " + weights_of(manifest),
                 "weight-files " + weight_files_of(manifest))
        self.say(model)

    def refer(self, name):
        self.blobs[self.artifact(name)] = self.manifests[name]
        self.add("reference", "role registrar", "external huggingface.co/org/vision", "revision none", "artifact " + self.artifact(name),
                 "released none", "source digested from the hub's files")

    # ---- what the registry finds

    def recount(self):
        return recount_evidence.Recount(self, self.known, [sha256(b"\0" + data) for data in self.entries])

    def read(self, path, _):
        """As recount.Source: what is served."""
        text = self.blobs.get("sha256:" + path.rpartition("/")[2])
        return text and text.encode()

    def say(self, model, attest=None):
        at = len(self.entries)
        fields = {"release": self.hashes[model], "at": str(at), "attest": attest}
        text, _ = self.recount().made_of_challenge(fields) if attest else self.recount().made_of_manifests(fields, self.known)
        self.blobs[digest(text)] = text
        figures = recount_evidence.figures_of(text)
        self.add("evidence", "server", "release " + self.hashes[model], "attest " + (attest or "none"), "at %d" % at, "evidence " + digest(text),
                 *("%s %s" % (word, figures[word] or "none") for word in ("parents", "near", "kin")))

    def attest(self, model, name, parent, parent_name):
        challenge = self.add("challenge", "verifier lab", "release " + self.hashes[model], "nonce " + digest("thirty-two bytes")[7:])
        key = evidence.challenge_key(self.root().hex(), self.hashes[model])
        rows = [(self.hashes[m], self.artifact(n), evidence.manifest_of(self.tensors[n], lambda count: sketch.challenge_signs(bytes.fromhex(key), count)))
                for m, n in ((model, name), (parent, parent_name))]
        text = evidence.challenge_text(self.hashes[model], challenge, key, rows)
        self.blobs[digest(text)] = text
        index = self.add("attest", "verifier lab", "challenge %d" % challenge, "artifact " + self.artifact(name), "differs none",
                         "sketches " + digest(text))
        self.say(model, str(index))

    # ---- files

    def root(self):
        return recount.root_of([sha256(b"\0" + data) for data in self.entries])

    def checkpoint(self, entries):
        root = recount.root_of([sha256(b"\0" + data) for data in entries])
        return note("%s\n%d\n%s\n" % (ORIGIN, len(entries), text_of(root)), [self.signer])

    def files(self):
        """All files by their names below the folder, as bytes."""
        width = len(self.entries)
        found = {"checkpoint": self.checkpoint(self.entries).encode(), "log.vkey": self.signer.verifier.encode() + b"\n",
                 "tile/entries/000.p/%d" % width: b"".join(len(data).to_bytes(2, "big") + data for data in self.entries),
                 "tile/0/000.p/%d" % width: b"".join(sha256(b"\0" + data) for data in self.entries)}
        found.update({"manifest/sha256/" + digest_.partition(":")[2]: text.encode() for digest_, text in self.blobs.items()})
        return {"log/" + path: data for path, data in found.items()}


def main():
    for path, data in Story().files().items():
        place = os.path.join(sys.argv[1], path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main()
