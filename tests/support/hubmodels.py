"""Model objects as the Hugging Face Hub's API gives them: a generator with the Hub's own distribution, single oddities by name, and the
cards of tests/data/model-cards. All from a fixed seed: the same call gives the same bytes.

python3 tests/support/hubmodels.py --count 100000 OUT.jsonl   (- is standard output)"""
import argparse
import bisect
import glob
import hashlib
import itertools
import json
import math
import os
import random
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CARDS = os.path.join(ROOT, "tests", "data", "model-cards")
ROSTER = os.path.join(ROOT, "registry", "data", "roster.yaml")

# Of a hundred edges of the Hub: 42 adapters, 33 finetunes, 18 quantized, 7 merges and untyped ones.
MIX = (("adapter", 42), ("finetune", 75), ("quantized", 93), ("merge", 97), ("untyped", 100))
# What share of them has children itself; from there on a model is made from such a one, or from a base, by DEEPER.
WITH_CHILDREN = {"finetune": 0.079, "quantized": 0.010, "adapter": 0.002, "merge": 0.0, "untyped": 0.0}
DEEPER = {"adapter": 0.10, "finetune": 0.15, "quantized": 0.30, "merge": 0.10, "untyped": 0.05}
WORDS = "ko chat instruct math code med law news summary poem agent tool vision reason korean jeju edu travel rag safe".split()
LICENSES = ("apache-2.0", "mit", "other", "cc-by-nc-4.0", "llama3.1", "gemma", None)


def bases_of_roster():
    with open(ROSTER, encoding="utf-8") as f:
        return re.findall(r"^  - \{name: ([^,]+), team: ", f.read(), re.M)


def hex_of(*words):
    return hashlib.sha256("/".join(str(word) for word in words).encode()).hexdigest()


