"""The interface as JSON over HTTP: each path against gRPC's reply as Google's own writer has it, errors, what may be kept, tables,
and Server-Sent Events with clients that come back, that are slow, and that are gone."""
import base64
import csv
import datetime
import gzip
import http.client
import io
import json
import os
import re
import socket
import sys
import threading
import time
import unittest
import urllib.parse

from google.protobuf import json_format

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import ROOT, Case, Server, allowed, eventually, new_id, derivative, external, person  # noqa: E402
from test_http import ask, connect, raw  # noqa: E402

BASE = "skt/A.X-K1"
IMMUTABLE = "public, max-age=31536000, immutable"
VARY = "Accept, Accept-Language, Accept-Encoding"


def paths_of_protos():
    """Every path that a method is annotated with: {(method, path)}."""
    found, folder = set(), os.path.join(ROOT, "proto", "jokbo", "v1")
    for name in os.listdir(folder):
        with open(os.path.join(folder, name)) as f:
            text = f.read()
        service = None
        for line in re.finditer(r"^service (\w+)|^  rpc (\w+)|get: \"([^\"]+)\"", text, re.M):
            if line.group(1):
                service = line.group(1)
            elif line.group(2):
                method = service + "." + line.group(2)
            else:
                found.add((method, line.group(3)))
    return found


class Events:
    """A stream of events over a socket of its own."""

    def __init__(self, address, path, last=None, forwarded=None):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        self.socket.sendall(("GET %s HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n%s%s\r\n" % (
            path, "Last-Event-ID: %s\r\n" % last if last is not None else "",
            "X-Forwarded-For: %s\r\n" % forwarded if forwarded else "")).encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = http.client.parse_headers(self.file)
        self.left = b""

    def line(self):
        while b"\n" not in self.left:
            size = int(self.file.readline(), 16)
            self.left += self.file.read(size)
            self.file.readline()
            if size == 0:
                raise EOFError
        line, self.left = self.left.split(b"\n", 1)
        return line.decode()

    def next(self):
        """The next event with data: its id, name and data."""
        event = {}
        while True:
            line = self.line()
            if not line and "data" in event:
                return event.get("id"), event.get("event", "message"), json.loads(event["data"])
            name, _, value = line.partition(": ")
            if name:
                event[name] = value

    def comment(self):
        while True:
            line = self.line()
            if line.startswith(":"):
                return line

    def close(self):
        self.file.close()
        self.socket.close()


class Json(Case):
    options = ("--proxies", "127.0.0.1", "--http-connections", "4096", "--http-per-address", "2048", "--metrics", "127.0.0.1:0")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for i in range(6):
            name = "alice/m-%d" % i
            cls.alice.call("Registry.RegisterDerivative", derivative=derivative(name, BASE if i == 0 else "alice/m-%d" % (i - 1)))

    def get(self, path, method="GET", **headers):
        return ask(self.server.http, path, method, {name.replace("_", "-"): value for name, value in headers.items()})

    def ok(self, path, **headers):
        answer = self.get(path, **headers)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer["Vary"], VARY)
        self.assertEqual(answer["Access-Control-Allow-Origin"], "*")
        return answer

    def json(self, path, **headers):
        return json.loads(self.ok(path, **headers).body)

    def failed(self, path, status, reason=None, fields=None, **headers):
        answer = self.get(path, **headers)
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual((answer["Content-Type"], answer["Cache-Control"]), ("application/json", "no-store"))
        found = json.loads(answer.body)
        details = {detail["@type"].rsplit(".", 1)[1]: detail for detail in found["details"]}
        if reason:
            self.assertEqual(details["ErrorInfo"]["reason"], reason)
        if fields is not None:
            self.assertEqual(sorted(v["field"] for v in details["BadRequest"]["fieldViolations"]), sorted(fields))
        return found, answer

    def metric(self, name):
        answer = ask_plain(self.server.metrics, "/metrics")
        found = re.search(r"^%s (\S+)$" % re.escape(name), answer, re.M)
        return float(found.group(1)) if found else 0


def ask_plain(address, path):
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.request("GET", path)
    body = connection.getresponse().read().decode()
    connection.close()
    return body


