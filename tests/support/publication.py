"""A published log as files, written from the published formats alone (C2SP tlog-tiles): for tests that need a folder or an
HTTP server to be given. Python's standard library, and the openssl command for a key of one's own."""
import base64
import hashlib
import http.server
import os
import shutil
import subprocess
import tempfile
import threading

WIDTH = 256


def leaf(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root(hashes):
    """The root over leaf hashes (RFC 6962, 2.1)."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node(root(hashes[:split]), root(hashes[split:]))


def tile_path(level, number, width):
    groups = ["%03d" % (number % 1000)]
    while number >= 1000:
        number //= 1000
        groups.insert(0, "x%03d" % (number % 1000))
    return "tile/%s/%s%s" % (level, "/".join(groups), "" if width == WIDTH else ".p/%d" % width)


def write(folder, path, data):
    place = os.path.join(folder, path)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place + ".new", "wb") as f:
        f.write(data)
    os.rename(place + ".new", place)


def read(folder, path):
    with open(os.path.join(folder, path), "rb") as f:
        return f.read()


def publish(folder, entries, note, key):
    """Writes all tiles and bundles of these entries, then the checkpoint."""
    hashes, level = [leaf(e) for e in entries], 0
    for first in range(0, len(entries), WIDTH):
        some = entries[first:first + WIDTH]
        write(folder, tile_path("entries", first // WIDTH, len(some)),
              b"".join(len(e).to_bytes(2, "big") + e for e in some))
    while hashes:
        for first in range(0, len(hashes), WIDTH):
            some = hashes[first:first + WIDTH]
            write(folder, tile_path(level, first // WIDTH, len(some)), b"".join(some))
        hashes = [root(hashes[i:i + WIDTH]) for i in range(0, len(hashes) - WIDTH + 1, WIDTH)]
        level += 1
    write(folder, "log.vkey", key.encode() + b"\n")
    write(folder, "checkpoint", note.encode())


class Signer:
    """An Ed25519 key of a log's name."""

    def __init__(self, name):
        self.name, self.folder = name, tempfile.mkdtemp(prefix="jokbo-key-")
        self.private = os.path.join(self.folder, "key.pem")
        self.openssl("genpkey", "-algorithm", "ed25519", "-out", self.private)
        public = b"\1" + self.openssl("pkey", "-in", self.private, "-pubout", "-outform", "DER")[-32:]
        self.id = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
        self.key = "%s+%s+%s" % (name, self.id.hex(), base64.b64encode(public).decode())

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def openssl(self, *arguments):
        return subprocess.run(["openssl"] + list(arguments), check=True, capture_output=True).stdout

    def note(self, entries):
        body = "%s\n%d\n%s\n" % (self.name, len(entries), base64.b64encode(root([leaf(e) for e in entries])).decode())
        text = os.path.join(self.folder, "body")
        with open(text, "w") as f:
            f.write(body)
        signature = self.openssl("pkeyutl", "-sign", "-inkey", self.private, "-rawin", "-in", text)
        return "%s\n\u2014 %s %s\n" % (body, self.name, base64.b64encode(self.id + signature).decode())


class Files(http.server.ThreadingHTTPServer):
    """Serves a folder on loopback. `refuse` maps a path to a list of statuses that are answered first; `asked` counts
    requests by path."""
    daemon_threads = True

    def __init__(self, folder):
        self.folder, self.refuse, self.asked = folder, {}, {}
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server_address[1]
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self.thread.start()

    def close(self):
        self.shutdown()
        self.server_close()
        self.thread.join()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.lstrip("/")
        self.server.asked[path] = self.server.asked.get(path, 0) + 1
        place = os.path.join(self.server.folder, path)
        waiting = self.server.refuse.get(path) or self.server.refuse.get("*")
        status, data = (waiting.pop(0), b"") if waiting else (200, b"")
        if status == 200:
            try:
                with open(place, "rb") as f:
                    data = f.read()
            except OSError:
                status = 404
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass
