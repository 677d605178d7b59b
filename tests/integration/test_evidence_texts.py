"""Evidence and challenge texts, from an implementation that shares nothing with the registry (support/evidence.py): is the example of the
formats what follows from its table? tests/unit/test_evidence_text.c holds the registry's own against the same files. Do both make the same
texts, byte by byte, of random models that have one another's tensors, changed, renamed, extended, equal or packed? And grades, shapes and
signatures by rows of their own."""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import evidence  # noqa: E402
import sketch  # noqa: E402
from jokbo import BUILD  # noqa: E402

PARENT = [("model.q.weight", "BF16", [256, 64]), ("model.embed.weight", "BF16", [1000, 64])]


class Example(unittest.TestCase):
    maxDiff = 3000

    @classmethod
    def setUpClass(cls):
        cls.made = evidence.example()

    def read(self, name):
        with open(os.path.join(evidence.EXAMPLE, name), encoding="utf-8") as f:
            return f.read()

    def test_files_follow_from_the_table(self):
        for name, text in self.made.items():
            self.assertEqual(text, self.read(name), name)
        self.assertEqual(set(self.made) | {"README.md", "tensors.tsv"}, set(os.listdir(evidence.EXAMPLE)))

    def test_readme_says_what_is_found(self):
        self.assertIn("undeclared 2466 1\nin 2466 vision_tower.patch\n", self.made["public.txt"])
        self.assertIn("shared 1\nwith 2 2466 vision_tower.patch\n", self.made["public.txt"])
        self.assertNotIn("lm_head", self.made["public.txt"])
        self.assertIn("foreign 0\n", self.made["attest.txt"])

    def test_manifests_of_the_challenge_list_the_same_files(self):
        _, models = evidence.read_challenge(self.made["challenge.txt"])
        for (artifact, manifest), name in zip(models.values(), ("release", "parent")):
            held = self.made[name + ".txt"]
            self.assertEqual(artifact, evidence.artifact(held))
            self.assertNotEqual(manifest, held)
            self.assertEqual(*([line for line in text.split("\n") if not line.startswith("sketch ")] for text in (manifest, held)))

    def test_signatures(self):
        release, parent, base = (evidence.signature(self.made[name + ".txt"]) for name in ("release", "parent", "base"))
        self.assertEqual([release[0], parent[0], base[0]], ["140x128", "130x128", "128x130"])
        self.assertFalse(evidence.alike(release, parent))
        self.assertFalse(evidence.alike(parent, base))
        self.assertTrue(evidence.alike(base, (base[0], [not bit for bit in base[1]])))


class World:
    """Random models that take tensors from one pool: [(name, shape, its sketch or None, digest)]."""

    SHAPES = ("128x128", "128x128", "128x128", "130x128", "128x160", "64x256")

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.pool = [[self.random.gauss(0, 1) for _ in range(sketch.BUCKETS)] for _ in range(5)]

    def numbers(self):
        noise = self.random.choice((0, 0, 0.01, 0.3, 1.7))
        values = [v + noise * self.random.gauss(0, 1) for v in self.random.choice(self.pool)]
        if self.random.random() < 0.05:
            values = [v if i == 7 else v / 100 for i, v in enumerate(values)]
        most = max(map(abs, values))
        return [round(32767 * v / most) for v in values]

    def line(self, name, packed):
        """A sketch line with its tensor line, or a tensor line alone, packed or an adapter's."""
        shape = self.random.choice(self.SHAPES)
        if self.random.random() < packed:
            end, dtype, shape = self.random.choice(((".qweight", "I32", "16x128"), (".qweight", "I32", "128x1024"), (".lora_A.weight", "F32", "8x128"),
                                                    (".weight", "U8", "8192x1"), (".weight", "U32", "128x16")))
            return [], "tensor %064d %s %s %s m.safetensors" % (self.random.randrange(3), dtype, shape, name + end)
        numbers = self.numbers()
        digest = evidence.sha256(str(numbers).encode()) if self.random.random() < 0.7 else "%064d" % self.random.randrange(2)
        rest = "F32 %s %s m.safetensors" % (shape, name + ".weight")
        return ["sketch %s %s" % (sketch.in_base64(numbers), rest)], "tensor %s %s" % (digest, rest)

    def manifest(self, packed=0.15):
        names = self.random.sample(["a.%d.b" % i for i in range(4)] + ["v.t.%d" % i for i in range(3)] + ["head", "x", "model.a.1.b"],
                                   self.random.randrange(1, 8 if packed < 1 else 3))
        lines = [self.line(name, packed) for name in names]
        sketches = sorted((line for found, _ in lines for line in found), key=lambda line: line.split(" ")[4].encode())
        head = ["jokbo/manifest/v2", "file %064d 99999999 m.safetensors" % 0, "header %064d m.safetensors" % 0]
        return "".join(line + "\n" for line in head + sorted(line for _, line in lines) + sketches)


