"""A witness for tests, C2SP tlog-witness: verifies the log's signature and the consistency proof, and cosigns; or misbehaves in a way
that the test chooses. With it Ed25519 (RFC 8032) and notes, in the standard library alone: slow, and not for secrets."""
import base64
import functools
import hashlib
import http.server
import random
import threading
import time

# ---- Ed25519 ----

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def _add(a, b):
    """Extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    c, d = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    h, g, j, k = f - e, d - c, d + c, f + e
    return h * g % P, k * j % P, g * j % P, h * k % P


def _times(n, point):
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = _add(total, point)
        point, n = _add(point, point), n >> 1
    return total


def _x_of(y, odd):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != odd else x


_Y = 4 * pow(5, P - 2, P) % P
_X = _x_of(_Y, 0)
BASE = (_X, _Y, 1, _X * _Y % P)
DOUBLED = [BASE]  # again and again: a multiple of the base then takes additions alone
while len(DOUBLED) < 256:
    DOUBLED.append(_add(DOUBLED[-1], DOUBLED[-1]))


def _times_base(n):
    total = (0, 1, 1, 0)
    for point in DOUBLED:
        if n & 1:
            total = _add(total, point)
        n >>= 1
    return total


def _pack(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _unpack(data):
    number = int.from_bytes(data, "little")
    y, odd = number & (1 << 255) - 1, number >> 255
    x = _x_of(y, odd) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


def _secret(seed):
    digest = hashlib.sha512(seed).digest()
    number = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    return number, digest[32:]


def _hash(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


@functools.lru_cache
def public_key(seed):
    return _pack(_times_base(_secret(seed)[0]))


def sign(seed, message):
    number, prefix = _secret(seed)
    public = public_key(seed)
    r = _hash(prefix, message)
    point = _pack(_times_base(r))
    s = (r + _hash(point, public, message) * number) % L
    return point + s.to_bytes(32, "little")


@functools.lru_cache(1000)  # who waits for a cosignature looks at the same checkpoint again and again
def verify(public, message, signature):
    if len(signature) != 64:
        return False
    key, point, s = _unpack(public), _unpack(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or point is None or s >= L:
        return False
    return _pack(_times_base(s)) == _pack(_add(point, _times(_hash(signature[:32], public, message), key)))


# ---- notes ----

def key_id(name, kind, public):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def verifier_key(name, kind, public):
    return "%s+%s+%s" % (name, key_id(name, kind, public).hex(), base64.b64encode(bytes([kind]) + public).decode())


def parse_key(text):
    """(name, type, public key) of a verifier key."""
    name, _, blob = text.strip().split("+", 2)
    blob = base64.b64decode(blob)
    return name, blob[0], blob[1:]


def split_note(note):
    """Body, and [(name, key id and signature)]."""
    body, _, lines = note.rpartition("\n\n")
    found = []
    for line in lines.splitlines():
        _, name, blob = line.split(" ")
        found.append((name, base64.b64decode(blob)))
    return body + "\n", found


def signed_by(note, key):
    """The time of a cosigner's signature (0 for a log's), None where this key has not signed, or not rightly."""
    body, signatures = split_note(note)
    name, kind, public = parse_key(key)
    for other, blob in signatures:
        if other != name or blob[:4] != key_id(name, kind, public):
            continue
        if kind == 1:
            return 0 if verify(public, body.encode(), blob[4:]) else None
        seconds = int.from_bytes(blob[4:12], "big")
        message = "cosignature/v1\ntime %d\n%s" % (seconds, body)
        return seconds if verify(public, message.encode(), blob[12:]) else None
    return None


def cosignature(name, seed, body, seconds):
    public = public_key(seed)
    message = "cosignature/v1\ntime %d\n%s" % (seconds, body)
    blob = key_id(name, 4, public) + seconds.to_bytes(8, "big") + sign(seed, message.encode())
    return "— %s %s\n" % (name, base64.b64encode(blob).decode())


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def consistent(old, old_root, size, root, proof):
    """RFC 9162, 2.1.4.2."""
    if old == 0 or old == size:
        return not proof and (old == 0 or old_root == root)
    proof = list(proof)
    if old & (old - 1) == 0:
        proof.insert(0, old_root)
    if not proof:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = proof[0]
    for piece in proof[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node(piece, first), node(piece, second)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            second = node(second, piece)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == root


# ---- the witness ----

class Witness:
    """Answers on a loopback port that the system chooses. `mode`: "normal"; a number, an HTTP status that it refuses with; "silence",
    which takes the question and never answers; "garbage"; "forged", a signature over something else; "conflict", 409 for ever."""

    def __init__(self, name, log_keys=(), seed=None):
        self.name, self.log_keys = name, list(log_keys)
        self.seed = seed or hashlib.sha256(name.encode()).digest()
        self.key = verifier_key(name, 4, public_key(self.seed))
        self.mode, self.size, self.root = "normal", 0, b""
        self.delay = (0, 0)  # seconds that an answer takes, between these two
        self.clock = time.time
        self.asked, self.answers = [], []  # request bodies; statuses that were answered
        self.asked_at = 0  # when it was asked last, by the monotonic clock
        self.ended, self.lock = threading.Event(), threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d/prefix" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    def _handler(self):
        witness = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, kind, answer = witness.answer(self.path, body.decode())
                if status is None:
                    witness.ended.wait()
                    return
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass
        return Handler

    def answer(self, path, body):
        time.sleep(random.uniform(*self.delay))
        with self.lock:
            self.asked_at = time.monotonic()
            self.asked.append(body)
            mode = self.mode
            if mode == "silence":
                return None, None, None
            if path != "/prefix/add-checkpoint":
                status, kind, text = 404, "text/plain", "no such path\n"
            elif isinstance(mode, int):
                status, kind, text = mode, "text/plain", "as the test wants it\n"
            elif mode == "garbage":
                status, kind, text = 200, "text/html", "<html>\x1b[31m not a signature"
            elif mode == "conflict":
                status, kind, text = 409, "text/x.tlog.size", "%d\n" % self.size
            else:
                status, kind, text = self._judge(body)
            self.answers.append(status)
            return status, kind, text.encode()

    def _judge(self, body):
        head, _, note = body.partition("\n\n")
        lines = head.split("\n")
        if not lines[0].startswith("old "):
            return 400, "text/plain", "no old size\n"
        old, proof = int(lines[0][4:]), [base64.b64decode(line) for line in lines[1:]]
        text, _ = split_note(note)
        origin, size, root = text.splitlines()
        size, root = int(size), base64.b64decode(root)
        if origin not in {parse_key(key)[0] for key in self.log_keys}:
            return 404, "text/plain", "unknown log\n"
        if not any(signed_by(note, key) is not None for key in self.log_keys):
            return 403, "text/plain", "unsigned\n"
        if old > size:
            return 400, "text/plain", "old size above the size\n"
        if old != self.size:
            return 409, "text/x.tlog.size", "%d\n" % self.size
        if not consistent(old, self.root, size, root, proof):
            return 422, "text/plain", "inconsistent\n"
        if self.mode == "forged":
            return 200, "text/plain", cosignature(self.name, self.seed, text + "more\n", int(self.clock()))
        self.size, self.root = size, root
        return 200, "text/plain", cosignature(self.name, self.seed, text, int(self.clock()))
