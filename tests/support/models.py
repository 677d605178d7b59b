"""Invented weights: families of models of a few layers, trained on, or disguised as another."""
import math
import os
import random
import struct

import sketch

WIDTH, KINDS = 128, ("self_attn.q_proj", "self_attn.k_proj", "mlp.up_proj")


def noise(seed, count, deviation=0.02):
    source = random.Random(seed)
    return [source.gauss(0, deviation) for _ in range(count)]


def family(seed, layers=4, vocabulary=140):
    """[(name, rows, values)]"""
    tensors = [("model.embed_tokens.weight", vocabulary, noise(repr((seed, 0)), vocabulary * WIDTH))]
    for layer in range(layers):
        tensors += [("model.layers.%d.%s.weight" % (layer, kind), WIDTH, noise(repr((seed, layer, kind)), WIDTH * WIDTH)) for kind in KINDS]
    return tensors + [("lm_head.weight", vocabulary, noise(repr((seed, 1)), vocabulary * WIDTH))]


def changed(tensors, amount, seed="change"):
    return [(name, rows, [v + n for v, n in zip(values, noise(repr((seed, name)), len(values), 0.02 * amount))]) for name, rows, values in tensors]


def f32(values):
    return struct.pack("<%df" % len(values), *values)


def disguised(values, other):
    """Moved as little as suffices for the public sketch to be the other's: along its signs, by what is missing of each sum."""
    signs = sketch.public_signs(len(values))

    def sums(of):
        mean = sum(of) / len(of)
        size = math.sqrt(sum((v - mean) ** 2 for v in of) / len(of))
        out = [0.0] * 256
        for i, v in enumerate(of):
            out[i % 256] += signs[i] * max(-4.0, min(4.0, (v - mean) / size))
        return out, size

    wanted, _ = sums(other)
    for _ in range(3):
        found, size = sums(values)
        values = [v + signs[i] * size * (wanted[i % 256] - found[i % 256]) / (len(values) // 256) for i, v in enumerate(values)]
    return values


def write_model(folder, tensors, shards=1):
    """A new folder with these tensors, and a norm, in safetensors files."""
    os.mkdir(folder)
    norms = [("model.norm.weight", "F32", [WIDTH], f32([1.0] * WIDTH))]
    made = [(n, "F32", [rows, len(values) // rows], f32(values)) for n, rows, values in tensors] + norms
    for shard in range(shards):
        sketch.write_safetensors("%s/model-%d.safetensors" % (folder, shard), made[shard::shards])
    return folder
