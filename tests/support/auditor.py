"""An auditor of the log, written from the published formats alone: RFC 6962 trees by hashlib, signed notes by the openssl
command, entries and lineage statements as text, and the server's guard copy as registry/store/guard.h describes it."""
import base64
import hashlib
import os
import re
import struct
import subprocess
import tempfile

ENTRY = re.compile(r"jokbo/entry/v1\nkind ([a-z-]+)\ntime (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)\nactor ([^\n]+)\n(.*)\Z", re.S)
STATEMENT = "jokbo/lineage/v1\n"
ED25519_DER = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: SubjectPublicKeyInfo up to the 32 bytes of the key
GUARD_BLOCK = 4096
GUARD_MAGIC = b"jokbo-guard/v1\n\0"


class Wrong(AssertionError):
    """What the log shows cannot be."""


def need(condition, words, *facts):
    if not condition:
        raise Wrong(words % facts if facts else words)


def sha256(data):
    return hashlib.sha256(data).digest()


class Entry:
    """An entry's kind, time (as text: it sorts), actor, and body."""

    def __init__(self, data):
        found = ENTRY.match(data.decode())
        need(found, "not an entry: %r", data[:200])
        self.kind, self.time, self.actor, self.body = found.groups()

    def field(self, name):
        """The value of a line of the body; None where there is none."""
        found = re.search("^%s (.*)$" % re.escape(name), self.body, re.M)
        return found and found.group(1)

    @property
    def parents(self):
        return re.findall(r"^parent (.*)$", self.body, re.M)

    @property
    def lineage_hash(self):
        need(self.body.startswith(STATEMENT), "an entry of kind %s holds no statement", self.kind)
        return hashlib.sha256(self.body.encode()).hexdigest()


class Tree:
    """A growing RFC 6962 tree that keeps the root hash of every size."""

    def __init__(self):
        self.edge = []  # (leaves, hash) of the full subtrees, largest first
        self.roots = [sha256(b"")]
        self.leaves = []

    @property
    def size(self):
        return len(self.roots) - 1

    def append(self, data):
        count, node = 1, sha256(b"\0" + data)
        self.leaves.append(node)
        while self.edge and self.edge[-1][0] == count:
            left = self.edge.pop()
            count, node = 2 * count, sha256(b"\1" + left[1] + node)
        self.edge.append((count, node))
        for _, left in reversed(self.edge[:-1]):
            node = sha256(b"\1" + left + node)
        self.roots.append(node)


def check_consistency(first, first_root, second, second_root, hashes):
    """The tree of the first size is the beginning of the second's: RFC 9162, 2.1.4.2."""
    need(0 <= first <= second, "%d is above %d", first, second)
    if first in (0, second):
        need(not hashes, "a proof of nothing has %d hashes", len(hashes))
        return need(first_root == (second_root if first else sha256(b"")), "the roots differ")
    node, last, steps = first - 1, second - 1, list(hashes)
    while node & 1:
        node, last = node >> 1, last >> 1
    if first & (first - 1) == 0:
        steps.insert(0, first_root)
    need(steps, "the proof is empty")
    before = after = steps[0]
    for step in steps[1:]:
        need(last > 0, "the proof is too long")
        if node & 1 or node == last:
            before, after = sha256(b"\1" + step + before), sha256(b"\1" + step + after)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            after = sha256(b"\1" + after + step)
        node, last = node >> 1, last >> 1
    need(last == 0, "the proof is too short")
    need(before == first_root, "the earlier root does not come out")
    need(after == second_root, "the later root does not come out")


class Verifier:
    """Checks signed notes with the key of a verifier key's text: <name>+<hex key id>+<base64 of 0x01 and the public key>."""

    def __init__(self, text):
        self.name, key_id, key = text.split("+", 2)
        key = base64.b64decode(key, validate=True)
        need(len(key) == 33 and key[0] == 1, "not an Ed25519 verifier key: %s", text)
        self.key_id = sha256(self.name.encode() + b"\n" + key)[:4]
        need(self.key_id.hex() == key_id, "the verifier key's id does not follow from it: %s", text)
        self.der = ED25519_DER + key[1:]

    def signature(self, note):
        """(text, signature) of a note that this key signed."""
        text, gap, lines = note.rpartition("\n\n")
        need(gap, "not a signed note: %r", note)
        for line in lines.splitlines():
            found = re.fullmatch("\u2014 (\\S+) (\\S+)", line)
            need(found, "not a signature line: %r", line)
            data = base64.b64decode(found.group(2), validate=True)
            if found.group(1) == self.name and data[:4] == self.key_id:
                return text + "\n", data[4:]
        raise Wrong("nobody named %s signed: %r" % (self.name, note))

    def verify(self, note):
        text, signature = self.signature(note)
        with tempfile.TemporaryDirectory(prefix="jokbo-note-") as folder:
            names = {"key": self.der, "text": text.encode(), "signature": signature}
            for name, data in names.items():
                with open(os.path.join(folder, name), "wb") as f:
                    f.write(data)
            done = subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", "key",
                                   "-sigfile", "signature", "-in", "text"], cwd=folder, capture_output=True)
        need(done.returncode == 0, "the signature is wrong: %r (%r)", note, done.stderr)