def nudged(manifest):
    """Nearly equal: other digests, and one number of each sketch is another."""
    lines = [line.split(" ") for line in manifest.split("\n")]
    for line in lines:
        if line[0] == "sketch":
            numbers = list(sketch.from_base64(line[1]))
            at = next(i for i, v in enumerate(numbers) if 0 < abs(v) < 32766)
            line[1] = sketch.in_base64(numbers[:at] + [numbers[at] + 1] + numbers[at + 1:])
        elif line[0] == "tensor":
            line[1] = "f" + line[1][1:]
    tensors = iter(sorted(line for line in lines if line[0] == "tensor"))
    return "\n".join(" ".join(next(tensors) if line[0] == "tensor" else line) for line in lines)


class Random(unittest.TestCase):
    """Both implementations."""

    maxDiff = 3000

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="jokbo-evidence-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def make(self, *words):
        done = subprocess.run([os.path.join(BUILD, "tests", "make_evidence"), *map(str, words)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def check_public(self, seed):
        world, release = World(seed), evidence.sha256(b"%d" % seed)
        child, hashes = world.manifest(world.random.choice((0, 0.15, 1, 1))), sorted(evidence.sha256(b"%d %d" % (seed, i)) for i in range(8))
        ties = ["parent"] * world.random.randrange(3) + ["ancestor"] * world.random.randrange(3) + ["other"] * 4
        models, words = [], ["public", release, seed, self.write("child", child)]
        for at, (tie, hash_) in enumerate(zip(ties, hashes)):
            held = tie != "parent" or world.random.random() < 0.8
            text = world.random.choice([world.manifest()] * 6 + [child, nudged(child)]) if held else None
            found = world.random.randrange(1, 8) if tie == "other" and at % 3 else 0
            named = "+".join(w for bit, w in enumerate(("equal", "alike", "base")) if found >> bit & 1) or "none"
            who = ["reference", at] if tie == "other" and not found else ["release", hash_]
            models.append((tie, named, "%s %s" % tuple(who), evidence.artifact(text) if held else "none", text))
            words += [tie, found, *who, self.write("%d" % at, text) if held else "-"]
        made = evidence.Evidence(release, evidence.artifact(child), seed, child, models)
        self.assertEqual(made.text, self.make(*words), "seed %d" % seed)
        return made

    def test_public_sketches(self):
        seen = {}
        for seed in range(120):
            for model in self.check_public(seed).models:
                seen[model.grade] = seen.get(model.grade, 0) + 1
                seen["undeclared"] = seen.get("undeclared", 0) + model.is_undeclared()
        self.assertEqual(set(seen), set(evidence.GRADES) | {"undeclared"})

    def test_challenges(self):
        for seed in range(30):
            world = World(seed)
            hashes = [evidence.sha256(b"%d %d" % (seed, i)) for i in range(4)]
            text = evidence.challenge_text(hashes[0], 5, "%064d" % seed, [(h, evidence.artifact(h), world.manifest()) for h in hashes[:3]])
            parents = sorted(hashes[1:])
            made = evidence.of_challenge(text, parents, 6, 7).text
            self.assertEqual(made, self.make("challenge", self.write("text", text), 6, 7, *parents), "seed %d" % seed)


class Rules(unittest.TestCase):
    def test_grades(self):
        for of, fits, expected in (([10, 0, 0, 0, 0, 0], False, "same"), ([9, 1, 0, 0, 0, 0], False, "near"), ([0, 0, 9, 1, 0, 0], False, "kin"),
                                   ([0, 0, 8, 2, 0, 0], False, "part"), ([0, 0, 4, 0, 6, 0], True, "part"), ([0, 0, 0, 5, 5, 0], True, "contradicted"),
                                   ([0, 0, 0, 4, 6, 0], True, "shape"), ([0, 0, 0, 4, 6, 0], False, "none"), ([0] * 6, False, "none")):
            self.assertEqual(evidence.grade(evidence.Shares(of + [0]), fits), expected, of)

    def test_shapes(self):
        for name, dtype, shape, expected in (
                ("base_model.model.model.q.lora_A.weight", "F32", [8, 64], True), ("q.lora_B.default.weight", "F32", [256, 8], True),
                ("model.embed.lora_embedding_A", "F32", [8, 1000], True), ("q.lora_A.weight", "F32", [64, 8], False),
                ("model.q.qweight", "I32", [8, 256], True), ("model.q.qweight", "I32", [64, 32], True), ("model.q.qweight", "I32", [7, 256], False),
                ("model.q.weight_packed", "I32", [256, 6], True), ("model.q.weight", "U32", [256, 16], True), ("model.q.weight", "U8", [8192, 1], True),
                ("model.q.weight", "U8", [8192], None), ("model.q.scales", "F16", [8, 256], None), ("lora_A.weight", "F32", [8, 64], None)):
            self.assertEqual(evidence.tensor_fits(PARENT, name, dtype, shape), expected, (name, dtype, shape))

    def test_lists_show_the_32_with_the_most(self):
        self.assertEqual(evidence.shown({"a": 1, "b": 2}), ["a", "b"])
        many = {"p%02d" % i: 5 for i in range(34)}
        self.assertEqual(evidence.shown(dict(many, p03=4)), sorted(set(many) - {"p03", "p33"}))


if __name__ == "__main__":
    unittest.main()
