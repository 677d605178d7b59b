"""The public HTTP side as clients see it: files, ranges, caches, blobs and their withdrawal, readiness, metrics, limits,
draining. Raw sockets where a well-behaved client would hide what matters."""
import gzip
import hashlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import SLOWER, Case, Failure, Server, allowed, eventually, person  # noqa: E402

IMMUTABLE = "public, max-age=31536000, immutable"
# Far from what the log publishes while a test runs.
TILE, BUNDLE = "tile/3/x012/345", "tile/entries/x999/999"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def __getitem__(self, name):
        return self.headers[name]


def connect(address, **options):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=30, **options)


def ask(address, path, method="GET", headers=None, connection=None):
    """One request; each answer, whatever it is, must carry nosniff and the length that it has."""
    own = connection or http.client.HTTPConnection(address, timeout=30)
    own.putrequest(method, path, skip_accept_encoding=True)
    for name, value in (headers or {}).items():
        own.putheader(name, value)
    own.endheaders()
    answer = Answer(own.getresponse())
    if connection is None:
        own.close()
    assert answer["X-Content-Type-Options"] == "nosniff", str(answer.headers)
    if method != "HEAD" and answer.status != 304:
        assert int(answer["Content-Length"]) == len(answer.body)
    return answer


def raw(address, data, wait=30):
    """What comes back until the server closes, for bytes that no client would send."""
    with connect(address) as s:
        s.settimeout(wait)
        got = b""
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        except OSError:  # it had heard enough; what it said is there to be read
            pass
        try:
            while True:
                more = s.recv(65536)
                if not more:
                    return got
                got += more
        except (ConnectionResetError, socket.timeout):
            return got


def status_of(answer):
    found = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    return int(found.group(1)) if found else None


def manifest(lines):
    return ("jokbo/manifest/v1\n" + "".join("file %s 12 weights-%070d.safetensors\n" % ("ab" * 32, i)
                                            for i in range(lines))).encode()


PROXY = "127.0.0.99"


