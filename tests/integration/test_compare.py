"""`jokbo compare`: do its figures agree with an implementation that shares nothing with it (support/sketch.py), pair by pair? Does it see
what was done to a model: trained on, quantized, re-sharded, pruned, extended, merged, or only claimed? Folders and manifests without a
server; registered models with one."""
import csv
import hashlib
import io
import json
import math
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import evidence  # noqa: E402
import quantize  # noqa: E402
import sketch  # noqa: E402
from jokbo import BUILD, Server  # noqa: E402
from models import WIDTH, changed, disguised, f32, family, noise, write_model  # noqa: E402

DONE, USAGE, REFUSED, NOT_FOUND, UNREACHABLE, LOCAL_FILE = 0, 2, 4, 5, 8, 9
KEYS = ["equal", "nearly_equal", "kin", "foreign", "not_comparable", "not_paired"]


def slerp(one, two):
    """Half-way on the sphere."""
    length = math.sqrt(sum(a * a for a in one) * sum(b * b for b in two))
    angle = math.acos(sum(a * b for a, b in zip(one, two)) / length)
    return [math.sin(angle / 2) * (a + b) / math.sin(angle) for a, b in zip(one, two)]


def reordered(values, rows, columns, heads):
    """The rows of each head, of which the first half and the second alternate then."""
    half = rows // heads // 2
    order = [head * 2 * half + side * half + i for head in range(heads) for i in range(half) for side in range(2)]
    return [value for row in order for value in values[row * columns:(row + 1) * columns]]


