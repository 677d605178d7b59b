"""Everything one past its edge: names, texts, sizes, blobs, quotas, raw bytes, and the options of jokbod."""
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import grpc
from google.protobuf import json_format

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import BUILD, ROOT, Case, Client, Failure, Manifest, Shared, allowed, confirmed, derivative, external, new_id, person  # noqa: E402

SKT = "skt/A.X-K1"
MEBIBYTE = 1 << 20
GOOD_PARTS = ("a", "A_", "_", "a" * 96, "x.y-z_0", "a.-b")
BAD_PARTS = ("", "a" * 97, "-a", "a-", ".a", "a.", "a--b", "a..b", "x.git", "x.GIT", "a b", "\uc871\ubcf4", "a/b", "a@b",
             "a%b")


def setUpModule():
    Shared.open()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Grammar(Shared):
    REGISTER = "Registry.RegisterDerivative"

    def dry(self, **fields):
        return self.alice.call(self.REGISTER, validate_only=True, derivative=fields)

    def test_names(self):
        for part in GOOD_PARTS:
            self.dry(**derivative("alice/" + part, SKT))
        for part in BAD_PARTS:
            field = self.wrong(["derivative.name"], self.REGISTER,
                               derivative=derivative("alice/" + part, SKT)).fields["derivative.name"]
            self.assertLess(len(field), 400)
            self.wrong(["new_name"], "Registry.RenameModel", name=SKT, new_name="alice/" + part)
            self.wrong(["name"], "Registry.CreatePublisher", name=part)
            self.wrong(["publisher"], "Access.RequestPublisher", kind="PUBLISHER_REQUEST_KIND_CREATE", publisher=part,
                       evidence="x")
        for name in ("alice", "alice/", "/x", "a/b/c", ""):
            self.wrong(["derivative.name"], self.REGISTER, derivative=derivative(name, SKT))
        for part in ("P" * 96, "_p"):
            self.assertEqual(self.admin.call("Registry.CreatePublisher", name=part, on_behalf=True,
                                             validate_only=True)["name"], part)

    def test_versions(self):
        for version in ("0", "a" * 64, "1.0+b-c_d", "Z."):
            self.dry(**derivative("alice/v", SKT, version=version))
        for version in ("", "a" * 65, ".1", "-1", "_1", "+1", "1 0", "1/0", "1@0", "v\u00e9"):
            self.wrong(["derivative.version"], self.REGISTER, derivative=derivative("alice/v", SKT, version=version))
            self.wrong(["name"], "Registry.YankRelease", name="alice/v@" + version, reason="x")

    def test_licences(self):
        for license, canonical in (("", "NOASSERTION"), ("noassertion", None), ("apache-2.0", "Apache-2.0"),
                                   ("MIT AND (Apache-2.0)", "MIT AND Apache-2.0"),
                                   ("GPL-2.0-or-later WITH Classpath-exception-2.0",
                                    "GPL-2.0-or-later WITH Classpath-exception-2.0")):
            try:
                reply = self.dry(**derivative("alice/l", SKT, license=license))
                self.assertEqual(reply["release"]["license"], canonical or reply["release"]["license"])
            except Failure as failure:
                self.assertIsNone(canonical, failure.message)
        longest = " AND ".join(["LicenseRef-" + "x" * 188 + str(i) for i in range(5)])
        longest += "x" * (1024 - len(longest))
        self.assertEqual(self.dry(**derivative("alice/l", SKT, license=longest))["release"]["license"], longest)
        for license in (longest + "x", "MIT AND", "(MIT", "MIT OR OR MIT", "NotALicence", "LicenseRef-", "LicenseRef-a b",
                        "(" * 200 + "MIT" + ")" * 200, " ",
                        "MIT\nparent x", "MIT AND NOASSERTION"):
            self.wrong(["derivative.license"], self.REGISTER, derivative=derivative("alice/l", SKT, license=license))

    def test_digests(self):
        for field in ("license_text_sha256", "artifact_sha256", "weights_sha256"):
            self.dry(**derivative("alice/d", SKT, **{field: "0f" * 32}))
            for digest in ("0f" * 31, "0f" * 33, "0F" * 32, "0g" * 32, "0" * 64, "sha256:" + "0f" * 32):
                self.wrong(["derivative." + field], self.REGISTER,
                           derivative=derivative("alice/d", SKT, **{field: digest}))
        self.wrong(["lineage_hash"], "Registry.GetRelease", lineage_hash="0f")
        self.refused("NOT_FOUND", "RELEASE_NOT_FOUND", "Registry.GetRelease", lineage_hash="0f" * 32)
        self.wrong(["sha256"], "Registry.GetBlob", sha256="")
        self.wrong(["sha256"], "Registry.GetBlob", sha256="0f")
        self.refused("NOT_FOUND", "BLOB_NOT_FOUND", "Registry.GetBlob", sha256="0f" * 32)

    def test_free_texts(self):
        """4 KiB each, in bytes: Korean takes three a character."""
        korean = "\uc871" * 1365 + "x"
        self.assertEqual(len(korean.encode()), 4096)
        self.register("alice/texts", SKT)
        upstage = self.anyone.call("Registry.ListTeams", page_size=1)["teams"][0]
        team = {k: upstage[k] for k in ("id", "name", "name_ko", "join_time")}
        calls = {"reason": ("Registry.YankRelease", self.alice, dict(name="alice/texts@1")),
                 "details": ("Registry.VerifyPublisher", self.admin, dict(name="alice", evidence="domain")),
                 "evidence": ("Registry.ApplyRoster", self.admin, dict(teams=[team]))}
        for field, (method, client, fields) in calls.items():
            for text in ("x" * 4096, korean):
                client.call(method, validate_only=True, **{field: text}, **fields)
            for text in ("x" * 4097, korean + "x", "\uc871" * 1366):
                self.wrong([field], method, client, **{field: text}, **fields)
        self.wrong(["reason"], "Registry.UnyankRelease", name="alice/texts@1", reason="x" * 4097)

    def test_one_line_texts(self):
        """200 bytes each, without control characters."""
        calls = {("label", "Access.CreateAccount"): {}, ("label", "Access.CreateToken"): {},
                 ("evidence", "Registry.VerifyPublisher"): {"name": "alice"}}
        for (field, method), fields in calls.items():
            dry = {} if method == "Access.CreateToken" else {"validate_only": True}
            for text in ("x" * 200, "\uc871" * 66 + "xx"):
                self.admin.call(method, **{field: text}, **fields, **dry)
            for text in ("x" * 201, "\uc871" * 67, "a\nb", "a\x7fb"):
                self.wrong([field], method, self.admin, **{field: text}, **fields)
        ask = dict(kind="PUBLISHER_REQUEST_KIND_CREATE", publisher="upsta-ge")
        self.wrong(["evidence"], "Access.RequestPublisher", evidence="x" * 1025, **ask)
        self.wrong(["evidence"], "Access.RequestPublisher", evidence="", **ask)
        self.alice.call("Access.RequestPublisher", evidence="x" * 1024, **ask)

    def test_names_of_externals(self):
        for name in ("huggingface.co/" + "a" * 497, "x.y:8080/a/b", "modelscope.cn/a/b%20c",
                     "huggingface.co/%EC%A1%B1/x"):
            self.assertLessEqual(len(name), 512)
            self.dry(**derivative("alice/e", SKT, external(name)))
        for name in ("huggingface.co/" + "a" * 498, "x.y:99999/a", "modelscope.cn/a%2", "modelscope.cn/a%2f",
                     "huggingface.co/%ec/x", "h.co//a", "h.co/a/", "h.co/./a"):
            self.wrong(["derivative.parents[1].external.name"], self.REGISTER,
                       derivative=derivative("alice/e", SKT, external(name)))

    def test_roster(self):
        call = "Registry.ApplyRoster"
        self.admin.call(call, validate_only=True, licenses=[dict(license="LicenseRef-%d" % i, commercial=4, derivatives=4,
                                                                 redistribution=4) for i in range(2000)])
        self.wrong(["teams"], call, self.admin, licenses=[dict(license="LicenseRef-%d" % i, commercial=4, derivatives=4,
                                                               redistribution=4) for i in range(2001)])
        team = dict(id="x" * 64, name="", name_ko="\n", publishers=["a--b"], affiliations=[dict(institution="x" * 201)])
        self.wrong(["teams[0]." + f for f in ("id", "name", "name_ko", "join_time", "publishers",
                                              "affiliations.institution")], call, self.admin, teams=[team])
        self.wrong(["models[0].name", "models[0].facts"], call, self.admin, models=[dict(name="x")])
        self.wrong(["models[0].facts.team"], call, self.admin,
                   models=[dict(name="a/b", facts=dict(team="nobody", from_scratch="ANSWER_YES", listed=True))])
        self.wrong(["licenses[0].license", "licenses[0].commercial",
                    "licenses[1].name_forms"] + ["licenses[0]." + p for p in ("derivatives", "redistribution")], call, self.admin,
                   licenses=[dict(license="MIT OR MIT"), dict(license="MIT", commercial=4, derivatives=4,
                                                              redistribution=4, name_forms=["a|b"])])
        self.wrong(["operations[0].institution", "operations[0].publisher", "operations[0].from_time"], call, self.admin,
                   operations=[dict(from_time="1969-12-31T23:59:59Z")])


