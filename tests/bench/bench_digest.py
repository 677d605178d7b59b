#!/usr/bin/python3 -B
"""How fast `jokbo digest` and `jokbo compare` are, against `openssl speed` of one core and against sha256sum, in one run on this machine.
The files lie in the page cache. Then how long a large manifest takes that is uploaded and compared.

Usage: tests/bench/bench_digest.py [--files N] [--mib N] [--one-mib N]
  --files   safetensors files of --mib each (default 16 of 512, as the promise is stated)
  --one-mib one large file (default 8192); 0 leaves it out
JK_BUILD names the build folder (default build/)."""
import argparse
import os
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "support")]
import sketch  # noqa: E402
from support.jokbo import BUILD, Server, descendants  # noqa: E402

PIECE = 1 << 20
TENSOR = (2048, 4096)  # BF16: 16 MiB


def weights():
    """A mebibyte of BF16 numbers of the size of weights."""
    noise = random.Random(1)
    low, high = noise.randbytes(PIECE // 2), noise.choices((0x3c, 0x3d, 0xbc, 0xbd), k=PIECE // 2)
    out = bytearray(PIECE)
    out[0::2], out[1::2] = low, bytes(high)
    return bytes(out)


def write_model(path, mib, piece):
    count, size = mib // 16, TENSOR[0] * TENSOR[1] * 2
    header = ("{%s}" % ",".join('"t%d":{"dtype":"BF16","shape":[%d,%d],"data_offsets":[%d,%d]}' % (i, *TENSOR, i * size, (i + 1) * size)
                                for i in range(count))).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(header)) + header)
        for _ in range(count * size // PIECE):
            f.write(piece)


def write_q4_k(path, mib):
    noise = random.Random(2)
    data = b"".join(struct.pack("<ee", noise.uniform(1e-4, 1e-3), noise.uniform(1e-4, 1e-3)) + noise.randbytes(140) for _ in range(4096))
    tensors = [("t%d" % i, "Q4_K", [4096, 4096], data * 16) for i in range(max(1, mib // 9))]
    sketch.write_gguf(path, tensors)


def one_core():
    """Bytes a second of openssl's SHA-256 on one core, by time that it had the processor."""
    text = subprocess.run(["openssl", "speed", "-evp", "sha256", "-bytes", "262144", "-seconds", "3"], capture_output=True, text=True, check=True).stdout
    return float(text.split("\n")[-2].split()[-1].rstrip("k")) * 1000


class Took:
    """A program's seconds by the clock and on processors, and its largest memory in MiB."""

    def __init__(self, *words):
        begun = time.monotonic()
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        if status != 0:
            raise SystemExit("%s failed" % " ".join(words))
        self.seconds = time.monotonic() - begun
        self.processor = usage.ru_utime + usage.ru_stime
        self.mib = usage.ru_maxrss / 1024


def tell(what, size, took, core, promise):
    """Also by the time on processors, which says what all cores would do if nobody else were at them."""
    print("%-34s %8.2f GB/s  %5.2f of openssl on one core, %5.2f by processor time  (promised %.2f)" % (
        what, size / took.seconds / 1e9, size / took.seconds / core, size * os.cpu_count() / took.processor / core, promise))


def size_of(folder):
    return sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))


def digest(folder, *more):
    return Took(os.path.join(BUILD, "jokbo"), "digest", folder, "--anew", *more)


def warm(folder):
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as f:
            while f.read(1 << 24):
                pass


def compare(root):
    """Two models of 300 tensors, from their manifests."""
    noise = random.Random(3)
    paths = []
    for side in "ab":
        lines = ["jokbo/manifest/v2", "file %s 18446744073709551615 m.gguf" % ("0" * 64)]
        for i in range(300):
            numbers = [noise.randint(-32766, 32766) for _ in range(255)] + [32767]
            lines.append("sketch %s BF16 4096x%d %s.%03d.w m.gguf" % (sketch.in_base64(numbers), (4096, 14336, 1024)[i % 3], side, i))
        paths.append("%s/%s.manifest" % (root, side))
        with open(paths[-1], "w") as f:
            f.write("".join(line + "\n" for line in lines))
    empty = min(Took(os.path.join(BUILD, "jokbo"), "version").processor for _ in range(9))
    took = min(Took(os.path.join(BUILD, "jokbo"), "compare", *paths).processor for _ in range(9))
    print("%-34s %8.1f ms of a processor, beside the program's start of %.1f  (promised 10)" % (
        "comparing 2 × 300 foreign tensors", (took - empty) * 1000, empty * 1000))
    return paths[0]


def write_large(path):
    """A manifest of 50,000 tensors, 300 of which the other model has as well."""
    noise = random.Random(3)
    lines, sketches = [], []
    for i in range(50000):
        numbers = [noise.randint(-32766, 32766) for _ in range(255)] + [32767]
        lines.append("tensor %064x BF16 4096x%d a.%05d.w m.safetensors" % (i, (4096, 14336, 1024)[i % 3], i))
        sketches.append("sketch %s BF16 4096x%d a.%05d.w m.safetensors" % (sketch.in_base64(numbers), (4096, 14336, 1024)[i % 3], i))
    head = ["jokbo/manifest/v2", "file %s 18446744073709551615 m.safetensors" % ("0" * 64), "header %s m.safetensors" % ("0" * 64)]
    with open(path, "w") as f:
        f.write("".join(line + "\n" for line in head + sorted(lines) + sketches))


def processor(server):
    """Seconds that the server, its database and all commands that have ended took."""
    ended, ticks = resource.getrusage(resource.RUSAGE_CHILDREN), 0
    for pid in [server.process.pid] + descendants(server.process.pid):
        with open("/proc/%d/stat" % pid) as f:
            ticks += sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13]))
    return ended.ru_utime + ended.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