class Methods(Json):
    """Each path is its method."""

    def cases(self):
        hash_of = self.anyone.call("Registry.GetRelease", name="alice/m-5")["lineage_hash"]
        index = self.model("alice/m-5")["log_index"]
        return {
            "/v1/publishers/{name}": [("alice", {"name": "alice"})],
            "/v1/publishers": [("?page_size=1", {"page_size": 1})],
            "/v1/base-models": [("", {})],
            "/v1/teams": [("?pageSize=2", {"page_size": 2})],
            "/v1/models/{name=*/*}": [("alice/m-5", {"name": "alice/m-5"}), ("skt/A.X%2DK1", {"name": BASE})],
            "/v1/models": [("?page_size=3&publisher=alice", {"page_size": 3, "publisher": "alice"})],
            "/v1/suggestions": [("?text=alice", {"text": "alice"})],
            "/v1/models/{model=*/*}/derivatives": [(BASE, {"model": BASE})],
            "/v1/models/{name=*/*}/lineage": [("alice/m-5", {"name": "alice/m-5"})],
            "/v1/releases/{name=*/*}": [("alice/m-5", {"name": "alice/m-5"})],
            "/v1/releases/{lineage_hash}": [(hash_of, {"lineage_hash": hash_of})],
            "/v1/models/{model=*/*}/releases": [("alice/m-5", {"model": "alice/m-5"})],
            "/v1/adoptions": [("", {})],
            "/v1/namespaces": [("", {})],
            "/v1/count": [("?scope.all=true&group_by=GROUPING_RELATION&group_by=6",
                           {"scope": {"all": True}, "group_by": ["GROUPING_RELATION", "GROUPING_DEPTH"]})],
            "/v1/models/{scope.base_model=*/*}/count": [(BASE, {"scope": {"base_model": BASE}})],
            "/v1/teams/{scope.team}/count": [("sk-telecom", {"scope": {"team": "sk-telecom"}})],
            "/v1/counts": [("?as_of.log_size=40", {"as_of": {"log_size": 40}})],
            "/v1/counted": [("?scope.all=true&page_size=2", {"scope": {"all": True}, "page_size": 2})],
            "/v1/models/{scope.base_model=*/*}/counted": [(BASE, {"scope": {"base_model": BASE}})],
            "/v1/teams/{scope.team}/counted": [("sk-telecom", {"scope": {"team": "sk-telecom"}})],
            "/v1/publisher-counts": [("?scope.all=true&registered_since=2020-01-01T00:00:00Z",
                                      {"scope": {"all": True}, "registered_since": "2020-01-01T00:00:00Z"})],
            "/v1/models/{scope.base_model=*/*}/publisher-counts": [(BASE, {"scope": {"base_model": BASE}})],
            "/v1/teams/{scope.team}/publisher-counts": [("sk-telecom", {"scope": {"team": "sk-telecom"}})],
            "/v1/policies": [("", {})],
            "/v1/stages": [("", {})],
            "/v1/rulings": [("", {})],
            "/v1/disputes": [("", {})],
            "/v1/verifiers": [("", {})],
            "/v1/challenges": [("", {})],
            "/v1/references": [("", {})],
            "/v1/log/checkpoint": [("", {})],
            "/v1/log/inclusion-proof": [("?log_index=7&tree_size=40", {"log_index": 7, "tree_size": 40})],
            "/v1/log/entries/{log_index}/inclusion-proof": [(index, {"log_index": index})],
            "/v1/log/consistency-proof": [("?first_size=7&second_size=40", {"first_size": 7, "second_size": 40})],
            "/v1/log/receipt": [("?lineage_hash=" + hash_of, {"lineage_hash": hash_of})],
            "/v1/log/entries/{log_index}/receipt": [(index, {"log_index": index})],
        }

    FAILING = {  # what this world has not: the same failure is told
        "/v1/models/{name=*/*}/standing": ("alice/m-5?rule.policy=none", {"name": "alice/m-5", "rule": {"policy": "none"}}),
        "/v1/policies/{policy}": ("none@1", {"policy": "none@1"}),
        "/v1/stages/{id}": ("none", {"id": "none"}),
        "/v1/blobs/{sha256}": ("0" * 64, {"sha256": "0" * 64}),
        "/v1/releases/{model=*/*}/evidence": ("alice/m-5", {"model": "alice/m-5"}),
    }
    STREAMS = {"/v1/log/entries", "/v1/log/entries:watch", "/v1/count:watch", "/v1/models/{scope.base_model=*/*}/count:watch",
               "/v1/teams/{scope.team}/count:watch", "/v1/stages/{stage}/report"}

    @staticmethod
    def filled(path, value):
        """A template with a value for its variable, and what follows as a query."""
        value, _, query = value.partition("?")
        return re.sub(r"\{[^}]*\}", lambda _: value, path) + ("?" + query if query else "")

    def of_grpc(self, method, fields):
        request, stub = self.anyone.stub(method)
        return json_format.MessageToDict(stub(json_format.ParseDict(fields, request()), timeout=20))

    def test_every_path(self):
        cases, known = self.cases(), set()
        for method, path in sorted(paths_of_protos()):
            with self.subTest(path):
                known.add(path)
                if path in self.STREAMS:
                    continue
                if path == "/v1/clock":  # which goes on
                    self.assertEqual(set(self.json(path)), set(self.of_grpc(method, {})))
                    continue
                if path in self.FAILING:
                    self.fails_alike(method, path)
                    continue
                for value, fields in cases[path]:
                    target = self.filled(path, value) if "{" in path else path + value
                    self.assertEqual(self.json(target), self.of_grpc(method, fields))
        self.assertEqual(known, set(cases) | set(self.FAILING) | self.STREAMS | {"/v1/clock"})

    def test_calls_are_counted_apart(self):
        """Those over HTTP, and those that make a page, are no gRPC calls."""
        names = ["jokbo_%s{method=\"jokbo.v1.Registry/GetModel\"%s}" % name for name in (
            ("web_calls_total", ',code="OK"'), ("web_calls_total", ',code="NOT_FOUND"'), ("web_duration_seconds_count", ""),
            ("rpc_calls_total", ',code="OK"'), ("rpc_calls_total", ',code="NOT_FOUND"'), ("rpc_duration_seconds_count", ""))]

        def grown(change):
            before = [self.metric(name) for name in names]
            change()
            return [self.metric(name) - value for name, value in zip(names, before)]

        def both():
            self.json("/v1/models/alice/m-5")
            self.failed("/v1/models/alice/none", 404)
        self.assertEqual(grown(both), [1, 1, 2, 0, 0, 0])
        self.assertEqual(grown(lambda: self.model("alice/m-5")), [0, 0, 0, 1, 0, 1])
        page = grown(lambda: self.assertEqual(self.get("/models/alice/m-5").status, 200))
        self.assertGreater(page[0], 0)
        self.assertEqual(page[3:], [0, 0, 0])

    def fails_alike(self, method, path):
        value, fields = self.FAILING[path]
        with self.assertRaises(Exception) as caught:
            self.anyone.call(method, **fields)
        answer = self.get(self.filled(path, value))
        found = json.loads(answer.body)
        self.assertEqual(found["message"], caught.exception.message)
        reason = [detail["reason"] for detail in found["details"] if detail["@type"].endswith("ErrorInfo")]
        self.assertEqual(reason, [caught.exception.reason])
        self.assertGreaterEqual(answer.status, 400)

    def test_entries_in_pages(self):
        got = []
        answer = self.ok("/v1/log/entries?start=2&end=5")
        self.assertEqual(len(json.loads(answer.body)["entries"]), 3)
        self.assertEqual(answer["Cache-Control"], IMMUTABLE)
        self.assertIsNone(answer["Link"])
        self.alice.call("Registry.BatchRegisterDerivatives", timeout=60, request_id=new_id(), derivatives=[
            derivative("alice/page-%d" % i, BASE) for i in range(1000)])
        size, path = self.size(), "/v1/log/entries?start=0"
        while path:
            answer = self.ok(path)
            page = json.loads(answer.body)
            self.assertEqual(int(page.get("start", 0)), len(got))
            got += page["entries"]
            link = answer["Link"]
            path = re.fullmatch(r'<([^>]+)>; rel="next"', link).group(1) if link else None
        self.assertEqual([base64.b64decode(entry) for entry in got], self.anyone.entries())
        self.assertEqual(len(got), size)
        self.failed("/v1/log/entries?start=%d" % (size + 1), 400, "INVALID_FIELD", ["start"])
        for end in ("", "&end=%d" % (size + 5)):
            answer = self.ok("/v1/log/entries?start=%d%s" % (size, end))
            self.assertEqual(json.loads(answer.body), {"start": str(size), "logSize": str(size)})
            self.assertIsNone(answer["Link"])

    def test_pages_of_lists(self):
        names, path = [], "/v1/models?publisher=alice&page_size=2"
        while path:
            answer = self.ok(path)
            names += [model["name"] for model in json.loads(answer.body)["models"]]
            path = re.fullmatch(r'<([^>]+)>; rel="next"', answer["Link"]).group(1) if answer["Link"] else None
        self.assertEqual(sorted(names), sorted(set(names)))
        self.assertTrue({"alice/m-%d" % i for i in range(6)} <= set(names))
        self.failed("/v1/models?page_size=2&page_token=wrong", 400, "INVALID_FIELD", ["page_token"])


class Reports(Json):
    def test_links_to_the_files(self):
        eve = person(self.admin, "judge", ["evaluator"], scopes=["roster"])
        self.addCleanup(eve.close)
        with open(os.path.join(ROOT, "registry", "data", "policies", "hub-like.policy")) as f:
            eve.call("Stages.RecordPolicy", text=f.read())
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
        times = [(soon + datetime.timedelta(seconds=s)).strftime("%Y-%m-%dT%H:%M:%SZ") for s in (-60, 1)]
        eve.call("Stages.PutStage", stage={"id": "told", "title": "Stage", "title_ko": "단계", "open_time": times[0], "source": "invented",
                                           "cutoff_time": times[1], "policy": "hub-like", "teams": ["upstage", "sk-telecom"]})
        self.failed("/v1/stages/told/report", 400, "STAGE_NOT_CLOSED")
        eventually(lambda: self.json("/v1/stages/told")["closings"] if "closings" in self.json("/v1/stages/told") else None, 30)
        report = self.json("/v1/stages/told/report")
        self.assertEqual((report["stage"], report["revision"]), ("told", 1))
        self.assertEqual(len(report["files"]), 9)
        by_file = {file["file"]: file["href"] for file in report["files"]}
        self.assertEqual(by_file["REPORT_FILE_JSON"], "/stage/told/1/report.json")
        for name in ("TABLE", "JSON", "MEMBERS", "LEFT_OUT"):
            self.assertEqual(self.get(by_file["REPORT_FILE_" + name]).body, self.anyone.report("told", name))
        one = self.json("/v1/stages/told/report?revision=1&file=REPORT_FILE_CERTIFICATE")
        self.assertEqual([file["href"] for file in one["files"]], ["/stage/told/1/certificate"])
        self.assertEqual(self.get("/stage/told/1/certificate").status, 200)
        self.failed("/v1/stages/told/report?revision=9", 404, "REVISION_NOT_FOUND")


class Errors(Json):
    def test_what_is_wrong(self):
        found, _ = self.failed("/v1/count?scope.all=x&bogus=1&page_size=1e3", 400, "INVALID_FIELD", ["scope.all", "bogus", "page_size"])
        self.assertEqual(found["code"], 3)
        self.failed("/v1/count", 400, "INVALID_FIELD", ["scope"])
        self.failed("/v1/models/a/%zz", 400, "INVALID_FIELD", ["name"])
        self.failed("/v1/models/a/b?name=c/d", 400, "INVALID_FIELD", ["name"])
        self.failed("/v1/count?scope.all=true&format=xml", 400, "INVALID_FIELD", ["format"])
        self.failed("/v1/log/checkpoint?format=csv", 400, "INVALID_FIELD", ["format"])
        self.failed("/v1/log/entries:watch?start=0", 400, "INVALID_FIELD", ["Last-Event-ID"], Last_Event_ID="x")

    def test_status_by_code(self):
        self.failed("/v1/models/no/body", 404, "MODEL_NOT_FOUND")
        self.failed("/v1/nothing", 404, "NO_SUCH_PATH")
        self.failed("/nothing", 404, "NO_SUCH_PATH")
        self.failed("/nothing", 404, "NO_SUCH_PATH", Accept="text/html;q=0.5, application/json")
        self.assertEqual(self.get("/nothing", Accept="text/html, */*;q=0.8")["Content-Type"], "text/html; charset=utf-8")
        self.failed("/v1/log/checkpoint?cosigned=true", 400, "NOT_COSIGNED")
        found, _ = self.failed("/v1/count?scope.all=true&min_log_size=%d" % (self.size() + 200000), 400, "INVALID_FIELD", ["min_log_size"])
        self.assertIn("more than 100000 beyond", found["message"])

    def test_no_account_is_needed_or_had(self):
        self.failed("/v1/count?scope.bogus=1", 400, Authorization="Bearer " + self.server.token)
        self.assertEqual(self.json("/v1/count?scope.all=true", Authorization="Bearer nonsense"), self.json("/v1/count?scope.all=true"))

    def refused(self, target, method, status, reason, headers="", body=b"", allow=None):
        """What is refused before it is a call is told as all errors are, also to scripts from elsewhere. Raw, as no client asks so."""
        got = raw(self.server.http, ("%s %s HTTP/1.1\r\n%s\r\n" % (method, target, headers)).encode() + body)
        head, _, text = got.partition(b"\r\n\r\n")
        line, *fields = head.decode().split("\r\n")
        fields = dict(field.split(": ", 1) for field in fields)
        self.assertEqual((int(line.split(" ")[1]), got.count(b"HTTP/1.1 ")), (status, 1), got)
        found = json.loads(text)
        self.assertEqual([d["reason"] for d in found["details"] if d["@type"].endswith("ErrorInfo")], [reason])
        wanted = {"Content-Type": "application/json", "Cache-Control": "no-store", "Access-Control-Allow-Origin": "*", "Vary": VARY,
                  "X-Content-Type-Options": "nosniff", "Content-Length": str(len(text))}
        self.assertEqual({name: fields.get(name) for name in wanted}, wanted)
        self.assertEqual(fields.get("Allow"), allow)
        return found["code"]

    def test_what_is_refused_before_it_is_a_call(self):
        count, card, host = "/v1/count?scope.all=true", "/v1/card:read", "Host: x\r\n"
        for method in ("PUT", "DELETE", "PATCH", "POST", "TRACE", "BREW", "get"):
            self.assertEqual(self.refused(count, method, 405, "WRONG_VERB", host, allow="GET, HEAD, OPTIONS"), 12)
        self.refused(count, "POST", 405, "WRONG_VERB", host + "Content-Length: 4\r\n", b"body", allow="GET, HEAD, OPTIONS")
        self.refused(card, "PUT", 405, "WRONG_VERB", host + "Content-Length: 2\r\n", b"{}", allow="POST, OPTIONS")
        self.refused(card, "GET", 405, "WRONG_VERB", host + "Connection: close\r\n", allow="POST, OPTIONS")
        self.refused("/v1/nothing", "PUT", 405, "WRONG_VERB", host, allow="GET, HEAD, OPTIONS")
        self.assertEqual(self.refused(count, "GET", 400, "BODY_NOT_TAKEN", host + "Content-Length: 2\r\n", b"{}"), 3)
        self.refused(count, "GET", 400, "BODY_NOT_TAKEN", host + "Transfer-Encoding: chunked\r\n", b"0\r\n\r\n")
        self.assertEqual(self.refused(count, "GET", 400, "MALFORMED_REQUEST"), 3)
        self.refused(count + " ", "GET", 400, "MALFORMED_REQUEST", host)
        self.assertEqual(self.refused(card, "POST", 411, "LENGTH_MISSING", host + "Content-Type: application/json\r\n"), 3)
        self.refused(card, "POST", 411, "LENGTH_MISSING", host + "Transfer-Encoding: gzip\r\n", b"x")
        self.assertEqual(self.refused(card, "POST", 413, "MESSAGE_TOO_LARGE", host + "Content-Length: 1572865\r\n"), 8)
        for target in ("/v1/" + "x" * 8189, count + "&" + "x" * 8192, "/models/" + "x" * 8192):
            self.assertEqual(self.refused(target, "GET", 414, "MESSAGE_TOO_LARGE", host + "Connection: close\r\n"), 8)

    def test_only_reads(self):
        paths = {path for _, path in paths_of_protos()}
        self.assertFalse([path for path in paths if "token" in path or "account" in path])

    def test_targets_have_a_limit(self):
        self.assertEqual(self.get("/v1/" + "x" * (8192 - 4)).status, 404)
        self.assertEqual(self.get("/v1/" + "x" * (8193 - 4)).status, 414)

    def test_what_a_client_does_not_take(self):
        """Replies that lie here are bounded for each client, and cost nobody else anything."""
        parents = [BASE] + [external("hub.example.org/%s/%s%02d" % ("o" * 80, "m" * 80, i)) for i in range(20)]
        for at in range(0, 600, 200):
            self.bob.call("Registry.BatchRegisterDerivatives", timeout=60, request_id=new_id(), derivatives=[
                derivative("bob/untaken-%d" % i, *parents, relation="merge") for i in range(at, at + 200)])
        path, mine = "/v1/models?publisher=bob&page_size=600", {"X_Forwarded_For": "192.0.2.77"}
        each = len(self.ok(path).body)
        host, port = self.server.http.rsplit(":", 1)
        lazy = []
        for _ in range((32 << 20) // each + 1):
            s = socket.socket()
            lazy.append(s)
            self.addCleanup(s.close)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect((host, int(port)))
            s.sendall(("GET %s HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.77\r\n\r\n" % path).encode())
        refused = eventually(lambda: next((a for a in [self.get(path, **mine)] if a.status != 200), None), 12)
        self.assertEqual((refused.status, refused["Retry-After"], refused["Access-Control-Allow-Origin"]), (503, "1", "*"))
        self.assertIn("BUSY", [detail.get("reason") for detail in json.loads(refused.body)["details"]])
        self.assertEqual(self.get("/v1/count?scope.all=true", **mine).status, 200)  # which is short
        self.assertEqual(self.get(path, X_Forwarded_For="192.0.2.78").status, 200)
        for s in lazy:
            s.close()
        eventually(lambda: self.metric("jokbo_http_unsent_bytes") == 0)
        self.assertEqual(self.get(path, **mine).status, 200)

    def test_a_client_that_says_it_has_said_all(self):
        """It shuts down its own side, and is answered all the same, whichever thread that comes from, however late."""
        def asked(path):
            with connect(self.server.http) as client:
                client.sendall(("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path).encode())
                client.shutdown(socket.SHUT_WR)
                answer = http.client.HTTPResponse(client)
                answer.begin()
                return answer.status, answer.read()
        for path in ("/v1/count?scope.all=true", "/v1/models?publisher=alice", "/v1/models/alice/m-1/lineage", "/v1/log/entries?start=2&end=5",
                     "/v1/log/inclusion-proof?log_index=7&tree_size=40", "/models/alice/m-1", "/readyz"):
            with self.subTest(path):
                status, body = asked(path)
                self.assertEqual((status, bool(body)), (200, True))
        self.assertEqual(asked("/blobs/" + "0" * 64)[0], 404)
        size, answers = self.size(), []
        waiting = threading.Thread(target=lambda: answers.append(asked("/v1/count?scope.all=true&min_log_size=%d" % (size + 1))))
        waiting.start()
        eventually(lambda: self.metric("jokbo_calls_parked") == 1)
        self.register("alice/awaited-half", BASE)
        waiting.join(30)
        self.assertEqual(answers[0][0], 200)
        self.assertGreaterEqual(int(json.loads(answers[0][1])["logSize"]), size + 1)

    def test_a_read_waits_for_its_size(self):
        size = self.size()
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(self.json("/v1/count?scope.all=true&min_log_size=%d" % (size + 1))))
        waiting.start()
        eventually(lambda: self.metric("jokbo_calls_parked") == 1)
        self.register("alice/awaited", BASE)
        waiting.join(30)
        self.assertGreaterEqual(int(answers[0]["logSize"]), size + 1)


class Description(Json):
    def test_openapi(self):
        answer = self.ok("/openapi.json")
        document = json.loads(answer.body)
        self.assertEqual(document["openapi"], "3.1.0")
        self.assertTrue({"/v1/count", "/v1/log/entries:watch"} <= set(document["paths"]))
        self.assertEqual(self.get("/openapi.json", If_None_Match=answer["ETag"]).status, 304)
        self.assertLess(len(self.ok("/openapi.json", Accept_Encoding="gzip").body), len(answer.body) / 4)


class Keeping(Json):
    def test_tags(self):
        path = "/v1/count?scope.all=true"
        answer = self.ok(path)
        self.assertRegex(answer["ETag"], r'^W/"%d-j-[0-9a-f]{16}"$' % self.size())
        self.assertEqual(answer["Cache-Control"], "no-cache")
        same = self.get(path, If_None_Match=answer["ETag"])
        self.assertEqual((same.status, same.body, same["ETag"]), (304, b"", answer["ETag"]))
        self.assertEqual(self.get(path, If_None_Match='"x", ' + answer["ETag"]).status, 304)
        self.assertEqual(self.get(path + "&format=csv", If_None_Match=answer["ETag"]).status, 200)
        self.register("alice/tagged", BASE)
        changed = self.get(path, If_None_Match=answer["ETag"])
        self.assertEqual(changed.status, 200)
        self.assertNotEqual(changed["ETag"], answer["ETag"])

    def test_a_method_with_private_facts_is_compared_whole(self):
        answer = self.ok("/v1/models/alice/m-1")
        self.assertEqual(self.get("/v1/models/alice/m-1", If_None_Match=answer["ETag"]).status, 304)
        forged = answer["ETag"][:-17] + "0" * 16 + '"'
        self.assertEqual(self.get("/v1/models/alice/m-1", If_None_Match=forged).status, 200)

    def test_as_of_a_size_is_immutable(self):
        size = self.size()
        fixed = ["/v1/count?scope.all=true&as_of.log_size=%d" % size, "/v1/counts?as_of.log_size=%d" % size,
                 "/v1/counted?scope.all=true&as_of.log_size=%d" % size, "/v1/log/inclusion-proof?log_index=1&tree_size=%d" % size,
                 "/v1/log/consistency-proof?first_size=1&second_size=%d" % size, "/v1/log/entries?end=%d" % min(size, 1000)]
        before = [self.ok(path) for path in fixed]
        self.register("alice/later-%d" % size, BASE)
        for path, first in zip(fixed, before):
            self.assertEqual(first["Cache-Control"], IMMUTABLE, path)
            again = json.loads(self.ok(path).body)
            known = json.loads(first.body)
            if "entries" in path:
                again.pop("logSize"), known.pop("logSize")
            self.assertEqual(again, known, path)
        for path in ("/v1/count?scope.all=true", "/v1/models/alice/m-1", "/v1/log/checkpoint", "/v1/rulings", "/v1/disputes"):
            self.assertEqual(self.ok(path)["Cache-Control"], "no-cache")

    def test_as_of_a_time_is_immutable_once_the_log_has_passed_it(self):
        def cached(moment, rule=""):
            return self.ok("/v1/count?scope.all=true&as_of.time=%s%s" % (urllib.parse.quote(moment), rule))["Cache-Control"]
        before = json.loads(self.ok("/v1/count?scope.all=true").body)["logTime"]
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()  # nothing was written since
        self.assertEqual(cached(now), "no-cache")
        self.register("alice/after-%d" % self.size(), BASE)
        self.assertEqual(cached(now), IMMUTABLE)
        self.assertEqual(cached(before), IMMUTABLE)
        newest = json.loads(self.ok("/v1/count?scope.all=true").body)["logTime"]
        self.assertEqual(cached(newest), IMMUTABLE)

    def test_gzip(self):
        path = "/v1/models?publisher=alice&page_size=5"
        plain, zipped = self.ok(path), self.ok(path, Accept_Encoding="br, gzip")
        self.assertIsNone(plain["Content-Encoding"])
        self.assertEqual(zipped["Content-Encoding"], "gzip")
        self.assertLess(len(zipped.body), len(plain.body))
        self.assertEqual(gzip.decompress(zipped.body), plain.body)
        self.assertEqual(zipped["ETag"], plain["ETag"])
        for accept in ("gzip;q=0", "gzip;q=0, *", "gzip;q=0.5, identity", "identity;q=0, br"):
            self.assertIsNone(self.ok(path, Accept_Encoding=accept)["Content-Encoding"], accept)
        for accept in ("*", "identity;q=0.1, gzip;q=0.2"):
            self.assertEqual(self.ok(path, Accept_Encoding=accept)["Content-Encoding"], "gzip", accept)
        short = "/v1/log/inclusion-proof?log_index=1&tree_size=2"
        self.assertIsNone(self.ok(short, Accept_Encoding="gzip")["Content-Encoding"])
        self.assertEqual(json.loads(gzip.decompress(self.ok(short, Accept_Encoding="gzip, identity;q=0").body)), self.json(short))

    def test_head_and_options(self):
        path = "/v1/count?scope.all=true"
        whole, head = self.ok(path), self.get(path, "HEAD")
        self.assertEqual((head.status, head.body), (200, b""))
        for name in ("Content-Length", "Content-Type", "ETag", "Cache-Control"):
            self.assertEqual(head[name], whole[name])
        self.assertEqual(self.get("/v1/log/entries:watch", "HEAD")["Content-Type"], "text/event-stream")
        options = http.client.HTTPConnection(self.server.http, timeout=30)
        options.request("OPTIONS", path, headers={"Origin": "https://example.org", "Access-Control-Request-Method": "GET"})
        answer = options.getresponse()
        self.assertEqual((answer.status, answer.read()), (204, b""))
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "*")
        self.assertIn("Last-Event-ID", answer.headers["Access-Control-Allow-Headers"])
        self.assertEqual(answer.headers["Access-Control-Allow-Methods"], "GET, HEAD, OPTIONS")
        options.request("OPTIONS", "/v1/card:read", headers={
            "Origin": "https://example.org", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"})
        answer = options.getresponse()
        self.assertEqual((answer.status, answer.read()), (204, b""))
        self.assertEqual(answer.headers["Access-Control-Allow-Methods"], "POST, OPTIONS")
        self.assertIn("Content-Type", answer.headers["Access-Control-Allow-Headers"])
        options.close()


class Tables(Json):
    def rows(self, path, **headers):
        answer = self.ok(path, **headers)
        self.assertEqual(answer["Content-Type"], "text/csv; charset=utf-8")
        text = answer.body.decode()
        return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))), answer

    def test_counts(self):
        rows, _ = self.rows("/v1/count?scope.all=true", Accept="text/csv, application/json;q=0.5")
        count = self.json("/v1/count?scope.all=true")
        self.assertEqual([rows[0]["registered"], rows[0]["counted"], rows[0]["scope.all"]], [count["registered"], count["counted"], "true"])
        for accept in ("text/csv;q=0.1, application/json", "text/csv, application/json", "*/*", "text/csv;q=0, */*"):
            self.assertEqual(self.json("/v1/count?scope.all=true", Accept=accept), count, accept)
        self.rows("/v1/count?scope.all=true", Accept="application/json;q=0.2, text/*;q=0.3")
        rows, _ = self.rows("/v1/count?scope.all=true&group_by=GROUPING_DEPTH&format=csv")
        groups = self.json("/v1/count?scope.all=true&group_by=GROUPING_DEPTH")["groups"]
        self.assertEqual([(r["grouping"], r["key"], r["count"]) for r in rows], [("depth", g["key"], g["count"]) for g in groups])
        rows, _ = self.rows("/v1/counts?format=csv")
        counts = self.json("/v1/counts")
        self.assertEqual(len(rows), len(counts["bases"]) + len(counts["teams"]) + 1)

    def test_lists(self):
        rows, answer = self.rows("/v1/models?publisher=alice&page_size=3&format=csv&excel=1")
        self.assertTrue(answer.body.startswith(b"\xef\xbb\xbfname,"))
        self.assertEqual(len(rows), 3)
        more, _ = self.rows(re.match(r"<([^>]+)>", answer["Link"]).group(1))
        self.assertFalse({row["name"] for row in rows} & {row["name"] for row in more})
        listed = self.json("/v1/models?publisher=alice&page_size=3")["models"]
        self.assertEqual([(row["name"], row["log_index"], row["release.license"]) for row in rows],
                         [(model["name"], model["logIndex"], model["release"]["license"]) for model in listed])

    def test_no_formula(self):
        eve = person(self.admin, "eve", ["evaluator"], scopes=["roster"])
        self.addCleanup(eve.close)
        eve.call("Stages.Rule", model="alice/m-1", reason="spam", text="=1+1")
        rows, _ = self.rows("/v1/rulings?format=csv")
        self.assertEqual([row["text"] for row in rows], ["'=1+1"])

    def test_no_name_is_a_formula(self):
        """Whatever texts the registry takes that begin as a formula does, no list has them so; numbers stay as they are."""
        since = "2026-01-01T00:00:00Z"
        self.admin.call("Registry.ApplyRoster", teams=[
            {"id": "formula-%d" % i, "name": start + "1+1", "name_ko": start + "HYPERLINK(\"http://x\",\"a,b\")", "join_time": since}
            for i, start in enumerate("=+-@")])
        hostile = [row for row in self.rows("/v1/teams?format=csv&excel=1")[0] if row["id"].startswith("formula-")]
        self.assertEqual([row["name"] for row in hostile], ["'%s1+1" % start for start in "=+-@"])
        self.assertEqual([row["name_ko"] for row in hostile], ["'%sHYPERLINK(\"http://x\",\"a,b\")" % start for start in "=+-@"])
        eve = person(self.admin, "eve of names", ["evaluator"], scopes=["roster"])
        self.addCleanup(eve.close)
        for i, start in enumerate(("+", "-", "@")):
            eve.call("Stages.Rule", model="alice/m-%d" % (i + 2), reason="spam", text=start + "1")
        seen = 0
        for method, path in sorted(paths_of_protos()):
            if "{" in path or not method.split(".")[1].startswith("List"):
                continue
            answer = self.get(path + "?format=csv" + ("&scope.all=true" if path in ("/v1/counted", "/v1/publisher-counts") else ""))
            self.assertEqual((answer.status, answer["Content-Type"]), (200, "text/csv; charset=utf-8"), path)
            for row in csv.reader(io.StringIO(answer.body.decode(), newline="")):
                for cell in row:
                    self.assertFalse(cell[:1] in tuple("=+-@\t\r") and not re.fullmatch(r"-\d+", cell), (path, cell))
                    seen += cell.startswith("'")
        self.assertGreaterEqual(seen, 8 + 3)

    def test_what_is_no_table_stays_json(self):
        self.assertEqual(self.ok("/v1/models/alice/m-1", Accept="text/csv")["Content-Type"], "application/json")