class Messages(Shared):
    def test_batches(self):
        call = "Registry.BatchRegisterDerivatives"
        items = [derivative("alice/n%d" % i, SKT) for i in range(1001)]
        self.wrong(["derivatives"], call, derivatives=items)
        self.wrong(["derivatives"], call, derivatives=[])
        reply = self.alice.call(call, derivatives=items[:1000], timeout=60)
        self.assertEqual(len(reply["registrations"]), 1000)
        self.assertEqual(int(reply["log_size"]), int(reply["registrations"][0]["log_index"]) + 1000)
        wide = [derivative("alice/wide-%03d-" % i + "x" * 80, SKT,
                           *[external("huggingface.co/%03d-%02d/" % (i, k) + "y" * 60) for k in range(9)],
                           license="LicenseRef-" + "z" * 90) for i in range(900)]
        request, _ = self.alice.stub(call)
        size = json_format.ParseDict({"derivatives": wide}, request()).ByteSize()
        self.assertTrue(MEBIBYTE * 0.85 < size < MEBIBYTE, size)
        self.assertEqual(len(self.alice.call(call, derivatives=wide, timeout=60)["registrations"]), 900)
        self.refused("RESOURCE_EXHAUSTED", None, call, derivatives=wide + [dict(w, version="2") for w in wide])
        self.assertEqual(self.model("alice/n0")["name"], "alice/n0")

    def test_a_batch_of_mistakes(self):
        """More than a reply can hold: some are told, how many is said, and nobody waits for it."""
        items = [derivative("alice/m%d" % i, *["nobody/none-%d-%d" % (i, k) for k in range(8)], version="?" if i % 2
                            else "1") for i in range(900)]
        for declared in (items, [dict(i, version="1") for i in items]):
            start = time.monotonic()
            failure = self.refused("INVALID_ARGUMENT", "INVALID_FIELD", "Registry.BatchRegisterDerivatives",
                                   derivatives=declared)
            self.assertLess(time.monotonic() - start, allowed(5))
            self.assertGreater(len(failure.fields), 20)
            self.assertIn("fields are wrong", failure.message)

    def test_a_message_of_one_mebibyte(self):
        def request(size):
            length = size - 4  # field 1: a tag and three bytes of length
            head = b"\x0a" + bytes([length & 127 | 128, length >> 7 & 127 | 128, length >> 14])
            return head + b"x" * length
        self.assertEqual(len(request(MEBIBYTE)), MEBIBYTE)
        for _ in range(2):
            with self.assertRaises(Failure) as caught:
                self.anyone.raw("Registry.GetModel", request(MEBIBYTE))
            self.assertEqual(caught.exception.code, "NOT_FOUND")
            self.assertLess(len(caught.exception.message), 1000)
            with self.assertRaises(Failure) as caught:
                self.anyone.raw("Registry.GetModel", request(MEBIBYTE + 1))
            self.assertEqual(caught.exception.code, "RESOURCE_EXHAUSTED")

    def strings(self):
        """Every string field of every request, also inside messages, as (method, field, what makes such a request)."""
        def inside(descriptor, depth):
            for field in descriptor.fields:
                if field.type == field.TYPE_STRING:
                    yield field.name, lambda value, number=field.number: bytes([number << 3 | 2, len(value)]) + value
                elif field.type == field.TYPE_MESSAGE and depth and not field.message_type.full_name.startswith("google."):
                    for name, build in inside(field.message_type, depth - 1):
                        yield field.name + "." + name, lambda value, number=field.number, build=build: (
                            lambda body: bytes([number << 3 | 2, len(body)]) + body)(build(value))
        for service in ("Registry", "Evaluation", "Log", "Access"):
            for method in self.admin.pool.FindServiceByName("jokbo.v1." + service).methods:
                for name, build in inside(method.input_type, 3):
                    yield service + "." + method.name, name, build

    def test_strings_that_are_no_text(self):
        before, seen = self.size(), 0
        for method, field, build in self.strings():
            for bad in (b"\xff", b"a\x00b", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"a\xe2\x82"):
                with self.assertRaises(Failure) as caught:
                    self.send(method, build(bad))
                self.assertEqual(caught.exception.code, "INVALID_ARGUMENT", (method, field, bad))
                seen += 1
        self.assertGreater(seen, 600)
        self.assertEqual(self.size(), before)

    def send(self, method, data):
        if method == "Registry.UploadBlob":
            _, stub = self.admin.stub(method)
            try:
                return stub(iter([data]), timeout=20, metadata=self.admin.metadata())
            except grpc.RpcError as error:
                raise Failure(error, self.admin.pool) from None
        if method in ("Log.ReadEntries", "Log.WatchEntries", "Evaluation.WatchCounts", "Stages.GetReport"):
            _, stub = self.admin.stub(method)
            try:
                return list(stub(data, timeout=20))
            except grpc.RpcError as error:
                raise Failure(error, self.admin.pool) from None
        return self.admin.raw(method, data)

    def test_bytes_that_are_no_message(self):
        for service in ("Registry", "Evaluation", "Log", "Access"):
            for method in self.admin.pool.FindServiceByName("jokbo.v1." + service).methods:
                for bad in (b"\x0a", b"\x0a\x05ab", b"\xff" * 12, b"\x0b", b"\x00", b"\x0a\xff\xff\xff\xff\x0f"):
                    with self.assertRaises(Failure) as caught:
                        self.send(service + "." + method.name, bad)
                    self.assertEqual(caught.exception.code, "INVALID_ARGUMENT", (method.name, bad))
        deep = b""
        for _ in range(2000):
            deep = b"\x0a" + self.varint(len(deep)) + deep
        with self.assertRaises(Failure) as caught:
            self.admin.raw("Registry.RegisterDerivative", deep)
        self.assertEqual(caught.exception.code, "INVALID_ARGUMENT")

    @staticmethod
    def varint(value):
        out = b""
        while value > 127:
            out, value = out + bytes([value & 127 | 128]), value >> 7
        return out + bytes([value])

    def test_unknown_fields_are_ignored(self):
        name = SKT.encode()
        reply = self.anyone.raw("Registry.GetModel", b"\x0a" + bytes([len(name)]) + name + b"\xfa\x3e\x03abc\xc0\x3e\x05")
        self.assertEqual(reply["name"], SKT)

    def test_entries(self):
        size = self.size()
        self.assertEqual(len(self.anyone.entries()), size)
        self.assertEqual(len(self.anyone.entries(0, size + 1000)), size)
        self.assertEqual(len(self.anyone.entries(5, 6)), 1)
        self.assertEqual(self.anyone.entries(size), [])
        self.assertEqual(self.anyone.entries(5, 5), [])
        for start, end, field in ((size + 1, 0, "start"), (-1, 0, "start"), (5, 4, "end"), (0, -1, "end"),
                                  (2**62, 0, "start")):
            with self.assertRaises(Failure) as caught:
                self.anyone.entries(start, end)
            self.assertEqual((caught.exception.code, list(caught.exception.fields)), ("INVALID_ARGUMENT", [field]))
        request, stub = self.anyone.stub("Log.ReadEntries")
        pieces = list(stub(request(), timeout=20))
        self.assertTrue(all(len(p.entries) <= 256 and sum(map(len, p.entries)) <= 512 << 10 for p in pieces))
        self.assertEqual([p.start for p in pieces], [sum(len(q.entries) for q in pieces[:i]) for i in range(len(pieces))])


