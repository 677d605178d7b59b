"""Manifests with sketches, made and compared again in plain Python, from registry/formats/manifest.md alone: nothing here is shared
with the registry. Slow, and for small tensors."""
import base64
import hashlib
import hmac
import json
import math
import os
import struct

BUCKETS, LEAST = 256, 16384
MASK = (1 << 64) - 1

# ---- signs ----


def public_signs(count):
    signs = []
    for i in range(count):
        z = (i + 1) * 0x9E3779B97F4A7C15 & MASK
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        signs.append(1.0 if (z ^ z >> 31) >> 63 else -1.0)
    return signs


def challenge_signs(key, count):
    signs = []
    for block in range((count + 255) // 256):
        digest = int.from_bytes(hmac.new(key, block.to_bytes(8, "big"), hashlib.sha256).digest(), "big")
        signs += [1.0 if digest >> (255 - i) & 1 else -1.0 for i in range(256)]
    return signs[:count]


# ---- the sketch ----


def left_out(values, shape):
    """Constants, masks, tables of sines and cosines."""
    rows, columns = shape[-2:]
    if all(v == values[0] for v in values):
        return True
    return is_mask(values, rows, columns) or (len(values) == rows * columns and is_table(values, rows, columns))


def is_mask(values, rows, columns):
    if rows < 2 or columns < 2 or rows + columns > 1 << 21 or len({v + 0.0 for v in values}) > 2:
        return False
    diagonal = {}
    for i, v in enumerate(values):
        if diagonal.setdefault(i % columns - i // columns % rows, v) != v:
            return False
    return True


def is_table(values, rows, columns):
    if rows < 16 or columns < 2 or columns > 8192:
        return False
    table = [values[i:i + columns] for i in range(0, len(values), columns)]
    scale = max(table[0]) or 1.0
    if scale < 0 or any(v not in (0, scale) for v in table[0]) or any(abs(v) > scale * 17 / 16 for v in values):
        return False
    for c in range(columns):
        if table[0][c] != 0:
            factor = 2 * table[1][c] / scale
        else:
            factor = table[2][c] / table[1][c] if abs(table[1][c]) >= scale / 1024 else 2.0
        for t in range(1, rows - 1):
            if abs(table[t + 1][c] - factor * table[t][c] + table[t - 1][c]) > scale / 16:
                return False
    return sum_in_order(v * v for v in values) * 20 >= len(values) * scale * scale


def sum_in_order(values):
    buckets = [0.0] * BUCKETS
    for i, v in enumerate(values):
        buckets[i % BUCKETS] += v
    total = 0.0
    for v in buckets:
        total += v
    return total


def half_away(x):
    """C's round: halves go away from zero."""
    whole = math.floor(abs(x))
    return int(math.copysign(whole + (abs(x) - whole >= 0.5), x))


def sketch(values, shape, signs=public_signs):
    """256 whole numbers, or None where there is none."""
    n = len(values)
    if len(shape) < 2 or n < LEAST or not all(map(math.isfinite, values)):
        return None
    mean = sum_in_order(values) / n
    variance = sum_in_order(v * v for v in values) / n - mean * mean
    if not math.isfinite(variance) or variance <= 0 or left_out(values, shape):
        return None
    deviation = math.sqrt(variance)
    buckets = [0.0] * BUCKETS
    for i, (v, sign) in enumerate(zip(values, signs(n))):
        buckets[i % BUCKETS] += sign * min(max((v - mean) / deviation, -4.0), 4.0)
    most = max(map(abs, buckets))
    return [half_away(32767.0 * v / most) for v in buckets] if most > 0 else None


def in_base64(numbers):
    return base64.b64encode(struct.pack(">256h", *numbers)).decode()


def from_base64(text):
    return struct.unpack(">256h", base64.b64decode(text))


# ---- what blocks are worth ----


def half(data, at=0):
    return struct.unpack_from("<e", data, at)[0]


def bits(data, at, width):
    """The at-th number of so many bits, of little-endian bytes."""
    return int.from_bytes(data, "little") >> at * width & (1 << width) - 1


def nibbles32(data):
    return [b & 15 for b in data] + [b >> 4 for b in data]


def q4_0(b):
    return [half(b) * (q - 8) for q in nibbles32(b[2:18])]


def q4_1(b):
    return [half(b) * q + half(b, 2) for q in nibbles32(b[4:20])]


def q5_0(b):
    return [half(b) * ((q | bits(b[2:6], i, 1) << 4) - 16) for i, q in enumerate(nibbles32(b[6:22]))]


def q5_1(b):
    return [half(b) * (q | bits(b[4:8], i, 1) << 4) + half(b, 2) for i, q in enumerate(nibbles32(b[8:24]))]


def q8_0(b):
    return [half(b) * q for q in struct.unpack("<32b", b[2:34])]


IQ4 = (-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)


def iq4_nl(b):
    return [half(b) * IQ4[q] for q in nibbles32(b[2:18])]


def iq4_xs(b):
    out, high = [], struct.unpack_from("<H", b, 2)[0]
    for g in range(8):
        scale = bits(b[4:8], g, 4) | (high >> 2 * g & 3) << 4
        out += [half(b) * (scale - 32) * IQ4[q] for q in nibbles32(b[8 + 16 * g:24 + 16 * g])]
    return out


def twos(data):
    """The 2-bit numbers of each 32 bytes: all lowest ones, then all next ones, …"""
    return [byte >> shift & 3 for at in range(0, len(data), 32) for shift in (0, 2, 4, 6) for byte in data[at:at + 32]]


def planes(data):
    """Bit 0 of all 32 bytes, then bit 1 of all, …"""
    return [byte >> k & 1 for k in range(8) for byte in data]


def q2_k(b):
    d, least = half(b, 80), half(b, 82)
    return [d * (b[i // 16] & 15) * q - least * (b[i // 16] >> 4) for i, q in enumerate(twos(b[16:80]))]


def q3_k(b):
    low = [b[96 + i] & 15 for i in range(8)] + [b[96 + i] >> 4 for i in range(8)]
    high = [b[104 + i] >> shift & 3 for shift in (0, 2, 4, 6) for i in range(4)]
    scales = [(x | y << 4) - 32 for x, y in zip(low, high)]
    third = planes(b[0:32])
    return [half(b, 108) * scales[i // 16] * (q - (0 if third[i] else 4)) for i, q in enumerate(twos(b[32:96]))]


def scales_of_k(b):
    """Eight scales and eight offsets of 6 bits."""
    scales = [v & 63 for v in b[0:4]] + [b[8 + i] & 15 | b[i] >> 6 << 4 for i in range(4)]
    offsets = [v & 63 for v in b[4:8]] + [b[8 + i] >> 4 | b[4 + i] >> 6 << 4 for i in range(4)]
    return scales, offsets


def fours(data):
    """Of each 32 bytes the low halves, then the high ones."""
    return [q for at in range(0, len(data), 32) for q in nibbles32(data[at:at + 32])]


def q4_k(b):
    scales, offsets = scales_of_k(b[4:16])
    return [half(b) * scales[i // 32] * q - half(b, 2) * offsets[i // 32] for i, q in enumerate(fours(b[16:144]))]


def q5_k(b):
    scales, offsets = scales_of_k(b[4:16])
    fifth = planes(b[16:48])
    return [half(b) * scales[i // 32] * (q | fifth[i] << 4) - half(b, 2) * offsets[i // 32] for i, q in enumerate(fours(b[48:176]))]


def q6_k(b):
    low = nibbles32(b[0:64]) + nibbles32(b[64:128])
    scales = struct.unpack("<16b", b[192:208])
    return [half(b, 208) * scales[i // 16] * ((q | high << 4) - 32) for i, (q, high) in enumerate(zip(low, twos(b[128:192])))]


def small_float(byte, mantissa, bias, largest):
    exponent, rest = (byte & 127) >> mantissa, byte & (1 << mantissa) - 1
    if byte & 127 > largest:
        return math.nan
    value = math.ldexp((1 if exponent else 0) + rest / (1 << mantissa), max(exponent, 1) - bias)
    return -value if byte & 128 else value


def each(code):
    size = struct.calcsize(code)
    return 1, size, lambda b: [struct.unpack("<" + code, b)[0]]


def bf16(b):
    return [struct.unpack("<f", b"\0\0" + b)[0]]


# word: (GGUF's number, elements of a block, bytes of a block, what a block is worth)
SAFETENSORS = {
    "F64": each("d"), "F32": each("f"), "F16": each("e"), "BF16": (1, 2, bf16), "I8": each("b"),
    "F8_E4M3": (1, 1, lambda b: [small_float(b[0], 3, 7, 0x7e)]), "F8_E5M2": (1, 1, lambda b: [small_float(b[0], 2, 15, 0x7b)]),
}
GGUF = {
    "F32": (0, *each("f")), "F16": (1, *each("e")), "BF16": (30, 1, 2, bf16), "Q4_0": (2, 32, 18, q4_0), "Q4_1": (3, 32, 20, q4_1),
    "Q5_0": (6, 32, 22, q5_0), "Q5_1": (7, 32, 24, q5_1), "Q8_0": (8, 32, 34, q8_0), "Q2_K": (10, 256, 84, q2_k),
    "Q3_K": (11, 256, 110, q3_k), "Q4_K": (12, 256, 144, q4_k), "Q5_K": (13, 256, 176, q5_k), "Q6_K": (14, 256, 210, q6_k),
    "IQ4_NL": (20, 32, 18, iq4_nl), "IQ4_XS": (23, 256, 136, iq4_xs),
}
OTHERS = {"U8": 1, "BOOL": 1, "I16": 2, "U16": 2, "I32": 4, "U32": 4, "I64": 8, "U64": 8, "F8_E8M0": 1, "F8_E4M3FNUZ": 1, "F8_E5M2FNUZ": 1, "C64": 8}


def values_of(kind, data):
    _, size, worth = kind
    return [v for at in range(0, len(data), size) for v in worth(data[at:at + size])]


# ---- files ----


def write_safetensors(path, tensors, metadata=None):
    """tensors: [(name, dtype, shape, bytes)], written in that order."""
    header, at = {}, 0
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, dtype, shape, data in tensors:
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header, ensure_ascii=False).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors:
            f.write(tensor[3])


def gguf_string(text):
    return struct.pack("<Q", len(text.encode())) + text.encode()


def write_gguf(path, tensors, keys=(), version=3, alignment=32):
    """tensors: [(name, type's word, shape in the usual order, bytes)]; keys: [(key, type's number, bytes of the value)]."""
    head, at, body = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(keys)), 0, b""
    for key, kind, value in keys:
        head += gguf_string(key) + struct.pack("<I", kind) + value
    for name, word, shape, data in tensors:
        head += gguf_string(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", d) for d in reversed(shape))
        head += struct.pack("<IQ", GGUF[word][0], at)
        body += data + b"\0" * (-len(data) % alignment)
        at = len(body)
    with open(path, "wb") as f:
        f.write(head + b"\0" * (-len(head) % alignment) + body)


def read_safetensors(data):
    length = struct.unpack("<Q", data[:8])[0]
    found = []
    for name, t in json.loads(data[8:8 + length]).items():
        if name != "__metadata__":
            begin, end = (8 + length + o for o in t["data_offsets"])
            found.append((name, t["dtype"], t["shape"], data[begin:end]))
    return data[8:8 + length], found


# ---- the manifest ----


def encoded(text):
    return "".join("%%%02X" % ord(c) if c in " %\x7f" or c < " " else c for c in text)


def shape_text(shape):
    return "x".join(map(str, shape)) or "scalar"


def product(shape):
    n = 1
    for d in shape:
        n *= d
    return n


def sketch_lines(path, tensors, kinds, signs=public_signs):
    lines = []
    for name, word, shape, data in tensors:
        if word not in kinds or len(shape) < 2 or not product(shape):
            continue
        parts = [(name, shape, data)]
        if len(shape) > 2:
            step = len(data) // shape[0]
            parts = [("%s[%d]" % (name, e), shape[1:], data[e * step:(e + 1) * step]) for e in range(shape[0])]
        for part, part_shape, part_data in parts:
            made = sketch(values_of(kinds[word], part_data), part_shape, signs) if product(part_shape) >= LEAST else None
            if made:
                line = "sketch %s %s %s %s %s" % (in_base64(made), word, shape_text(part_shape), encoded(part), encoded(path))
                lines.append(((encoded(path).encode(), encoded(part).encode()), line))
    return lines


def manifest(folder, gguf=None, version=2, signs=public_signs):
    """The manifest of a folder. `gguf`: {path: tensors}, for these are not read again here. With other signs it is no manifest, but made alike."""
    files, headers, tensors, sketches = [], [], [], []
    for at, folders, names in os.walk(folder, followlinks=False):
        folders[:] = [f for f in folders if f not in (".jokbo", ".git", ".cache")]
        for name in names:
            full = os.path.join(at, name)
            path = os.path.relpath(full, folder)
            with open(full, "rb") as f:
                data = f.read()
            files.append((encoded(path).encode(), "file %s %d %s" % (hashlib.sha256(data).hexdigest(), len(data), encoded(path))))
            if path.endswith(".safetensors"):
                header, found = read_safetensors(data)
                headers.append("header %s %s" % (hashlib.sha256(header).hexdigest(), encoded(path)))
                tensors += ["tensor %s %s %s %s %s" % (hashlib.sha256(t).hexdigest(), dtype, shape_text(shape), encoded(n), encoded(path))
                            for n, dtype, shape, t in found]
                sketches += sketch_lines(path, found, SAFETENSORS, signs)
            elif path.endswith(".gguf"):
                sketches += sketch_lines(path, gguf[path], {word: kind[1:] for word, kind in GGUF.items()}, signs)
    lines = ["jokbo/manifest/v%d" % version] + [line for _, line in sorted(files)]
    lines += sorted(headers, key=str.encode) + sorted(tensors, key=str.encode)
    if version == 2:
        lines += [line for _, line in sorted(sketches)]
    return "".join(line + "\n" for line in lines)


# ---- comparing ----


class Item:
    """A tensor or slice of a manifest."""

    def __init__(self, words, digest, slice_):
        self.dtype, self.shape, self.name, self.path = words
        self.digest, self.slice, self.sketch, self.carries = digest, slice_, None, False
        self.elements = product(dimensions(self.shape))
        self.tail = self.shape.partition("x")[2]

    def take(self, sketch_):
        self.sketch = sketch_
        squares = sum(v * v for v in sketch_)
        self.carries = 256 * sum(v ** 4 for v in sketch_) <= 12 * squares * squares


def dimensions(shape):
    return [] if shape == "scalar" else list(map(int, shape.split("x")))


def items_of(text):
    """In the order of (path, name)."""
    digests, items = {}, []
    for line in text.split("\n")[1:-1]:
        kind, first, *words = line.split(" ")
        if kind == "tensor":
            digests[words[3], words[2]] = first
            if words[0] not in SAFETENSORS and words[0] != "BOOL" and len(dimensions(words[1])) > 1 and product(dimensions(words[1])) >= LEAST:
                items.append(Item(words, first, None))
        elif kind == "sketch":
            name, path, part = words[2], words[3], None
            if (path, name) not in digests and name.endswith("]"):
                name, _, part = name[:-1].rpartition("[")
            items.append(Item(words, digests.get((path, name)), part))
            items[-1].take(from_base64(first))
    bare = [(i.digest, i.dtype, i.shape) for i in items if not i.sketch]
    items = [i for i in items if i.sketch or bare.count((i.digest, i.dtype, i.shape)) <= 4]
    return sorted(items, key=lambda i: (i.path.encode(), i.name.encode()))


def similarity(p, q):
    s, below = sum(a * b for a, b in zip(p, q)), sum(a * a for a in p) * sum(b * b for b in q)
    return math.isqrt(10 ** 8 * s * s // below)


LIKENESSES = ["equal", "nearly equal", "kin", "foreign", "not comparable", "not paired"]


def judge(one, two):
    """(likeness, |r|)"""
    if two is None:
        return 5, 0
    if one.digest and (one.digest, one.dtype, one.shape, one.slice) == (two.digest, two.dtype, two.shape, two.slice):
        return 0, 10000
    if not (one.carries and two.carries):
        return 4, 0
    r = similarity(one.sketch, two.sketch)
    return (1 if r >= 9999 else 2 if r >= 5000 else 3), r


def best_of(one, candidates):
    found = None
    for two in candidates:
        verdict = judge(one, two)
        if found is None or (verdict[0], -verdict[1]) < (found[0][0], -found[0][1]):
            found = verdict, two
    return found or (judge(one, None), None)


def pair_of(one, others):
    namesakes = [o for o in others if o.name == one.name and o.shape == one.shape] or \
        sorted((o for o in others if o.name == one.name and o.tail == one.tail), key=lambda o: o.shape)
    first = (judge(one, namesakes[0]), namesakes[0]) if namesakes else (judge(one, None), None)
    if first[0][0] <= 2:
        return first
    best = best_of(one, [o for o in others if o.shape == one.shape])
    if best[0][0] <= 2:
        return best
    longer = best_of(one, sorted((o for o in others if o.tail == one.tail and o.shape != one.shape), key=lambda o: o.shape))
    if longer[0][0] <= 2:
        return longer
    return best if best[1] and (not first[1] or best[0][0] < first[0][0]) else first


def part_of(name):
    words = name.split(".")
    taken = []
    for word in words[:-1][:2]:
        if word.isascii() and word.isdigit():
            break
        taken.append(word)
    return ".".join(taken) or words[0]


def compared(one, two):
    """Of two manifests' texts: {part, "" for the whole: [elements of each likeness, median of kin]}, and the pairs."""
    others, shares, pairs = items_of(two), {}, []
    for item in items_of(one):
        verdict, other = pair_of(item, others)
        pairs.append((item, other, LIKENESSES[verdict[0]], verdict[1]))
        for part in ("", part_of(item.name)):
            shares.setdefault(part, []).append((item.elements, verdict))
    told = {}
    for part, members in shares.items():
        of = [sum(n for n, (likeness, _) in members if likeness == k) for k in range(6)]
        kin, up_to, median = sorted((r, n) for n, (likeness, r) in members if likeness == 2), 0, 0
        for r, n in kin:
            up_to += n
            if 2 * up_to >= of[2]:
                median = r
                break
        told[part] = of + [median]
    return told, pairs