class Streams(Json):
    def events(self, path, **options):
        events = Events(self.server.http, path, **options)
        self.addCleanup(events.close)
        return events

    def test_entries(self):
        size = self.size()
        events = self.events("/v1/log/entries:watch?start=%d" % (size - 2))
        self.assertEqual((events.status, events.headers["Content-Type"]), (200, "text/event-stream"))
        self.assertEqual(events.next(), (str(size - 2), "message", {"start": str(size - 2), "logSize": str(size)}))
        index, _, data = events.next()
        self.assertEqual((index, len(data["entries"])), (str(size), 2))
        self.register("alice/event-%d" % size, BASE)
        index, _, data = events.next()
        self.assertEqual((index, data["start"], len(data["entries"])), (str(size + 1), str(size), 1))

        back = self.events("/v1/log/entries:watch?start=%d" % (size - 2), last=index)  # as a browser comes back
        self.register("alice/event-again-%d" % size, BASE)
        self.assertEqual(back.next()[0], str(size + 1))
        self.assertEqual(back.next()[2]["start"], str(size + 1))

    def test_counts(self):
        events = self.events("/v1/teams/sk-telecom/count:watch")
        index, _, count = events.next()
        self.assertEqual(count["scope"], {"team": "sk-telecom"})
        self.register("alice/counted-%s" % index, BASE)
        again, _, more = events.next()
        self.assertEqual(int(more["registered"]), int(count["registered"]) + 1)

        back = self.events("/v1/teams/sk-telecom/count:watch", last=again)  # it has this count, and is told the next one
        self.register("alice/counted-more-%s" % index, BASE)
        self.assertEqual(int(back.next()[2]["registered"]), int(more["registered"]) + 1)

    def test_errors_come_before_the_stream(self):
        self.failed("/v1/count:watch?scope.team=none", 404, "TEAM_NOT_FOUND")
        self.failed("/v1/log/entries:watch?start=%d" % (self.size() + 1), 400, "INVALID_FIELD", ["start"])

    def test_a_thousand_hold_no_thread(self):
        eventually(lambda: self.metric("jokbo_web_watchers") == 0)
        size, threads = self.size(), self.metric("process_threads")
        streams = [self.events("/v1/count:watch?scope.all=true", forwarded="198.51.100.%d" % (i // 100)) for i in range(1000)]
        first = [events.next() for events in streams]
        self.assertEqual(self.metric("jokbo_web_watchers"), 1000)
        self.assertEqual(self.metric("process_threads"), threads)
        found, answer = self.failed("/v1/count:watch?scope.all=true", 429, "TOO_MANY_WATCHERS")
        self.assertIsNotNone(answer["Retry-After"])
        self.assertTrue(self.anyone.watch_begins(size))  # gRPC has places of its own
        self.register("alice/for-a-thousand", BASE)
        for events, (_, _, count) in zip(streams, first):
            self.assertEqual(int(events.next()[2]["registered"]), int(count["registered"]) + 1)
        for events in streams:
            events.close()
        eventually(lambda: self.metric("jokbo_web_watchers") == 0, message="clients that are gone keep their places")
        again = self.events("/v1/count:watch?scope.all=true")
        self.assertTrue(again.next())

    def test_one_address_has_a_hundred(self):
        streams = [self.events("/v1/count:watch?scope.all=true", forwarded="203.0.113.9") for _ in range(100)]
        for events in streams:
            events.next()
        self.failed("/v1/count:watch?scope.all=true", 429, "TOO_MANY_WATCHERS", X_Forwarded_For="203.0.113.9")
        self.assertTrue(self.events("/v1/count:watch?scope.all=true", forwarded="203.0.113.10").next())

    def test_a_beat_while_nothing_is_sent(self):
        events = self.events("/v1/count:watch?scope.all=true")
        events.next()
        started = time.monotonic()
        self.assertEqual(events.comment(), ":")
        self.assertGreater(time.monotonic() - started, 10)

    def test_a_client_that_never_reads(self):
        """It costs nobody else anything."""
        self.alice.call("Registry.BatchRegisterDerivatives", timeout=60, request_id=new_id(), derivatives=[
            derivative("alice/lazy-%d" % i, BASE) for i in range(1000)])
        lazy = self.events("/v1/log/entries:watch?start=0")
        lazy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        size = self.size()
        swift = self.events("/v1/log/entries:watch?start=%d" % size)
        swift.next()
        self.register("alice/swift", BASE)
        self.assertEqual(swift.next()[0], str(size + 1))


class Stopping(unittest.TestCase):
    def test_streams_end_when_the_server_stops(self):
        server = Server()
        self.addCleanup(server.close)
        server.start()
        events = Events(server.http, "/v1/log/entries:watch?start=0")
        events.next()
        lazy = [Events(server.http, "/v1/log/entries:watch?start=0") for _ in range(5)]
        events.next()
        started = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - started, allowed(20))
        with self.assertRaises(EOFError):
            while True:
                events.next()
        for one in [events] + lazy:
            one.close()


del Json
if __name__ == "__main__":
    unittest.main()