class Blobs(Shared):
    MANIFEST = "jokbo/manifest/v1\n%s"
    FILE = "file %s 12 model.safetensors\n" % ("ab" * 32)

    def failed(self, code, reason, fields, kind, data, digest=None, **more):
        digest = sha256(data) if digest is None else digest
        with self.assertRaises(Failure) as caught:
            self.alice.upload("BLOB_KIND_" + kind, data, digest, **more)
        failure = caught.exception
        self.assertEqual((failure.code, failure.reason), (code, reason), failure.message)
        if fields is not None:
            self.assertEqual(sorted(failure.fields), sorted(fields), failure.message)
        if re.fullmatch("[0-9a-f]{64}", digest) and not more.get("there"):
            with self.assertRaises(Failure) as caught:
                self.anyone.call("Registry.GetBlob", sha256=digest)
            self.assertEqual(caught.exception.code, "NOT_FOUND")
        return failure

    def wrong_upload(self, fields, kind, data, digest=None, **more):
        return self.failed("INVALID_ARGUMENT", "INVALID_FIELD", fields, kind, data, digest, **more)

    def test_digest_and_size(self):
        data = "licence \uc871\ubcf4\n".encode()
        self.wrong_upload(["header.sha256"], "LICENSE_TEXT", data, "ab" * 32)
        self.wrong_upload(["header.size", "header.sha256"], "LICENSE_TEXT", data, "ab" * 32, size=len(data) + 1)
        self.wrong_upload(["header.size"], "LICENSE_TEXT", data, size=len(data) + 1)
        self.wrong_upload(["data"], "LICENSE_TEXT", data, size=len(data) - 1)
        self.wrong_upload(["data"], "LICENSE_TEXT", data, size=0)
        self.wrong_upload(["header.size"], "LICENSE_TEXT", data, size=-1)
        for digest in ("", "ab", "AB" * 32):
            self.wrong_upload(["header.sha256"], "LICENSE_TEXT", data, digest)
        self.wrong_upload(["header.kind"], "UNSPECIFIED", data)
        blob = self.alice.upload("BLOB_KIND_LICENSE_TEXT", data, sha256(data), piece=3)
        self.assertEqual({k: blob[k] for k in ("sha256", "kind", "size", "weights_sha256")},
                         {"sha256": sha256(data), "kind": "BLOB_KIND_LICENSE_TEXT", "size": str(len(data)),
                          "weights_sha256": ""})
        self.assertEqual(self.anyone.call("Registry.GetBlob", sha256=sha256(data)), blob)
        self.assertEqual(self.bob.upload("BLOB_KIND_LICENSE_TEXT", data, sha256(data)), blob)  # the same again is well

    def test_sizes(self):
        text = b"x" * MEBIBYTE
        self.assertEqual(int(self.alice.upload("BLOB_KIND_LICENSE_TEXT", text, sha256(text))["size"]), MEBIBYTE)
        self.failed("RESOURCE_EXHAUSTED", "BLOB_TOO_LARGE", None, "LICENSE_TEXT", text + b"x")
        self.failed("RESOURCE_EXHAUSTED", "BLOB_TOO_LARGE", None, "MANIFEST", b"x", size=(64 << 20) + 1)
        self.failed("RESOURCE_EXHAUSTED", "BLOB_TOO_LARGE", None, "MANIFEST", b"x", size=2**62)
        empty = self.alice.upload("BLOB_KIND_LICENSE_TEXT", b"", sha256(b""))
        self.assertEqual(empty["size"], "0")
        self.wrong_upload(["data"], "LICENSE_TEXT", b"y" * MEBIBYTE, piece=(512 << 10) + 1)
        whole = b"z" * MEBIBYTE
        self.alice.upload("BLOB_KIND_LICENSE_TEXT", whole, sha256(whole), piece=512 << 10)

    def test_a_licence_is_text(self):
        for data in (b"\xff\xfe", b"a\x00b"):
            self.wrong_upload(["data"], "LICENSE_TEXT", data)

    def test_order_of_messages(self):
        request, stub = self.alice.stub("Registry.UploadBlob")
        header = {"kind": 2, "sha256": sha256(b"data"), "size": 4}

        def message(**fields):
            return request(**fields)
        for messages in ([], [message(data=b"data")], [message(header=header), message(header=header)],
                         [message(header=header), message()], [message()],
                         [message(header=header), message(data=b"")]):
            with self.assertRaises(grpc.RpcError) as caught:
                stub(iter(messages), timeout=20, metadata=self.alice.metadata())
            self.assertEqual(Failure(caught.exception, self.alice.pool).code, "INVALID_ARGUMENT", messages)
        self.assertEqual(self.size(), self.size())

    def test_malformed_manifests(self):
        good, other = self.FILE, "file %s 12 other.bin\n" % ("cd" * 32)
        tensor = "tensor %s BF16 2x3 w model.safetensors\n" % ("ef" * 32)
        wrong = {"": 1, "jokbo/manifest/v3\n" + good: 1, self.MANIFEST % "": 1, self.MANIFEST % good[:-1]: 2,
                 self.MANIFEST % (other + good): 3,
                 self.MANIFEST % (good + good): 3, self.MANIFEST % good.replace(" 12 ", " 012 "): 2,
                 self.MANIFEST % good.replace("model", "../model"): 2,
                 self.MANIFEST % good.replace("model", "/model"): 2, self.MANIFEST % good.replace("ab", "AB"): 2,
                 self.MANIFEST % (good + tensor + good): 4,
                 self.MANIFEST % (good + tensor.replace("model.s", "none.s")): 3,
                 self.MANIFEST % (good + tensor.replace("2x3", "2x")): 3,
                 self.MANIFEST % (good + tensor.replace("BF16", "bf16")): 3,
                 self.MANIFEST % good.replace("\n", "\r\n"): 2,
                 self.MANIFEST % ("file %s 18446744073709551615 a\nfile %s 1 b\n" % ("ab" * 32, "ab" * 32)): 3}
        for manifest, line in wrong.items():
            failure = self.failed("INVALID_ARGUMENT", "INVALID_MANIFEST", None, "MANIFEST", manifest.encode())
            if manifest:
                self.assertRegex(failure.message, r"\b(?i:line) %d\b" % line, manifest)
        for manifest in (self.MANIFEST % good, self.MANIFEST % (good + other), self.MANIFEST % (good + tensor)):
            self.alice.upload("BLOB_KIND_MANIFEST", manifest.encode(), sha256(manifest.encode()))

    def test_weights_that_contradict(self):
        manifest = (self.MANIFEST % self.FILE.replace("model", "weights")).encode()
        weights = sha256(("ab" * 32 + "\n").encode())
        self.register("alice/contra", SKT, artifact_sha256=sha256(manifest), weights_sha256="12" * 32)
        failure = self.wrong_upload(["data"], "MANIFEST", manifest)
        for part in ("alice/contra@1", "12" * 32, weights):
            self.assertIn(part, failure.fields["data"])
        silent = (self.MANIFEST % self.FILE.replace("model", "silent")).encode()
        self.register("alice/silent", SKT, artifact_sha256=sha256(silent))
        self.wrong_upload(["data"], "MANIFEST", silent)
        told = (self.MANIFEST % self.FILE.replace("model", "told")).encode()
        self.register("alice/told", SKT, artifact_sha256=sha256(told), weights_sha256=weights)
        self.assertEqual(self.alice.upload("BLOB_KIND_MANIFEST", told, sha256(told))["weights_sha256"], weights)
        self.wrong(["derivative.weights_sha256"], "Registry.RegisterDerivative",
                   derivative=derivative("alice/x", SKT, artifact_sha256=sha256(told)))
        none = (self.MANIFEST % ("file %s 1 README.md\n" % ("ab" * 32))).encode()
        self.assertEqual(self.alice.upload("BLOB_KIND_MANIFEST", none, sha256(none))["weights_sha256"], "")

    def test_uploads_are_not_anonymous(self):
        with self.assertRaises(Failure) as caught:
            self.anyone.upload("BLOB_KIND_LICENSE_TEXT", b"x", sha256(b"x"))
        self.assertEqual(caught.exception.code, "UNAUTHENTICATED")


