"""What stands in docker/ and can be run without a container engine: nginx with docker/nginx.conf in front of a real jokbod on Unix
sockets, and the roles of docker/roles.sh with the migrate command of docker/compose.yaml on a real PostgreSQL. The proxy's part is
skipped where nginx is not installed."""
import gzip
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import jokbo  # noqa: E402

import grpc  # noqa: E402

DOCKER = os.path.join(jokbo.ROOT, "docker")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Proxy:
    """nginx with the repository's configuration: only paths and the port are put in their places."""

    def __init__(self, socket_path, http_path, **changes):
        self.dir = tempfile.mkdtemp(prefix="jokbo-proxy-", dir="/tmp")
        self.port = free_port()
        self.cert = os.path.join(self.dir, "proxy.crt")
        key = os.path.join(self.dir, "proxy.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key,
                        "-out", self.cert], check=True, capture_output=True)
        with open(os.path.join(DOCKER, "nginx.conf")) as f:
            conf = f.read()
        for old, new in (("/run/jokbo/grpc.sock", socket_path), ("/run/jokbo/http.sock", http_path), ("/etc/jokbo/tls/proxy.crt", self.cert),
                         ("/etc/jokbo/tls/proxy.key", key), ("listen 8443", "listen 127.0.0.1:%d" % self.port),
                         ("/tmp/nginx.pid", os.path.join(self.dir, "nginx.pid")), ("rate=200r/s", "rate=10000r/s")):
            assert old in conf, old
            conf = conf.replace(old, new)
        for old, new in changes.values():
            assert old in conf, old
            conf = conf.replace(old, new)
        conf = conf.replace("http {", "http {\n" + "".join("  %s_temp_path %s/%s;\n" % (kind, self.dir, kind) for kind in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi")), 1)
        self.conf = os.path.join(self.dir, "nginx.conf")
        with open(self.conf, "w") as f:
            f.write(("user root;\n" if os.geteuid() == 0 else "") + conf)

    def start(self):
        with open(os.path.join(self.dir, "errors"), "wb") as errors:
            self.process = subprocess.Popen([NGINX, "-c", self.conf, "-p", self.dir, "-g", "daemon off;"], stderr=errors)
        for _ in range(100):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise RuntimeError("nginx did not start")

    def errors(self):
        with open(os.path.join(self.dir, "errors")) as f:
            return f.read()

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.dir, ignore_errors=True)


@unittest.skipUnless(NGINX, "nginx is not installed")
class BehindTheProxy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_dir = tempfile.mkdtemp(prefix="jokbo-socket-", dir="/tmp")
        cls.server = jokbo.Server("--listen", "unix:%s/grpc.sock" % cls.run_dir, "--http", "unix:%s/http.sock" % cls.run_dir).start()
        cls.proxy = Proxy(cls.run_dir + "/grpc.sock", cls.run_dir + "/http.sock").start()
        with open(cls.proxy.cert, "rb") as f:
            cls.credentials = grpc.ssl_channel_credentials(f.read())
        cls.client = jokbo.Client("localhost:%d" % cls.proxy.port, cls.server.token, credentials=cls.credentials)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.proxy.close()
        cls.server.close()
        shutil.rmtree(cls.run_dir, ignore_errors=True)

    def test_writes_reads_and_streams_pass(self):
        created = self.client.call("Registry.CreatePublisher", name="behind-proxy")
        self.assertEqual(created["name"], "behind-proxy")
        entries = self.client.entries()
        self.assertIn(b"publisher behind-proxy\n", entries[-1])

    def test_error_details_pass(self):
        with self.assertRaises(jokbo.Failure) as caught:
            self.client.call("Registry.GetModel", name="no/such")
        self.assertEqual((caught.exception.code, caught.exception.reason), ("NOT_FOUND", "MODEL_NOT_FOUND"))

    def test_uploads_pass(self):
        text = b"a licence\n" * 50000
        import hashlib
        blob = self.client.upload("BLOB_KIND_LICENSE_TEXT", text, hashlib.sha256(text).hexdigest())
        self.assertEqual(int(blob["size"]), len(text))

    def fetch(self, path, method="GET", proxy=None, **headers):
        proxy = proxy or self.proxy
        with open(proxy.cert) as f:
            context = ssl.create_default_context(cadata=f.read())
        connection = http.client.HTTPSConnection("localhost", proxy.port, context=context, timeout=20)
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response, body

    def test_the_public_log_passes(self):
        bundle = b"an entry " * 20000
        path = os.path.join(self.server.data, "public", "tile", "entries", "x900")
        os.makedirs(path)
        with open(os.path.join(path, "000"), "wb") as f:
            f.write(bundle)
        response, body = self.fetch("/tile/entries/x900/000")
        self.assertEqual((response.status, body), (200, bundle))
        self.assertEqual(response.headers["Cache-Control"], "public, max-age=31536000, immutable")
        response, body = self.fetch("/tile/entries/x900/000", **{"Accept-Encoding": "gzip"})
        self.assertEqual((response.headers["Content-Encoding"], gzip.decompress(body)), ("gzip", bundle))
        self.assertEqual(response.headers.get_all("Access-Control-Allow-Origin"), ["*"])
        response, body = self.fetch("/tile/entries/x900/000", Range="bytes=5-9")
        self.assertEqual((response.status, body), (206, bundle[5:10]))
        for path, method, status in (("/tile/0/999", "GET", 404), ("/tile/entries/x900/000", "HEAD", 200), ("/metrics", "GET", 404),
                                     ("/tile/entries/x900/000", "POST", 403), ("/readyz", "GET", 404), ("/healthz", "GET", 404),
                                     ("/manifest/sha256/" + "0" * 64, "GET", 404), ("/tile/../log.key", "GET", 404)):
            self.assertEqual(self.fetch(path, method)[0].status, status, path)

    def test_reports_and_their_key_pass(self):
        """Whoever audits a stage through the proxy has to get all of it."""
        public = os.path.join(self.server.data, "public")
        folder = os.path.join(public, "stage", "proxied", "1")
        os.makedirs(folder)
        paths = ["/counts.vkey"] + ["/stage/proxied/1/" + name for name in (
            "report.tsv", "report.json", "members.txt", "left-out.tsv", "certificate", "report.html", "report.csv",
            "counted.csv", "left-out.csv")]
        for path in paths:
            with open(public + path, "wb") as f:
                f.write(path.encode())
            response, body = self.fetch(path)
            self.assertEqual((response.status, body), (200, path.encode()), path)
            self.assertEqual(response.headers.get_all("Access-Control-Allow-Origin"), ["*"])
            self.assertEqual(self.fetch(path, "POST")[0].status, 403, path)
        with open(folder + "/members.txt", "wb") as f:
            f.write(b"a/member\n" * 1000)
        response, body = self.fetch("/stage/proxied/1/members.txt", **{"Accept-Encoding": "gzip"})
        self.assertEqual((response.headers["Content-Encoding"], response.headers["Vary"]), ("gzip", "Accept-Encoding"))
        self.assertEqual(gzip.decompress(body), b"a/member\n" * 1000)
        self.assertEqual(self.fetch("/stage/proxied/1/members.txt", **{"Accept-Encoding": "gzip", "If-None-Match": response.headers["ETag"]})[0].status, 304)
        for path in ("/stage/proxied/1/", "/stage/proxied/1/other", "/stage/proxied/2/report.tsv", "/counts.key", "/counts.vkey/x"):
            self.assertEqual(self.fetch(path)[0].status, 404, path)

    def test_the_interface_as_json_passes(self):
        response, body = self.fetch("/v1/log/checkpoint")
        self.assertEqual((response.status, response.headers["Content-Type"]), (200, "application/json"))
        self.assertIn(b'"logSize"', body)
        self.assertEqual(self.fetch("/v1/log/checkpoint", **{"If-None-Match": response.headers["ETag"]})[0].status, 304)
        self.assertEqual(self.fetch("/openapi.json", **{"Accept-Encoding": "gzip"})[0].headers["Content-Encoding"], "gzip")
        self.assertEqual(self.fetch("/v1/log/checkpoint", "OPTIONS")[0].status, 204)
        for method, status in (("POST", 415), ("OPTIONS", 204), ("GET", 405)):  # what says no for a missing type is behind
            self.assertEqual(self.fetch("/v1/card:read", method)[0].status, status)

    def same_without_the_proxy(self, path, method, body=None):
        """What the proxy refuses is told as the server behind it tells it."""
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.run_dir + "/http.sock")
            s.sendall(("%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n" % (
                method, path, "Content-Length: %d\r\n" % len(body) if body is not None else "")).encode())
            behind = http.client.HTTPResponse(s)
            behind.begin()
            text = behind.read()
        response, found = self.fetch(path, method, **({"Content-Length": str(len(body))} if body is not None else {}))
        self.assertEqual((response.status, found), (behind.status, text), path)
        for name in ("Content-Type", "Allow", "Access-Control-Allow-Origin", "Cache-Control", "Retry-After"):
            self.assertEqual(response.headers.get_all(name), behind.headers.get_all(name), name)
        return response.status

    def test_what_the_proxy_refuses_of_the_interface(self):
        for path in ("/v1/log/checkpoint", "/v1/log/entries:watch", "/v1/count", "/log", "/openapi.json"):
            for method in ("POST", "PUT", "DELETE"):
                self.assertEqual(self.same_without_the_proxy(path, method), 405, path)
        for method in ("GET", "PUT"):
            self.assertEqual(self.same_without_the_proxy("/v1/card:read", method), 405)
        self.assertEqual(self.same_without_the_proxy("/v1/card:read", "POST", b" " * (3 << 20)), 413)

    def test_a_limit_of_the_proxy_is_told_as_json(self):
        proxy = Proxy(self.run_dir + "/grpc.sock", self.run_dir + "/http.sock", rate=("rate=10000r/s", "rate=1r/m"),
                      burst=("burst=400 nodelay", "burst=1 nodelay")).start()
        self.addCleanup(proxy.close)
        response, body = [self.fetch("/v1/count?scope.all=true", proxy=proxy) for _ in range(4)][-1]
        self.assertEqual((response.status, response.headers["Content-Type"], response.headers["Retry-After"]), (503, "application/json", "1"))
        self.assertEqual(response.headers.get_all("Access-Control-Allow-Origin"), ["*"])
        self.assertEqual([detail["reason"] for detail in json.loads(body)["details"]], ["BUSY"])

    def test_the_site_passes(self):
        response, body = self.fetch("/?lang=en", Accept="text/html")
        self.assertEqual((response.status, response.headers["Content-Language"]), (200, "en"))
        asset = re.search(rb'href="(/assets/[^"]*)"', body).group(1).decode()
        for path in (asset, "/favicon.ico", "/feed.atom", "/robots.txt", "/sitemap.xml", "/sitemaps/site.xml", "/log", "/log/0", "/method", "/search?q=x", "/stages"):
            self.assertEqual(self.fetch(path)[0].status, 200, path)
        for path in ("/models/no/body", "/bases/no/body", "/teams/nobody", "/publishers/nobody", "/policies/none"):
            response, body = self.fetch(path, Accept="text/html")
            self.assertEqual((response.status, b'role="search"' in body), (404, True), path)

    def test_events_pass_as_they_come(self):
        with open(self.proxy.cert) as f:
            context = ssl.create_default_context(cadata=f.read())
        size = int(self.client.call("Log.GetCheckpoint")["log_size"])
        connection = http.client.HTTPSConnection("localhost", self.proxy.port, context=context, timeout=20)
        self.addCleanup(connection.close)
        connection.request("GET", "/v1/log/entries:watch?start=%d" % size)
        response = connection.getresponse()
        self.assertEqual((response.status, response.headers["Content-Type"]), (200, "text/event-stream"))

        def next_id():
            while True:
                line = response.readline()
                if line.startswith(b"id: "):
                    return int(line[4:])
        self.assertEqual(next_id(), size)
        started = time.monotonic()
        self.client.call("Registry.CreatePublisher", name="watched-through-proxy")
        self.assertEqual(next_id(), size + 1)
        self.assertLess(time.monotonic() - started, jokbo.allowed(10))  # not with the next comment, nor when a buffer is full

    def test_refusals_are_of_level_info(self):
        """A stranger who meets a limit fills nobody's log; who wants to see him writes info into the file."""
        for level, seen in (("warn", 0), ("info", 1)):
            proxy = Proxy(self.run_dir + "/grpc.sock", self.run_dir + "/http.sock", level=("stderr warn", "stderr " + level),
                          rate=("rate=2000r/s", "rate=1r/m"), burst=("burst=4000", "burst=1")).start()
            self.addCleanup(proxy.close)
            self.assertIn(503, [self.fetch("/checkpoint", proxy=proxy)[0].status for _ in range(4)])
            found = re.findall(r"\[(\w+)\].* limiting requests", proxy.errors())
            self.assertEqual(set(found), {"info"} if seen else set())

    def test_a_client_cannot_say_where_it_is(self):
        """The registry takes the proxy's word, which is the connection's, and not what a client claims."""
        server = jokbo.Server("--listen", "unix:%s/few.sock" % self.run_dir, "--calls-per-address", "16").start()
        self.addCleanup(server.close)
        proxy = Proxy(self.run_dir + "/few.sock", self.run_dir + "/http.sock").start()
        self.addCleanup(proxy.close)
        with open(proxy.cert, "rb") as f:
            channel = grpc.secure_channel("localhost:%d" % proxy.port, grpc.ssl_channel_credentials(f.read()))
        self.addCleanup(channel.close)
        watch = channel.unary_stream("/grpc.health.v1.Health/Watch")
        streams = [watch(b"", metadata=(("x-forwarded-for", "192.0.2.%d" % i),)) for i in range(17)]
        codes = []
        for stream in streams:
            try:
                codes.append(bool(next(stream)))
            except grpc.RpcError as error:
                codes.append(error.code())
        self.assertEqual(codes.count(True), 16, codes)
        self.assertEqual(codes.count(grpc.StatusCode.RESOURCE_EXHAUSTED), 1, codes)
        for stream in streams:
            stream.cancel()

    def test_the_command_line_speaks_to_it(self):
        result = self.server.jokbo("whoami", "--server", "localhost:%d" % self.proxy.port, "--tls", "--ca", self.proxy.cert)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_clients_are_told_apart(self):
        """By the address that the proxy saw, whatever a client claims; not all of them are one, behind one socket."""
        size = int(self.client.call("Log.GetCheckpoint")["log_size"])
        claims = [jokbo.Client("localhost:%d" % self.proxy.port, credentials=self.credentials, forwarded="192.0.2.%d" % i) for i in range(17)]
        request, _ = self.client.stub("Log.GetCheckpoint")
        calls = [client.stub("Log.GetCheckpoint")[1].future(request(min_log_size=size + 1), timeout=20, metadata=client.metadata())
                 for client in claims]
        until = time.monotonic() + 20
        while not any(call.done() for call in calls) and time.monotonic() < until:
            time.sleep(0.01)
        refused = [call.exception() for call in calls if call.done()]
        self.assertEqual(len(refused), 1)
        self.assertIn("16 calls wait for the log to grow without an account from 127.0.0.1",
                      jokbo.Failure(refused[0], self.client.pool).message)
        direct = jokbo.Client(self.server.address, forwarded="192.0.2.1")
        calls.append(direct.stub("Log.GetCheckpoint")[1].future(request(min_log_size=size + 1), timeout=20, metadata=direct.metadata()))
        self.client.call("Registry.CreatePublisher", name="wakes-them")
        self.assertEqual(sum(call.exception() is None for call in calls), 17)
        for client in claims + [direct]:
            client.close()

    def test_other_paths_do_not_reach_the_server(self):
        request = grpc.secure_channel("localhost:%d" % self.proxy.port, self.credentials).unary_unary("/other.Service/Method")
        with self.assertRaises(grpc.RpcError) as caught:
            request(b"", timeout=10)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNIMPLEMENTED)


