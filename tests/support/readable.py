"""Files that say what a model is, made for tests."""
import struct


def text(value):
    return struct.pack("<Q", len(value.encode())) + value.encode()


def gguf(*pairs):
    """A GGUF file of version 3 with no tensors and these keys: texts and small numbers."""
    body = b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs))
    for key, value in pairs:
        body += text(key)
        body += struct.pack("<II", 4, value) if isinstance(value, int) else struct.pack("<I", 8) + text(value)
    return body
