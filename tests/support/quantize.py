"""Weights written in other formats as a simple program would, in plain Python: each returns the bytes of its values, whose number is a multiple
of the format's block. What the bytes mean again is in sketch.py, which was written from the specification."""
import struct


def f16(values):
    return struct.pack("<%de" % len(values), *values)


def bf16(values):
    """Rounded to the nearest, halves to even."""
    bits = struct.unpack("<%dI" % len(values), struct.pack("<%df" % len(values), *values))
    return struct.pack("<%dH" % len(values), *((b + 0x7fff + (b >> 16 & 1)) >> 16 for b in bits))


def blocks(values, size):
    return [values[at:at + size] for at in range(0, len(values), size)]


def within(value, least, most):
    return max(least, min(most, round(value)))


def half(value):
    """What is left of it as a half."""
    return struct.unpack("<e", struct.pack("<e", value))[0]


def q8_0(values):
    """The largest of 32 is 127."""
    out = b""
    for block in blocks(values, 32):
        scale = max(map(abs, block)) / 127 or 1.0
        out += struct.pack("<e32b", scale, *(within(v / scale, -127, 127) for v in block))
    return out


def q4_0(values):
    """The one furthest from zero is -8."""
    out = b""
    for block in blocks(values, 32):
        scale = max(block, key=abs) / -8 or 1.0
        numbers = [within(v / scale + 8, 0, 15) for v in block]
        out += struct.pack("<e16B", scale, *(low | high << 4 for low, high in zip(numbers[:16], numbers[16:])))
    return out


def packed_scales(scales, offsets):
    """Eight of each, of 6 bits, in 12 bytes."""
    out = [0] * 12
    for j in range(4):
        out[j] = scales[j] | scales[j + 4] >> 4 << 6
        out[j + 4] = offsets[j] | offsets[j + 4] >> 4 << 6
        out[j + 8] = scales[j + 4] & 15 | (offsets[j + 4] & 15) << 4
    return bytes(out)


def q4_k(values):
    """Of each 32 the least is 0 and the largest 15."""
    out = b""
    for block in blocks(values, 256):
        groups = blocks(block, 32)
        offsets = [max(0.0, -min(group)) for group in groups]
        steps = [(max(group) + offset) / 15 for group, offset in zip(groups, offsets)]
        scale, least = half(max(steps) / 63) or 1.0, half(max(offsets) / 63) or 1.0
        small = [within(step / scale, 1, 63) for step in steps]
        below = [within(offset / least, 0, 63) for offset in offsets]
        numbers = [[within((v + least * b) / (scale * s), 0, 15) for v in group] for group, s, b in zip(groups, small, below)]
        out += struct.pack("<ee", scale, least) + packed_scales(small, below)
        out += b"".join(bytes(low | high << 4 for low, high in zip(*numbers[j:j + 2])) for j in range(0, 8, 2))
    return out


def q6_k(values):
    """The largest of 16 is 31 or -31."""
    out = b""
    for block in blocks(values, 256):
        groups = blocks(block, 16)
        steps = [max(map(abs, group)) / 31 for group in groups]
        scale = half(max(steps) / 127) or 1.0
        small = [within(step / scale, 1, 127) for step in steps]
        numbers = [within(v / (scale * s), -32, 31) + 32 for group, s in zip(groups, small) for v in group]
        low, high = b"", b""
        for at in (0, 128):
            one, two, three, four = blocks(numbers[at:at + 128], 32)
            low += bytes(a & 15 | (c & 15) << 4 for a, c in zip(one + two, three + four))
            high += bytes(a >> 4 | b >> 4 << 2 | c >> 4 << 4 | d >> 4 << 6 for a, b, c, d in zip(one, two, three, four))
        out += low + high + bytes(small) + struct.pack("<e", scale)
    return out
