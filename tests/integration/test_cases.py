"""Small inputs that were once read wrongly, and others of their kinds. Each folder of tests/data/cases is a model's folder as
somebody had it (`in/`), with the right outcome in words (`expect.txt`); the tables here say the same in values. They go through
the real command line against a registry with the roster loaded, and through Registry.ReadCard, which has to say the same."""
import base64
import hashlib
import os
import re
import shutil
import sys
import tempfile
import unicodedata
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import jokbo  # noqa: E402
from readable import gguf  # noqa: E402

CASES = os.path.join(jokbo.ROOT, "tests", "data", "cases")
EXAONE, AX, SOLAR = "LGAI-EXAONE/EXAONE-4.0-1.2B", "skt/A.X-3.1-Light", "upstage/SOLAR-10.7B-v1.0"
EXAONE_NC = "LicenseRef-exaone-ai-model-1.2-nc"
LAW = "external huggingface.co/dodam/ax-law-lora"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Right:
    """What a folder declares: parents, relation and whence, licence and whence, and a part of each thing that is told."""

    def __init__(self, parents, relation="finetune", why="default", license="NOASSERTION", whence="default", told=(), named="kim/x"):
        self.parents, self.relation, self.why, self.license, self.whence = parents, relation, why, license, whence
        self.told, self.named = [told] if isinstance(told, str) else list(told), named


class Wrong:
    """What is refused: the only field that is named, and a part of what is said of it."""

    def __init__(self, field, rule, named="kim/x"):
        self.field, self.rule, self.named = field, rule, named


CARD = {"license": "Apache-2.0", "whence": "card"}
MERGE = {"relation": "merge", "why": "mergekit_config"}
GGUF = {"relation": "quantized", "why": "GGUF files"}
FOLDERS = {
    "01-base-dicts": Right([EXAONE], license=EXAONE_NC, whence="card"),
    "07-dup-key": Wrong("card", 'line 5: the key "base_model" appears twice: its first value begins in line 2'),
    "10-merge-key": Right([EXAONE], license=EXAONE_NC, whence="card"),
    "102-rel-list": Right([AX], why="declared", **CARD),
    "150-lic-list": Right([AX, SOLAR], "merge", "two parents, tags", "Apache-2.0 AND CC-BY-NC-4.0", "card", "taken as all of them"),
    "157-lic-dict": Wrong("license", "line 4 of the card: it must be one value"),
    "158-lic-upper": Right([AX], told=['line 3 of the card has "License", which is read', '"Base_Model", which is ignored'], **CARD),
    "163-readme-lower": Right([AX], told="readme.md is read as the model's card", **CARD),
    "174-ctrl": Wrong("card", "line 5: it contains the control character U+0008"),
    "175-leading-blank": Right([AX], **CARD),
    "192-mk-refdict-valid": Right([AX, LAW, SOLAR], **MERGE),
    "197-gguf-license": Right([AX], license="Apache-2.0", whence="gguf", told="the licence is from ax-Q4_K_M.gguf", **GGUF),
    "205-form-noscheme": Right([EXAONE], license=EXAONE_NC, whence="card"),
    "223-form-nbsp": Right([EXAONE], license=EXAONE_NC, whence="card"),
    "32-adapter-hfcache": Right([AX], "adapter", "adapter_config.json", told="the revision %s of %s is left out" % (COMMIT, AX)),
    "33-adapter-card-local-adapter-good": Right([AX], "adapter", "adapter_config.json", told='"/workspace/models/ax-light", which is a path', **CARD),
    "35-adapter-revision": Right([AX], "adapter", "adapter_config.json", told="the revision %s of %s is left out" % (COMMIT, AX)),
    "55-mk-moe-shared": Right([AX, SOLAR], **MERGE),
    "57-mk-multidoc": Right([AX, SOLAR], **MERGE),
    "58-mk-mergeyml": Right([AX, SOLAR], **MERGE),
    "71-gguf-big-endian": Right([AX], license="Apache-2.0", whence="gguf", **GGUF),
    "73-gguf-source-only": Right([AX], told="the parents are from ax-Q4_K_M.gguf", **GGUF),
    "78-gguf-split-sub": Right([AX], told="UD-Q4_K_XL/ax-UD-Q4_K_XL-00001-of-00002.gguf", **GGUF, **CARD),
    "79-gguf-mmproj-first": Right([SOLAR], told="mmproj-ax-BF16.gguf is ignored: a projector", **GGUF),
    "83-gguf-lora": Right([AX], "adapter", "general.type adapter"),
    "90-rel-mrad-lora": Right([AX], "quantized", "quantized_by", told="adapter (tag lora)", **CARD),
    "92-rel-gguf-libpeft": Right([AX], told="adapter (library_name peft)", **GGUF, **CARD),
}
ELSEWHERE = {"127-nfd", "143-dry-run-manifest", "194-verify-extra-weights", "195-publish-forgets-manifest"}