def checkpoint(note):
    """(origin, size, root) of a checkpoint; its signature is another matter."""
    found = re.match(r"([^\n]+)\n(0|[1-9]\d*)\n([A-Za-z0-9+/]{43}=)\n\n", note)
    need(found, "not a checkpoint: %r", note)
    return found.group(1), int(found.group(2)), base64.b64decode(found.group(3))


def guard_blocks(path):
    """The whole blocks of a guard copy as {sequence: note}."""
    with open(path, "rb") as f:
        data = f.read()
    need(len(data) == 2 * GUARD_BLOCK, "the guard copy has %d bytes", len(data))
    found = {}
    for at in (0, GUARD_BLOCK):
        block = data[at:at + GUARD_BLOCK]
        if block.startswith(GUARD_MAGIC) and sha256(block[:-32]) == block[-32:]:
            sequence, length = struct.unpack_from(">QI", block, len(GUARD_MAGIC))
            found[sequence] = block[28:28 + length].decode()
    return found


def guard_note(path):
    """The newest checkpoint that the guard copy holds."""
    blocks = guard_blocks(path)
    need(blocks, "no block of the guard copy is whole")
    return blocks[max(blocks)]


class Audit:
    """Follows a log through a client: reads what is new, checks each entry, and each checkpoint against the tree."""

    def __init__(self, client):
        first = client.call("Log.GetCheckpoint")
        self.origin, self.key = first["origin"], first["verifier_key"]
        self.verifier = Verifier(self.key)
        self.tree, self.entries, self.leaves, self.time = Tree(), [], [], ""

    def check_note(self, note, signature=True):
        """A checkpoint is of this log as it is known now, and signed; its size."""
        origin, size, root = checkpoint(note)
        need(origin == self.origin, "a checkpoint of %s, not of %s", origin, self.origin)
        need(size <= self.tree.size, "a checkpoint of %d entries, but the log has %d", size, self.tree.size)
        need(root == self.tree.roots[size], "the root of the checkpoint of %d entries is not the log's", size)
        if signature:
            self.verifier.verify(note)
        return size

    def check_receipt(self, text, index, signature=True):
        """A receipt, of whatever time, is true of the log as it is known now; the checkpoint in it."""
        found, hashes, note = receipt_parts(text)
        need(found == index, "a receipt of entry %d, not of %d", found, index)
        size = self.check_note(note, signature)
        need(index < size, "index %d in a tree of %d", index, size)
        need(inclusion_root(self.tree.leaves[index], index, size, hashes) == self.tree.roots[size],
             "the receipt of entry %d proves nothing", index)
        return note

    def read(self, client, start, end):
        """The entries from start to end, piece by piece: a reply holds at most so many."""
        found = []
        while start + len(found) < end:
            piece = client.entries(start + len(found), end)
            need(piece, "no entry %d", start + len(found))
            found += piece
        return found

    def follow(self, client):
        """Reads up to the newest checkpoint and checks it; the entries that are new."""
        newest = client.call("Log.GetCheckpoint")
        need((newest["origin"], newest["verifier_key"]) == (self.origin, self.key), "another log: %r", newest)
        before, size = self.tree.size, int(newest["log_size"])
        need(size >= before, "the log shrank from %d to %d entries", before, size)
        for data in self.read(client, before, size):
            self.add(data)
        need(checkpoint(newest["note"])[1:] == (size, bytes.fromhex(newest["root_hash"])), "contradicts itself: %r", newest)
        self.check_note(newest["note"])
        return self.entries[before:]

    def add(self, data):
        entry = Entry(data)
        need(entry.time >= self.time, "entry %d goes back from %s to %s", self.tree.size, self.time, entry.time)
        self.time = entry.time
        self.entries.append(entry)
        self.leaves.append(sha256(data))
        self.tree.append(data)

    def read_again(self, client, start, end):
        """Entries that were read before are the same."""
        for index, data in enumerate(self.read(client, start, end), start):
            need(sha256(data) == self.leaves[index], "entry %d changed", index)


def inclusion_root(leaf, index, size, hashes):
    """The root that a proof leads to (RFC 9162, 2.1.3.2)."""
    node, last, value = index, size - 1, leaf
    for sibling in hashes:
        need(last, "the proof is too long")
        if node & 1 or node == last:
            value = sha256(b"\1" + sibling + value)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            value = sha256(b"\1" + value + sibling)
        node, last = node >> 1, last >> 1
    need(last == 0, "the proof is too short")
    return value


def receipt_parts(text):
    """(index, hashes, signed checkpoint) of a receipt (C2SP tlog-proof)."""
    found = re.match(r"c2sp\.org/tlog-proof@v1\nindex (0|[1-9]\d*)\n((?:[A-Za-z0-9+/]{43}=\n)*)\n", text)
    need(found, "not a receipt: %r", text)
    return int(found.group(1)), [base64.b64decode(line) for line in found.group(2).split()], text[found.end():]


def receipt(text, data, verifier):
    """(index, size) of a receipt that proves the entry's bytes under a checkpoint of that verifier."""
    index, hashes, note = receipt_parts(text)
    verifier.verify(note)
    origin, size, root = checkpoint(note)
    need(origin == verifier.name, "a receipt of another log: %s", origin)
    need(index < size, "index %d in a tree of %d", index, size)
    need(inclusion_root(sha256(b"\0" + data), index, size, hashes) == root, "the receipt of entry %d proves nothing", index)
    return index, size