class Case(unittest.TestCase):
    maxDiff = 3000

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="jokbo-compare-")
        cls.addClassCleanup(shutil.rmtree, cls.root, True)
        cls.parent = cls.make("parent", family("parent"))
        cls.foreign = cls.make("foreign", family("foreign"))

    @classmethod
    def make(cls, name, tensors, shards=1):
        return write_model(os.path.join(cls.root, name), tensors, shards)

    @classmethod
    def jokbo(cls, *arguments, expect=DONE, **env):
        env = dict({"HOME": cls.root + "/home", "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "JOKBO_SERVER": "127.0.0.1:1"}, **env)
        result = subprocess.run([os.path.join(BUILD, "jokbo"), *arguments], env=env, capture_output=True, timeout=120, text=True)
        if result.returncode != expect:
            raise AssertionError("%s: %d\n%s%s" % (arguments, result.returncode, result.stdout[:3000], result.stderr))
        return result

    def manifest_of(self, side):
        if os.path.isdir(side):
            return self.jokbo("digest", side).stdout
        with open(side) as f:
            return f.read()

    def compare(self, one, two, key=None):
        """The answer, after it was held against the other implementation."""
        answer = json.loads(self.jokbo("compare", one, two, "--json", *(["--challenge-key", key.hex()] if key else [])).stdout)
        self.assertEqual(answer["challenge_key"], key and key.hex())
        if key:
            texts = [sketch.manifest(side, signs=lambda count: sketch.challenge_signs(key, count)) for side in (one, two)]
        else:
            texts = [self.manifest_of(side) for side in (one, two)]
        shares, pairs = sketch.compared(*texts)
        for share in [answer["whole"]] + answer["parts"]:
            wanted = shares.pop(share["part"])
            self.assertEqual([share[key] for key in KEYS], wanted[:6], share["part"])
            self.assertEqual(share["kin_median"], wanted[6] if wanted[2] else None)
        self.assertEqual(shares, {})
        self.assertEqual([(p["tensor"]["name"], p["with"] and p["with"]["name"], p["likeness"], p["similarity"]) for p in answer["pairs"]],
                         [(one.name, two and two.name, likeness, r if likeness in sketch.LIKENESSES[:4] else None) for one, two, likeness, r in pairs])
        return answer

    def shares(self, answer):
        return {key: answer["whole"][key] / answer["whole"]["elements"] for key in KEYS if answer["whole"][key]}


class Changes(Case):
    def test_the_same(self):
        self.assertEqual(self.shares(self.compare(self.parent, self.parent)), {"equal": 1})
        renamed = [(name.replace("model.layers", "blocks"), rows, values) for name, rows, values in family("parent")]
        answer = self.compare(self.make("resharded", renamed[::-1], shards=3), self.parent)
        self.assertEqual(self.shares(answer), {"equal": 1})
        self.assertEqual(answer["renamed"], 12)

    def test_noise_and_training(self):
        near = self.compare(self.make("noise", changed(family("parent"), 0.005)), self.parent)
        self.assertEqual(self.shares(near), {"nearly_equal": 1})
        tuned = self.compare(self.make("tuned", changed(family("parent"), 0.5)), self.parent)
        self.assertEqual(self.shares(tuned), {"kin": 1})
        self.assertTrue(8000 < tuned["whole"]["kin_median"] < 9700)

    def test_foreign(self):
        self.assertEqual(self.shares(self.compare(self.foreign, self.parent)), {"foreign": 1})

    def test_signs_do_not_count(self):
        turned = [(name, rows, [-v for v in values] if "_proj" in name else values) for name, rows, values in family("parent")]
        self.assertEqual(self.shares(self.compare(self.make("turned", turned), self.parent)).keys(), {"equal", "nearly_equal"})

    def test_layers_dropped_and_doubled(self):
        kept = {0: 0, 2: 1}
        dropped = [(name.replace("layers.%d." % old, "layers.%d." % kept[old]), rows, values) for old in kept
                   for name, rows, values in changed(family("parent"), 0.1) if "layers.%d." % old in name]
        answer = self.compare(self.make("dropped", dropped), self.parent)
        self.assertEqual(self.shares(answer), {"kin": 1})
        self.assertEqual(answer["renamed"], 3)
        doubled = [("model.layers.%d.%s" % (new, name.split(".", 3)[3]), rows, values) for new, old in enumerate((0, 1, 0, 1))
                   for name, rows, values in family("parent") if "layers.%d." % old in name]
        self.assertEqual(self.shares(self.compare(self.make("doubled", doubled), self.parent)), {"equal": 1})

    def test_a_longer_vocabulary(self):
        longer = [(name, rows, values) if "layers" in name else (name, rows + 20, values + noise(name, 20 * WIDTH)) for name, rows, values in family("parent")]
        answer = self.compare(self.make("longer", longer), self.parent)
        self.assertEqual(set(self.shares(answer)), {"equal", "kin"})
        self.assertEqual(answer["longer"], 2)

    def test_a_merge_and_one_part_taken_over(self):
        for how, merge in (("linear", lambda a, b: [(x + y) / 2 for x, y in zip(a, b)]), ("slerp", slerp)):
            folder = self.make(how, [(name, rows, merge(values, other[2])) for (name, rows, values), other in zip(family("parent"), family("foreign"))])
            for parent in (self.parent, self.foreign):
                self.assertEqual(self.shares(self.compare(folder, parent)), {"kin": 1}, how)
        taken = family("third")
        taken[0] = family("parent")[0]
        answer = self.compare(self.make("taken", taken), self.parent)
        parts = {part["part"]: part for part in answer["parts"]}
        self.assertEqual(parts["model.embed_tokens"]["equal"], parts["model.embed_tokens"]["elements"])
        self.assertEqual(parts["model.layers"]["foreign"], parts["model.layers"]["elements"])
        self.assertEqual(list(parts), ["lm_head", "model.embed_tokens", "model.layers"])

    def test_quantized_by_another_program(self):
        """Rows of 256, for the types that have blocks of these; the same numbers in the parent's."""
        parent = self.make("of 256", [(name, rows // 2, values) for name, rows, values in family("parent", layers=1)])
        for word, least in (("Q8_0", 9998), ("Q6_K", 9970), ("Q4_K", 9900), ("Q4_0", 9800)):
            folder = os.path.join(self.root, word)
            os.mkdir(folder)
            pack = getattr(quantize, word.lower())
            tensors = [("token_embd.weight" if "embed" in name else "output.weight" if "head" in name else
                        name.replace("model.layers.", "blk.").replace(".self_attn.q_proj", ".attn_q"), word, [rows // 2, len(values) // (rows // 2)],
                        pack(values)) for name, rows, values in family("parent", layers=1)]
            sketch.write_gguf(folder + "/model.gguf", tensors)
            answer = self.compare(folder, parent)
            self.assertEqual(set(self.shares(answer)) - {"kin", "nearly_equal"}, set(), word)
            self.assertEqual(answer["renamed"], len(tensors))
            self.assertGreater(min(pair["similarity"] for pair in answer["pairs"]), least, word)

    def test_rows_that_a_conversion_reorders(self):
        """As llama.cpp writes queries and keys of Llama's architecture: with 4 heads, each with keys of its own, and with keys that all share.
        The rest is found; how much that is decides the grade, as registry/docs/weights.md says."""
        for heads, keys, units, wanted in ((4, 4, 688, "part"), (4, 1, 1792, "kin")):
            tensors = [(gguf, name, rows, columns, noise(name + str(keys), rows * columns)) for gguf, name, rows, columns in (
                ("token_embd", "model.embed_tokens", 520, 256), ("output", "lm_head", 520, 256), ("blk.0.attn_q", "model.layers.0.self_attn.q_proj", 256, 256),
                ("blk.0.attn_k", "model.layers.0.self_attn.k_proj", 64 * keys, 256), ("blk.0.attn_v", "model.layers.0.self_attn.v_proj", 64 * keys, 256),
                ("blk.0.attn_output", "model.layers.0.self_attn.o_proj", 256, 256), ("blk.0.ffn_up", "model.layers.0.mlp.up_proj", units, 256))]
            original = self.make("original of %d" % keys, [(name + ".weight", rows, made) for _, name, rows, _, made in tensors])
            folder = os.path.join(self.root, "converted of %d" % keys)
            os.mkdir(folder)
            sketch.write_gguf(folder + "/model.gguf", [
                (gguf + ".weight", "F16", [rows, columns], quantize.f16(reordered(made, rows, columns, keys if "attn_k" in gguf else heads)
                                                                      if "attn_q" in gguf or "attn_k" in gguf else made))
                for gguf, _, rows, columns, made in tensors])
            answer = self.compare(folder, original)
            foreign = {pair["tensor"]["name"] for pair in answer["pairs"] if pair["likeness"] == "foreign"}
            self.assertEqual(foreign, {"blk.0.attn_q.weight", "blk.0.attn_k.weight"})
            self.assertEqual(set(self.shares(answer)), {"nearly_equal", "foreign"})
            self.assertEqual(evidence.grade(evidence.Shares([answer["whole"][key] for key in KEYS]), False), wanted)

    def test_shorter_numbers(self):
        for word, pack in (("F16", quantize.f16), ("BF16", quantize.bf16)):
            folder = os.path.join(self.root, word)
            os.mkdir(folder)
            sketch.write_safetensors(folder + "/m.safetensors", [(name, word, [rows, len(values) // rows], pack(values)) for name, rows, values in family("parent")])
            self.assertEqual(self.shares(self.compare(folder, self.parent)), {"nearly_equal": 1}, word)

    def test_an_adapter(self):
        """Its matrices are of other shapes; a row's length in common makes no pair."""
        adapter = [("base_model.%s.lora_%s.weight" % (name, side), rows, noise(name + side, rows * columns)) for name, rows, _ in family("parent")
                   for side, rows, columns in (("A", 192, WIDTH), ("B", rows, 192))]
        self.assertEqual(self.shares(self.compare(self.make("lora", adapter), self.parent)), {"not_paired": 1})

    def test_trained_against_the_public_signs(self):
        """Screened as kin of a stranger, and no more of its parent; a key that came later says what it is."""
        made = self.make("disguised", [(name, rows, disguised(values, other)) for (name, rows, values), (_, _, other) in zip(family("parent"), family("foreign"))])
        screened = self.shares(self.compare(made, self.foreign))
        self.assertEqual(screened.get("nearly_equal", 0) + screened.get("kin", 0), 1)
        self.assertEqual(self.shares(self.compare(made, self.parent)), {"foreign": 1})
        key = hashlib.sha256(b"later").digest()
        self.assertEqual(self.shares(self.compare(made, self.foreign, key)), {"foreign": 1})
        unmasked = self.compare(made, self.parent, key)
        self.assertEqual(self.shares(unmasked), {"kin": 1})
        self.assertGreater(unmasked["whole"]["kin_median"], 9500)
        self.assertEqual(self.shares(self.compare(self.parent, self.parent, key)), {"equal": 1})

    def test_experts_stacked_and_apart(self):
        experts = [noise("expert %d" % e, WIDTH * WIDTH) for e in range(3)]
        stacked, apart = os.path.join(self.root, "stacked"), os.path.join(self.root, "apart")
        for folder, tensors in ((stacked, [("experts", "F32", [3, WIDTH, WIDTH], f32(sum(experts, [])))]),
                                (apart, [("experts.%d.w" % e, "F32", [WIDTH, WIDTH], f32(experts[e])) for e in (2, 0, 1)])):
            os.mkdir(folder)
            sketch.write_safetensors(folder + "/m.safetensors", tensors)
        answer = self.compare(stacked, apart)
        self.assertEqual([p["with"]["name"] for p in answer["pairs"]], ["experts.%d.w" % e for e in range(3)])
        self.assertEqual(self.shares(answer), {"nearly_equal": 1})
        self.assertEqual(self.shares(self.compare(stacked, stacked)), {"equal": 1})

    def test_packed_weights_can_only_be_equal(self):
        folders = []
        for i in range(2):
            folders.append(os.path.join(self.root, "packed%d" % i))
            os.mkdir(folders[i])
            data = [random.Random(k + i * (k == 1)).randbytes(4 * WIDTH * WIDTH) for k in range(2)]
            sketch.write_safetensors(folders[i] + "/m.safetensors",
                                     [("w%d" % k, "I32", [WIDTH, WIDTH], data[k]) for k in range(2)] + [("mask", "BOOL", [WIDTH, WIDTH], bytes(WIDTH * WIDTH))])
        self.assertEqual(self.shares(self.compare(*folders)), {"equal": 0.5, "not_comparable": 0.5})


    def test_what_repeats_is_no_weights(self):
        """Zero points of a symmetric quantization are the same in each layer, and in each model."""
        folders = []
        for model in range(2):
            folders.append(os.path.join(self.root, "symmetric%d" % model))
            os.mkdir(folders[model])
            packed = [("layers.%d.qweight" % k, "I32", [WIDTH, WIDTH], random.Random(10 * model + k).randbytes(4 * WIDTH * WIDTH)) for k in range(6)]
            zeros = [("layers.%d.qzeros" % k, "I32", [WIDTH, WIDTH], b"\x77" * (4 * WIDTH * WIDTH)) for k in range(6)]
            fewer = [("layers.%d.scales" % k, "I32", [WIDTH, WIDTH], b"\x11" * (4 * WIDTH * WIDTH)) for k in range(4)]
            sketch.write_safetensors(folders[model] + "/m.safetensors", packed + zeros + fewer)
        answer = self.compare(*folders)
        self.assertEqual(len(answer["pairs"]), 10)
        self.assertEqual(self.shares(answer), {"equal": 0.4, "not_comparable": 0.6})


class Telling(Case):
    def test_for_people(self):
        out = self.jokbo("compare", self.make("told", changed(family("parent"), 0.3)), self.parent).stdout
        lines = out.split("\n")
        self.assertEqual(lines[0].split(), ["part", "kin", "median", "|r|", "tensors", "elements"])
        self.assertEqual(lines[1].split()[:3], ["all", "100.00", "%"])
        self.assertIn("model.layers 3      ▓▓▓", lines)
        plain = self.jokbo("compare", self.root + "/told", self.foreign, LC_ALL="C").stdout
        self.assertIn("model.layers 3      ...", plain)
        self.assertIn("\033[31m", self.jokbo("compare", self.foreign, self.parent, "--color", "always").stdout)

    def test_as_csv(self):
        """The whole and every part, also those for which the screen has no room, with the numbers of --json."""
        values = noise("many", WIDTH * WIDTH)
        many = [("block_%d.w" % i, WIDTH, values[i:] + values[:i]) for i in range(45)]
        folder, other = self.make("wide", changed(family("parent"), 0.3) + many), self.make("wide-parent", family("parent") + many)
        answer = json.loads(self.jokbo("compare", folder, other, "--json").stdout)
        self.assertGreater(len(answer["parts"]), 45)
        self.assertIn("--csv", self.jokbo("compare", folder, other).stdout)
        rows = list(csv.DictReader(io.StringIO(self.jokbo("compare", folder, other, "--csv").stdout)))
        self.assertEqual([row["scope"] for row in rows], ["whole"] + ["part"] * len(answer["parts"]))
        for row, share in zip(rows, [answer["whole"]] + answer["parts"]):
            for key in ["part", "tensors", "elements", "kin_median"] + KEYS:
                self.assertEqual(row[key], "" if share[key] is None else str(share[key]), (key, row))
        self.jokbo("compare", folder, other, "--csv", "--json", expect=USAGE)

    def test_names_that_reorder_a_line(self):
        folder = self.make("turned", [("a\u202e.0.w", WIDTH, noise("turned", WIDTH * WIDTH))])
        out = self.jokbo("compare", folder, folder).stdout
        self.assertNotIn("\u202e", out)
        self.assertIn("\na? 0  █\n", out)

    def test_the_picture_is_svg(self):
        tensors = [("a<&\"\uffff>.%d.w" % i, WIDTH, noise(i, WIDTH * WIDTH)) for i in range(3)]
        folder, path = self.make("strange", tensors), self.root + "/picture.svg"
        self.jokbo("compare", folder, folder, "--svg", path)
        tree = xml.etree.ElementTree.parse(path).getroot()
        titles = [t.text for t in tree.iter("{http://www.w3.org/2000/svg}title")]
        self.assertEqual(titles, ["a<&\">.%d.w: equal, |r| 1.0000" % i for i in range(3)])
        self.jokbo("compare", folder, folder, "--svg", self.root + "/none/x.svg", expect=LOCAL_FILE)

    def test_manifests(self):
        paths = []
        for version in (1, 2):
            paths.append(self.root + "/v%d" % version)
            with open(paths[-1], "w") as f:
                f.write("\n".join(line for line in self.jokbo("digest", self.parent).stdout.replace("manifest/v2", "manifest/v%d" % version).split("\n")
                                  if version == 2 or not line.startswith("sketch ")))
        self.assertEqual(self.shares(self.compare(self.parent, paths[1])), {"equal": 1})
        out = self.jokbo("compare", paths[0], paths[1]).stdout
        self.assertIn("its manifest is of version 1, without sketches", out)
        self.assertIn("no tensor that could be compared", out)
        with open(paths[0], "a") as f:
            f.write("x\n")
        self.assertIn("v1: Line ", self.jokbo("compare", paths[0], paths[1], expect=REFUSED).stderr)
        self.jokbo("compare", paths[1], expect=USAGE)

    def test_what_is_neither(self):
        self.assertIn("there is no folder or manifest ./none, and no model has such a name", self.jokbo("compare", self.parent, "./none", expect=LOCAL_FILE).stderr)
        self.assertIn("a/none@2: there is no such folder or manifest, so the registry was asked", self.jokbo("compare", self.parent, "a/none@2", expect=UNREACHABLE).stderr)

    def test_a_key_is_for_folders(self):
        key = "ab" * 32
        self.assertIn("By sketches under the challenge's key %s.\n" % key, self.jokbo("compare", self.parent, self.foreign, "--challenge-key", key).stdout)
        for other, words, wrong in ((self.foreign, "64 hexadecimal digits", key[1:]), (self.foreign, "64 hexadecimal digits", key.upper()),
                                    (__file__, "only a folder's weights", key), ("a/b", "only a folder's weights", key)):
            self.assertIn(words, self.jokbo("compare", self.parent, other, "--challenge-key", wrong, expect=USAGE).stderr)


class Registered(Case):
    def test_by_name(self):
        with Server() as server:
            server.load_roster().jokbo("publisher", "create", "hanbit")
            path, card = self.root + "/manifest", self.root + "/README.md"
            self.jokbo("digest", self.parent, "--out", path)
            with open(card, "w") as f:
                f.write("---\nlicense: apache-2.0\nbase_model: skt/A.X-3.1-Light\ntags: [sft]\n---\n")
            server.jokbo("register", card, "--name", "hanbit/held", "--manifest", path, "--no-receipt")
            server.jokbo("register", card, "--name", "hanbit/bare", "--no-receipt")
            http = ["--http", "http://" + server.http]
            result = server.jokbo("compare", "hanbit/held", self.parent, "--json", *http)
            self.assertEqual(result.returncode, DONE, result.stderr)
            self.assertEqual(self.shares(json.loads(result.stdout)), {"equal": 1})
            self.assertEqual(server.jokbo("compare", "hanbit/bare", self.parent, *http).returncode, REFUSED)
            self.assertEqual(server.jokbo("compare", "hanbit/none", self.parent, *http).returncode, NOT_FOUND)
            self.assertEqual(server.jokbo("compare", "hanbit/held", self.parent).returncode, USAGE)


if __name__ == "__main__":
    unittest.main()