class Uploads(Case):
    """Places of manifests on their way: nobody holds those of others, and nobody holds one for nothing."""

    def begin(self, client, pause):
        """An upload of a megabyte that sends a byte now and then."""
        request, stub = client.stub("Registry.UploadBlob")
        ended = threading.Event()
        self.addCleanup(ended.set)

        def messages():
            yield request(header={"kind": 1, "sha256": "ab" * 32, "size": 1000000})
            while not ended.wait(pause):
                yield request(data=b"x")
        call = stub.future(messages(), timeout=120, metadata=client.metadata())
        call.add_callback(ended.set)
        return call

    def failure(self, call):
        with self.assertRaises(grpc.RpcError):
            call.result(timeout=30)
        return Failure(call, self.alice.pool)

    def test_slow_uploads(self):
        began = time.monotonic()
        slow = [self.begin(self.alice, pause=1) for _ in range(3)]
        time.sleep(1)
        refused = self.failure(self.begin(self.alice, pause=1))
        self.assertEqual((refused.code, refused.reason), ("RESOURCE_EXHAUSTED", "UPLOADS_BUSY"))
        self.assertIn("3 manifests, lists of a census and challenge texts are being uploaded for this account", refused.message)
        Manifest({"model.safetensors": "another's"}).upload(self.bob)
        for call in slow:
            failure = self.failure(call)
            self.assertEqual(failure.code, "DEADLINE_EXCEEDED", failure.message)
            self.assertIn("too few bytes came", failure.message)
        self.assertTrue(9 < time.monotonic() - began < 25, time.monotonic() - began)
        Manifest({"model.safetensors": "one's own"}).upload(self.alice)

    def drip(self, client, stop):
        """Uploads one after another, each of which sends just enough not to be ended for it."""
        request, stub = client.stub("Registry.UploadBlob")

        def messages():
            yield request(header={"kind": 1, "sha256": os.urandom(32).hex(), "size": 60 << 20})
            while not stop.is_set():
                yield request(data=b"x" * 66000)
                stop.wait(8)
        while not stop.is_set():
            try:
                stub(messages(), timeout=120, metadata=client.metadata())
            except grpc.RpcError as error:
                self.ends.append(error.code().name)
            time.sleep(0.02)

    def test_drips_keep_nobody_out(self):
        """Four accounts hold all places; whoever uploads at a usual rate gets one, again and again."""
        stop, self.ends = threading.Event(), []
        clients = [person(self.admin, "drip") for _ in range(4)]
        threads = [threading.Thread(target=self.drip, args=(client, stop)) for client in clients for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            time.sleep(4)
            for i in range(6):
                Manifest({"model.safetensors": "let in %d" % i}).upload(self.bob)
                time.sleep(0.5)
            self.assertTrue({"DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"} & set(self.ends), "all had a place beside them")
        finally:
            stop.set()
            for thread in threads:
                thread.join(30)
            for client in clients:
                client.close()


class QuotaOfAccounts(Case):
    options = ("--writes-per-day", "3")

    def test_entries_of_an_account(self):
        """Four times a publisher's, over all its publishers, each of which is an entry too; but for a registrar's."""
        erin, rita = person(self.admin, "erin"), person(self.admin, "rita", ["registrar"])
        for client in (erin, rita):
            self.addCleanup(client.close)
        for i in range(5):
            erin.call("Registry.CreatePublisher", name="erin-%d" % i)
        method, batch = "Registry.RegisterDerivative", "Registry.BatchRegisterDerivatives"
        for i in range(3):
            erin.call(batch, derivatives=[derivative("erin-%d/%d" % (i, j), SKT) for j in range(2)])
        failure = self.refused("RESOURCE_EXHAUSTED", "ACCOUNT_QUOTA", batch, erin,
                               derivatives=[derivative("erin-3/%d" % i, SKT) for i in range(2)])  # all or none
        self.assertIn("has written 11 entries today", failure.message)
        self.assertIn("RetryInfo", failure.details)
        erin.call(method, derivative=derivative("erin-3/0", SKT), validate_only=True)
        erin.call(method, derivative=derivative("erin-3/0", SKT))
        self.refused("RESOURCE_EXHAUSTED", "ACCOUNT_QUOTA", method, erin, derivative=derivative("erin-4/0", SKT))
        self.refused("RESOURCE_EXHAUSTED", "ACCOUNT_QUOTA", "Registry.YankRelease", erin, name="erin-0/0@1", reason="x")
        for i in range(14):
            rita.call("Registry.CreatePublisher", name="found-%d" % i, on_behalf=True)


class Quotas(Case):
    options = ("--writes-per-day", "3", "--publishers-per-account", "2", "--account-writes-per-day", "40")

    def test_publishers_of_an_account(self):
        self.alice.call("Registry.CreatePublisher", name="alice-2")
        self.refused("RESOURCE_EXHAUSTED", "PUBLISHERS_QUOTA", "Registry.CreatePublisher", name="alice-3")
        self.refused("RESOURCE_EXHAUSTED", "PUBLISHERS_QUOTA", "Registry.CreatePublisher", name="alice-3",
                     validate_only=True)
        self.bob.call("Registry.CreatePublisher", name="bob-2")

    def test_writes_without_an_entry(self):
        """Each leaves a stored reply or a record: also one that changes nothing, such as a token that is revoked again."""
        one, other = (person(self.admin, "writes much", scopes=["models", "publishers", "tokens"]) for _ in range(2))
        for client in (one, other):
            self.addCleanup(client.close)
        token = one.call("Access.CreateToken", scopes=["TOKEN_SCOPE_MODELS"])["token"]["id"]
        again = dict(id=token, request_id=new_id())
        for _ in range(45):  # the same request is one write
            one.call("Access.RevokeToken", **again)
        for _ in range(38):
            one.call("Access.RevokeToken", id=token, request_id=new_id())
        failure = self.refused("RESOURCE_EXHAUSTED", "ACCOUNT_QUOTA", "Access.RevokeToken", one, id=token, request_id=new_id())
        self.assertIn("40 changes without an entry", failure.message)
        one.call("Registry.CreatePublisher", name="writes-much")  # an entry
        Manifest({"model.safetensors": "new bytes"}).upload(one)
        other.call("Access.CreateToken", scopes=["TOKEN_SCOPE_MODELS"])

    def exhausted(self, method, client, **fields):
        failure = self.refused("RESOURCE_EXHAUSTED", "PUBLISHER_QUOTA", method, client, **fields)
        self.assertIn("RetryInfo", failure.details)
        return failure

    def test_writes_a_day(self):
        carol = person(self.admin, "carol")
        carol.call("Registry.CreatePublisher", name="carol")
        carol.call("Registry.CreatePublisher", name="carol-b")
        evaluator = person(self.admin, "evaluator", ["evaluator"], scopes=["models", "roster"])
        self.admin.call("Registry.VerifyPublisher", name="carol", evidence="domain")
        evaluator.call("Registry.SetNamespace", publisher="carol", organisation="huggingface.co/a", evidence="hub-file")
        batch = "Registry.BatchRegisterDerivatives"
        self.exhausted(batch, carol, derivatives=[derivative("carol/b%d" % i, SKT) for i in range(4)])
        used = new_id()
        carol.call("Registry.RegisterDerivative", derivative=derivative("carol/1", SKT), request_id=used)
        for _ in range(3):  # neither a repeat, nor a dry run, nor a failure costs anything
            carol.call("Registry.RegisterDerivative", derivative=derivative("carol/1", SKT), request_id=used)
            carol.call("Registry.RegisterDerivative", derivative=derivative("carol/2", SKT), validate_only=True)
            self.refused("ALREADY_EXISTS", "STATEMENT_EXISTS", "Registry.RegisterDerivative", carol,
                         derivative=derivative("carol/1", SKT))
        carol.call("Registry.PublishRelease", release=dict(name="carol/1", version="2"))
        carol.call("Registry.YankRelease", name="carol/1@2", reason="x")
        for method, fields in (("Registry.RegisterDerivative", dict(derivative=derivative("carol/3", SKT))),
                               ("Registry.PublishRelease", dict(release=dict(name="carol/1", version="3"))),
                               ("Registry.YankRelease", dict(name="carol/1@1", reason="x")),
                               ("Registry.UnyankRelease", dict(name="carol/1@2")),
                               ("Registry.RenameModel", dict(name="carol/1", new_name="carol/4")),
                               ("Registry.TransferModel", dict(name="carol/1", new_name="carol-b/1")),
                               ("Registry.AdoptExternalModel", dict(external="huggingface.co/a/b", model="carol/1")),
                               (batch, dict(derivatives=[derivative("carol/5", SKT)]))):
            self.exhausted(method, carol, **fields)
        self.refused("ALREADY_EXISTS", "STATEMENT_EXISTS", "Registry.RegisterDerivative", carol,
                     derivative=derivative("carol/1", SKT))
        # whoever decides is bound by no publisher's quota
        confirmed(evaluator, person(self.admin, "second", ["evaluator"], scopes=["roster"]), "Registry.AdoptExternalModel", model="carol/1",
                  external="huggingface.co/a/b", reason="the maker's own page")
        self.exhausted("Registry.UnadoptExternalModel", carol, external="huggingface.co/a/b", model="carol/1")
        self.admin.call("Registry.TransferModel", name="carol/1", new_name="bob/from-carol")
        items = [derivative("carol-b/b%d" % i, SKT) for i in range(3)]  # another publisher, to its edge
        self.assertEqual(len(carol.call(batch, derivatives=items)["registrations"]), 3)
        self.exhausted("Registry.RegisterDerivative", carol, derivative=derivative("carol-b/b3", SKT))


    def test_what_a_registrar_enters(self):
        """It uses up nothing of anybody's: neither the registrar's own publishers, nor a day of those that it writes for."""
        registrar = person(self.admin, "registrar", ["registrar"])
        for i in range(3):
            registrar.call("Registry.CreatePublisher", name="found-%d" % i, on_behalf=True)
        self.assertEqual(len(registrar.call("Registry.BatchRegisterDerivatives", derivatives=[
            derivative("found-0/%d" % i, SKT) for i in range(5)])["registrations"]), 5)
        registrar.call("Registry.PublishRelease", release=dict(name="found-0/1", version="2"))
        registrar.call("Registry.YankRelease", name="found-0/1@2", reason="x")
        dave = person(self.admin, "dave")
        claim = dave.call("Access.RequestPublisher", kind="PUBLISHER_REQUEST_KIND_CLAIM", publisher="found-0", evidence="a file there")
        self.admin.call("Access.DecidePublisherRequest", id=claim["id"], approve=True, evidence="hub-file")
        for i in range(3):
            dave.call("Registry.RegisterDerivative", derivative=derivative("found-0/own-%d" % i, SKT))
        self.exhausted("Registry.RegisterDerivative", dave, derivative=derivative("found-0/own-3", SKT))


class QuotaOfMachines(Case):
    options = ("--writes-per-day", "6")

    def test_what_a_machine_did_is_taken_back(self):
        """A token of scope publish stops at half of the day's changes; the other half is for those who can yank."""
        machine = self.client_with("publish")
        for i in range(3):
            machine.call("Registry.RegisterDerivative", derivative=derivative("alice/ci-%d" % i, SKT))
        for method, fields in (("Registry.RegisterDerivative", dict(derivative=derivative("alice/ci-3", SKT))),
                               ("Registry.BatchRegisterDerivatives", dict(derivatives=[derivative("alice/ci-3", SKT)])),
                               ("Registry.PublishRelease", dict(release=dict(name="alice/ci-1", version="2")))):
            failure = self.refused("RESOURCE_EXHAUSTED", "PUBLISHER_QUOTA", method, machine, **fields)
            self.assertIn("3 changes of this day (UTC+09:00), half of its 6", failure.message)
        for i in range(3):
            self.alice.call("Registry.YankRelease", name="alice/ci-%d@1" % i, reason="not ours")
        self.refused("RESOURCE_EXHAUSTED", "PUBLISHER_QUOTA", "Registry.UnyankRelease", name="alice/ci-0@1")

    def client_with(self, *scopes):
        made = self.admin.call("Access.CreateToken", account=self.alice.account, scopes=["TOKEN_SCOPE_" + s.upper() for s in scopes])
        client = Client(self.server.address, made["secret"])
        self.addCleanup(client.close)
        return client


class Options(unittest.TestCase):
    """None of these comes as far as making anything."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="jokbo-test-", dir="/tmp")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.data = os.path.join(cls.folder, "data")
        with open(os.path.join(ROOT, "registry", "daemon", "config.def")) as f:
            cls.options = re.findall(r'^JK_OPTION\((\w+), \w+, "([^"]+)", "([^"]*)", "([^"]*)", (\d+), (\d+)', f.read(),
                                     re.M)

    def jokbod(self, *arguments, **environment):
        own = {k: v for k, v in os.environ.items() if not k.startswith("JOKBOD")}
        own.update({"JOKBOD_" + k: v for k, v in environment.items()})
        return subprocess.run([os.path.join(BUILD, "jokbod"), *arguments], env=own, capture_output=True, text=True,
                              timeout=30)

    def refused(self, *arguments, says, silent=(), **environment):
        result = self.jokbod("--data", self.data, *arguments, **environment)
        self.assertEqual((result.returncode, result.stdout), (2, ""), (arguments, result.stderr))
        for text in says:
            self.assertIn(text, result.stderr)
        for text in silent:
            self.assertNotIn(text, result.stderr)
        self.assertFalse(os.path.exists(self.data), "something was made")
        return result.stderr

    def file(self, text):
        with open(os.path.join(self.folder, "config"), "w") as f:
            f.write(text)
        return f.name

    def test_help_and_version(self):
        for way in ("--help", "-h", "help"):
            result = self.jokbod(way)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            for _, name, value, fallback, _, _ in self.options:
                self.assertIn("--%s\n" % (name + " " + value if value else name), result.stdout)
                self.assertIn("(default %s)" % fallback if fallback else "", result.stdout)
        self.assertGreater(len(self.options), 15)
        self.assertIn("--config", self.jokbod("--help").stdout)
        self.assertRegex(self.jokbod("--version").stdout, r"^jokbod \d+\.\d+\.\d+\n$")

    def test_numbers_and_choices(self):
        for kind, name, value, _, least, most in self.options:
            if kind == "NUMBER":
                for number in (str(int(most) + 1), str(int(least) - 1), "x", "", "1.5", "0x1", " 1",
                               "99999999999999999999999"):
                    self.refused("--" + name, number, says=["--" + name, '"%s"' % number,
                                                            "from %s to %s" % (least, most)])
            elif kind == "CHOICE":
                for choice in ("", "x", value.split("|")[0].upper(), value):
                    self.refused("--" + name, choice, says=["--" + name, '"%s"' % choice, value])
            elif kind == "FLAG":
                self.refused("--%s=x" % name, says=["--" + name, '"x"', "on|off"])
            elif name != "data":
                self.refused("--" + name, "x" * (int(most) + 1), says=["--" + name, most])

    def test_addresses(self):
        for listen in ("nonsense", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", ":7443", "[::1]", "unix:",
                       "unix:relative", "unix:/" + "x" * 107, "example.org:1", ""):
            self.refused("--listen", listen, says=["--listen", '"%s' % listen[:40]])

    def test_what_goes_together(self):
        self.refused("--tls-cert", "x", says=["--tls-cert", "--tls-key"])
        self.refused("--tls-key", "x", says=["--tls-cert", "--tls-key"])
        self.refused("--tls-client-ca", "x", says=["--tls-client-ca", "--tls-cert"])
        self.refused("--listen", "0.0.0.0:0", says=["--origin"])
        self.refused("--demo", "--origin", "log.example/x", says=["--origin", "--demo", "demo.invalid"])
        self.refused("--origin", "demo.invalid", says=["--origin", "--demo"])

    def test_flags(self):
        self.refused("--reader", "4", says=["--reader", "--help"])
        self.refused("-x", says=["-x"])
        self.refused("serve", says=["serve"])
        self.refused("--readers", says=["--readers", "needs a value"])
        self.refused("--readers=0", says=["--readers", '"0"'])
        self.refused("--readers", "4", "--readers", "5", says=["--readers", "twice"])
        said = self.refused("--readers", "0", "--threads", "9", "--log-level", "loud",
                            says=["--readers", "--threads", "--log-level"])
        self.assertIn("3 fields are wrong", said)

    def test_environment_and_file(self):
        self.refused(READERS="33", says=["--readers", '"33"', "JOKBOD_READERS"])
        self.refused(LOG_LEVEL="loud", says=["--log-level", "JOKBOD_LOG_LEVEL", "debug|info|warn|error"])
        name = self.file("# a comment\n\n readers = 34 \n")
        self.refused("--config", name, says=["--readers", '"34"', "line 3 of the file"])
        self.refused("--config=" + name, says=['"34"'])
        self.refused(CONFIG=name, says=['"34"'])
        self.refused("--config", name, READERS="33", says=['"33"'], silent=['"34"'])
        self.refused("--config", name, "--readers", "35", READERS="33", says=['"35"', "command line"],
                     silent=['"34"', '"33"'])
        self.refused("--config", name, "--readers", "4", "--batch", "0", READERS="33", says=["--batch"],
                     silent=["--readers"])
        self.refused("--config", name, READERS="4", BATCH="0", says=["--batch"], silent=["--readers"])

    def test_wrong_files(self):
        self.refused("--config", os.path.join(self.folder, "none"), says=["--config", "cannot be read"])
        self.refused("--config", self.file("readers\n"), says=["--config", "line 1"])
        self.refused("--config", self.file("batch = 1\nreader = 4\n"), says=["--config", "line 2"])
        self.refused("--config", self.file("#" * 65537), says=["--config", "65536"])
        self.refused("--config", self.file("readers = 4\nreaders = 5\n"), says=["--readers", "twice"])

    def test_migrate_needs_a_database(self):
        self.refused("migrate", says=["--database"])


if __name__ == "__main__":
    unittest.main()