class Roles(unittest.TestCase):
    """The roles of roles.sh, brought up by the command of the service migrate, are what test_roles.py asks of roles."""

    def read(self, name):
        with open(os.path.join(DOCKER, name)) as f:
            return f.read()

    def test_least_rights(self):
        cluster = jokbo.Cluster()
        self.addCleanup(cluster.close)
        cluster.start()
        script = re.search(r"<<'SQL'\n(.*)\nSQL\n", self.read("roles.sh"), re.S).group(1)
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "owner=a", "-v", "server=b",
                        cluster.url.replace("dbname=jokbo", "dbname=postgres")], input=script, text=True, check=True,
                       capture_output=True)
        command = re.search(r"^    command: \[(migrate.*)\]$", self.read("compose.yaml"), re.M).group(1).split(", ")
        database = {user: cluster.url.replace("user=postgres", "user=" + user) for user in ("jokbo_owner", "jokbo_server")}
        server = jokbo.Server("--database", database["jokbo_server"], "--origin", "roles.example/jokbo")
        self.addCleanup(server.close)
        server.options += ["--client-config", os.path.join(server.data, "client.config")]
        migrated = subprocess.run([server.binary] + command, env=dict(os.environ, JOKBOD_DATABASE=database["jokbo_owner"]),
                                  capture_output=True, text=True)
        self.assertEqual(migrated.returncode, 0, migrated.stderr)
        server.start()
        client = server.client()
        self.addCleanup(client.close)
        client.call("Registry.CreatePublisher", name="least-rights", request_id=jokbo.new_id())
        self.assertNotIn("database-role-can-change-entries", server.log())
        for statement in ("update entry set time_us = 0", "delete from entry", "truncate entry", "drop table entry"):
            refused = subprocess.run(["psql", "-X", "-d", database["jokbo_server"], "-c", statement], capture_output=True, text=True)
            self.assertRegex(refused.stderr, "permission denied|must be owner", statement)