def card(*lines):
    return {"README.md": "---\n" + "\n".join(lines) + "\n---\n# A model\n"}


def parent(text):
    return card("base_model: " + text, "license: mit")


MIT = {"license": "MIT", "whence": "card"}
BASE = ("general.base_model.count", 1), ("general.base_model.0.repo_url", "https://huggingface.co/" + AX)
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 9\n"
LIKE_THEM = [  # name, files, outcome
    # -- front matter and YAML
    ("a front matter of 500 kB", card("base_model: " + AX, "license: mit", "widget:", *['- text: "%s"' % ("x" * 990)] * 500), Right([AX], **MIT)),
    ("500 kB of results", card("license: mit", "model-index:", *["- {type: t, value: %d.5}" % i for i in range(15000)], "base_model: " + AX),
     Right([AX], **MIT)),
    ("a front matter past its limit", card("base_model: " + AX, "x: " + "y" * (1 << 20)), Wrong("card", "larger than 1 MiB")),
    ("an alias in a field that counts", card("x: &m %s" % AX, "base_model: *m", "license: mit"), Right([AX], **MIT)),
    ("aliases that stand for too much", card("a: &a [%s]" % "x, " * 1, "b: &b [%s]" % ", ".join(["*a"] * 9000), "c: [*b]"),
     Wrong("card", "more than 10,000 values")),
    ("a comment with the front matter", {"README.md": "<!--\n---\nbase_model: %s\nlicense: mit\n---\n-->\n# T\n" % AX},
     Right([AX], told="begins in line 3, not at the top", **MIT)),
    ("a title above the front matter", {"README.md": "# T\n\n---\nbase_model: %s\nlicense: mit\n---\n" % AX},
     Right([AX], told="begins in line 4, not at the top", **MIT)),
    ("a card that cannot be read says nothing of parents", card("base_model: [", "license: mit"), Wrong("card", "line ")),
    ("a missing colon", card("license: mit", "base_model " + AX, "", "x: y"), Wrong("card", "line 3: ")),
    ("indented with a tab", card("base_model:", "\t- " + AX), Wrong("card", "line 3: it is indented with a tab")),
    ("lines that end as on old Macs", {"README.md": "---\rbase_model: %s\rlicense: mit\r---\r# T\r" % AX}, Right([AX], **MIT)),
    ("a colon too many", card("title: A: B", "base_model: " + AX), Wrong("card", "line 2: ")),
    ("base_models", card("base_models:", "- " + AX, "- " + SOLAR, "license: mit"), Right([AX, SOLAR], "merge", "two parents", told='"base_models", which is read as', **MIT)),
    ("a parent among mappings", card("base_model:", "- organization: skt", "  name: A.X 3.1 Light", "license: mit"), Right([AX], told="composed of an organization and a name", **MIT)),
    ("a mapping that names nothing", card("base_model:", "- library: x", "license: mit"), Wrong("base_model", "line 3 of the card")),
    ("only a tag names the parent", card("tags: ['base_model:adapter:%s']" % AX, "license: mit"), Right([AX], "adapter", "tags", **MIT)),
    ("the 300th tag names the parent", card("tags:", *["- t%d" % i for i in range(300)], "- base_model: " + AX, "license: mit"), Right([AX], **MIT)),
    ("a relation in other words", card("base_model: " + AX, "license: mit", "base_model_relation: Fine-Tuned"), Right([AX], why="declared", told='"Fine-Tuned" is taken as finetune', **MIT)),
    ("a relation that is none", card("base_model: " + AX, "license: mit", "base_model_relation: friend"), Wrong("relation", '"friend" is none of')),
    ("two relations", card("base_model: " + AX, "license: mit", "base_model_relation: [merge, adapter]"), Wrong("base_model_relation", "line 4 of the card: it must be one value")),
    ("a pointer for a card", {"README.md": POINTER}, Wrong("README.md", "pointer of Git LFS")),
    ("a card in UTF-16", {"README.md": ("---\nbase_model: %s\n---\n" % AX).encode("utf-16")}, Wrong("README.md", "it is UTF-16")),
    ("an adapter further down", {**card("license: mit"), "checkpoint-9/adapter_config.json": '{"base_model_name_or_path": "%s"}' % AX},
     Wrong("parents", "checkpoint-9/adapter_config.json is ignored")),
    ("nothing at all", {"notes.txt": "x"}, Wrong("parents", "none is declared")),
    # -- what lies there unread is told where nothing is declared
    *[("the key " + key, card("license: mit", "%s: %s" % (key, AX)), Wrong("parents", 'line 3 of the card has "%s", which is ignored: the key is base_model' % key))
      for key in ("base_model_name", "base_model_name_or_path", "base_modle", "basemodel_id", "parent_model", "finetuned_from")],
    ("a key like it beside the right one", card("base_model: " + AX, "base_model_size: 7B", "license: mit"), Right([AX], **MIT)),
    *[("a card called " + name, {name: card("base_model: " + AX)["README.md"]}, Wrong("parents", "%s is ignored: the card is README.md" % name))
      for name in ("README.txt", "README.rst", "docs/README.md", "README_ko.md")],
    ("a recipe in the card", {"README.md": "---\nlicense: mit\ntags: [merge]\n---\n# M\n```yaml\nmodels:\n- model: %s\nmerge_method: slerp\n```\n" % AX},
     Wrong("parents", "the card shows a recipe of mergekit around its line 9, which is not read")),
    ("a recipe in the card of one that names its parent", {"README.md": "---\nlicense: mit\nbase_model: %s\n---\nmerge_method: slerp\n" % AX}, Right([AX], **MIT)),
    # -- characters that cannot be read are told with their line
    ("a card in CP949", {"README.md": ("---\nbase_model: %s\nlicense: mit\ntags: [한국어]\n---\n" % AX).encode("cp949")}, Wrong("card", "line 4: it is not UTF-8")),
    ("NUL in a card", {"README.md": "---\nbase_model: %s\nx: a\0b\n---\n" % AX}, Wrong("card", "line 3: it contains the control character U+0000")),
    ("CP949 below the front matter", {"README.md": ("---\nbase_model: %s\nlicense: mit\n---\n한국어\n" % AX).encode("cp949")}, Right([AX], **MIT)),
    # -- what a parent's text means
    *[("parent %r" % text, parent(text), Right([AX], **MIT)) for text in (
        "https://huggingface.co/skt/A.X-3.1-Light/", "http://www.huggingface.co/skt/A.X-3.1-Light", "hf.co/skt/A.X-3.1-Light", "skt/A.X-3.1-Light/",
        "hf://skt/A.X-3.1-Light", "https://huggingface.co/skt/A.X-3.1-Light/tree/main", "https://huggingface.co/skt/A.X-3.1-Light?not-for-all=1",
        '"\u200bskt/A.X-3.1-Light\u3000"', '"skt/\ufeffA.X-3.1-Light"', '"[A.X](https://huggingface.co/skt/A.X-3.1-Light)"', "skt/A.X-3.1-Light@main",
        '"models--skt--A.X-3.1-Light"', '"hf.co/skt/A.X-3.1-Light:Q4_K_M"', "https://huggingface.co/skt/A.X-3.1-Light.git",
        # typed by an input method, or put in by a word processor
        "skt\uff0fA.X-3.1-Light", "skt/A.X\u20113.1\u2011Light", "skt/A.X\u20133.1\u2013Light", "skt\uff0fA.X\uff0d3.1\u2212Light", "'\u201cskt/A.X-3.1-Light\u201d'")],
    ("a commit beside the name", card("base_model:", "- name: " + AX, "  revision: " + COMMIT, "license: mit"), Right([AX], told="the revision %s of %s is left out" % (COMMIT, AX), **MIT)),
    ("a commit beside the hub's name", card("base_model:", "- %s" % AX, "- {repo_id: org/other, revision: %s}" % COMMIT, "license: mit"),
     Right([AX, "external huggingface.co/org/other@" + COMMIT], "merge", "two parents", **MIT)),
    ("a branch beside the name", card("base_model: {name: %s, revision: v2}" % AX, "license: mit"),
     Right([AX], told='the revision "v2" of %s is no commit, and is left out' % AX, **MIT)),
    ("the newest beside the name", card("base_model: {name: %s, revision: main}" % AX, "license: mit"), Right([AX], **MIT)),
    ("a commit of a registered model", parent("%s@%s" % (AX, COMMIT)), Right([AX], told="the revision %s" % COMMIT, **MIT)),
    ("a commit of the hub's model", card("base_model: [%s, org/other@%s]" % (AX, COMMIT), "license: mit"),
     Right([AX, "external huggingface.co/org/other@" + COMMIT], "merge", "two parents", **MIT)),
    ("one parent in two spellings", card("base_model: [%s, 'https://huggingface.co/%s']" % (AX, AX), "license: mit"), Right([AX], **MIT)),
    ("the model itself beside its parent", card("base_model: [Kim/X, %s]" % AX, "license: mit"), Right([AX], told="Kim/X is the model itself, and is ignored", **MIT)),
    ("the model itself alone", card("base_model: kim/x", "license: mit"), Wrong("parents", "is the model itself")),
    ("a path and nothing else", parent("/data/ax"), Wrong("parents", "path on a disk")),
    ("several in one", parent('"%s, %s"' % (AX, SOLAR)), Wrong("parents", "write each by itself")),
    # -- adapters
    ("NaN and a byte order mark", {"adapter_config.json": '\ufeff{"base_model_name_or_path": "%s", "x": NaN}' % AX}, Right([AX], "adapter", "adapter_config.json")),
    ("a branch of the base", {"adapter_config.json": '{"base_model_name_or_path": "%s", "revision": "v2"}' % AX},
     Right([AX], "adapter", "adapter_config.json", told='the revision "v2", which is no commit')),
    ("the card agrees in other words", {**parent(AX), "adapter_config.json": '{"base_model_name_or_path": "https://huggingface.co/%s/"}' % AX},
     Right([AX], "adapter", "adapter_config.json", **MIT)),
    ("an adapter's path alone", {"adapter_config.json": '{"base_model_name_or_path": "./ax"}'}, Wrong("parents", '"./ax", a path on a disk')),
    ("an adapter's base twice", {"adapter_config.json": '{"base_model_name_or_path": "%s",\n"base_model_name_or_path": "%s"}' % (AX, SOLAR)},
     Wrong("adapter_config.json", "line 2: duplicate object key")),
    ("an adapter that cannot be read", {"adapter_config.json": '{"base_model_name_or_path": '}, Wrong("adapter_config.json", "line 1")),
    # -- recipes
    *[("a recipe called " + name, {name: "models:\n- model: %s\n- model: %s\nmerge_method: ties\n" % (AX, SOLAR)}, Right([AX, SOLAR], **MERGE)) for name in (
        "mergekit_moe_config.yml", "merge.yaml", "mergekit-config.yml", "my-merge.yml")],
    ("a lora beside its model", {"mergekit_config.yml": "models:\n- model: %s\n  lora: {path: dodam/ax-law-lora}\n- model: %s\n" % (AX, SOLAR)},
     Right([AX, LAW, SOLAR], **MERGE)),
    ("modules", {"mergekit_config.yml": "modules:\n  text_decoder:\n    slices:\n    - sources: [{model: %s}, {model: %s}]\n" % (AX, SOLAR)}, Right([AX, SOLAR], **MERGE)),
    ("a recipe that names nothing", {"merge.yml": "on: push\n"}, Wrong("parents", "merge.yml names no models")),
    ("a recipe that cannot be read", {"merge.yml": "models: ["}, Wrong("merge.yml", "line")),
    # -- GGUF
    ("name and organization", {"x.gguf": gguf(("general.base_model.0.name", "A.X 3.1 Light"), ("general.base_model.0.organization", "Skt"))},
     Right([AX], told="composed of the organization", **GGUF)),
    ("a name without its organization", {"x.gguf": gguf(("general.base_model.0.name", "A.X 3.1 Light"))}, Wrong("parents", 'names "A.X 3.1 Light" as its base model')),
    ("an importance matrix first", {"a-imatrix.gguf": gguf(("general.type", "imatrix")), "b-Q4_K_M.gguf": gguf(*BASE)},
     Right([AX], told="a-imatrix.gguf is ignored: an importance matrix", **GGUF)),
    ("a projector by what it says", {"a.gguf": gguf(("general.architecture", "clip")), "b.gguf": gguf(*BASE)}, Right([AX], told="a.gguf is ignored: a projector", **GGUF)),
    ("a pointer", {"a.gguf": POINTER, "b.gguf": gguf(*BASE)}, Right([AX], told="a.gguf is ignored: it is a pointer of Git LFS", **GGUF)),
    ("a cut file", {**parent(AX), "a.gguf": gguf(*BASE)[:40]}, Right([AX], told="a.gguf is cut", **GGUF, **MIT)),
    ("no GGUF file", {"a.gguf": "text", "b.gguf": gguf(*BASE)}, Right([AX], told="a.gguf is ignored: it does not begin like a GGUF file", **GGUF)),
    ("further parts", {"x-00001-of-00003.gguf": gguf(*BASE), "x-00002-of-00003.gguf": gguf(), "x-00003-of-00003.gguf": gguf()},
     Right([AX], told="x-00002-of-00003.gguf is ignored: a further part of a split file; the metadata is in the first, and so are 1 others", **GGUF)),
    ("files that disagree", {"a.gguf": gguf(*BASE), "b.gguf": gguf(("general.base_model.0.repo_url", "https://huggingface.co/" + SOLAR))},
     Right([AX], told="b.gguf names https://huggingface.co/%s as parent" % SOLAR, **GGUF)),
    ("what is doubtful is told where nothing is declared", {"mmproj.gguf": gguf(*BASE)}, Wrong("parents", "mmproj.gguf is ignored")),
    ("a version of GGUF to come", {**parent(AX), "x.gguf": b"GGUF\x04\0\0\0" + b"\0" * 16}, Right([AX], told="its GGUF version is 4; 2 and 3 can be read", **GGUF, **MIT)),
    ("a licence in GGUF that nobody knows", {"x.gguf": gguf(*BASE, ("general.license", "weird"))},
     Right([AX], whence="gguf", told="license weird of x.gguf matches no known licence", **GGUF)),
    ("two licences in GGUF", {"x.gguf": gguf(*BASE, ("general.license", "apache-2.0, mit"))},
     Right([AX], license="Apache-2.0 AND MIT", whence="gguf", told="of x.gguf is a list", **GGUF)),
    ("a licence's name in GGUF", {"x.gguf": gguf(("general.base_model.0.repo_url", "https://huggingface.co/" + EXAONE), ("general.license", "other"), ("general.license.name", "exaone"))},
     Right([EXAONE], license=EXAONE_NC, whence="gguf", told="license other, license_name exaone of x.gguf is taken as", **GGUF)),
    # -- the relation
    ("trained on", card("base_model: " + AX, "license: mit", "base_model_relation: continued pretraining"), Right([AX], why="declared", told="is taken as finetune", **MIT)),
    ("shards of MLC", {**parent(AX), "mlc-chat-config.json": "{}", "params_shard_0.bin": "x"}, Right([AX], "convert", "converted files", **MIT)),
    ("a compiled Core ML model", {**parent(AX), "x.mlmodelc/model.mil": "x"}, Right([AX], "convert", "converted files", **MIT)),
    ("RKLLM", {**parent(AX), "x.rkllm": "x"}, Right([AX], "convert", "converted files", **MIT)),
    ("adapter weights further down", {**parent(AX), "checkpoint-9/adapter_model.safetensors": "x"}, Right([AX], **MIT)),
    ("packed weights", {**card("base_model: " + AX, "license: mit", "tags: [lora]"), "config.json": '{"quantization_config": {"quant_method": "awq"}}', "model.safetensors": "x"
                        '{"a.qweight":{"dtype":"I32"}}'}, Right([AX], "quantized", "quantization_config", told="adapter (tag lora)", **MIT)),
    ("a configuration that stayed behind", {**parent(AX), "config.json": '{"quantization_config": {"quant_method": "bitsandbytes"}}', "model.safetensors": '{"a":{"dtype":"BF16"}}'},
     Right([AX], "finetune", "full weights", told="are not packed", **MIT)),
    ("merged weights with the tag lora", {**card("base_model: " + AX, "license: mit", "tags: [lora]", "library_name: peft"), "model-00001-of-00002.safetensors": "x"},
     Right([AX], "finetune", "full weights", told="adapter (tag lora)", **MIT)),
    ("a name with bits a weight", parent(AX), Right([AX], "quantized", "name", named="kim/x-4.25bpw", **MIT)),
    ("ONNX files", {**parent(AX), "onnx/model.onnx": "x"}, Right([AX], "convert", "converted files", **MIT)),
    ("distilled by its name", parent(AX), Right([AX], "distill", "name", named="kim/x-distill", **MIT)),
    ("declared against its files", {**card("base_model: " + AX, "license: mit", "base_model_relation: finetune"), "x.gguf": gguf(*BASE)},
     Right([AX], "finetune", "declared", told="quantized (GGUF files)", **MIT)),
    # -- licences
    *[("licence %r" % text, card("base_model: " + AX, "license: " + text), Right([AX], license=spdx, whence="card", told=told)) for text, spdx, told in (
        ("Apache-2.0 OR mit", "Apache-2.0 OR MIT", ()), ("apache-2.0 and (gpl-3.0 or mit)", "Apache-2.0 AND (GPL-3.0-only OR MIT)", ()),
        ("Apache 2.0", "Apache-2.0", ()), ('"mit\u00a0"', "MIT", ()), ("gpl-3.0", "GPL-3.0-only", "--license GPL-3.0-or-later"),
        ("[mit]", "MIT", ()), ("MIT License", "MIT", "license MIT License of the card is taken as MIT"), ("apache2.0", "Apache-2.0", ()),
        ("CC BY-NC 4.0", "CC-BY-NC-4.0", ()), ("the Apache License, Version 2.0", "Apache-2.0", ()), ("GPL-3.0+ OR mit", "GPL-3.0-or-later OR MIT", ()), ('"apache-2.0, mit"', "Apache-2.0 AND MIT", "taken as all of them"), ("[mit, odd]", "NOASSERTION", "matches no known licence"),
        ("apache2", "NOASSERTION", "(did you mean --license Apache-2.0?)"), ("GPLv3", "NOASSERTION", "(did you mean --license GPL-3.0-only?)"),
        ("Apache-2.0 WITH LLVM-exception", "Apache-2.0 WITH LLVM-exception", ()), ("apache-2.0 / mit", "NOASSERTION", "matches no known licence"),
        ("true", "NOASSERTION", "license true of the card matches no known licence"), ("gpl", "GPL-1.0-or-later", "is taken as GPL-1.0-or-later"))],
    ("a licence's name where its identifier belongs", card("base_model: " + EXAONE, "license: EXAONE"), Right([EXAONE], license=EXAONE_NC, whence="card", told="license EXAONE of the card is taken as")),
    ("a licence's name alone", card("base_model: " + EXAONE, "license_name: exaone"), Right([EXAONE], license=EXAONE_NC, whence="card")),
    ("licence in a tag", card("base_model: " + AX, "tags: ['license:mit']"), Right([AX], license="MIT", whence="tags")),
]