def upload(root, other):
    """The server checks the manifest, and stores and registers it; then it is fetched and compared."""
    path, card = root + "/large.manifest", root + "/README.md"
    write_large(path)
    with open(card, "w") as f:
        f.write("---\nlicense: apache-2.0\nbase_model: skt/A.X-3.1-Light\ntags: [sft]\n---\n")
    with Server() as server:
        server.load_roster().jokbo("publisher", "create", "hanbit")
        begun, spent = time.monotonic(), processor(server)
        for words in (("register", card, "--name", "hanbit/large", "--manifest", path, "--no-receipt"),
                      ("compare", "hanbit/large", other, "--http", "http://" + server.http)):
            result = server.jokbo(*words)
            if result.returncode != 0:
                raise SystemExit(result.stderr)
            now, took = time.monotonic(), processor(server)
            print("%-34s %8.2f s, %5.2f of a processor" % ("50,000 tensors: " + words[0], now - begun, took - spent))
            begun, spent = now, took
    print("%-34s (promised 5 in all)" % "")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=16)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--one-mib", type=int, default=8192)
    options = parser.parse_args()
    cores, core, piece = os.cpu_count(), one_core(), weights()
    print("openssl speed -evp sha256, one core: %.2f GB/s; %d cores" % (core / 1e9, cores))
    with tempfile.TemporaryDirectory(prefix="jokbo-bench-") as root:
        many, one, quantized = (os.path.join(root, name) for name in ("many", "one", "quantized"))
        os.mkdir(many)
        for i in range(options.files):
            write_model("%s/m%02d.safetensors" % (many, i), options.mib, piece)
        warm(many)
        took = digest(many)
        tell("%d safetensors of %d MiB" % (options.files, options.mib), size_of(many), took, core, 0.40 * cores)
        print("%-34s %8.1f MiB  (promised 128)" % ("memory", took.mib))
        plain = Took("sha256sum", *sorted(os.path.join(many, name) for name in os.listdir(many)))
        print("%-34s %8.2f times, %5.2f by processor time  (promised 4)" % (
            "faster than sha256sum", plain.seconds / took.seconds, plain.processor * cores / took.processor))
        for name in os.listdir(many):
            os.unlink(os.path.join(many, name))
        os.mkdir(quantized)
        write_q4_k(quantized + "/m.gguf", min(options.files * options.mib, 512))
        warm(quantized)
        tell("one GGUF of Q4_K", size_of(quantized), digest(quantized), core, 0.40 * 0.40 * cores)
        if options.one_mib:
            os.mkdir(one)
            write_model(one + "/m.safetensors", options.one_mib, piece)
            warm(one)
            tell("one safetensors of %d MiB" % options.one_mib, size_of(one), digest(one), core, 0.75)
        upload(root, compare(root))


if __name__ == "__main__":
    main()