class Image(unittest.TestCase):
    """What can be said of the image without an engine."""

    def read(self, *path):
        with open(os.path.join(jokbo.ROOT, *path)) as f:
            return f.read()

    def let_through(self):
        lines = [line for line in self.read(".dockerignore").splitlines() if not line.startswith("#")]
        self.assertEqual((lines[0], lines[-1]), ("*", "**/.*"), "nothing but what is named, and nothing hidden below it")
        self.assertTrue(all(re.fullmatch(r"![A-Za-z.]+", line) for line in lines[1:-1]), lines)
        return {line[1:] for line in lines[1:-1]}

    def test_what_gets_into_the_build(self):
        """Exactly what CMake reads for the programs: with data, keys or settings beside it, none of them."""
        cmake = "".join(self.read(*path) for path in (("CMakeLists.txt",), ("registry", "build.cmake"), ("registry", "installed.cmake")))
        read = set(re.findall(r"\$\{JK_ROOT\}/([A-Za-z.]+)", cmake)) | {"CMakeLists.txt"}
        self.assertEqual(self.let_through(), read)
        for name in read:
            self.assertTrue(os.path.exists(os.path.join(jokbo.ROOT, name)), name)

    def test_packages_are_named_once(self):
        """By registry/install, which the image calls; what else is said in the Dockerfile is no package."""
        dockerfile = self.read("docker", "Dockerfile")
        self.assertEqual(re.findall(r"/install (\w+)", dockerfile), ["build", "libraries", "server"])
        self.assertNotIn("apt-get", dockerfile)

    def test_libraries_of_the_programs(self):
        """All that they load and that a package owns; the linker knows them by sonames, Debian by packages."""
        found = subprocess.run([os.path.join(jokbo.ROOT, "registry", "install"), "libraries", os.path.join(jokbo.BUILD, "jokbod"),
                                os.path.join(jokbo.BUILD, "jokbo")], check=True, capture_output=True, text=True).stdout.split()
        self.assertEqual(found, sorted(set(found)))
        starts = ["libc6", "libprotobuf-c1", "libpq5", "libssl3", "libjansson4", "libyaml-0-2", "libcurl", "libmicrohttpd", "zlib1g"]
        if not any(package.startswith("libasan") for package in found):  # for sanitizers gRPC is linked in, see registry/grpc.cmake
            starts.append("libgrpc")
        for start in starts:
            self.assertTrue(any(package.startswith(start) for package in found), (start, found))
        for package in found:
            subprocess.run(["dpkg-query", "-W", package], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    unittest.main(verbosity=2)