class Reading(unittest.TestCase):
    """What a folder declares."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = jokbo.Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.start().load_roster()
        cls.anyone = jokbo.Client(cls.server.address)
        cls.addClassCleanup(cls.anyone.close)

    def check(self, folder, outcome):
        code, said = self.server.jokbo_json("register", folder, "--name", outcome.named, "--dry-run", "--no-receipt")
        self.check_outcome(outcome, code, said)
        self.check_both(folder, outcome, said)

    def check_both(self, folder, outcome, said):
        """Whoever has no account and no command line hears the same of the same files."""
        files = files_of(folder)
        if sum(len(f["content"]) for f in files) > 1 << 20:
            return
        read = self.anyone.call("Registry.ReadCard", name=outcome.named, files=sent(files))
        faults = [(f["field"], f["rule"]) for f in read["faults"]]
        if isinstance(outcome, Wrong):
            self.assertEqual(faults, [(v["field"], v["rule"]) for v in said["error"]["violations"]])
            return
        self.assertEqual(faults, [])
        declared, derivative = said["declaration"], read["derivative"]
        self.assertEqual(derivative["parents"], [plain(p) for p in declared["parents"]])
        self.assertEqual([(name, derivative[name]) for name in ("name", "version", "license")], [(name, declared[name]) for name in ("name", "version", "license")])
        self.assertEqual(derivative["relation"], "RELATION_" + declared["relation"].upper())
        sources = {v["field"]: v["source"] for v in read["values"]}
        self.assertEqual(dict(sources, name="--name"), declared["sources"])
        self.assertEqual(read["notes"], declared["notes"])
        model = said["registration"]["model"]
        self.assertEqual(sorted((finding_kind(f["kind"]), f["root"], f["text"]) for f in read["findings"]),
                         sorted((f["kind"], f.get("root", ""), f["text"]) for f in model.get("findings", [])))
        self.assertEqual(sorted((r["name"], r["depth"]) for r in read["roots"]), sorted((r["name"], r["depth"]) for r in model["roots"]))

    def check_outcome(self, outcome, code, said):
        if isinstance(outcome, Wrong):
            self.assertEqual((code == 0, [v["field"] for v in said["error"]["violations"]]), (False, [outcome.field]), said)
            self.assertIn(outcome.rule, said["error"]["violations"][0]["rule"])
            return
        self.assertEqual(code, 0, said)
        declared = said["declaration"]
        self.assertEqual(sorted(shown(p) for p in declared["parents"]), sorted(outcome.parents))
        self.assertEqual((declared["relation"], declared["sources"]["relation"]), (outcome.relation, outcome.why))
        self.assertEqual((declared["license"], declared["sources"]["license"]), (outcome.license, outcome.whence))
        for part in outcome.told:
            self.assertTrue(any(part in note for note in declared["notes"]), (part, declared["notes"]))

    def test_every_case_is_in_a_table(self):
        self.assertEqual(set(os.listdir(CASES)), set(FOLDERS) | ELSEWHERE)

    def test_folders(self):
        for case, outcome in FOLDERS.items():
            with self.subTest(case):
                self.check(os.path.join(CASES, case, "in"), outcome)

    def test_others_of_their_kinds(self):
        for name, files, outcome in LIKE_THEM:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                write(folder, files)
                self.check(folder, outcome)


    def test_all_that_is_wrong_at_once(self):
        """The licence among it, which alone would only be noted; and what is wrong beside what cannot be read."""
        relation, unknown = ("relation", '"zzz" is none of finetune'), ("license", "license odd one of the card matches no known licence")
        dead_end = ("derivative.parents[0].external.name", "leads to no base model")  # which only the registry knows
        for front, named, wrong in (
                (("license: odd one", "base_model: skt/A.X 4", "base_model_relation: zzz"), "kim/x", [relation, ("parents", '"skt/A.X 4"'), unknown]),
                (("license: odd one", "base_model: {a: b}", "base_model_relation: zzz"), "kim/x", [("base_model", "line 3"), relation, unknown]),
                (("license: {a: b}", "base_model: skt/A.X 4", "base_model_relation: zzz"), "kim/x", [("license", "line 2"), relation, ("parents", '"skt/A.X 4"')]),
                (("license: odd one", "base_model: " + AX), "kim/x-", [("name", '"kim/x-"'), unknown]),
                (("license: apache2", "base_model: somebody/else"), "kim/x", [dead_end, ("license", "(did you mean --license Apache-2.0?)")]),
                (("license: mit", "base_model: somebody/else"), "kim/x", [dead_end])):
            with self.subTest(front), tempfile.TemporaryDirectory() as folder:
                write(folder, card(*front))
                code, said = self.server.jokbo_json("register", folder, "--name", named, "--dry-run", "--no-receipt")
                found = [(v["field"], v["rule"]) for v in said["error"]["violations"]]
                self.assertEqual((code, [field for field, _ in found]), (4, [field for field, _ in wrong]), found)
                for (_, rule), (_, part) in zip(found, wrong):
                    self.assertIn(part, rule)
                if dead_end not in wrong:
                    self.check_both(folder, Wrong("", "", named), said)
                given = self.server.jokbo("register", folder, "--name", named, "--dry-run", "--no-receipt", "--license", "MIT")
                self.assertNotIn("matches no known licence", given.stdout + given.stderr)


def shown(parent):
    if "external" in parent:
        revision = parent["external"].get("revision")
        return "external " + parent["external"]["name"] + ("@" + revision if revision else "")
    return parent["registered"]["name"].partition("@")[0]


def plain(parent):
    """A parent as the interface has it, every field there."""
    if "external" in parent:
        return {"external": dict({"revision": ""}, **parent["external"])}
    return {"registered": parent["registered"]}


def finding_kind(name):
    return name.replace("FINDING_KIND_", "").lower().replace("_", "-")


def files_of(folder):
    """What a client would send: the texts, and the beginnings of weights."""
    files = []
    for path, _, names in os.walk(folder):
        for name in names:
            full = os.path.join(path, name)
            with open(full, "rb") as file:
                text = name.lower().endswith((".md", ".json", ".yml", ".yaml"))
                content = file.read() if text else file.read(256 << 10)
            files.append({"path": os.path.relpath(full, folder), "size": os.path.getsize(full), "content": content})
    return files


def sent(files):
    return [dict(f, content=base64.b64encode(f["content"]).decode()) for f in files]


def write(folder, files):
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())


class Beside(unittest.TestCase):
    """What is found about a release, and about the files on a disk."""

    @classmethod
    def setUpClass(cls):
        cls.server = jokbo.Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.start().load_roster()

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.name = "kim/" + self._testMethodName.replace("_", "-")[:80]

    def case(self, name):
        folder = os.path.join(self.folder, name)
        shutil.copytree(os.path.join(CASES, name, "in"), folder)
        return folder

    def run_json(self, *arguments, code=0):
        got, said = self.server.jokbo_json(*arguments)
        self.assertEqual(got, code, said)
        return said

    def manifest(self, folder, *names):
        lines = ["jokbo/manifest/v1\n"]
        for name in sorted(names):
            with open(os.path.join(folder, name), "rb") as file:
                content = file.read()
            lines.append("file %s %d %s\n" % (hashlib.sha256(content).hexdigest(), len(content), name))
        path = os.path.join(self.folder, "manifest")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(lines)
        return path

    def findings(self, said):
        return sorted(f["kind"] for f in said["registration"]["model"].get("findings", []))

    def test_a_dry_run_finds_what_the_real_run_does(self):
        folder = self.case("143-dry-run-manifest")
        options = ["--name", self.name, "--manifest", folder + "/m", "--license-file", folder + "/L.txt", "--no-receipt", "--yes"]
        dry = self.run_json("register", folder, *options, "--dry-run")
        real = self.run_json("register", folder, *options)
        self.assertEqual(self.findings(dry), self.findings(real))
        self.assertNotIn("unverified-artifact", self.findings(dry))
        without = self.run_json("register", folder, "--name", self.name + "-y", "--artifact-sha256", "a" * 64, "--no-receipt", "--dry-run")
        self.assertIn("unverified-artifact", self.findings(without))

    def test_a_release_that_forgets_its_manifest(self):
        folder = self.case("195-publish-forgets-manifest")
        with_it = ["--manifest", folder + "/m", "--no-receipt", "--yes"]
        self.run_json("register", folder, "--name", self.name, *with_it)
        for options, told in (([], True), (with_it, False)):
            said = self.run_json("publish", "--model", self.name, "--release", "2", "--no-receipt", "--dry-run", *options)
            notes = [note for note in said["declaration"]["notes"] if "has a manifest, and this one has none" in note]
            self.assertEqual(len(notes), told, said["declaration"])
        self.run_json("register", folder, "--name", self.name + "-y", "--no-receipt", "--yes")
        said = self.run_json("publish", "--model", self.name + "-y", "--release", "2", "--no-receipt", "--dry-run")
        self.assertEqual([n for n in said["declaration"]["notes"] if "manifest" in n], [])

    def verified(self, card, manifest, folder):
        """The files of a folder against what was registered with a manifest."""
        self.run_json("register", card, "--name", self.name, "--manifest", manifest, "--no-receipt", "--yes")
        code, said = self.server.jokbo_json("verify", folder, "--model", self.name, "--manifest", manifest)
        return code, [(c["check"], c["state"], c["text"]) for subject in said["subjects"] for c in subject["checks"]]

    def test_weights_and_code_that_the_manifest_does_not_list(self):
        folder = self.case("194-verify-extra-weights") + "/dl"
        write(folder, {"notes.txt": "x", "sub/more.bin": "x", ".cache/hidden.bin": "x"})
        manifest = self.manifest(folder, "config.json", "model.safetensors")
        code, results = self.verified(os.path.join(CASES, "175-leading-blank", "in"), manifest, folder)
        self.assertEqual(code, 10, results)
        unlisted = [text.split(":")[0] for check, state, text in results if (check, state) == ("unlisted", "failed")]
        self.assertEqual(unlisted, ["model-00002-of-00002.safetensors", "modeling_custom.py", "sub/more.bin"], results)
        self.assertEqual(len([text for check, state, text in results if (check, state) == ("unlisted", "note")]), 1, results)

    def test_a_name_in_another_unicode_form(self):
        case = self.case("127-nfd")
        name = unicodedata.normalize("NFD", "토크나이저 설정.json")  # made here: not every system's checkout keeps such a name
        os.rename(case + "/dl/settings.json", os.path.join(case, "dl", name))
        code, results = self.verified(case, case + "/m", case + "/dl")
        self.assertEqual(code, 0, results)
        self.assertEqual([state for check, state, _ in results if check == "files"], ["ok"])
        told = [text for check, state, text in results if (check, state) == ("name", "note")]
        self.assertEqual(len(told), 1, results)
        self.assertIn("another Unicode form", told[0])

    def test_other_scripts_by_their_content(self):
        """Where no rule of Hangul says it, the content does; and a file of another content is not taken."""
        folder = os.path.join(self.folder, "dl")
        composed = unicodedata.normalize("NFC", "caf\u00e9.bin")
        write(folder, {composed: "one"})
        manifest = self.manifest(folder, composed)
        os.rename(os.path.join(folder, composed), os.path.join(folder, unicodedata.normalize("NFD", composed)))
        code, results = self.verified(os.path.join(CASES, "175-leading-blank", "in"), manifest, folder)
        self.assertEqual(code, 0, results)
        write(folder, {unicodedata.normalize("NFD", composed): "two"})
        code, said = self.server.jokbo_json("verify", folder, "--model", self.name, "--manifest", manifest)
        self.assertNotEqual(code, 0)
        self.assertRegex(str(said), "it is missing")


if __name__ == "__main__":
    unittest.main()