class Shared(Case):
    options = ("--metrics", "127.0.0.1:0", "--proxies", PROXY)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.http = cls.server.http
        cls.public = os.path.join(cls.server.data, "public")

    @classmethod
    def put(cls, name, data):
        path = os.path.join(cls.public, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        return data

    def get(self, path, **options):
        return ask(self.http, path, **options)

    def text(self, name):
        data = ("a licence's text, " + name).encode()
        self.alice.upload("BLOB_KIND_LICENSE_TEXT", data, sha256(data))
        return data, sha256(data)


class Files(Shared):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.settle()
        cls.tile = cls.put(TILE, os.urandom(8192))
        cls.bundle = cls.put(BUNDLE, b"entry " * 30000)
        cls.large = cls.put("tile/entries/x999/998", os.urandom(3 << 20))
        cls.put(TILE + ".p/7", b"7" * 224)

    @classmethod
    def settle(cls):
        """Waits until all is published, so that the checkpoint stays as it is."""
        size = int(cls.anyone.call("Log.GetCheckpoint")["log_size"])
        eventually(lambda: cls.published()[1] == size)
        return size

    @classmethod
    def published(cls):
        """The checkpoint as it is served, and its size."""
        note = ask(cls.http, "/checkpoint").body
        return note, int(note.split(b"\n")[1])

    def test_the_log_itself(self):
        """What is registered is there within a second: checkpoint, then bundle and tile of exactly its size."""
        before = self.published()
        tag = self.get("/checkpoint")["ETag"]
        self.register("alice/over-http", "skt/A.X-K1")
        started = time.monotonic()
        size = self.settle()
        self.assertLess(time.monotonic() - started, allowed(1.5))
        note, _ = self.published()
        self.assertNotEqual((note, size), before)
        self.assertEqual(self.get("/checkpoint", headers={"If-None-Match": tag}).status, 200)
        entries = self.anyone.entries(0, size)
        width, last = size % 256, "%%03d.p/%d" % (size % 256)
        self.assertTrue(width, "a size at which there is a partial tile")
        bundle = self.get("/tile/entries/" + last % (size // 256))
        self.assertEqual(bundle.body, b"".join(len(e).to_bytes(2, "big") + e for e in entries[size - width:]))
        leaves = self.get("/tile/0/" + last % (size // 256)).body
        self.assertEqual(leaves, b"".join(hashlib.sha256(b"\0" + e).digest() for e in entries[size - width:]))
        self.assertEqual(self.get("/tile/0/%03d.p/%d" % (size // 256, width + 1)).status, 404)
        self.assertIn(note.split(b"\n")[0], self.get("/log.vkey").body)

    def file(self, name):
        with open(os.path.join(self.public, name), "rb") as f:
            return f.read()

    def test_checkpoint(self):
        answer = self.get("/checkpoint")
        self.assertEqual((answer.status, answer.body), (200, self.file("checkpoint")))
        self.assertEqual(answer["Content-Type"], "text/plain; charset=utf-8")
        self.assertEqual(answer["Cache-Control"], "no-cache")
        etag = answer["ETag"]
        self.assertRegex(etag, r'^"[0-9a-f]{32}"$')
        for condition in (etag, "W/" + etag, '"x", ' + etag, "*"):
            again = self.get("/checkpoint", headers={"If-None-Match": condition})
            self.assertEqual((again.status, again.body, again["ETag"]), (304, b"", etag), condition)
            self.assertEqual(again["Cache-Control"], "no-cache")
        self.assertEqual(self.get("/checkpoint", headers={"If-None-Match": '"x"'}).status, 200)
        part = self.get("/checkpoint", headers={"Range": "bytes=0-3", "If-Range": etag})
        self.assertEqual((part.status, part.body), (206, answer.body[:4]))
        self.assertEqual(self.get("/checkpoint", headers={"Range": "bytes=0-3", "If-Range": '"x"'}).status, 200)

    def test_no_304_says_that_there_is_nothing(self):
        """Its length is the whole answer's, or not told (RFC 9110, 8.6), and nothing follows it."""
        self.put("stage/kept/1/report.tsv", b"a report\n" * 100)
        _, digest = self.text("for a 304")
        for path, told in (("/checkpoint", True), ("/log.vkey", True), ("/stage/kept/1/report.tsv", True), ("/manifest/sha256/" + digest, True),
                           ("/openapi.json", True), ("/v1/count?scope.all=true", False), ("/v1/models?page_size=1", True), ("/", False)):
            with self.subTest(path=path):
                whole = self.get(path)
                got = raw(self.http, ("GET %s HTTP/1.1\r\nHost: %s\r\nIf-None-Match: %s\r\n\r\n" % (path, self.http, whole["ETag"])).encode())
                head, _, body = got.partition(b"\r\n\r\n")
                lengths = re.findall(rb"(?i)\r\n(?:content-length|transfer-encoding): ([^\r]*)", head)
                self.assertEqual((status_of(got), body), (304, b""), got)
                self.assertEqual(lengths, [str(len(whole.body)).encode()] if told else [])
        own = http.client.HTTPConnection(self.http, timeout=30)
        for _ in range(2):
            for path in ("/checkpoint", "/stage/kept/1/report.tsv", "/openapi.json"):
                tag = self.get(path)["ETag"]
                self.assertEqual(ask(self.http, path, headers={"If-None-Match": tag}, connection=own).status, 304)
                self.assertIsNotNone(own.sock, path + " ended the connection")
        own.close()

    def test_verifier_key(self):
        answer = self.get("/log.vkey")
        self.assertEqual((answer.status, answer.body), (200, self.file("log.vkey")))
        self.assertEqual(answer["Content-Type"], "text/plain; charset=utf-8")

    def test_tiles(self):
        for path, data, vary in ((TILE, self.tile, None), (BUNDLE, self.bundle, "Accept-Encoding"),
                                 (TILE + ".p/7", b"7" * 224, None), ("tile/entries/x999/998", self.large, "Accept-Encoding")):
            with self.subTest(path=path):
                answer = self.get("/" + path)
                self.assertEqual(answer.status, 200)
                self.assertEqual(sha256(answer.body), sha256(data))
                self.assertEqual(answer["Content-Type"], "application/octet-stream")
                self.assertEqual(answer["Cache-Control"], IMMUTABLE)
                self.assertEqual(answer["Vary"], vary)
                self.assertIsNone(answer["Content-Encoding"])

    def test_head(self):
        for path in ("/checkpoint", "/" + TILE, "/" + BUNDLE, "/healthz", "/readyz", "/nothing"):
            with self.subTest(path=path):
                whole, head = self.get(path), self.get(path, method="HEAD")
                self.assertEqual((head.status, head.body), (whole.status, b""))
                for name in ("Content-Length", "Content-Type", "Cache-Control", "ETag", "Vary"):
                    self.assertEqual(head[name], whole[name], name)
        self.assertEqual(self.get("/" + TILE, method="HEAD", headers={"Range": "bytes=0-1"}).status, 200)

    def test_ranges(self):
        for header, first, last in (("bytes=0-0", 0, 0), ("bytes=100-199", 100, 199), ("bytes=8000-", 8000, 8191),
                                    ("bytes=-10", 8182, 8191), ("bytes=5-99999", 5, 8191)):
            answer = self.get("/" + TILE, headers={"Range": header})
            self.assertEqual((answer.status, answer.body), (206, self.tile[first:last + 1]), header)
            self.assertEqual(answer["Content-Range"], "bytes %d-%d/8192" % (first, last))
            self.assertEqual(answer["Cache-Control"], IMMUTABLE)
        for header in ("bytes=8192-", "bytes=-0"):
            answer = self.get("/" + TILE, headers={"Range": header})
            self.assertEqual((answer.status, answer.body, answer["Content-Range"]), (416, b"", "bytes */8192"), header)
        for header in ("bytes=0-1,5-6", "items=0-1", "bytes=9-3", "bytes="):
            answer = self.get("/" + TILE, headers={"Range": header})
            self.assertEqual((answer.status, len(answer.body)), (200, 8192), header)
        middle = self.get("/tile/entries/x999/998", headers={"Range": "bytes=1000000-2999999", "Accept-Encoding": "gzip"})
        self.assertEqual((middle.status, sha256(middle.body)), (206, sha256(self.large[1000000:3000000])))

    def test_gzip(self):
        for _ in range(2):  # made, then kept
            answer = self.get("/" + BUNDLE, headers={"Accept-Encoding": "br, gzip"})
            self.assertEqual((answer.status, answer["Content-Encoding"], answer["Vary"]), (200, "gzip", "Accept-Encoding"))
            self.assertLess(len(answer.body), len(self.bundle) // 10)
            self.assertEqual(gzip.decompress(answer.body), self.bundle)
            self.assertEqual(answer["Cache-Control"], IMMUTABLE)
        for accept in ("gzip;q=0", "identity", "br"):
            self.assertIsNone(self.get("/" + BUNDLE, headers={"Accept-Encoding": accept})["Content-Encoding"])
        self.assertIsNone(self.get("/" + TILE, headers={"Accept-Encoding": "gzip"})["Content-Encoding"])
        large = self.get("/tile/entries/x999/998", headers={"Accept-Encoding": "gzip"})  # above what is compressed
        self.assertEqual((large["Content-Encoding"], len(large.body)), (None, 3 << 20))

    def test_reports_as_gzip(self):
        """They are text, and have two forms with a tag each; a part is one of the plain form."""
        lines = "".join("m/%d\tfinetune\tcounted\n" % i for i in range(5000)).encode()
        for name, data, zips in (("report.tsv", lines, True), ("report.json", b"[%s]" % b"0," * 2000, True), ("report.html", lines, True),
                                 ("members.txt", lines, True), ("certificate", b"short\n", False), ("left-out.tsv", b"x" * (4 << 20) + b"x", False)):
            path = "stage/zipped/1/" + name
            self.put(path, data)
            with self.subTest(path=path):
                plain = self.get("/" + path)
                zipped = self.get("/" + path, headers={"Accept-Encoding": "gzip"})
                self.assertEqual((plain.body, plain["Content-Encoding"]), (data, None))
                self.assertEqual(zipped["Content-Encoding"], "gzip" if zips else None)
                self.assertEqual(gzip.decompress(zipped.body) if zips else zipped.body, data)
                self.assertEqual(plain["ETag"] == zipped["ETag"], not zips)
                for accept, answer in ((None, plain), ("gzip", zipped)):
                    headers = {"Accept-Encoding": accept} if accept else {}
                    self.assertEqual((answer["Vary"], answer["Cache-Control"]), ("Accept-Encoding", "no-cache"))
                    same = self.get("/" + path, headers={"If-None-Match": answer["ETag"], **headers})
                    self.assertEqual((same.status, same.body, same["ETag"], same["Vary"]), (304, b"", answer["ETag"], "Accept-Encoding"))
                    head = self.get("/" + path, method="HEAD", headers={"Range": "bytes=0-1", **headers})
                    self.assertEqual((head.status, head["Content-Length"], head["ETag"]), (200, str(len(answer.body)), answer["ETag"]))
                    for tag in (None, plain["ETag"]):
                        part = self.get("/" + path, headers={"Range": "bytes=1-3", **headers, **({"If-Range": tag} if tag else {})})
                        self.assertEqual((part.status, part.body, part["Content-Encoding"], part["ETag"]), (206, data[1:4], None, plain["ETag"]))
                        self.assertEqual((part["Content-Range"], part["Vary"]), ("bytes 1-3/%d" % len(data), "Accept-Encoding"))
                if zips:
                    self.assertEqual(self.get("/" + path, headers={"If-None-Match": plain["ETag"], "Accept-Encoding": "gzip"}).status, 200)
                    part = self.get("/" + path, headers={"Range": "bytes=1-3", "If-Range": zipped["ETag"]})
                    self.assertEqual((part.status, part.body), (200, data))
        before = self.get("/stage/zipped/1/report.tsv", headers={"Accept-Encoding": "gzip"})
        os.unlink(os.path.join(self.public, "stage/zipped/1/report.tsv"))
        self.put("stage/zipped/1/report.tsv", lines[::-1])  # made again, as of the same length
        after = self.get("/stage/zipped/1/report.tsv", headers={"Accept-Encoding": "gzip", "If-None-Match": before["ETag"]})
        self.assertEqual((after.status, gzip.decompress(after.body)), (200, lines[::-1]))
        short = self.get("/stage/zipped/1/certificate", headers={"Accept-Encoding": "gzip, identity;q=0"})
        self.assertEqual((short["Content-Encoding"], gzip.decompress(short.body)), ("gzip", b"short\n"))

    def test_pages_from_elsewhere_may_check(self):
        """Whatever is public may be read by a script of any origin, with what it needs of the head, refusals included."""
        self.put("stage/shared/1/report.tsv", b"a report\n")
        _, digest = self.text("for pages elsewhere")
        paths = ["/checkpoint", "/log.vkey", "/counts.vkey", "/" + TILE, "/" + BUNDLE, "/stage/shared/1/report.tsv", "/manifest/sha256/" + digest]
        for path in paths + ["/stage/shared/2/report.tsv", "/tile/3/x012/346", "/manifest/sha256/" + "0" * 64]:
            tag = self.get(path)["ETag"] or '"x"'
            for options in ({}, {"method": "HEAD"}, {"method": "PUT"}, {"headers": {"Range": "bytes=0-1"}}, {"headers": {"Range": "bytes=99999999-"}},
                            {"headers": {"If-None-Match": tag}}, {"headers": {"Accept-Encoding": "gzip"}}):
                with self.subTest(path=path, options=options):
                    answer = self.get(path, headers={"Origin": "https://elsewhere.example", **options.get("headers", {})}, method=options.get("method", "GET"))
                    self.assertEqual(answer.headers.get_all("Access-Control-Allow-Origin"), ["*"])
                    self.assertEqual(answer["Access-Control-Expose-Headers"], "ETag, Content-Range, Retry-After")
        for path in ("/healthz", "/readyz"):
            self.assertIsNone(self.get(path)["Access-Control-Allow-Origin"])

    def test_gzip_of_many(self):
        """More bundles than are kept, from several clients at once."""
        names = ["tile/entries/x998/%03d" % i for i in range(200)]
        data = {name: self.put(name, (name * 2000).encode()) for name in names}
        wrong = []

        def fetch():
            own = http.client.HTTPConnection(self.http, timeout=30)
            for name in names * 2:
                answer = ask(self.http, "/" + name, headers={"Accept-Encoding": "gzip"}, connection=own)
                if gzip.decompress(answer.body) != data[name]:
                    wrong.append(name)
            own.close()
        threads = [threading.Thread(target=fetch) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_gone_from_the_folder(self):
        """A partial tile that went away because the full one is there: clients then take that one."""
        name = "tile/entries/x997/000"
        self.put(name + ".p/3", b"partial")
        self.assertEqual(self.get("/" + name + ".p/3", headers={"Accept-Encoding": "gzip"}).status, 200)
        os.unlink(os.path.join(self.public, name + ".p/3"))
        self.assertEqual(self.get("/" + name + ".p/3", headers={"Accept-Encoding": "gzip"}).status, 404)

    def test_absent(self):
        for path in ("/tile/3/x012/346", "/tile/3/x012/345.p/8", "/tile/3/x012/345/", "/tile/3/x012", "/tile/3",
                     "/tile/03/x012/345", "/tile/3/012/345", "/tile/3/x012/345.p/007", "/Checkpoint", "/checkpoint/",
                     "/%63heckpoint", "//checkpoint", "/tile/0/000%2f", "/metrics", "/manifest/sha256/" + "0" * 63,
                     "/manifest/sha256/" + "0" * 64, "/manifest/sha256/" + "A" * 64, "/public/checkpoint"):
            with self.subTest(path=path):
                answer = self.get(path)
                self.assertEqual((answer.status, answer["Cache-Control"]), (404, "no-store"))

    def test_traversal(self):
        for path in ("/../log.key", "/tile/../../log.key", "/tile/0/../../../log.key", "/%2e%2e/log.key", "/..%2flog.key",
                     "/tile/0/000/../../../../log.key", "/./checkpoint", "/tile//0/000", "/.checkpoint", "/log.key",
                     "/guard", "/client.config", "/checkpoint%00", "/checkpoint\\..\\log.key"):
            with self.subTest(path=path):
                got = raw(self.http, b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode())
                self.assertEqual(status_of(got), 404, got[:200])
                self.assertNotIn(b"PRIVATE", got)

    def test_links_are_not_followed(self):
        os.symlink(os.path.join(self.server.data, "log.key"), os.path.join(self.public, "tile/3/x012/400"))
        os.symlink("345", os.path.join(self.public, "tile/3/x012/401"))
        os.mkdir(os.path.join(self.public, "tile/3/x012/402"))
        os.mkfifo(os.path.join(self.public, "tile/3/x012/403"))
        for name in ("400", "401", "402", "403"):
            self.assertEqual(self.get("/tile/3/x012/" + name).status, 404)

    def test_methods(self):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW", "get"):
            with self.subTest(method=method):
                got = raw(self.http, b"%s /checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody" % method.encode())
                self.assertEqual(status_of(got), 405)
                self.assertIn(b"Allow: GET, HEAD\r\n", got)
                self.assertEqual(got.count(b"HTTP/1.1 "), 1, "the body was taken for a request")

    def test_body_with_get(self):
        smuggled = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        for header in (b"Content-Length: %d" % len(smuggled), b"Transfer-Encoding: chunked"):
            got = raw(self.http, b"GET /checkpoint HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n%s" % (header, smuggled))
            self.assertEqual((status_of(got), got.count(b"HTTP/1.1 ")), (400, 1))

    def test_malformed(self):
        long = b"x" * 40000
        for data, statuses in ((b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % long, {414}),
                               (b"GET / HTTP/1.1\r\nHost: x\r\nA: %s\r\n\r\n" % long, {431}),
                               (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 8000 + b"\r\n", {431}),
                               (b"\x00\x01\x02\r\n\r\n", {400, 404, 405, None}), (b"\x16\x03\x01\x02\x00", {400, None}),
                               (b"GET\r\n\r\n", {400, 404, None}), (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", {400}),
                               (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 405, 505, None})):
            with self.subTest(data=data[:30]):
                self.assertIn(status_of(raw(self.http, data, wait=1)), statuses)
        self.assertEqual(self.get("/healthz").status, 200)

    def test_one_host(self):
        """Exactly one, as RFC 9112 wants it (3.2); and whoever names none or two is told so once."""
        after = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        for address, path in ((self.http, b"/checkpoint"), (self.http, b"/nothing"), (self.http, b"/v1/count"), (self.server.metrics, b"/metrics")):
            for hosts in (b"", b"Host: x\r\nHost: x\r\n", b"Host: x\r\nA: b\r\nhost: y\r\n"):
                for more in (b"", after):
                    with self.subTest(path=path, hosts=hosts, more=more):
                        got = raw(address, b"GET %s HTTP/1.1\r\n%s\r\n%s" % (path, hosts, more))
                        self.assertEqual((status_of(got), got.count(b"HTTP/1.1 "), got.count(b"Content-Length: ")), (400, 1, 1), got)
                        self.assertIn(b"Host", got)
        for head in (b"GET /healthz HTTP/1.0\r\n", b"GET /healthz HTTP/1.0\r\nHost: x\r\n", b"GET /healthz HTTP/1.1\r\nConnection: close\r\nHost:\r\n"):
            self.assertEqual(status_of(raw(self.http, head + b"\r\n")), 200, head)
        self.assertEqual(status_of(raw(self.http, b"GET /healthz HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n")), 400)

    def test_no_space_in_a_target(self):
        got = raw(self.http, b"GET /healthz ? HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual((status_of(got), got.count(b"HTTP/1.1 ")), (400, 1))

    def test_one_connection(self):
        """Answers of every kind follow one another on one connection, sent one by one and all at once."""
        own = http.client.HTTPConnection(self.http, timeout=30)
        for path, status in (("/checkpoint", 200), ("/nothing", 404), ("/" + TILE, 200), ("/readyz", 200),
                             ("/manifest/sha256/" + "0" * 64, 404), ("/healthz", 200)) * 3:
            self.assertEqual(ask(self.http, path, connection=own).status, status)
            self.assertIsNotNone(own.sock, path + " ended the connection")
        own.close()
        paths = [b"/healthz", b"/readyz", b"/nothing", b"/" + TILE.encode(), b"/readyz"]
        got = raw(self.http, b"".join(b"GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n" % (path, b"" if i < 4 else b"Connection: close\r\n")
                                      for i, path in enumerate(paths)))
        self.assertEqual(re.findall(rb"HTTP/1\.1 (\d+)", got), [b"200", b"200", b"404", b"200", b"200"])

    def test_absolute_form(self):
        got = raw(self.http, b"GET http://anything/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertEqual(status_of(got), 200)


class Blobs(Shared):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manifest = manifest(100000)
        cls.digest = sha256(cls.manifest)
        cls.alice.upload("BLOB_KIND_MANIFEST", cls.manifest, cls.digest)

    def path(self, digest):
        return "/manifest/sha256/" + digest

    def test_bytes(self):
        answer = self.get(self.path(self.digest))
        self.assertEqual((answer.status, sha256(answer.body)), (200, self.digest))
        self.assertEqual(answer["Content-Type"], "application/octet-stream")
        self.assertEqual(answer["Content-Disposition"], "attachment")
        self.assertEqual(answer["ETag"], '"%s"' % self.digest)
        self.assertEqual(answer["Cache-Control"], "public, max-age=3600")
        head = self.get(self.path(self.digest), method="HEAD")
        self.assertEqual((head.status, head["Content-Length"]), (200, str(len(self.manifest))))
        same = self.get(self.path(self.digest), headers={"If-None-Match": answer["ETag"]})
        self.assertEqual((same.status, same.body), (304, b""))
        part = self.get(self.path(self.digest), headers={"Range": "bytes=0-1"})
        self.assertEqual((part.status, part["Accept-Ranges"]), (200, "none"))
        data, digest = self.text("short")
        self.assertEqual(self.get(self.path(digest)).body, data)
        self.alice.upload("BLOB_KIND_LICENSE_TEXT", b"", sha256(b""))
        self.assertEqual(self.get(self.path(sha256(b""))).body, b"")

    def test_slow_readers(self):
        """Blobs go out chunk by chunk, so many slow readers cost little; and no more than so many at once, nor to one address."""
        readers, before = [], self.resident()
        try:
            for i in range(32):
                readers.append(self.slow_reader("127.0.0.%d" % (10 + i // 8)))
                self.assertEqual(status_of(readers[-1].recv(1024)), 200)
                if i == 7:
                    self.assertEqual(self.from_address("127.0.0.10"), 503)
                    self.assertEqual(self.from_address("127.0.0.11"), 200)
            self.assertLess(self.resident() - before, 150 << 20)
            full = self.get(self.path(self.digest))
            self.assertEqual((full.status, full["Retry-After"]), (503, "1"))
        finally:
            for s in readers:
                s.close()
        answer = eventually(lambda: (lambda a: a if a.status == 200 else None)(self.get(self.path(self.digest))))
        self.assertEqual(sha256(answer.body), self.digest)

    def test_the_last_word_of_a_proxy(self):
        """Of several X-Forwarded-For the last is the proxy's; what a client wrote before it neither gets places nor takes them."""
        readers = []
        try:
            for i in range(8):
                readers.append(self.slow_reader(PROXY, "192.0.2.%d" % i, "192.0.2.100"))
                self.assertEqual(status_of(readers[-1].recv(1024)), 200)
            self.assertEqual(self.from_address(PROXY, "192.0.2.9", "192.0.2.100"), 503)
            self.assertEqual(self.from_address(PROXY, "192.0.2.100", "192.0.2.101"), 200)
            self.assertEqual(self.from_address("127.0.0.11", "192.0.2.100"), 200, "no proxy is believed but the one named")
        finally:
            for s in readers:
                s.close()
        self.assertEqual(eventually(lambda: self.from_address(PROXY, "192.0.2.100") == 200), True)

    def test_too_slow_readers(self):
        """Who takes a byte now and then loses the connection, and with it the place."""
        began, taken = time.monotonic(), b""
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            host, port = self.http.rsplit(":", 1)
            s.settimeout(20)
            s.connect((host, int(port)))
            s.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % self.path(self.digest).encode())
            while time.monotonic() - began < 60:
                try:
                    piece = s.recv(1024)
                except ConnectionResetError:
                    break
                if not piece:
                    break
                taken += piece
                time.sleep(0.2 if time.monotonic() - began < 33 else 0)
        self.assertEqual(status_of(taken), 200)
        self.assertTrue(25 < time.monotonic() - began < 45, time.monotonic() - began)
        self.assertLess(len(taken), len(self.manifest) // 2)

    def ask_blob(self, s, forwarded):
        lines = "".join("X-Forwarded-For: %s\r\n" % address for address in forwarded)
        s.sendall(("GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n" % (self.path(self.digest), lines)).encode())

    def slow_reader(self, address, *forwarded):
        """A client there, who has asked for the blob and has no room for it."""
        s = socket.socket()
        s.bind((address, 0))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, port = self.http.rsplit(":", 1)
        s.connect((host, int(port)))
        self.ask_blob(s, forwarded)
        return s

    def from_address(self, address, *forwarded):
        """The status of the blob for a client there, who leaves with it."""
        with connect(self.http, source_address=(address, 0)) as s:
            self.ask_blob(s, forwarded)
            return status_of(s.recv(1024))

    def resident(self):
        with open("/proc/%d/statm" % self.server.process.pid) as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def test_clients_that_leave(self):
        """Gone at any moment, a chunk's reading included; nothing of them stays behind."""
        for i in range(100):
            with connect(self.http) as s:
                s.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % self.path(self.digest).encode())
                if i % 2:
                    s.recv(1 + i * 1000)
        eventually(lambda: self.get(self.path(self.digest)).status == 200)

    def withdraw(self, digest, client=None, **fields):
        return (client or self.admin).call("Registry.WithdrawBlob", sha256=digest, **fields)

    def chunks(self, digest):
        """Rows of it in PostgreSQL."""
        with open(os.path.join(self.server.data, "postgresql", "postmaster.pid")) as f:
            folder = f.read().split("\n")[4]
        found = subprocess.run(["psql", "-XAtq", "-h", folder, "-U", "jokbo", "-d", "jokbo", "-c",
                                "select count(*) from blob_chunk where digest = decode('%s', 'hex')" % digest],
                               capture_output=True, text=True, check=True, timeout=60)
        return int(found.stdout)

    def test_withdrawal(self):
        data, digest = self.text("withdrawn")
        for fields, wrong in (({}, ["reason"]), ({"reason": "x" * 4097}, ["reason"]), ({"lift": True, "reason": "x"}, ["reason"])):
            self.wrong(wrong, "Registry.WithdrawBlob", self.admin, sha256=digest, **fields)
        self.wrong(["sha256"], "Registry.WithdrawBlob", self.admin, sha256="", reason="x")
        self.refused("NOT_FOUND", "BLOB_NOT_FOUND", "Registry.WithdrawBlob", self.admin, sha256="0e" * 32, reason="x")
        self.refused("FAILED_PRECONDITION", "NOT_WITHDRAWN", "Registry.WithdrawBlob", self.admin, sha256=digest, lift=True)
        dry = self.withdraw(digest, reason="only a check", validate_only=True)
        self.assertEqual(dry["state"], "BLOB_STATE_WITHDRAWN")
        self.assertEqual(self.get(self.path(digest)).body, data)
        self.assertEqual(self.chunks(digest), 1)
        size = self.size()
        blob = self.withdraw(digest, reason="somebody's secret was in it")
        self.assertEqual((blob["state"], blob["size"]), ("BLOB_STATE_WITHDRAWN", str(len(data))))
        self.assertEqual(self.withdraw(digest, reason="again"), blob)
        self.assertEqual(self.size(), size, "withdrawing is no entry of the log")
        self.assertEqual(self.chunks(digest), 0)
        self.check_withdrawn(data, digest, blob)
        self.server.stop()  # and it outlives the server
        self.server.start()
        type(self).http = self.server.http
        self.__class__.admin, self.__class__.anyone = self.server.client(), self.server.client(None)
        self.__class__.alice = person(self.admin, "alice again")
        self.check_withdrawn(data, digest, blob)
        self.lifted(data, digest)

    def check_withdrawn(self, data, digest, blob):
        for method in ("GET", "HEAD"):
            gone = self.get(self.path(digest), method=method, headers={"If-None-Match": '"%s"' % digest})
            self.assertEqual((gone.status, gone["Cache-Control"]), (410, "no-cache"))
        text = self.get(self.path(digest)).body.decode()
        self.assertEqual(text, "withdrawn\nsha256 %s\ntime %s\nreason sha256:%s\n"
                         % (digest, re.search(r"time (\S+)", text).group(1), blob["reason_sha256"]))
        self.assertIn(re.sub(r"0*Z$", "", blob["withdraw_time"]), text)
        failure = self.refused("FAILED_PRECONDITION", "BLOB_WITHDRAWN", "Registry.GetBlob", self.anyone, sha256=digest)
        self.assertEqual(failure.metadata["reason_sha256"], blob["reason_sha256"])
        with self.assertRaises(Failure) as caught:
            self.alice.upload("BLOB_KIND_LICENSE_TEXT", data, digest)
        self.assertEqual((caught.exception.code, caught.exception.reason), ("FAILED_PRECONDITION", "BLOB_WITHDRAWN"))

    def lifted(self, data, digest):
        self.assertEqual(self.withdraw(digest, lift=True)["state"], "BLOB_STATE_LIFTED")
        self.assertEqual(self.withdraw(digest, lift=True)["state"], "BLOB_STATE_LIFTED")
        self.assertEqual(self.get(self.path(digest)).status, 404)
        self.refused("NOT_FOUND", "BLOB_NOT_FOUND", "Registry.GetBlob", self.anyone, sha256=digest)
        blob = self.alice.upload("BLOB_KIND_LICENSE_TEXT", data, digest)
        self.assertEqual((blob["state"], blob["reason_sha256"]), ("BLOB_STATE_STORED", ""))
        self.assertEqual(self.get(self.path(digest)).body, data)

    def test_command_line(self):
        _, digest = self.text("for the command line")
        code, blob = self.server.jokbo_json("blob", "get", digest)
        self.assertEqual((code, blob["state"]), (0, "stored"))
        self.assertEqual(self.server.jokbo("blob", "withdraw", digest).returncode, 3)
        done = self.server.jokbo("blob", "withdraw", digest, "--reason", "wrong file")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"state +withdrawn")
        self.assertEqual(self.server.jokbo("blob", "get", digest).returncode, 4)
        self.assertEqual(self.server.jokbo("blob", "withdraw", digest, "--lift").returncode, 0)
        self.assertEqual(self.server.jokbo("blob", "get", digest).returncode, 5)


class Readiness(Shared):
    def postgres(self):
        found = []
        for pid in self.server.processes():
            with open("/proc/%d/comm" % pid) as f:
                if f.read().strip() == "postgres":
                    found.append(pid)
        return found

    def test_database_that_hangs(self):
        self.assertEqual((self.get("/readyz").status, self.get("/readyz").body), (200, b"ready\n"))
        stopped = self.postgres()
        self.assertTrue(stopped)
        try:
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)
            time.sleep(1.1)  # what was found before holds for a second
            started = time.monotonic()
            answer = self.get("/readyz")
            self.assertEqual((answer.status, answer["Cache-Control"]), (503, "no-store"))
            self.assertIn(b"database: does not answer\n", answer.body)
            self.assertLess(time.monotonic() - started, allowed(4))
            self.assertEqual(self.get("/healthz").status, 200)
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
        eventually(lambda: self.get("/readyz").status == 200)

    def test_many_ask(self):
        """They share one finding-out."""
        statuses = []

        def fetch():
            for _ in range(20):
                statuses.append(self.get("/readyz").status)
        threads = [threading.Thread(target=fetch) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(set(statuses), {200})


class Metrics(Shared):
    LINE = re.compile(r'^([a-z][a-z0-9_]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? ([0-9.]+)$')

    def scrape(self):
        answer = ask(self.server.metrics, "/metrics")
        self.assertEqual((answer.status, answer["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        return self.parse(answer.body.decode())

    def parse(self, text):
        """Prometheus' text format 0.0.4, strictly: HELP, TYPE, then samples of that family alone."""
        self.assertTrue(text.endswith("\n"))
        values, families, family, kind = {}, set(), None, None
        for line in text[:-1].split("\n"):
            if line.startswith("# HELP "):
                family, _, help_text = line[7:].partition(" ")
                self.assertTrue(help_text and family not in families, line)
                families.add(family)
                kind = None
            elif line.startswith("# TYPE "):
                name, kind = line[7:].split(" ")
                self.assertEqual(name, family)
                self.assertIn(kind, ("counter", "gauge", "histogram"))
            else:
                found = self.LINE.match(line)
                self.assertTrue(found and kind, line)
                self.assertIn(found.group(1)[len(family):] if found.group(1).startswith(family) else "?",
                              ("_bucket", "_sum", "_count") if kind == "histogram" else ("",), line)
                key = found.group(1) + ("{%s}" % found.group(2) if found.group(2) else "")
                self.assertNotIn(key, values)
                values[key] = float(found.group(3))
        self.check_histograms(values)
        return values

    def check_histograms(self, values):
        buckets = {}
        for key, value in values.items():
            found = re.match(r'(.*)_bucket\{(.*?),?le="([^"]*)"\}$', key)
            if found:
                buckets.setdefault((found.group(1), found.group(2)), []).append((float(found.group(3)), value))
        self.assertTrue(buckets)
        for (name, labels), found in buckets.items():
            self.assertEqual(found, sorted(found), name)
            self.assertEqual([v for _, v in found], sorted(v for _, v in found), name)
            self.assertEqual(found[-1], (float("inf"), values[name + "_count" + ("{%s}" % labels if labels else "")]))

    def test_values_move(self):
        before = self.scrape()
        self.register("alice/counted", "skt/A.X-K1")
        with self.assertRaises(Failure):
            self.anyone.call("Registry.GetModel", name="no/body")
        self.get("/nothing")
        self.get("/healthz")
        after = self.scrape()

        def grown(key):
            return after[key] - before.get(key, 0)
        register = 'method="jokbo.v1.Registry/RegisterDerivative"'
        self.assertEqual(grown("jokbo_rpc_calls_total{%s,code=\"OK\"}" % register), 1)
        self.assertEqual(grown('jokbo_rpc_calls_total{method="jokbo.v1.Registry/GetModel",code="NOT_FOUND"}'), 1)
        self.assertEqual(grown("jokbo_rpc_duration_seconds_count{%s}" % register), 1)
        self.assertGreater(grown("jokbo_rpc_duration_seconds_sum{%s}" % register), 0)
        self.assertEqual(grown("jokbo_batch_writes_count"), 1)
        self.assertEqual(grown("jokbo_batch_entries_total"), 1)
        self.assertEqual(grown("jokbo_batch_duration_seconds_count"), 1)
        self.assertEqual(after["jokbo_log_size"], self.size())
        self.assertEqual(after["jokbo_database_up"], 1)
        self.assertEqual(after["jokbo_publish_stopped"], 0)
        eventually(lambda: self.scrape()["jokbo_published_size"] == self.size())
        eventually(lambda: self.scrape()["jokbo_publish_lag_seconds"] == 0)
        self.assertEqual(grown('jokbo_http_requests_total{route="none",status="404"}'), 1)
        self.assertEqual(grown('jokbo_http_requests_total{route="healthz",status="200"}'), 1)

    def test_process(self):
        found = self.scrape()
        pid = self.server.process.pid
        self.assertAlmostEqual(found["process_start_time_seconds"], time.time(), delta=300)
        self.assertEqual(found["process_threads"], len(os.listdir("/proc/%d/task" % pid)))
        self.assertAlmostEqual(found["process_open_fds"], len(os.listdir("/proc/%d/fd" % pid)), delta=5)
        self.assertGreater(found["process_resident_memory_bytes"], 5 << 20)
        spent = found["process_cpu_seconds_total"]
        for _ in range(300):
            self.get("/healthz")
        eventually(lambda: self.scrape()["process_cpu_seconds_total"] > spent)

    def test_listener_of_its_own(self):
        self.assertEqual(ask(self.server.metrics, "/").status, 404)
        self.assertEqual(ask(self.server.metrics, "/checkpoint").status, 404)
        self.assertEqual(ask(self.server.metrics, "/metrics", method="HEAD").status, 200)
        self.assertEqual(status_of(raw(self.server.metrics, b"POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n")), 405)
        own = http.client.HTTPConnection(self.server.metrics, timeout=30)
        for _ in range(3):
            self.assertEqual(ask(self.server.metrics, "/metrics", connection=own).status, 200)
        own.close()


class Limits(unittest.TestCase):
    def test_connections(self):
        with Server("--http-connections", "16", "--http-per-address", "4") as server:
            def alive(s):
                s.settimeout(5)
                try:
                    s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                    return status_of(s.recv(1024)) == 200
                except (ConnectionError, socket.timeout):
                    return False
            held = [connect(server.http) for _ in range(4)]
            self.assertEqual([alive(s) for s in held], [True] * 4)
            with connect(server.http) as fifth:
                self.assertFalse(alive(fifth))
            self.assertEqual([alive(s) for s in held], [True] * 4)
            other = connect(server.http, source_address=("127.0.0.2", 0))
            self.assertTrue(alive(other))
            held.pop().close()

            def comes_in():
                with connect(server.http) as s:
                    return alive(s)
            eventually(comes_in)
            for s in held + [other]:
                s.close()

    def test_slow_clients(self):
        """Neither silence nor a byte now and then holds a connection for longer than a request may take."""
        with Server("--metrics", "127.0.0.1:0") as server:
            ends = {}

            def drip(name, first, pause):
                started = time.monotonic()
                with connect(server.http) as s:
                    s.sendall(first)
                    s.settimeout(pause)
                    while time.monotonic() - started < 40:
                        try:
                            if not s.recv(4096):
                                break
                        except socket.timeout:
                            try:
                                if pause < 10:
                                    s.sendall(b"x")
                            except ConnectionError:
                                break
                        except ConnectionError:
                            break
                ends[name] = time.monotonic() - started
            request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
            threads = [threading.Thread(target=drip, args=one) for one in (
                ("silent", b"", 40), ("slow line", b"GET /", 1), ("slow header", b"GET / HTTP/1.1\r\nHost: x\r\nA: ", 1),
                ("after an answer", request, 40), ("slow after an answer", request + b"GET /", 1))]
            for thread in threads:
                thread.start()
            time.sleep(5)
            self.assertEqual(ask(server.http, "/healthz").status, 200)
            for thread in threads:
                thread.join()
            for name, seconds in ends.items():
                self.assertTrue(13 < seconds < 20 * SLOWER, (name, seconds))
            text = ask(server.metrics, "/metrics").body.decode()
            self.assertGreaterEqual(int(re.search(r"^jokbo_http_overdue_total (\d+)$", text, re.M).group(1)), 3)

    def test_off_and_wrong(self):
        with Server("--http", "off") as server:
            self.assertEqual((server.http, server.metrics), (None, None))
            self.assertTrue(server.client().call("Log.GetCheckpoint")["note"])
        for options in (("--http", "nonsense"), ("--metrics", "nonsense"), ("--http-connections", "7")):
            with self.assertRaises(RuntimeError) as caught:
                Server(*options).start()
            self.assertIn(options[0], str(caught.exception))

    def test_taken_port(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen(1)
            server = Server("--http", "127.0.0.1:%d" % s.getsockname()[1])
            self.addCleanup(server.close)
            with self.assertRaises(RuntimeError) as caught:
                server.start()
            self.assertIn("another process is using the port", str(caught.exception))
            server.process = None

    def test_unix_socket(self):
        server = Server()
        self.addCleanup(server.close)
        path = os.path.join(server.data, "http.sock")
        server.options = ["--http", "unix:" + path, "--public", os.path.join(server.data, "elsewhere") + "/"]
        server.start()
        self.assertEqual(server.http, "unix:" + path)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o660)
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            for target in (b"/readyz", b"/log.vkey"):
                s.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % target)
                self.assertEqual(status_of(s.recv(1024)), 200)
        server.stop()
        self.assertFalse(os.path.exists(path))

    def test_draining(self):
        """No new connections at once, while those that are there are served, and closed, until the calls are over."""
        with Server("--drain-ms", "6000") as server:
            client = server.client()
            size = int(client.call("Log.GetCheckpoint")["log_size"])

            def hold():  # a call that waits for an entry that does not come
                with self.assertRaises(Failure):
                    client.call("Evaluation.CountDerivatives", scope={"all": True}, min_log_size=size + 1000, timeout=4)
            holder = threading.Thread(target=hold)
            holder.start()
            own = http.client.HTTPConnection(server.http, timeout=30)
            self.assertEqual(ask(server.http, "/healthz", connection=own).status, 200)
            time.sleep(0.5)
            server.process.send_signal(signal.SIGTERM)

            def refused():
                try:
                    connect(server.http).close()
                    return False
                except ConnectionRefusedError:
                    return True
                except ConnectionResetError:  # it came in the moment in which the port was closed
                    return False
            eventually(refused)
            answer = ask(server.http, "/readyz", connection=own)
            self.assertEqual((answer.status, answer.body, answer["Connection"]), (503, b"server: stopping\n", "close"))
            self.assertIsNone(own.sock)
            holder.join()
            client.close()
            self.assertEqual(server.process.wait(30), 0)
            server.process.stdout.close()
            server.errors.close()
            server.process = None


if __name__ == "__main__":
    unittest.main()
