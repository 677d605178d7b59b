"""`jokbo digest`: are its manifests what the format says, to the byte, by an implementation that shares nothing with it
(support/sketch.py)? Is what cannot be part of a model named, what was read before not read again, and what a folder holds found out
by `digest --check`? No server."""
import contextlib
import hashlib
import json
import math
import os
import random
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import sketch  # noqa: E402
from jokbo import BUILD  # noqa: E402

DONE, USAGE, REFUSED, LOCAL_FILE, NOT_VERIFIED = 0, 2, 4, 9, 10
ROWS, COLUMNS = 130, 256


def float_bytes(code, values):
    return struct.pack("<%d%s" % (len(values), code), *values)


def bf16_bytes(values):
    return b"".join(struct.pack("<f", v)[2:] for v in values)


def weights(seed, count=ROWS * COLUMNS):
    """Heavy tails, and an outlier."""
    noise = random.Random(seed)
    values = [noise.gauss(0, 0.02) * (1 + 3 * (noise.random() < 0.01)) for _ in range(count)]
    values[17] = 1.5
    return values


def blocks(seed, word):
    """Any bytes are blocks, as long as their scales are finite."""
    noise, (_, elements, size, _) = random.Random(seed), sketch.GGUF[word]
    at = {"Q4_0": (0,), "Q4_1": (0, 2), "Q5_0": (0,), "Q5_1": (0, 2), "Q8_0": (0,), "IQ4_NL": (0,), "IQ4_XS": (0,), "Q2_K": (80, 82),
          "Q3_K": (108,), "Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,)}[word]
    out = b""
    for _ in range(ROWS * COLUMNS // elements):
        block = bytearray(noise.randbytes(size))
        for place in at:
            block[place:place + 2] = struct.pack("<e", noise.choice((1, -1)) * noise.uniform(1e-6, 0.01))
        out += bytes(block)
    return out


class Case(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="jokbo-digest-")
        self.addCleanup(shutil.rmtree, self.root, True)
        self.model, self.home = self.root + "/model", self.root + "/home"
        os.mkdir(self.model)
        os.mkdir(self.home)

    def write(self, path, data):
        full = os.path.join(self.model, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as f:
            f.write(data)
        return full

    def safetensors(self, path, tensors, **more):
        full = os.path.join(self.model, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        sketch.write_safetensors(full, tensors, **more)

    def jokbo(self, *arguments, expect=DONE, before=()):
        env = {"HOME": self.home, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "JOKBO_SERVER": "127.0.0.1:1"}
        result = subprocess.run([*before, os.path.join(BUILD, "jokbo"), *arguments], env=env, capture_output=True, timeout=120)
        self.out, self.err = result.stdout.decode(), result.stderr.decode()
        self.assertEqual(result.returncode, expect, "%s\n%s%s" % (arguments, self.out[:2000], self.err))
        return self.out

    def digest(self, *options, **more):
        return self.jokbo("digest", self.model, *options, **more)

    def manifest(self, text=None):
        """Makes one beside the folder."""
        path = self.root + "/manifest"
        with open(path, "w") as f:
            f.write(self.digest() if text is None else text)
        return path


class Same(Case):
    """The registry's manifests and the independent ones are the same bytes."""

    def compare(self, gguf=None):
        """Whether a file is sketched along with its hash, by others meanwhile, or hashed by others too."""
        wanted = sketch.manifest(self.model, gguf)
        for jobs in "123":
            self.assertEqual(self.digest("--anew", "--jobs", jobs).split("\n"), wanted.split("\n"), jobs)
        return wanted

    def test_every_type_of_safetensors(self):
        values, shape = weights(1), [ROWS, COLUMNS]
        noise = random.Random(2)
        halves = [random.Random(3).choice((v, v * 1e-6)) for v in values]  # subnormal halves, too
        self.safetensors("model.safetensors", [
            ("f64", "F64", shape, float_bytes("d", values)), ("f32", "F32", shape, float_bytes("f", values)),
            ("f16", "F16", shape, float_bytes("e", halves)), ("bf16", "BF16", shape, bf16_bytes(values)),
            ("i8", "I8", shape, noise.randbytes(ROWS * COLUMNS)),
            ("e4m3", "F8_E4M3", shape, bytes(b for b in noise.randbytes(2 * ROWS * COLUMNS) if b & 127 != 127)[:ROWS * COLUMNS]),
            ("e5m2", "F8_E5M2", shape, bytes(b for b in noise.randbytes(2 * ROWS * COLUMNS) if b & 127 < 0x7c)[:ROWS * COLUMNS]),
            ("e4m3 nan", "F8_E4M3", shape, b"\x01\xff" * (ROWS * COLUMNS // 2)), ("e5m2 inf", "F8_E5M2", shape, b"\x01\xfc" * (ROWS * COLUMNS // 2)),
            ("u8", "U8", shape, noise.randbytes(ROWS * COLUMNS)), ("i64", "I64", shape, noise.randbytes(8 * ROWS * COLUMNS)),
            ("fnuz", "F8_E4M3FNUZ", shape, noise.randbytes(ROWS * COLUMNS)), ("fnuz too", "F8_E5M2FNUZ", shape, noise.randbytes(ROWS * COLUMNS)),
        ])
        self.assertEqual(self.compare().count("\nsketch "), 7)

    def test_every_type_of_gguf(self):
        tensors = [("blk.%d.weight" % i, word, [ROWS, COLUMNS], blocks(i, word)) for i, word in enumerate(sketch.GGUF) if word[0] in "QI"]
        tensors += [(word, word, [ROWS, COLUMNS], pack(weights(9)))
                    for word, pack in (("F32", lambda v: float_bytes("f", v)), ("F16", lambda v: float_bytes("e", v)), ("BF16", bf16_bytes))]
        self.assertEqual(len(tensors), len(sketch.GGUF))
        keys = [("general.alignment", 4, struct.pack("<I", 64)), ("tokens", 9, struct.pack("<IQ", 8, 2) + sketch.gguf_string("a") * 2)]
        sketch.write_gguf(self.model + "/model.gguf", tensors, keys, alignment=64)
        self.assertEqual(self.compare({"model.gguf": tensors}).count("\nsketch "), len(tensors))

    def test_names_shapes_and_what_has_no_sketch(self):
        values = weights(4)
        self.safetensors("a/model-00001-of-00002.safetensors", [
            ("experts", "F32", [3, ROWS, COLUMNS], float_bytes("f", values + weights(5) + [0.5] * len(values))),
            ("deep", "BF16", [2, 2, 65, COLUMNS], bf16_bytes(values + values[::-1])),
            ("convolution", "F32", [COLUMNS, ROWS, 1], float_bytes("f", values)),
            ("norm", "F32", [ROWS * COLUMNS], float_bytes("f", values)), ("scalar", "F32", [], float_bytes("f", [1.0])),
            ("empty", "F32", [0, 7], b""), ("small", "F32", [127, 129], float_bytes("f", values[:127 * 129])),
            ("just enough", "F32", [128, 128], float_bytes("f", values[:16384])),
            ("nan", "F32", [ROWS, COLUMNS], float_bytes("f", values[:-1] + [math.nan])),
            ("한글 %1[7]\n", "F32", [ROWS, COLUMNS], float_bytes("f", values)),
        ], metadata={"format": "pt"})
        self.safetensors("a/model-00002-of-00002.safetensors", [("odd", "F32", [163, 201], float_bytes("f", weights(6, 163 * 201)))])
        self.write("a b%/x\ty", b"with a strange name")
        self.write("empty", b"")
        made = self.compare()
        self.assertEqual(made.count("\nsketch "), 7)
        self.assertIn(" F32 130x256 experts[1] a/", made)
        self.assertNotIn("experts[2]", made)

    def test_guards(self):
        rows, columns = 160, 128
        angle = [[t * 10000 ** -(c % 64 / 64) for c in range(columns)] for t in range(rows)]
        made = {
            "constant": [0.1] * (rows * columns),
            "identity": [float(r == c) for r in range(rows) for c in range(columns)],
            "causal": [-1e4 if c > r else 0.0 for r in range(rows) for c in range(columns)],
            "cos": [math.cos(a) for row in angle for a in row], "sin": [math.sin(a) for row in angle for a in row],
            "kept": [float((r * c) % 7 == 0) for r in range(rows) for c in range(columns)],
        }
        for word, pack in (("F32", lambda v: float_bytes("f", v)), ("F16", lambda v: float_bytes("e", v)), ("BF16", bf16_bytes)):
            self.safetensors(word + ".safetensors", [(name, word, [rows, columns], pack(v)) for name, v in made.items()])
        names = [line.split(" ")[4] for line in self.compare().split("\n") if line.startswith("sketch ")]
        self.assertEqual(names, ["kept"] * 3)

    def test_one_folder_is_one_manifest(self):
        for shard in range(3):
            self.safetensors("m%d.safetensors" % shard, [("w%d.%d" % (shard, i), "F32", [ROWS, COLUMNS], float_bytes("f", weights(i))) for i in range(4)])
        first = self.digest()
        shutil.copytree(self.model, self.root + "/other")
        for jobs in ("1", "2", "3", "8", "16"):
            for folder in (self.model, self.root + "/other"):
                self.assertEqual(self.jokbo("digest", folder, "--anew", "--jobs", jobs), first)
        self.digest("--jobs", "17", expect=USAGE)

    def test_a_folder_is_no_place_for_a_file(self):
        """Whichever option names it."""
        self.safetensors("m.safetensors", [("w", "F32", [ROWS, COLUMNS], float_bytes("f", weights(1)))])
        for words in (["digest", self.model, "--out", self.root + "/"], ["compare", self.model, self.model, "--svg", self.root + "/"]):
            self.jokbo(*words, expect=USAGE)
            self.assertIn('jokbo: "%s/" is no file\n' % self.root, self.err)


class Folders(Case):
    def test_hub_cache_and_what_is_left_out(self):
        self.write("../blobs/abc", b"weights")
        os.symlink("../blobs/abc", self.model + "/model.bin")
        for folder in (".git", ".jokbo", "sub/.cache"):
            self.write(folder + "/x", b"x")
        self.write("sub/y", b"y")
        self.assertEqual([line.split(" ")[-1] for line in self.digest().split("\n")[1:-1]], ["model.bin", "sub/y"])
        self.digest("--out", self.model + "/manifest")
        with open(self.model + "/manifest") as f:
            self.assertNotIn("manifest\n", f.read()[20:])
        self.jokbo("digest", self.model, "--check", self.model + "/manifest")
        self.digest("--out", self.model + "/manifest")  # again: it is not part of itself
        self.jokbo("digest", self.model, "--check", self.model + "/manifest")

    def test_what_cannot_be_part_of_a_model(self):
        self.write("a", b"a")
        for make, words in ((lambda p: os.mkfifo(p), "neither a file nor a folder"), (lambda p: os.symlink("nowhere", p), "leads nowhere"),
                            (lambda p: os.symlink(self.home, p), "link to a folder"), (lambda p: os.symlink(".", p), "link to a folder"),
                            (lambda p: os.close(os.open(os.fsencode(p) + b"\xff", os.O_CREAT)), "not UTF-8"),
                            (lambda p: os.symlink("z", p), "leads nowhere")):
            make(self.model + "/z")
            self.digest(expect=LOCAL_FILE)
            self.assertIn(words, self.err)
            for name in os.listdir(os.fsencode(self.model)):
                if name != b"a":
                    os.unlink(os.path.join(os.fsencode(self.model), name))
        os.unlink(self.model + "/a")
        self.digest(expect=LOCAL_FILE)
        self.assertIn("holds no file", self.err)
        self.jokbo("digest", self.root + "/none", expect=LOCAL_FILE)
        self.jokbo("digest", self.model, "--json", expect=USAGE)

    def test_unreadable(self):
        """Root may read everything, unless it gives that right up."""
        before = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
        if before and subprocess.run([*before, "true"], capture_output=True).returncode:
            self.skipTest("root cannot give up rights here")
        os.mkdir(self.model + "/sub")
        for path, mode in ((self.write("a", b"a"), 0o644), (self.model + "/sub", 0o755)):
            os.chmod(path, 0)
            self.jokbo("digest", self.model, expect=LOCAL_FILE, before=before)
            self.assertIn("%s: Permission denied" % os.path.basename(path), self.err)
            os.chmod(path, mode)

    def test_ten_thousand_small_files_and_a_hole(self):
        for i in range(10000):
            self.write("%02d/%04d.txt" % (i % 100, i), b"%d" % i)
        with open(self.model + "/hole.bin", "wb") as f:
            f.truncate(300 << 20)
        made = self.digest()
        self.assertEqual(made.count("\nfile "), 10001)
        zeros = hashlib.sha256()
        for _ in range(300):
            zeros.update(bytes(1 << 20))
        self.assertIn("file %s %d hole.bin\n" % (zeros.hexdigest(), 300 << 20), made)

    def test_one_that_grows_meanwhile(self):
        with open(self.model + "/log.bin", "wb") as f:
            f.truncate(200 << 20)
        env = {"HOME": self.home, "PATH": os.environ["PATH"]}
        process = subprocess.Popen([os.path.join(BUILD, "jokbo"), "digest", self.model], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while process.poll() is None:
            with open(self.model + "/log.bin", "ab") as f:
                f.write(b"more")
            time.sleep(0.005)
        err = process.communicate()[1].decode()
        self.assertEqual(process.returncode, LOCAL_FILE, err)
        self.assertIn("log.bin: it changed while it was read", err)

    def test_memory_stays(self):
        """Sketches of a tensor that is larger than what may be used."""
        self.safetensors("m.safetensors", [("w", "BF16", [1 << 14, 1 << 13], random.Random(1).randbytes(1 << 20) * 256)])
        script = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); " \
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        out = subprocess.run([sys.executable, "-c", script, os.path.join(BUILD, "jokbo"), "digest", self.model],
                             env={"HOME": self.home, "PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True).stdout
        self.assertLess(int(out), 128 << 10)


class Parts(Case):
    """A download that stopped half-way is told."""

    def said(self, words):
        self.digest()
        self.assertEqual(self.err, words)

    def test_an_index(self):
        index = {"metadata": {}, "weight_map": {"a b": "model 1.safetensors", "c": "2.safetensors"}}
        self.write("sub/model.safetensors.index.json", json.dumps(index).encode())
        self.safetensors("sub/model 1.safetensors", [("a b", "F32", [2], bytes(8))])
        self.said("sub/model.safetensors.index.json: says that c is in 2.safetensors, which is not so\n")
        self.safetensors("sub/2.safetensors", [("d", "F32", [2], bytes(8))])
        self.said("sub/model.safetensors.index.json: says that c is in 2.safetensors, which is not so\n")
        self.safetensors("sub/2.safetensors", [("c", "F32", [2], bytes(8))])
        self.said("")
        for text in (b"[]", b"{", b'{"weight_map":{"a":1},"weight_map":{}}'):
            self.write("sub/model.safetensors.index.json", text)
            self.said("sub/model.safetensors.index.json: is no index of safetensors files\n")
        self.write("sub/model.safetensors.index.json", b'{"weight_map":{"a":1}}')
        self.said("sub/model.safetensors.index.json: says that a is in no file, which is not so\n")

    def test_a_split_gguf(self):
        for i in (1, 2, 3):
            sketch.write_gguf("%s/m-0000%d-of-00003.gguf" % (self.model, i), [("w%d" % i, "F32", [2, 2], bytes(16))])
        sketch.write_gguf(self.model + "/m-1-of-3.gguf", [])
        self.said("")
        os.unlink(self.model + "/m-00002-of-00003.gguf")
        self.said("m-00001-of-00003.gguf: of 3 parts only 2 are here\n")


class Unsound(Case):
    def refused(self, path, data, *words, expect=REFUSED):
        full = self.write(path, data)
        self.digest(expect=expect)
        for word in words:
            self.assertIn(word, self.err)
        os.unlink(full)

    def test_named_with_offset_and_rule(self):
        header = b'{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}'
        whole = struct.pack("<Q", len(header)) + header + b"data"
        self.refused("m.safetensors", whole[:-1], "m.safetensors: it is not sound safetensors: at offset", "ends 1 bytes before")
        self.refused("m.safetensors", whole + b"x", "at offset %d, bytes after the last tensor" % len(whole))
        self.refused("m.safetensors", b"", "has no header")
        self.refused("m.safetensors", b"\xff" * 16, "at offset 0, a header of 18446744073709551615 bytes")
        self.refused("m.gguf", b"GGUF\x03\0\0\0" + b"\xff" * 16, "m.gguf: it is not sound GGUF: at offset", "500,000")
        self.refused("m.gguf", b"GGUF", "ends within its header")

    def test_all_at_once(self):
        self.write("a.safetensors", b"")
        self.refused("b.gguf", b"GGUF", "a.safetensors: ", "b.gguf: ")

    def test_numbers_that_are_not_finite_are_said(self):
        """One is enough to take a tensor out of all comparisons, so whoever digests it hears of it, of a cached file too."""
        sound, bad, worse = weights(1), [math.nan] + weights(2)[1:], weights(3)[:-1] + [-math.inf]
        rest = ("rest", "U8", [1 << 20], bytes(1 << 20))  # so large a file is remembered
        tensors = [(name, "F32", [ROWS, COLUMNS], float_bytes("f", values)) for name, values in (("a", sound), ("b", bad))] + [rest]
        self.safetensors("m.safetensors", tensors)
        for _ in range(2):
            self.assertEqual(self.digest().count("\nsketch "), 1)
            self.assertEqual(self.err, 'm.safetensors: numbers that are not finite (NaN or infinite) are in "b", which so has no sketch\n')
        self.safetensors("m.safetensors", [*tensors[:2], ("c", "F32", [ROWS, COLUMNS], float_bytes("f", worse))])
        for jobs in "13":
            self.digest("--anew", "--jobs", jobs)
            self.assertIn('are in "b" and others, which so have no sketch\n', self.err)

    def test_what_nobody_here_knows_is_bytes_and_said(self):
        self.write("m.gguf", b"GGUF\0\0\0\x03" + bytes(16))
        made = self.digest()
        self.assertEqual(made.count("\n"), 2)
        self.assertIn("m.gguf: taken as mere bytes: at offset 4, it is big-endian", self.err)
        tensors = [("w", "F32", [2, 2], bytes(16))]
        sketch.write_gguf(self.model + "/m.gguf", tensors)
        with open(self.model + "/m.gguf", "r+b") as f:
            data = f.read().replace(struct.pack("<QQI", 2, 2, 0), struct.pack("<QQI", 2, 2, 77))
            f.seek(0)
            f.write(data)
        self.digest("--out", self.root + "/out")
        self.assertIn("type 77, which is not known here", self.err)


class Again(Case):
    """What was read before is not read again, unless anything about it changed."""

    def setUp(self):
        super().setUp()
        self.safetensors("m.safetensors", [("w%d" % i, "F32", [ROWS, COLUMNS], float_bytes("f", weights(i))) for i in range(12)])
        time.sleep(0.15)  # a file that only just changed is not remembered
        self.first = self.digest()
        self.cache = [os.path.join(f, n) for f, _, names in os.walk(self.home + "/.cache/jokbo/digest") for n in names]

    def test_the_same_again(self):
        self.assertEqual(len(self.cache), 1)
        self.assertEqual(stat.S_IMODE(os.stat(self.cache[0]).st_mode), 0o600)
        self.assertEqual(self.digest(), self.first)
        self.assertEqual(self.digest("--anew"), self.first)

    def test_what_it_says_is_believed_only_of_the_same_file(self):
        """A lie in the cache shows what is taken from it."""
        with open(self.cache[0]) as f:
            head, record, body = f.read().split("\n", 2)
        with open(self.model + "/m.safetensors", "rb") as f:
            lie = body.replace(hashlib.sha256(f.read()).hexdigest(), "ab" * 32)
        self.assertNotEqual(lie, body)
        damaged = "\n".join((head, record, lie))
        good = "\n".join((head, "%s %d" % (hashlib.sha256(lie.encode()).hexdigest(), len(lie)), lie))
        for text, believed in ((damaged, False), (good[:-1], False), ("x" + good, False), (good, True)):
            with open(self.cache[0], "w") as f:
                f.write(text)
            made = self.digest()
            self.assertEqual("ab" * 32 in made, believed, text[:200])
            self.assertEqual(made == self.first, not believed)
        self.assertNotIn("ab" * 32, self.digest("--anew"))
        self.assertIn("ab" * 32, self.digest())
        os.utime(self.model + "/m.safetensors")
        self.assertEqual(self.digest(), self.first)

    def test_checking_does_not_ask_it(self):
        path = self.manifest()
        with open(self.cache[0]) as f:
            head, record, body = f.read().split("\n", 2)
        with open(self.model + "/m.safetensors", "r+b") as f:
            f.seek(-1, 2)
            f.write(b"\x7f")
        facts = os.stat(self.model + "/m.safetensors")
        words = body.split("\n", 1)[0].split(" ")
        words[3:5] = [str(facts.st_mtime_ns), str(facts.st_ctime_ns)]
        body = " ".join(words) + "\n" + body.split("\n", 1)[1]
        with open(self.cache[0], "w") as f:
            f.write("\n".join((head, "%s %d" % (hashlib.sha256(body.encode()).hexdigest(), len(body)), body)))
        self.assertEqual(self.digest(), self.first)  # deceived, as only the owner of the cache can be
        self.jokbo("digest", self.model, "--check", path, expect=NOT_VERIFIED)


class Check(Case):
    def setUp(self):
        super().setUp()
        self.tensors = [("a", "F32", [ROWS, COLUMNS], float_bytes("f", weights(1))), ("b", "F32", [3], bytes(12))]
        self.safetensors("m.safetensors", self.tensors)
        self.write("config.json", b"{}")

    def check(self, text, *words, expect=NOT_VERIFIED):
        self.jokbo("digest", self.model, "--check", self.manifest(text), expect=expect)
        for word in words:
            self.assertIn(word, " ".join(self.out.split()))

    def test_holds(self):
        self.check(None, "ok files 2 files of", "ok tensors 2 tensors and 1 sketches", expect=DONE)
        self.check(sketch.manifest(self.model, version=1), "ok tensors 2 tensors and 0 sketches", expect=DONE)
        lines = sketch.manifest(self.model, version=1).split("\n")
        self.check("\n".join(line for line in lines if not line.startswith(("tensor", "header"))), "ok files", expect=DONE)

    def lines(self, version=2):
        return sketch.manifest(self.model, version=version).split("\n")

    def test_numbers_that_are_not_finite(self):
        """No line of the manifest says why a tensor has no sketch, so whoever has the files is told."""
        self.safetensors("m.safetensors", [self.tensors[1], ("a", "F32", [ROWS, COLUMNS], float_bytes("f", [math.nan] + weights(1)[1:]))])
        self.check(None, "ok files 2 files of", 'note file m.safetensors: numbers that are not finite (NaN or infinite) are in "a", which so has no sketch',
                   "ok tensors 2 tensors and 0 sketches", expect=DONE)

    def test_lies_in_lines(self):
        for version in (1, 2):
            lines, at = self.lines(version), next(i for i, line in enumerate(self.lines(version)) if line.startswith("tensor "))
            invented = lines[:at] + sorted(lines[at:at + 2] + ["tensor %s F32 1 z m.safetensors" % ("ab" * 32)]) + lines[at + 2:]
            self.check("\n".join(invented), "FAILED tensor m.safetensors: the tensor z stands in the manifest, and the file has none")
            other = [line.replace(line.split(" ")[1], "ab" * 32) if " b m.safetensors" in line else line for line in lines]
            self.check("\n".join(other[:at] + sorted(other[at:at + 2]) + other[at + 2:]), "the tensor b is another one in the file")
            self.check("\n".join(line for line in lines if " b m.safetensors" not in line), "the tensor b is in the file, and not in the manifest")
            header = [line.replace(line.split(" ")[1], "ab" * 32) if line.startswith("header") else line for line in lines]
            self.check("\n".join(header), "FAILED header m.safetensors: the header is another one in the file")
        lines = self.lines()
        self.check("\n".join(line for line in lines if not line.startswith("sketch")), "the sketch a is in the file, and not in the manifest")
        numbers = list(sketch.from_base64(lines[-2].split(" ")[1]))
        numbers[3] ^= 1
        lines[-2] = " ".join(["sketch", sketch.in_base64(numbers)] + lines[-2].split(" ")[2:])
        self.check("\n".join(lines), "FAILED sketch m.safetensors: the sketch a is another one in the file")

    def test_invented_lines_of_what_is_no_safetensors(self):
        self.write("m.safetensors", b"in place of weights")
        digest = hashlib.sha256(b"in place of weights").hexdigest()
        files = ["jokbo/manifest/v1", "file %s 2 config.json" % hashlib.sha256(b"{}").hexdigest(), "file %s 19 m.safetensors" % digest]
        self.check("\n".join(files + [""]), "ok files", expect=DONE)
        self.check("\n".join(files + ["tensor %s F32 1 z m.safetensors" % ("ab" * 32), ""]), "the tensor z stands in the manifest")
        self.check("\n".join(["jokbo/manifest/v2"] + files[1:] + [""]), "it is not sound safetensors")

    def test_so_many_threads_as_jobs(self):
        """Workers stay until all is read, so that they can be counted meanwhile."""
        with open(self.model + "/hole.bin", "wb") as f:
            f.truncate(1 << 28)
        path = self.manifest()
        with subprocess.Popen([os.path.join(BUILD, "jokbo"), "digest", self.model, "--check", path, "--jobs", "16"],
                              env={"HOME": self.home}, stdout=subprocess.DEVNULL) as run:
            most = 0
            while run.poll() is None:
                with contextlib.suppress(OSError):
                    most = max(most, len(os.listdir("/proc/%d/task" % run.pid)))
                time.sleep(0.005)
            self.assertGreater(most, 16)

    def test_files(self):
        path = self.manifest()
        self.write("config.json", b"[]")
        self.write("notes.txt", b"")
        self.write("modeling.py", b"")
        self.write("extra.bin", b"")
        for name in ("extra.npy", "sub/extra.Keras", "kernel.cu", "extra.nemo", "extra.tar.gz", "extra-1.0-py3-none-any.whl"):
            self.write(name, b"")
        os.unlink(self.model + "/m.safetensors")
        self.jokbo("digest", self.model, "--check", path, expect=NOT_VERIFIED)
        told = " ".join(self.out.split())
        for words in ("FAILED file config.json: SHA-256", "FAILED file m.safetensors: it is missing", "FAILED files 2 of 2 differ",
                      "FAILED unlisted extra.bin: the manifest does not list it, and it is weights",
                      "FAILED unlisted modeling.py: the manifest does not list it, and it is code",
                      "FAILED unlisted kernel.cu: the manifest does not list it, and it is code",
                      *("FAILED unlisted %s: the manifest does not list it, and it is of a format that holds weights or code" % name
                        for name in ("extra.npy", "sub/extra.Keras", "extra.nemo", "extra.tar.gz", "extra-1.0-py3-none-any.whl")),
                      "note unlisted neither weights nor code, and not in the manifest: notes.txt"):
            self.assertIn(words, told)

    def test_bad_manifests_name_line_and_rule(self):
        lines = self.lines()
        for text, words in (("jokbo/manifest/v2\nfile %s 1 ../x\n" % ("ab" * 32), "Line 2 of the manifest"),
                            ("\n".join(lines[:2] + lines[1:]), "a duplicate"), ("\n".join(lines)[:-1], "line feed"),
                            ("\n".join(lines).replace("sketch ", "sketch A", 1), "512 bytes")):
            self.check(text, words)
        self.jokbo("digest", self.model, "--check", self.root + "/none", expect=LOCAL_FILE)
        self.jokbo("digest", self.model, "--check", self.root + "/none", "--out", "x", expect=USAGE)


if __name__ == "__main__":
    unittest.main()