def date(seed):
    return "2026-%02d-%02dT%02d:%02d:%02d.000Z" % (1 + seed % 10, 1 + seed // 10 % 28, seed % 24, seed % 60, seed // 7 % 60)


def plain(name, size):
    return {"rfilename": name, "size": size, "blobId": hex_of(name, size)[:40]}


def weighty(name, size, seed):
    digest = hex_of("weights", seed, name)
    return {"rfilename": name, "size": size, "blobId": digest[:40], "lfs": {"sha256": digest, "size": size, "pointerSize": 134}}


def safetensors(tensors, metadata=None):
    """The head of a safetensors file of {name: (dtype, bytes of an element, shape)}, and how many bytes of data follow it."""
    header, at = {"__metadata__": metadata} if metadata else {}, 0
    for name, (dtype, width, shape) in tensors.items():
        size = width * math.prod(shape)
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text, at


def files(relation, seed):
    """The files that models of that relation have, with digests by the seed."""
    found = [plain(".gitattributes", 1519), plain("README.md", 2000 + seed % 3000)]
    if relation == "adapter":
        return found + [plain("adapter_config.json", 700), weighty("adapter_model.safetensors", 40000000 + seed, seed),
                        plain("special_tokens_map.json", 400), weighty("tokenizer.json", 17000000, seed % 50),
                        plain("tokenizer_config.json", 5000), weighty("training_args.bin", 5000 + seed % 600, seed)]
    if relation == "quantized":
        kinds = ("Q2_K", "Q3_K_S", "Q3_K_M", "Q4_0", "Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K", "Q8_0")
        return found + [weighty("model.%s.gguf" % kind, 4000000000 + seed * 10 + n, seed) for n, kind in enumerate(kinds)]
    shards = 2 + seed % 7
    found += [plain("config.json", 800), plain("generation_config.json", 150), plain("merges.txt", 1200000), plain("vocab.json", 1900000)]
    found += [weighty("model-%05d-of-%05d.safetensors" % (n + 1, shards), 4900000000 + n, seed) for n in range(shards)]
    found += [plain("model.safetensors.index.json", 30000), plain("special_tokens_map.json", 400),
              weighty("tokenizer.json", 17000000, seed % 50), plain("tokenizer_config.json", 5000)]
    return found + ([plain("mergekit_config.yml", 400)] if relation == "merge" else [])


def model(name, parents, relation="finetune", seed=0, tagged=None, **changed):
    """A full object. `tagged`: the relation that the Hub's tags say, by default the same ("untyped": finetune)."""
    word = "finetune" if relation == "untyped" else relation
    tagged = word if tagged is None else tagged
    license = LICENSES[seed % len(LICENSES)]
    names = [parents] if isinstance(parents, str) else list(parents)
    extra = {"adapter": ["peft", "lora"], "quantized": ["gguf"], "merge": ["mergekit", "merge"]}.get(relation, ["safetensors"])
    tags = ["transformers"] + extra + ["text-generation", "conversational", "ko", "en", "dataset:someone/corpus-%d" % (seed % 900)]
    tags += ["base_model:" + parent for parent in names]
    tags += ["base_model:%s:%s" % (tagged, parent) for parent in names if tagged]
    tags += (["license:" + license] if license else []) + ["region:us"] + ["endpoints_compatible"] * (seed % 2)
    card = {"language": ["ko", "en"], "tags": extra, "library_name": "peft" if relation == "adapter" else "transformers",
            "pipeline_tag": "text-generation", "base_model": names[0] if isinstance(parents, str) else names,
            "datasets": ["someone/corpus-%d" % (seed % 900)], "model-index": [{"name": name.split("/")[1], "results": []}]}
    if relation != "untyped" and seed % 3 == 0:
        card["base_model_relation"] = word
    if license:
        card["license"] = license
    if license == "other":
        card.update(license_name="exaone", license_link="LICENSE")
    siblings = files(relation, seed)
    found = {"_id": hex_of("id", name)[:24], "id": name, "modelId": name, "author": name.split("/")[0],
             "sha": hex_of("sha", name, seed)[:40], "private": False, "gated": False, "disabled": False, "likes": seed % 41, "downloads": seed * 7 % 90001,
             "lastModified": date(seed + 3), "createdAt": date(seed), "tags": tags, "pipeline_tag": "text-generation",
             "library_name": card["library_name"], "cardData": card,
             "config": {"architectures": ["ExaoneForCausalLM"], "model_type": "exaone",
                        "tokenizer_config": {"bos_token": "[BOS]", "eos_token": "[|endofturn|]", "pad_token": "[PAD]", "unk_token": "[UNK]",
                                             "chat_template": "{% for message in messages %}" + "{{ message }} " * 130 + "{% endfor %}"}},
             "transformersInfo": {"auto_model": "AutoModelForCausalLM", "pipeline_tag": "text-generation", "processor": "AutoTokenizer"},
             "spaces": ["someone/demo-%d" % (seed % 77 + n) for n in range(30)], "usedStorage": 16060522496 + seed, "siblings": siblings,
             "widgetData": [{"text": "안녕하세요, 저는 언어 모델입니다. " * 4},
                            {"text": "Tell me about the weather in Jeju. " * 3}],
             "safetensors": {"parameters": {"BF16": 7818448896}, "total": 7818448896},
             "baseModels": {"relation": tagged or "finetune", "models": [{"_id": hex_of("id", p)[:24], "id": p} for p in names]}}
    found.update(changed)
    return {key: value for key, value in found.items() if value is not NOTHING}


NOTHING = object()  # model(…, sha=NOTHING): without that field


def base(name, seed=0):
    """A base model's own object."""
    found = model(name, [], "finetune", seed, tagged="")
    found["cardData"].pop("base_model")
    del found["baseModels"]
    return found


class Skewed:
    """Picks: the first most often, as fan-out on the Hub is (1/rank)."""

    def __init__(self, items):
        self.items = list(items)
        self.sums = list(itertools.accumulate(1.0 / (rank + 1) for rank in range(len(self.items))))

    def pick(self, chance):
        return self.items[bisect.bisect_left(self.sums, chance.random() * self.sums[-1])]


def generated(count, bases=None, seed=20261130):
    """`count` objects of descendants of the bases, parents first; about 6 kB each as JSON."""
    chance = random.Random(seed)
    bases = bases or bases_of_roster()
    picks, parents = Skewed(bases), []
    authors = Skewed("%s-%s%d" % (a, b, n) for n in range(200) for a in ("kim", "lee", "park", "ml", "seoul")
                     for b in ("ai", "lab", "dev", "nlp"))
    for number in range(count):
        draw = chance.randrange(100)
        relation = next(word for word, below in MIX if draw < below)
        parent = chance.choice(parents) if parents and chance.random() < DEEPER[relation] else picks.pick(chance)
        own = parent.split("/")[1].split(".")[0][:30].rstrip("-")
        end = {"quantized": "-GGUF", "adapter": "-lora"}.get(relation, "")
        name = "%s/%s-%s-%d%s" % (authors.pick(chance), own, chance.choice(WORDS), number, end)
        several = relation == "merge"
        found = [parent, picks.pick(chance)] if several else parent
        found = list(dict.fromkeys(found)) if several else found
        # One in fifty is a copy of somebody's weights.
        weights = number - 7 if number > 7 and number % 50 == 0 else number
        made = model(name, found, relation, weights, tagged="" if relation == "untyped" else None)
        made.update(_id=hex_of("id", name)[:24], sha=hex_of("sha", name)[:40])
        if chance.random() < WITH_CHILDREN[relation]:
            parents.append(name)
        yield made


def oddities(parent):
    """{what is odd: objects}, of models that name `parent` where they name anything: each shape has been seen on the Hub."""
    def odd(word, seed=7, **changed):
        made = model("odd/" + word, parent, "finetune", seed)
        made.update((key, value) for key, value in changed.items() if value is not NOTHING)
        for key in [key for key, value in changed.items() if value is NOTHING]:
            del made[key]
        return made

    def card(word, **changed):
        made = odd(word)
        made["cardData"].update(changed)
        return made
    return {
        "a list of one base": [card("list-of-one", base_model=[parent])],
        "lists where texts are expected": [
            card("lists", license=["apache-2.0", "mit"], base_model_relation=["quantized"], library_name=["peft"], license_name=["x"])],
        "a relation that is none": [card("no-relation", base_model_relation="fine-tuned by hand")],
        "a base as a mapping": [card("mapping", base_model={"name": parent})],
        "a base by URL": [card("by-url", base_model="https://huggingface.co/" + parent)],
        "a base that is nobody's": [card("null-base", base_model=None)],
        "a parent that was deleted": [model("odd/deleted-parent", "gone/never-again", "quantized", 8)],
        "itself as its base": [odd("itself", cardData={"base_model": "odd/itself", "license": "mit"},
                                   tags=["base_model:odd/itself", "base_model:finetune:odd/itself", "base_model:" + parent])],
        "a cycle of names": [model("odd/cycle-a", ["odd/cycle-b"], "finetune", 11),
                             model("odd/cycle-b", ["odd/cycle-c", parent], "finetune", 12),
                             model("odd/cycle-c", ["odd/cycle-a"], "finetune", 13)],
        "no card": [odd("no-card", cardData=None), odd("no-card-at-all", cardData=NOTHING)],
        "no tags": [odd("no-tags", tags=None)],
        "tags that are none": [
            odd("odd-tags", tags=["base_model:" + parent, 7, None, {"a": "b"}, ["x"], "base_model:", "base_model:finetune:"])],
        "unknown fields": [odd("unknown-fields", xetEnabled=True, evalResults=[{"a": {"b": [1, 2.5, None]}}], **{"모르는": "필드"})],
        "numbers as texts": [odd("numbers", siblings=[
            dict(weighty("model.safetensors", 5, 1), size="4900000000"),
            {"rfilename": "b.safetensors", "size": "7", "lfs": {"sha256": hex_of("b"), "size": "7"}},
            {"rfilename": "c.safetensors", "size": 1.5e9, "lfs": {"sha256": hex_of("c"), "size": 1.5e9}}])],
        "gated by hand": [odd("gated-manual", gated="manual"), odd("gated-auto", gated="auto"), odd("gated-true", gated=True),
                          odd("gated-null", gated=None)],
        "without identity": [odd("no-identity", _id=NOTHING), odd("null-identity", _id=None), odd("long-identity", _id="a" * 65)],
        "without a revision": [odd("no-sha", sha=NOTHING), odd("null-sha", sha=None), odd("odd-sha", sha="main")],
        "no files": [odd("no-siblings", siblings=NOTHING), odd("null-siblings", siblings=None), odd("empty-siblings", siblings=[])],
        "files that are none": [odd("odd-siblings", siblings=[
            "a", None, {"size": 3}, {"rfilename": 7}, {"rfilename": "x.bin", "lfs": "pointer"},
            {"rfilename": "y.bin", "lfs": {"sha256": "short", "size": 3}}])],
        "a name twice in the files": [odd("twice", siblings=[weighty("model.safetensors", 5, 1), weighty("model.safetensors", 5, 2)])],
        "odd names of files": [odd("odd-names", siblings=[
            weighty("모델/가중치 1.safetensors", 5, 1), weighty("a%20b.bin", 6, 2), weighty("tab\there.bin", 7, 3)])],
        "odd dates": [odd("odd-dates", createdAt="yesterday", lastModified=1730000000),
                      odd("no-dates", createdAt=None, lastModified=NOTHING)],
        "a half of a pair": [card("half-pair", license_name="broken \ud83d here")],
        "control characters": [card("controls", license_name="a\u0000b\u001b[31mred\u202e")],
        "a long text": [card("long-text", license_link="https://example.com/" + "x" * 200000)],
        "many tags": [odd("many-tags", tags=["base_model:" + parent] + ["tag-%d" % n for n in range(20000)])],
        "many files": [odd("many-files", siblings=[plain("README.md", 5)] + [
            weighty("part-%05d.bin" % n, 1000 + n, n) for n in range(3000)])],
        "private, disabled": [odd("disabled", disabled=True), odd("private-text", private="true")],
        "a name that is none": [odd("bad-name", id="odd/bad--name"), odd("no-slash", id="gpt2"), odd("id-list", id=["odd/list"]),
                                odd("no-id", id=NOTHING, modelId=NOTHING)],
        "the older name of id": [odd("model-id-alone", id=NOTHING)],
        "one identity under two names": [odd("same-identity-a", _id="5" * 24), odd("same-identity-b", _id="5" * 24)],
        "letters of the other case": [odd("Case"), odd("case")],
        "deep": [odd("deep", config=deep(200))],
    }


def deep(levels):
    found = {}
    for _ in range(levels):
        found = {"a": found}
    return found


def many_files(parent, count=100000):
    """A model with that many files, half of them weights."""
    made = model("odd/very-many-files", parent, "finetune", 5)
    made["siblings"] = [weighty("data/%06d.safetensors" % n, n + 1, n) if n % 2 else plain("data/%06d.txt" % n, n + 1)
                        for n in range(count)]
    return made


def front_matter(text):
    """The front matter of the cards in tests/data, which are plain: keys with a text or a list of texts."""
    found, key, inside = {}, None, False
    for line in text.lstrip().splitlines():
        if line == "---":
            if inside:
                break
            inside = True
        elif line.startswith("- "):
            found[key] = found[key] if isinstance(found[key], list) else []
            found[key].append(line[2:].strip())
        elif ":" in line:
            key, _, value = line.partition(":")
            found[key] = value.strip() or None
    return found


def cards():
    """The cards of tests/data/model-cards, in the order of their names."""
    for number, path in enumerate(sorted(glob.glob(os.path.join(CARDS, "*.md")))):
        with open(path, encoding="utf-8") as f:
            data = front_matter(f.read())
        name = os.path.basename(path)[:-len(".md")].replace("__", "/")
        given = data.get("base_model") or []
        parents = [given] if isinstance(given, str) else given
        inferred = "merge" if len(parents) > 1 else "quantized" if "gguf" in name.lower() else "finetune"
        relation = data.get("base_model_relation") or inferred
        made = model(name, parents, relation, number)
        made["cardData"] = data
        made["tags"] = (data.get("tags") or []) + [t for t in made["tags"] if t.startswith("base_model:")]
        if data.get("license"):
            made["tags"].append("license:" + data["license"])
        made["library_name"] = data.get("library_name")
        yield made


def line(made):
    """One JSON line, as the API writes it; halves of surrogate pairs stay escaped."""
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[\ud800-\udfff]", lambda half: "\\u%04x" % ord(half.group()), text) + "\n"


def write(path, objects):
    """JSON lines into a file; how many."""
    count = 0
    with (sys.stdout if path == "-" else open(path, "w", encoding="utf-8")) as f:
        for count, made in enumerate(objects, 1):
            f.write(line(made))
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", help="JSON lines; - is standard output")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261130)
    given = parser.parse_args()
    write(given.out, generated(given.count, seed=given.seed))


if __name__ == "__main__":
    main()
