"""Registry.ReadCard over HTTP, the only method there that has a body: it says what it says over gRPC, and what it refuses is told before
or after it is read; a body takes neither time nor memory without a limit."""
import base64
import contextlib
import http.client
import json
import os
import socket
import sys
import unittest

from google.protobuf import json_format

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import jokbo  # noqa: E402
from test_http import connect, raw  # noqa: E402

PATH = "/v1/card:read"
JSON = {"Content-Type": "application/json"}
AX = "skt/A.X-3.1-Light"
CARD = b"---\nbase_model: skt/A.X-3.1-Light\nlicense: apache-2.0\n---\n"
BODY_MOST = 3 << 19


def file(path, content=b"", **fields):
    return dict({"path": path, "size": len(content), "content": base64.b64encode(content).decode()}, **fields)


class OverHttp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = jokbo.Server("--proxies", "127.0.0.1", "--metrics", "127.0.0.1:0")
        cls.addClassCleanup(cls.server.close)
        cls.server.start().load_roster()
        cls.anyone = jokbo.Client(cls.server.address)
        cls.addClassCleanup(cls.anyone.close)

    def ask(self, body=b"", method="POST", path=PATH, headers=JSON):
        with contextlib.closing(http.client.HTTPConnection(self.server.http, timeout=60)) as connection:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.body = answer.read()
        return answer

    def read(self, **fields):
        answer = self.ask(json.dumps(fields))
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "application/json"), answer.body)
        return answer, json.loads(answer.body)

    def refused(self, status, reason, body, **options):
        answer = self.ask(body, **options)
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (status, "application/json"), answer.body)
        found = json.loads(answer.body)
        details = {detail["@type"].rsplit(".", 1)[1]: detail for detail in found["details"]}
        self.assertEqual(details["ErrorInfo"]["reason"], reason)
        violations = details.get("BadRequest", {}).get("fieldViolations", [])
        return {v["field"]: v["description"] for v in violations}, answer

    def test_it_says_what_it_says_over_grpc(self):
        hub = base64.b64encode(json.dumps({"_id": "1", "id": "kim/hub", "sha": "0" * 40, "tags": ["license:mit"], "siblings": []}).encode()).decode()
        for fields in ({"name": "kim/x", "files": [file("README.md", CARD), {"path": "model.safetensors"}]}, {}, {"hubModel": hub},
                       {"name": "kim//x", "files": [file("README.md", CARD.replace(b"skt", b"nobody"))]}):
            answer, read = self.read(**fields)
            request, stub = self.anyone.stub("Registry.ReadCard")
            expected = stub(json_format.ParseDict(fields, request()), timeout=20)
            self.assertEqual(read, json_format.MessageToDict(expected))
            self.assertEqual((answer.headers["Cache-Control"], answer.headers["ETag"]), ("no-store", None))
        self.assertGreater(len(self.read(name="kim/x", files=[file("README.md", CARD)])[1]["roots"]), 0)

    def test_scripts_of_any_origin_may_ask(self):
        asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        answer = self.ask(method="OPTIONS", headers=asked)
        self.assertEqual((answer.status, answer.headers["Access-Control-Allow-Origin"]), (204, "*"))
        self.assertEqual(answer.headers["Access-Control-Allow-Methods"], "POST, OPTIONS")
        self.assertIn("Content-Type", answer.headers["Access-Control-Allow-Headers"].split(", "))
        self.assertEqual(self.read()[0].headers["Access-Control-Allow-Origin"], "*")
        self.assertEqual(self.ask(method="OPTIONS", path="/v1/models").headers["Access-Control-Allow-Methods"], "GET, HEAD, OPTIONS")

    def test_other_verbs(self):
        for method in ("GET", "HEAD"):
            answer = self.ask(None, method)
            self.assertEqual((answer.status, answer.headers["Allow"]), (405, "POST, OPTIONS"))
        self.assertEqual(self.ask(None, "PUT").status, 405)
        for path in ("/v1/models", "/v1/card:reads", "/", "/checkpoint"):
            self.assertEqual(self.ask(b"{}", path=path).status, 405)

    def test_other_types(self):
        for type_ in ("application/x-www-form-urlencoded", "text/json", "application/jsonx", ""):
            violations, answer = self.refused(415, "NOT_JSON", b"{}", headers={"Content-Type": type_})
            self.assertIn("Content-Type: application/json", json.loads(answer.body)["message"])
        self.refused(415, "NOT_JSON", b"{}", headers={})
        for type_ in ("application/json; charset=utf-8", "Application/JSON"):
            self.assertEqual(self.ask(b"{}", headers={"Content-Type": type_}).status, 200)

    def test_wrong_bodies(self):
        for body, field, part in ((b"", "body", "is not JSON"), (b"[]", "body", "an object"), (b'{"nome": 1}', "nome", "is no field"),
                                  (b'{"files": [{"path": "/x"}]}', "files[0].path", "must not begin"), (b"{" * 50001, "body", "more than 50000"),
                                  (json.dumps({"files": [{"path": "f%d" % i} for i in range(10001)]}).encode(), "files", "10,000 is the most")):
            self.assertIn(part, self.refused(400, "INVALID_FIELD", body)[0][field])
        violations, _ = self.refused(400, "INVALID_FIELD", b"{}", path=PATH + "?name=kim/x")
        self.assertIn("in the body", violations["name"])

    def test_a_megabyte_in_all(self):
        content = CARD + b"x" * ((1 << 20) - len(CARD))
        self.assertNotIn("faults", self.read(name="kim/x", files=[file("README.md", content)])[1])
        violations, _ = self.refused(400, "INVALID_FIELD", json.dumps({"files": [file("README.md", content + b"x")]}))
        self.assertIn("at most 1,048,576", violations["files"])

    def test_a_body_has_a_limit_and_a_length(self):
        body = b'{"name": "kim/x"}'
        self.assertEqual(self.ask(body + b" " * (BODY_MOST - len(body))).status, 200)
        head = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" % PATH.encode()
        for rest, status in ((b"Content-Length: %d\r\n\r\n" % (BODY_MOST + 1), b"413"), (b"\r\n", b"411"),
                             (b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", b"411"),
                             (b"Content-Length: 4\r\n\r\n{}\r\n", b"200")):
            got = raw(self.server.http, head + rest)
            self.assertEqual((got.split()[1], got.count(b"HTTP/1.1 ")), (status, 1))

    def test_one_body_after_the_other(self):
        with contextlib.closing(http.client.HTTPConnection(self.server.http, timeout=30)) as connection:
            for name in ("kim/a", "kim/b"):
                connection.request("POST", PATH, json.dumps({"name": name}), JSON)
                self.assertEqual(json.loads(connection.getresponse().read())["derivative"]["name"], name)

    def begun(self, host):
        """The beginning of the largest body, of that client: its connection."""
        connection = connect(self.server.http)
        self.addCleanup(connection.close)
        connection.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.%d\r\nContent-Length: %d\r\n\r\n{"
                           % (PATH.encode(), host, BODY_MOST))
        return connection

    def turned_away(self, host):
        """One more is refused before it is read; where it is not, its end is the connection's."""
        connection = self.begun(host)
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(12) == b"HTTP/1.1 503"

    def test_room_for_bodies_is_shared_out_and_given_back(self):
        big = b'{"name": "kim/x"}' + b" " * (BODY_MOST - 17)
        same, other = (dict(JSON, **{"X-Forwarded-For": address}) for address in ("192.0.2.1", "192.0.2.2"))
        sockets = [self.begun(1), self.begun(1)]
        jokbo.eventually(lambda: self.turned_away(1), message="a client has room for a third body")
        self.assertFalse(self.turned_away(2))
        self.assertEqual(self.ask(big, headers=other).status, 200)
        self.assertEqual(self.ask(b"{}", headers=same).status, 200)  # what is small is always taken
        for connection in sockets:
            connection.close()
        jokbo.eventually(lambda: self.ask(big, headers=same).status == 200, message="the room is not given back")


if __name__ == "__main__":
    unittest.main()
